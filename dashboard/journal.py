"""The server's log: one line of JSON an event on standard error, and nothing about visitors.

A line says what happened and where in the program; never an address, a user agent, a session, a
link or a value that somebody typed. Messages of libraries may hold any of these, so of them too
only the place is written, but while the server starts: there are no visitors then.
"""

import json
import logging
import sys
import threading
import types
from collections import Counter
from datetime import UTC, datetime

import streamlit.logger

LEAST = logging.WARNING


def write(event: str, **details: object) -> None:
    """Write one line.

    Parameters
    ----------
    event : str
    **details
        What JSON can hold.
    """
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    sys.stderr.write(json.dumps({"time": now, "event": event, **details}) + "\n")
    sys.stderr.flush()


class Tally:
    """Counts what anybody can cause, and writes only the 1st, 10th, 100th ... time of each.

    So nobody can fill a disk.
    """

    def __init__(self) -> None:
        self._times: Counter[tuple[object, ...]] = Counter()

    def count(self, event: str, **details: str | int) -> None:
        """One more event with these details.

        Parameters
        ----------
        event : str
        **details
            As for `write`: of few kinds, since all that were seen are kept.
        """
        key = (event, *details.items())
        self._times[key] += 1
        times = self._times[key]
        if str(times).strip("0") == "1":
            write(event, **details, times=times)


class Handler(logging.Handler):
    """Writes what libraries log, without their words once `discreet` is set."""

    def __init__(self) -> None:
        super().__init__(LEAST)
        self.discreet = False
        self._tally = Tally()
        self.addFilter(_is_news)

    def be_discreet(self) -> None:
        """Write no words from now on: there are visitors."""
        self.discreet = True

    def emit(self, record: logging.LogRecord) -> None:
        """Write the record's kind and place, and its exception's."""
        event = "error" if record.levelno >= logging.ERROR else "warning"
        details = {"by": f"{record.name}:{record.lineno}"}
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            details |= {"type": type(error).__name__, "at": place(error)}
        if self.discreet:
            self._tally.count(event, **details)
        else:
            write(event, **details, message=f"{record.getMessage().strip()} {error or ''}".strip())


def _is_news(record: logging.LogRecord) -> bool:
    """Streamlit warns of each option in our own table of its settings file."""
    own = isinstance(record.args, tuple) and str(record.args[:1]).startswith("('vscore.")
    return not (record.name == "streamlit.config" and own)


def place(error: BaseException) -> str:
    """Module and line that raised it: ours, if one of ours was on the way."""
    frames = []
    trace = error.__traceback__
    while trace is not None:
        frames.append(f"{trace.tb_frame.f_globals.get('__name__')}:{trace.tb_lineno}")
        trace = trace.tb_next
    ours = [frame for frame in frames if frame.startswith(("dashboard.", "vscore."))]
    return (ours or frames or ["unknown"])[-1]


def take_over() -> Handler:
    """Send everything that is logged in this process, now and later, through one handler.

    Streamlit gives each of its loggers a handler of its own, when it is first asked for.
    """
    handler = Handler()

    def only_ours(logger: logging.Logger) -> None:
        logger.handlers[:] = [handler]

    streamlit.logger.setup_formatter = only_ours
    streamlit.logger.update_formatter()
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(LEAST)
    logging.captureWarnings(True)
    threading.excepthook = _note_thread
    return handler


def _note_thread(lost: threading.ExceptHookArgs | types.SimpleNamespace) -> None:
    error = lost.exc_value
    if error is not None and not isinstance(error, SystemExit):
        write("error", by="thread", type=type(error).__name__, at=place(error))
