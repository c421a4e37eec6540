"""`vscore audit`: what each tensor of a file was started with, or how far it has moved."""

import argparse
import math

from vscore.audit import AuditReport, TensorAudit, audit
from vscore.cli.options import Commands
from vscore.cli.output import dimensions, grouped, plain, table, write_csv
from vscore.cli.progress import ProgressBar
from vscore.fans import Fans

_NUMBERS = ("mean", "std", "kurtosis", "minimum", "maximum", "not_finite")
_COLUMNS = (
    "tensor",
    "shape",
    "dtype",
    "layer",
    "part",
    "layout",
    "fan_in",
    "fan_out",
    *_NUMBERS,
    "consistent",
    "default",
    "nearest",
    "std_ratio",
    "ks",
    "verdict",
)


def add_parser(commands: Commands) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "audit",
        help="what the tensors of a weights file were started with",
        description="Read a .npz, .safetensors, .keras or .h5 file without running code from it, "
        "guess each tensor's layer, and say which initializers it is consistent with by test, or "
        "how far training has moved it. The last two formats need h5py.",
        allow_abbrev=False,
    )
    parser.add_argument("file", metavar="FILE", help="A file of weights; no pickle is opened.")
    group = parser.add_argument_group("output")
    group.add_argument("--csv", metavar="FILE", help="Write the table, every digit.")
    group.add_argument("--quiet", action="store_true", help="No progress bar.")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Read, write what is asked for, print."""
    with ProgressBar("reading", options.quiet) as bar:
        report = audit(options.file, check=bar.tick, progress=bar.step)
    if options.csv is not None:
        write_csv(options.csv, _COLUMNS, map(_row, report.tensors))
    width = max((len(each.verdict) for each in report.tensors), default=0)
    lines = [(*_line(each), each.verdict.ljust(width)) for each in report.tensors]
    header = (
        "tensor",
        "shape",
        "layer",
        "fan_in",
        "fan_out",
        "std",
        "kurtosis",
        "verdict".ljust(width),
    )
    text = table(header, lines, left=3) if lines else "no tensors of floats"
    print(_ascii(f"{text}\n\n{_summary(report)}"))


def _line(each: TensorAudit) -> tuple[str, ...]:
    return (
        each.name,
        dimensions(each.shape),
        f"{each.layer} {each.part}" if each.layer != "?" else "?",
        *_fans(each.fans, "-"),
        _number(each.std, 5),
        _number(each.kurtosis, 3),
    )


def _row(each: TensorAudit) -> list[object]:
    numbers = [getattr(each, name) for name in _NUMBERS]
    return [
        each.name,
        dimensions(each.shape),
        each.dtype,
        each.layer,
        each.part,
        each.layout,
        *_fans(each.fans, ""),
        *("" if math.isnan(value) else value for value in numbers),
        "; ".join(each.consistent),
        "yes" if each.default else "no",
        each.nearest,
        *("" if math.isnan(value) else value for value in (each.std_ratio, each.ks)),
        each.verdict,
    ]


def _fans(fans: Fans | None, none: str) -> tuple[str, str]:
    return (none, none) if fans is None else (plain(fans.fan_in, 9), plain(fans.fan_out, 9))


def _number(value: float, digits: int) -> str:
    return "-" if math.isnan(value) else plain(value, digits)


def _summary(report: AuditReport) -> str:
    count = len(report.tensors)
    values = sum(math.prod(each.shape) for each in report.tensors)
    text = (
        f"{report.format}: {report.untouched} of {count} tensors, {grouped(values)} values in all, "
        "are consistent with an initializer."
    )
    if report.left_out:
        listed = ", ".join(f"{name} ({what})" for name, what in report.left_out[:5])
        text += f"\nLeft out: {listed}{', ...' * (len(report.left_out) > 5)}."
    return text


def _ascii(text: str) -> str:
    """Names come from the file: what a terminal may not show is escaped."""
    return text.encode("ascii", "backslashreplace").decode("ascii")
