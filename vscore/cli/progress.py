"""One line on stderr while work goes on: a bar, or the time where the total is not known."""

import sys
import time
from types import TracebackType

_SILENT = 0.5
"""Seconds of work before anything is shown."""

_EVERY = 0.1
_CELLS = 30


class ProgressBar:
    """Shown on a terminal only; use as `with ProgressBar(...) as bar: work(progress=bar.step)`.

    Parameters
    ----------
    label : str
        What goes on.
    quiet : bool
        Show nothing.
    """

    def __init__(self, label: str, quiet: bool) -> None:
        self._label = label
        self._live = not quiet and sys.stderr.isatty()
        self._start = self._last = time.monotonic()
        self._shown = 0

    def __enter__(self) -> "ProgressBar":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._shown:
            self._write("")

    def step(self, done: int, total: int) -> None:
        """Show how much is done."""
        if self._due():
            filled = _CELLS * done // max(total, 1)
            bar = "#" * filled + "." * (_CELLS - filled)
            self._write(f"{self._label} [{bar}] {100 * done // max(total, 1):3d} %")

    def tick(self) -> None:
        """Show how long it has taken."""
        if self._due():
            self._write(f"{self._label} ... {time.monotonic() - self._start:.0f} s")

    def _due(self) -> bool:
        now = time.monotonic()
        if not self._live or now - self._start < _SILENT or now - self._last < _EVERY:
            return False
        self._last = now
        return True

    def _write(self, text: str) -> None:
        """Put the text over the last one, blanks over what remains, the cursor at its start."""
        sys.stderr.write(f"\r{text:{self._shown}}\r")
        sys.stderr.flush()
        self._shown = len(text)
