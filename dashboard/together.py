"""What a run says, sent all at once.

A run hands each of its eighty messages to the thread that sends them, and the browser builds its
page anew for every few that reach it. A run that has its charts computed is over in a moment, so
it keeps what it says till then; once it works or waits for something, it is heard.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.scriptrunner import get_script_run_ctx

_here = threading.local()


@contextmanager
def sent_together() -> Iterator[None]:
    """Keep what this run says, until it is through or `speak` is called."""
    context = get_script_run_ctx()
    if context is None:
        yield
        return
    kept: list[ForwardMsg] = []
    send = context._enqueue
    context._enqueue = kept.append

    def speak() -> None:
        context._enqueue = send
        _here.speak = None
        for message in kept:
            send(message)

    _here.speak = speak
    try:
        yield
    finally:
        speak_now()


def speak_now() -> None:
    """Send what this run has kept, and from now on each thing that it says."""
    speak: Callable[[], None] | None = getattr(_here, "speak", None)
    if speak is not None:
        speak()
