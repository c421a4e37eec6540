"""Text for a terminal and rows for a file: numbers, aligned tables, CSV."""

import csv
import math
import shutil
import sys
import textwrap
from collections.abc import Iterable, Sequence
from pathlib import Path

from vscore.initializers import Initializer
from vscore.verdicts import name_of


class Failed(Exception):
    """What was asked for could not be done, or not all of it: exit code 1, and its words."""


def unicode_terminal() -> bool:
    """Whether stdout is a terminal that shows UTF-8; elsewhere everything stays plain ASCII."""
    encoding = (sys.stdout.encoding or "").lower().replace("-", "")
    return sys.stdout.isatty() and encoding == "utf8"


def plain(value: float, digits: int = 6) -> str:
    """A number in a few digits."""
    return f"{value:.{digits}g}"


def power(logarithm: float, digits: int = 4) -> str:
    """10**logarithm in a few digits, of any magnitude."""
    if not math.isfinite(logarithm):
        return {math.inf: "inf", -math.inf: "0"}.get(logarithm, "nan")
    if abs(logarithm) < 300:
        return f"{10**logarithm:.{digits}g}"
    exponent = math.floor(logarithm)
    return f"{10 ** (logarithm - exponent):.{digits}g}e{exponent:+d}"


def grouped(count: int) -> str:
    """A whole number in groups of three digits: 6 641."""
    return f"{count:,}".replace(",", " ")


def dimensions(shape: Sequence[int]) -> str:
    """A shape as it is typed: 3,3,64,128."""
    return ",".join(map(str, shape))


def described(initializer: Initializer) -> str:
    """An initializer's name where it has one, and its fields that are set, without the seed."""
    config = initializer.get_config().items()
    shown = ", ".join(f"{k}={v!r}" for k, v in config if v is not None and k != "seed")
    name = name_of(initializer)
    return f"{name}: {initializer.kind}({shown})" if name else f"{initializer.kind}({shown})"


def table(header: Sequence[str], rows: Iterable[Sequence[str]], left: int = 1) -> str:
    """Columns under their names; the first `left` flush left, the others right."""
    lines = [tuple(header), *(tuple(row) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    aligned = [
        [
            cell.ljust(width) if place < left else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(line, widths, strict=True))
        ]
        for line in lines
    ]
    rule = ["-" * width for width in widths]
    return "\n".join("  ".join(line).rstrip() for line in [aligned[0], rule, *aligned[1:]])


def pairs(rows: Iterable[tuple[str, str]]) -> str:
    """Names and values, one pair a line."""
    listed = list(rows)
    width = max(len(name) for name, _ in listed)
    return "\n".join(f"{name:{width}}  {value}".rstrip() for name, value in listed)


def paragraph(text: str, indent: str = "") -> str:
    """Text wrapped to the terminal."""
    width = min(shutil.get_terminal_size().columns, 100)
    return textwrap.fill(text, max(width, 40), subsequent_indent=indent)


def write_csv(path: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A table as UTF-8 CSV; floats keep every digit.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    with Path(path).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
