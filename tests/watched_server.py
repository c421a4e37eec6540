"""The dashboard, with a line in a file for each simulation that begins and ends.

    python tests/watched_server.py FILE [options of python -m dashboard]

A line is: seconds of `time.monotonic`, "begin" or "end", and how many are then at it.
"""

import sys
import threading
import time
from pathlib import Path
from typing import Any

from dashboard.__main__ import main


def watch(file: Path) -> None:
    """Put a recorder around the core's `simulate`."""
    from dashboard import compute
    from vscore.propagation import simulate

    lock = threading.Lock()
    at_it = 0

    def note(step: int, word: str) -> None:
        nonlocal at_it
        with lock, file.open("a") as lines:
            at_it += step
            lines.write(f"{time.monotonic()} {word} {at_it}\n")

    def recorded(*arguments: Any, **options: Any) -> Any:
        note(1, "begin")
        try:
            return simulate(*arguments, **options)
        finally:
            note(-1, "end")

    vars(compute)["simulate"] = recorded


if __name__ == "__main__":
    watch(Path(sys.argv[1]))
    main(["--no-browser", *sys.argv[2:]])
