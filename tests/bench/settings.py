"""The three settings that a class feels, each switched off in turn: 30 clients that move a slider:

    python -m tests.bench.settings

A client moves the seed, waits for the page, thinks for a second or so, and moves it again; no
value comes twice, so that nothing is found computed. The clients run beside the server on the same
cores.
"""

import asyncio
import contextlib
import itertools
import random
import re
import statistics
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.bench.switched_server import SWITCHES
from tests.websocket import opened, timed_move

CLIENTS, MOVES, THINK = 30, 5, 1.0
"""THINK is the mean, in seconds."""

ROUNDS = 2


@dataclass(slots=True)
class Variant:
    """A server with one setting off, and what its clients waited, in each round."""

    name: str
    url: str
    rounds: list[list[float]] = field(default_factory=list)

    @property
    def all(self) -> list[float]:
        """Seconds of every move."""
        return [seconds for moves in self.rounds for seconds in moves]


def compare_settings() -> None:
    """Measure, and print a table."""
    with contextlib.ExitStack() as stack:
        variants = [Variant(name, stack.enter_context(served(name))) for name in SWITCHES]
        seeds = itertools.count(1)
        for turn in range(ROUNDS + 1):
            for variant in variants:
                moves = asyncio.run(crowd(variant.url, seeds, MOVES if turn else 1))
                if turn:  # the first one warms up
                    variant.rounds.append(moves)
    show(variants)


@contextlib.contextmanager
def served(name: str) -> Iterator[str]:
    """A server's address."""
    command = [sys.executable, "-m", "tests.bench.switched_server", name, "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            found = re.search(r"http://\S+", process.stdout.readline())
            assert found, "the server did not start"
            yield found.group()
        finally:
            process.terminate()


async def crowd(url: str, seeds: Iterator[int], moves: int) -> list[float]:
    """Seconds of every move of every client."""
    taken = await asyncio.gather(*(client(url, seeds, moves) for _ in range(CLIENTS)))
    return [seconds for each in taken for seconds in each]


async def client(url: str, seeds: Iterator[int], moves: int) -> list[float]:
    """Seconds of one client's moves."""
    taken = []
    async with opened(url) as session:
        for _ in range(moves):
            await asyncio.sleep(random.expovariate(1 / THINK))
            taken.append(await timed_move(session, "seed", next(seeds)))
        assert not session.errors, session.errors
    return taken


def show(variants: list[Variant]) -> None:
    """Percentiles, and what they are of those with all settings on, a median over rounds."""
    first = variants[0]
    print(f"\n{CLIENTS} clients, {ROUNDS} x {MOVES} moves each, {THINK:g} s between two")
    print(f"  {'':<28}{'p50, ms':>10}{'p95, ms':>10}{'p50 ratio':>11}{'p95 ratio':>11}")
    for variant in variants:
        shares = [
            statistics.median(
                percentile(ours, share) / percentile(base, share)
                for ours, base in zip(variant.rounds, first.rounds, strict=True)
            )
            for share in (0.5, 0.95)
        ]
        p50, p95 = (1e3 * percentile(variant.all, share) for share in (0.5, 0.95))
        print(f"  {variant.name:<28}{p50:>10.0f}{p95:>10.0f}{shares[0]:>11.2f}{shares[1]:>11.2f}")


def percentile(values: list[float], share: float) -> float:
    """The value below which a share of all lies."""
    return sorted(values)[min(int(share * len(values)), len(values) - 1)]


if __name__ == "__main__":
    compare_settings()
