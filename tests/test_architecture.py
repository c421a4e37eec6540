"""The arrows between modules, read from the source: dashboard to vscore, and in both downward only.

Also sizes: 300 lines a module, 35 a function without its docstring (a table may be longer).
"""

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

MOST_MODULE_LINES = 300
MOST_FUNCTION_LINES = 35

FLOORS: tuple[frozenset[str], ...] = (
    frozenset({"_typing", "_scratch", "_blas", "_version", "_horner"}),
    frozenset({"_parameter", "_logarithms", "_workers", "_quadrature", "_sphere", "_normal_tail"})
    | frozenset({"_activation_formulas", "_keys"}),
    frozenset({"parameters"}),
    frozenset({"fans", "_law", "_streams", "_activation_table"}),
    frozenset({"distributions", "formulas", "_tally"}),
    frozenset({"initializers", "layers", "activations", "fitting"}),
    frozenset({"networks", "sampling", "framework_defaults"}),
    frozenset({"propagation", "meanfield", "effects"}),
    frozenset({"_recommendation"}),
    frozenset({"training", "export", "verdicts", "audit"}),
    frozenset({"sweeps"}),
    frozenset({"__init__"}),
    frozenset({"cli"}),
    frozenset({"__main__"}),
)
"""The parts of vscore from the ground up: a part may import what is on a lower floor only. A part
is a module or a folder; inside a folder arrows go any way but round. `__init__` is the face, which
only the command line may use."""


@dataclass(frozen=True)
class Import:
    """One imported module, as "vscore.fans" or "numpy"."""

    target: str
    at_module_level: bool
    line: int


@dataclass(frozen=True)
class Rule:
    """What a part of the dashboard may import beside the standard library and itself.

    `packages` are top-level packages other than dashboard, `parts` are parts of dashboard.
    """

    packages: frozenset[str]
    parts: frozenset[str]


def rule(packages: str, parts: str = "") -> Rule:
    return Rule(frozenset(packages.split()), frozenset(parts.split()))


SERVING = "streamlit starlette uvicorn anyio threadpoolctl"

DASHBOARD: dict[str, Rule] = {
    "app": rule("streamlit", "compute registry controls status together views"),
    "registry": rule("streamlit", "gathering views"),
    "gathering": rule("vscore", "compute costs"),
    "views": rule(
        "vscore streamlit",
        "charts comparisons compute controls course figures finding frames gathering guide "
        "jobs lessons links outcomes phases queueing sharing surveys takehome words",
    ),
    "controls": rule("vscore streamlit", "charts course guide links phases words"),
    "guide": rule("vscore numpy"),
    "sharing": rule("segno", "links"),
    "status": rule("vscore streamlit", "links phases words"),
    "compute": rule("vscore streamlit", "answers costs phases queueing together turns"),
    "together": rule("streamlit"),
    "answers": rule("numpy", "queueing"),
    "queueing": rule("vscore"),
    "turns": rule("vscore"),
    "costs": rule("vscore"),
    "links": rule("vscore", "course lessons phases"),
    "charts": rule("streamlit numpy", "figures"),
    "figures": rule("vscore plotly numpy", "course guide outcomes phases surveys tracks"),
    "words": rule("vscore numpy", "course guide outcomes phases surveys"),
    "frames": rule("vscore pandas numpy", "guide outcomes phases surveys tracks"),
    "takehome": rule("vscore numpy plotly", "course figures frames links words"),
    "comparisons": rule("vscore"),
    "jobs": rule("vscore", "compute surveys"),
    "outcomes": rule("vscore"),
    "lessons": rule("vscore numpy", "course"),
    "course": rule("vscore numpy"),
    "finding": rule("vscore numpy", "compute course queueing"),
    "phases": rule("vscore numpy"),
    "surveys": rule("vscore numpy"),
    "server": rule(
        f"vscore {SERVING}",
        "admission charts compute gathering health journal memory middleware options places "
        "settings",
    ),
    "admission": rule(SERVING, "health waiting"),
    "health": rule("vscore starlette numpy", "compute places"),
    "middleware": rule(SERVING, "journal origins waiting"),
    "journal": rule("streamlit"),
    "settings": rule("streamlit"),
    "options": rule("", "origins"),
    "classroom": rule("segno"),
    "places": rule(""),
    "waiting": rule(""),
    "__main__": rule(SERVING, "classroom options server"),
    "memory": rule(""),
    "__init__": rule(""),
}
"""Who may import whom. Views draw nothing and compute nothing themselves; figures and words are
functions of a result, and know of no page."""

