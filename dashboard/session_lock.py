"""One lock for all runs of a session, and callbacks that are done to their end.

When a control is changed, Streamlit starts a new run at once and tells the present one to stop
(`runner.fastReruns`). Both have the same session state, but each guards it by a lock of its own:
if the new run begins just when the old one is tidying up, the one walks through values that the
other is moving; that fails, or drops what was set last. With one lock they take turns.

A run that is told to stop does so where it next looks at the session state. In a widget's callback
that would lose the change that the callback is about: the next run does not call it again.

And a widget that is drawn asks for the whole state, to look at one value of it. It is handed a view
that works out what it is asked for: a run of the default page takes a millisecond less.
"""

from collections.abc import Callable, Iterator, Mapping
from threading import RLock
from typing import Any
from weakref import WeakValueDictionary

from streamlit.runtime.scriptrunner import script_runner
from streamlit.runtime.state import SafeSessionState, SessionState

_locks: WeakValueDictionary[int, RLock] = WeakValueDictionary()
"""By the session state's id, as long as a run holds both."""


class OneLockSessionState(SafeSessionState):
    """A run's view of the session's state, under the lock that all of its runs share."""

    def __init__(self, state: SessionState, yield_callback: Callable[[], None]) -> None:
        super().__init__(state, yield_callback)
        object.__setattr__(self, "_lock", _locks.setdefault(id(state), self._lock))

    @property
    def filtered_state(self) -> Any:
        """Values by the keys that the page gave them, each worked out when it is asked for."""
        return _Values(self._state, self._lock)

    def on_script_will_rerun(self, *args: Any, **kwargs: Any) -> None:
        """Take what the browser sent and call what has changed back, all of it."""
        stop_if_told = self._yield_callback
        stop_if_told()
        object.__setattr__(self, "_yield_callback", lambda: None)
        try:
            super().on_script_will_rerun(*args, **kwargs)
        finally:
            object.__setattr__(self, "_yield_callback", stop_if_told)


class _Values(Mapping[str, Any]):
    """What `SessionState.filtered_state` is a dictionary of, as it is now."""

    def __init__(self, state: SessionState, lock: RLock) -> None:
        self._state = state
        self._lock = lock

    def __getitem__(self, key: str) -> Any:
        with self._lock:
            return self._state[key]

    def __iter__(self) -> Iterator[str]:
        with self._lock:
            return iter(self._state.filtered_state)

    def __len__(self) -> int:
        with self._lock:
            return len(self._state.filtered_state)


def share_locks() -> None:
    """Have every run that starts from now on use the lock of its session."""
    vars(script_runner)["SafeSessionState"] = OneLockSessionState
