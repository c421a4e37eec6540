"""A sweep as a command line and as a short program, to copy. Pure."""

import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from dashboard.sweeps import Plan, plain
from vscore.activations import ACTIVATIONS, Activation
from vscore.initializers import INITIALIZERS, Initializer
from vscore.sweeps import MEASURES, Experiment, Grid

_FILE = "sweep.csv"

_USUAL = Experiment()


def shell(plan: Plan, grid: Grid) -> str:
    """`vscore sweep` with the page's question.

    Parameters
    ----------
    plan : Plan
    grid : Grid
        That it asks.
    """
    words = ["vscore", "sweep"]
    for span in plan.spans:
        words += ["--axis", span.text]
    words += ["--measure", plan.measure]
    if plan.source != MEASURES[plan.measure].source:
        words.append("--predicted")
    for name, value in _settings(grid):
        words += [f"--{name.replace('_', '-')}", value if isinstance(value, str) else plain(value)]
    return shlex.join([*words, "--out", _FILE])


def program(plan: Plan, grid: Grid) -> str:
    """The same in Python."""
    settings = ", ".join(f"{name}={_python(value)}" for name, value in _settings(grid, whole=True))
    axes = ", ".join(f'"{span.text}"' for span in plan.spans)
    return (
        "import vscore\n\n"
        f"base = vscore.Experiment({settings})\n"
        f'found = vscore.sweep([{axes}], "{plan.measure}", base=base, source="{plan.source}")\n'
        f'found.to_csv("{_FILE}")\n'
    )


def _settings(grid: Grid, *, whole: bool = False) -> Iterator[tuple[str, Any]]:
    """What differs from what goes without saying, but for what an axis changes.

    Initializer and activation are whole, as Python has them, or in a shell's words.
    """
    names = set(grid.names)
    if "initializer" not in names:
        law = list(_law(grid.base.law, names))
        own = [each for each in law if each[0] != "initializer"]
        yield from [("initializer", grid.base.law)] if whole and own else law
    if "activation" not in names and (phi := grid.base.phi) != _USUAL.phi:
        yield "activation", phi if whole else _activation(phi)
    for name in _USUAL.to_config():
        value = getattr(grid.base, name)
        if name not in {*names, "activation", "initializer"} and value != getattr(_USUAL, name):
            yield name, value


def _law(law: Initializer, axes: set[str]) -> Iterator[tuple[str, Any]]:
    """An initializer by its name, else one of its kind and the fields in which it differs."""
    skipped = {*axes, "seed", *(["scale"] if "gain" in axes else [])}
    wanted = _fields(law, skipped)
    same = [name for name, each in INITIALIZERS.items() if each.kind == law.kind]
    near = min(same, key=lambda name: _distance(_fields(INITIALIZERS[name], skipped), wanted))
    usual = _fields(INITIALIZERS[near], set())
    if INITIALIZERS[near] != _USUAL.law:
        yield "initializer", near
    yield from ((name, value) for name, value in wanted.items() if value != usual[name])


def _distance(one: Mapping[str, Any], other: Mapping[str, Any]) -> int:
    return sum(one[name] != other[name] for name in other)


def _fields(law: Initializer, skipped: set[str]) -> dict[str, Any]:
    config = law.get_config().items()
    return {name: value for name, value in config if name not in skipped and value is not None}


def _activation(phi: Activation) -> str:
    """Its name; a formula where its slope is not the usual one."""
    if phi == ACTIVATIONS[phi.kind]:
        return phi.kind
    return f"relu(x) - {plain(phi.slope or 0.0)} * relu(-x)"


def _python(value: Any) -> str:
    """A value as Python is given it; named where it has a name."""
    if isinstance(value, Activation):
        named = value == ACTIVATIONS[value.kind]
        return f'"{value.kind}"' if named else f'vscore.Activation("{value.kind}", {value.slope!r})'
    if isinstance(value, Initializer):
        for name, each in INITIALIZERS.items():
            if each == value:
                return f'"{name}"'
        given = ", ".join(
            f"{name}={_python(field)}" for name, field in _fields(value, set()).items()
        )
        return f"vscore.{value.kind}({given})"
    return f'"{value}"' if isinstance(value, str) else repr(value)
