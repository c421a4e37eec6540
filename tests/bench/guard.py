"""Has a ratio worsened by half? Those that need no other library, in a minute.

    python -m tests.bench.guard           fails where one has
    python -m tests.bench.guard --write   takes today's as the reference

Each is of one thread's time on the processor, not of the clock's, so that who else is busy hardly
matters. A cost over another's, or over half its own size's: lower is better everywhere.
"""

import argparse
import json
import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import numpy as np

import vscore
from tests.bench.draws import generators_limit, our_draw
from tests.bench.simulations import EXPONENTS, simulation, sized
from tests.bench.timing import on_processor, race, shown
from vscore._blas import one_blas_thread

REFERENCE = Path(__file__).with_name("reference.json")

WORSE = 1.5
"""A ratio fails at this many times its reference."""

SIZE = 1024
"""Of drawn kernels: 2^20 weights, four blocks."""

DOUBLED: Mapping[str, Mapping[str, int]] = {
    "depth": {"depth": 20, "width": 128, "batch": 64, "networks": 2},
    "width": {"depth": 2, "width": 512, "batch": 64, "networks": 2},
    "batch": {"depth": 4, "width": 128, "batch": 1024, "networks": 2},
    "networks": {"depth": 10, "width": 64, "batch": 64, "networks": 8},
}
"""Sizes at which a step's fixed cost no longer counts."""

ROUNDS = 4

Pair = tuple[Callable[[], object], Callable[[], object]]


def pairs() -> dict[str, Pair]:
    """What is watched, and what it is measured against."""
    draw, limit = partial(our_draw, size=SIZE, threads=1), generators_limit(SIZE)
    initializer = vscore.VarianceScaling(1.0, "fan_in", "truncated_normal", seed=0)
    one = partial(simulation, threads=1)
    wide = partial(one, width=1024, depth=4, batch=16)
    return {
        "truncated draws / NumPy's normal": (draw("truncated"), limit),
        "normal draws / NumPy's normal": (draw("normal"), limit),
        "uniform draws / NumPy's normal": (draw("uniform"), limit),
        "sample / draw": (
            lambda: vscore.sample(initializer, (SIZE, SIZE), threads=1),
            draw("truncated"),
        ),
        "simulate / its products": (one(width=512, depth=8, batch=256), bare_products),
        "gram / weights": (wide(engine="gram"), wide(engine="weights")),
    }


def references() -> dict[str, float]:
    """Those written down; and what theory says of twice the size, which is no measurement."""
    written: dict[str, float] = json.loads(REFERENCE.read_text("utf-8"))
    return written | {twice(size): 2**power for size, power in EXPONENTS.items()}


def twice(size: str) -> str:
    return f"twice the {size} / once"


def doubled(size: str) -> Pair:
    once = DOUBLED[size]
    return sized({**once, size: 2 * once[size]}, threads=1), sized(once, threads=1)


def bare_products() -> None:
    """Those of 8 layers of 512 units, forward and back, for 256 inputs."""
    a, b = np.ones((256, 512), np.float32), np.ones((512, 512), np.float32)
    with one_blas_thread():
        for _ in range(15):
            a @ b


def ratio(pair: Pair) -> float:
    """The median over rounds, each of several runs so that the clock's ticks do not count."""
    first, second = (on_processor(partial(repeated, work)) for work in pair)
    return race({"first": first, "second": second}, ROUNDS).times("first", of="second").median


def repeated(work: Callable[[], object]) -> None:
    for _ in range(3):
        work()


def worse(name: str, pair: Pair, reference: float) -> bool:
    """Whether a ratio has worsened by half; one that has is measured once more."""
    bound = WORSE * reference
    found = ratio(pair)
    if found > bound:
        found = min(found, ratio(pair))
    verdict = "  WORSE" if found > bound else ""
    print(f"{name:<36}{shown(found):>8}, was {shown(reference)}{verdict}", flush=True)
    return found > bound


def main() -> None:
    """Exit with 1 if anything has worsened."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.guard")
    parser.add_argument("--write", action="store_true", help="take today's as the reference")
    if parser.parse_args().write:
        found = {name: round(ratio(pair), 3) for name, pair in pairs().items()}
        REFERENCE.write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n", "utf-8")
        return
    watched = pairs() | {twice(size): doubled(size) for size in DOUBLED}
    failed = [name for name, bound in references().items() if worse(name, watched[name], bound)]
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