PURE = frozenset(
    {"figures", "words", "frames", "guide", "links", "sharing", "takehome", "comparisons"}
    | {"answers", "costs", "course", "lessons", "outcomes", "phases", "queueing", "surveys"}
    | {"readings", "sweep_axes", "sweep_budget", "sweep_code", "sweeping", "sweeps"}
)
"""Parts that know of no page, so that a test or a notebook can call them."""


def modules(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def part_of(path: Path) -> str:
    """The module or folder directly below the package."""
    return path.relative_to(ROOT).parts[1].removesuffix(".py")


def dotted(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"), name_of(path))


@cache
def imports(path: Path) -> tuple[Import, ...]:
    """Every import of a module, wherever it stands, but those for type checkers only."""
    return tuple(_imports(parse(path), True))


def _imports(node: ast.AST, at_module_level: bool) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        inside = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        match child:
            case ast.Import():
                for alias in child.names:
                    yield Import(alias.name, at_module_level, child.lineno)
            case ast.ImportFrom():
                for target in _from_targets(child):
                    yield Import(target, at_module_level, child.lineno)
            case ast.If(test=ast.Name(id="TYPE_CHECKING")):
                pass
            case _:
                yield from _imports(child, at_module_level and not inside)


def _from_targets(statement: ast.ImportFrom) -> list[str]:
    """`from a.b import c` is a.b.c where that is a module, else a.b."""
    assert statement.level == 0, "absolute imports only"
    module = statement.module or ""
    return [
        f"{module}.{alias.name}" if is_module(f"{module}.{alias.name}") else module
        for alias in statement.names
    ]


def is_module(name: str) -> bool:
    path = ROOT.joinpath(*name.split("."))
    return path.with_suffix(".py").is_file() or (path / "__init__.py").is_file()


def third_party(path: Path) -> Iterator[tuple[str, Import]]:
    """The top-level packages that a module imports, but for the standard library's."""
    for found in imports(path):
        package = found.target.split(".")[0]
        if package not in sys.stdlib_module_names:
            yield package, found


def own_parts(path: Path, package: str) -> Iterator[tuple[str, Import]]:
    """The other parts of its own package that a module imports; "__init__" is its face."""
    for found in imports(path):
        first, _, rest = found.target.partition(".")
        part = rest.split(".")[0] or "__init__"
        if first == package and part != part_of(path):
            yield part, found


VSCORE = modules("vscore")
PAGES = modules("dashboard")
EVERYWHERE = VSCORE + PAGES


def floor_of(part: str) -> int:
    return next(level for level, parts in enumerate(FLOORS) if part in parts)


def test_every_part_of_vscore_has_a_floor() -> None:
    known = frozenset().union(*FLOORS)
    assert {part_of(path) for path in VSCORE} <= known


@pytest.mark.parametrize("path", VSCORE, ids=name_of)
def test_imports_go_down(path: Path) -> None:
    own = floor_of(part_of(path))
    bad = [
        f"{name_of(path)}:{found.line} imports {found.target}"
        for part, found in own_parts(path, "vscore")
        if floor_of(part) >= own
    ]
    assert not bad


@pytest.mark.parametrize("path", VSCORE, ids=name_of)
def test_vscore_knows_no_page_and_loads_only_numpy(path: Path) -> None:
    """scipy and what else a function needs comes when the function is called."""
    never = {"dashboard", "streamlit", "plotly", "pandas", "tests"}
    bad = [
        f"{name_of(path)}:{found.line} imports {found.target}"
        for package, found in third_party(path)
        if package in never or (found.at_module_level and package not in {"numpy", "vscore"})
    ]
    assert not bad


@pytest.mark.parametrize("path", VSCORE, ids=name_of)
def test_scipy_stats_takes_too_long_to_load(path: Path) -> None:
    """Half a second and a hundred megabytes; scipy.special has what the core needs."""
    assert not [f for f in imports(path) if f.target.startswith("scipy.stats")]


@pytest.mark.parametrize("package", ["vscore", "dashboard"])
def test_no_import_goes_round(package: str) -> None:
    arrows = {
        dotted(path): {f.target for f in imports(path) if f.at_module_level and f.target != package}
        for path in modules(package)
    }
    done: set[str] = set()

    def visit(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, " -> ".join((*trail, name))
        if name in done:
            return
        for target in sorted(arrows.get(name, ())):
            # A module imports its own folder's face only by accident; its parents load anyway.
            visit(target, (*trail, name))
        done.add(name)

    for name in sorted(arrows):
        visit(name, ())


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_dashboard_layers(path: Path) -> None:
    part = part_of(path)
    allowed = DASHBOARD.get(part)
    if allowed is None:  # a helper of its own: it may not reach up to the pages
        bad_parts = {"views", "registry", "app"}
        bad = [found for target, found in own_parts(path, "dashboard") if target in bad_parts]
    else:
        packages = allowed.packages | {"dashboard"}
        bad = [found for package, found in third_party(path) if package not in packages]
        known = set(DASHBOARD) - allowed.parts
        bad += [found for target, found in own_parts(path, "dashboard") if target in known]
    assert not [f"{name_of(path)}:{found.line} imports {found.target}" for found in bad]


@pytest.mark.parametrize(
    "path", [path for path in PAGES if part_of(path) in PURE] or [ROOT / "dashboard"], ids=name_of
)
def test_pure_parts_reach_no_page_by_another_module(path: Path) -> None:
    """Figures, words, frames and links stay free of Streamlit through all that they import."""
    seen: set[str] = set()
    queue = [path] if path.is_file() else []
    while queue:
        here = queue.pop()
        for found in imports(here):
            assert found.target.split(".")[0] != "streamlit", f"{name_of(path)} by {name_of(here)}"
            if found.target.startswith("dashboard.") and found.target not in seen:
                seen.add(found.target)
                queue.append(module_file(found.target))


def module_file(name: str) -> Path:
    path = ROOT.joinpath(*name.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def test_no_folder_that_streamlit_would_take_for_pages() -> None:
    assert not (ROOT / "dashboard" / "pages").exists()


@pytest.mark.parametrize("path", EVERYWHERE, ids=name_of)
def test_module_length(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= MOST_MODULE_LINES


@pytest.mark.parametrize("path", EVERYWHERE, ids=name_of)
def test_function_length(path: Path) -> None:
    functions = [
        node
        for node in ast.walk(parse(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    long = {node.name: lines_of(node) for node in functions if not is_table(node)}
    assert {name: lines for name, lines in long.items() if lines > MOST_FUNCTION_LINES} == {}


def lines_of(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines from `def` to the end, the docstring left out."""
    assert function.end_lineno is not None
    lines = function.end_lineno - function.lineno + 1
    first = function.body[0]
    if ast.get_docstring(function) is not None and first.end_lineno is not None:
        lines -= first.end_lineno - first.lineno + 1
    return lines


def is_table(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether the body is one dict, list, tuple or set written out, the docstring left out."""
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    literal = ast.Dict | ast.List | ast.Tuple | ast.Set
    return len(body) == 1 and isinstance(body[0], ast.Return) and isinstance(body[0].value, literal)


@pytest.mark.parametrize("path", EVERYWHERE, ids=name_of)
def test_all_is_sorted(path: Path) -> None:
    """CONSTANTS, then Classes, then functions, each by name, as ruff's RUF022 has it."""
    for statement in parse(path).body:
        if isinstance(statement, ast.Assign) and "__all__" in map(ast.unparse, statement.targets):
            names = ast.literal_eval(statement.value)
            assert names == sorted(set(names), key=lambda n: (not n.isupper(), n.islower(), n))


# The reader itself: each rule above is only as good as what it finds.


def test_imports_are_found_wherever_they_stand() -> None:
    source = """
import numpy as np, os.path
from vscore import fans
from vscore.fans import Fans
if TYPE_CHECKING:
    import pandas
class A:
    import json
    def f(self):
        from scipy.special import ndtr
        return lambda: __import__
try:
    import plotly
except ImportError:
    pass
"""
    found = [(f.target, f.at_module_level) for f in _imports(ast.parse(source), True)]
    assert found == [
        ("numpy", True),
        ("os.path", True),
        ("vscore.fans", True),
        ("vscore.fans", True),
        ("json", True),
        ("scipy.special", False),
        ("plotly", True),
    ]


def test_lines_of_a_function_leave_its_docstring_out() -> None:
    (function,) = ast.parse(
        'def f(\n    a,\n):\n    """One.\n\n    Two.\n    """\n    return a\n'
    ).body
    assert isinstance(function, ast.FunctionDef)
    assert lines_of(function) == 4  # def f(, a, ), return a
