"""A program around what a framework says: imports, functions, one `build` an experiment."""

import re
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from vscore._version import __version__
from vscore.export.plan import LayerPlan, Plan, StackPlan
from vscore.parameters import check_choice

WIDTH = 88
"""Columns of a line of exported code, where it can be broken."""

DEEP = 36
"""Columns that stand before an initializer: what it is an argument of, and the argument's name."""


@dataclass(frozen=True, slots=True)
class Code:
    """What a framework says of one plan.

    Attributes
    ----------
    body : tuple of str
        Lines of `build(seed)`, not indented.
    helpers : tuple of str
        Functions and classes that the body uses; those of several plans are written once.
    """

    body: tuple[str, ...]
    helpers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Exporter:
    """A framework: how it says a layer, a stack of layers, and what was drawn.

    Attributes
    ----------
    kind : str
        Its key in `EXPORTERS`.
    label : str
        Its name on screens.
    layer, stack : callable
        The code of a plan.
    returns : str
        What `build` returns, for its docstring.
    names_and_weights : str
        A loop's head over what `build` returned, `built`: `for name, weight in ...`.
    report : str
        The line of that loop that prints a tensor.
    imports : mapping of str to str
        The statement that a name needs, in the order in which they are written.
    """

    kind: str
    label: str
    layer: Callable[[LayerPlan], Code]
    stack: Callable[[StackPlan], Code]
    returns: str
    names_and_weights: str
    report: str
    imports: Mapping[str, str]


def program(exporter: Exporter, plans: tuple[Plan, ...]) -> str:
    """The source of a program that draws the weights of every plan."""
    codes = [_code(exporter, plan) for plan in plans]
    helpers = dict.fromkeys(helper.strip() for code in codes for helper in code.helpers)
    builds = [_build(exporter, plan, code) for plan, code in zip(plans, codes, strict=True)]
    main = _main(exporter, plans)
    source = "\n\n\n".join((*helpers, *builds, main))
    parts = (_heading(exporter, plans), _imports(exporter, source))
    return "\n\n".join(filter(None, parts)) + f"\n\n\n{source}\n"


def call(function: str, arguments: Iterable[str], indent: int = 4, before: str = "") -> list[str]:
    """A call, on one line where it fits, else an argument a line.

    Parameters
    ----------
    function : str
    arguments : iterable of str
        Empty ones are left out.
    indent : int
        Columns that the lines will be moved to the right.
    before : str
        What stands before the function, such as "return ".
    """
    given = [argument for argument in arguments if argument]
    line = f"{before}{function}({', '.join(given)})"
    if len(line) + indent <= WIDTH and not any("\n" in argument for argument in given):
        return [line]
    inner = [f"    {line}" for argument in given for line in f"{argument},".split("\n")]
    return [f"{before}{function}(", *inner, ")"]


def options(sizes: Mapping[str, object], **names: str) -> tuple[str, ...]:
    """keyword=value for each size that is not 1 throughout; names maps a size to its keyword."""
    return tuple(
        f"{keyword}={sizes[name]!r}" for name, keyword in names.items() if not _ones(sizes[name])
    )


def check_layer(framework: str, plan: LayerPlan, forms: Mapping[str, object]) -> str:
    """The layer's kind, if the framework has a form for it; the error names the nearest."""
    return check_choice(f"layer for {framework}", plan.layer.kind, forms)


def normal_std(variance: float) -> str:
    """A bias' std as source."""
    return f"math.sqrt({variance!r})"


def builder(plan: Plan) -> str:
    """build, or build_a where experiments are compared."""
    return f"build_{plan.label.lower()}" if plan.label else "build"


def _ones(size: object) -> bool:
    return size == 1 or (isinstance(size, tuple) and set(size) == {1})


def _code(exporter: Exporter, plan: Plan) -> Code:
    if isinstance(plan, LayerPlan):
        return exporter.layer(plan)
    assert isinstance(plan, StackPlan)
    return exporter.stack(plan)


def _heading(exporter: Exporter, plans: tuple[Plan, ...]) -> str:
    lines = []
    for plan in plans:
        mark = f"{plan.label}: " if plan.label else ""
        lines += [f"{mark}{plan.title}.", *(f"    {note}" for note in plan.notes)]
    wrapped = [
        part
        for line in lines
        for part in textwrap.wrap(line, WIDTH, subsequent_indent=" " * 8, break_on_hyphens=False)
    ]
    law = f"In {exporter.label}, each weight of the law that Keras gives it. "
    law += f"From vscore {__version__}."
    return "\n".join(('"""' + wrapped[0], *wrapped[1:], "", law, '"""'))


def _imports(exporter: Exporter, source: str) -> str:
    needed = [
        statement
        for name, statement in exporter.imports.items()
        if re.search(rf"(?<![\w.\"]){re.escape(name)}\b", source)
    ]
    standard = [line for line in needed if line == "import math"]
    others = [line for line in needed if line not in standard]
    return "\n\n".join("\n".join(group) for group in (standard, others) if group)


def _build(exporter: Exporter, plan: Plan, code: Code) -> str:
    name = f"{plan.label}: " if plan.label else ""
    returns = exporter.returns if name else exporter.returns[0].upper() + exporter.returns[1:]
    lines = (f'"""{name}{returns}."""', *_said_once(code.body))
    return f"def {builder(plan)}(seed):\n" + textwrap.indent("\n".join(lines), " " * 4)


def _said_once(lines: Iterable[str]) -> Iterator[str]:
    """The lines, each comment the first time only."""
    said: set[str] = set()
    for line in lines:
        comment = line.lstrip().startswith("#")
        if not (comment and line in said):
            yield line
        said.update((line,) * comment)


def _main(exporter: Exporter, plans: tuple[Plan, ...]) -> str:
    single = len(plans) == 1
    names = ", ".join(map(builder, plans))
    head = (
        [f"built = {names}(seed=0)"]
        if single
        else [
            "# A seed each: experiments of one seed would share their random numbers.",
            f"for seed, build in enumerate(({names})):",
            "    built = build(seed)",
            "    print(build.__doc__)",
        ]
    )
    loop = [f"{exporter.names_and_weights}:", f"    {exporter.report}"]
    body = [*head, *(loop if single else [f"    {line}" for line in loop])]
    return 'if __name__ == "__main__":\n' + textwrap.indent("\n".join(body), " " * 4)
