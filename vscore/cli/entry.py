"""`main`: the parser, and what becomes of errors.

Exit codes: 0 done, 1 failed (a file that cannot be written, no memory,
a sweep's cells), 2 wrong usage, 130 Ctrl-C.
"""

import argparse
import os
import sys
from collections.abc import Sequence

from vscore._version import __version__
from vscore.cli import audit, draw, export, fans, gains, simulate, sweep
from vscore.cli.output import Failed

DONE, FAILED, USAGE, INTERRUPTED = 0, 1, 2, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code.

    Parameters
    ----------
    arguments : sequence of str, optional
        What follows `vscore`; the process' own if not given.
    """
    try:
        options = _parser().parse_args(arguments)
    except SystemExit as stop:  # argparse has printed help, the version or an error
        return stop.code if isinstance(stop.code, int) else USAGE
    try:
        options.run(options)
        sys.stdout.flush()  # a full disk or a closed pipe shows here, not at exit
    except ValueError as error:
        return _fail(options.command, f"error: {error}", USAGE)
    except KeyboardInterrupt:
        return _fail(options.command, "interrupted", INTERRUPTED)
    except BrokenPipeError:  # `vscore fans | head` has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except Failed as failure:
        return _fail(options.command, f"error: {failure}", FAILED)
    except MemoryError:
        return _fail(options.command, "error: not enough memory", FAILED)
    except OSError as error:
        where = f" {error.filename}" if error.filename else ""
        return _fail(options.command, f"error: cannot write{where}: {error.strerror}", FAILED)
    return DONE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="vscore",
        description="What an initializer draws, and what it does to signal and gradient.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"vscore {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for command in (draw, fans, gains, simulate, sweep, export, audit):
        command.add_parser(commands)
    return parser


def _fail(command: str, message: str, code: int) -> int:
    print(f"vscore {command}: {message}", file=sys.stderr)
    return code
