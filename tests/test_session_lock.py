"""Runs of one session that overlap lose nothing of its state."""

import sys
import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from streamlit.runtime.scriptrunner import script_runner
from streamlit.runtime.scriptrunner_utils.script_run_context import add_script_run_ctx
from streamlit.runtime.state import SafeSessionState, SessionState

from dashboard.session_lock import OneLockSessionState, share_locks

KEYS = [f"hidden {i}" for i in range(200)]
RUN: Any = SimpleNamespace(page_script_hash="", fragment_ids_this_run=None)


@pytest.fixture(autouse=True)
def _switch_often() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def harm(runs: int, view: type[SafeSessionState]) -> int:
    """Of runs that begin while the one before ends: how many values are gone, and errors."""
    state = SessionState()
    old, new = (view(state, lambda: None) for _ in range(2))
    count = 0
    for _ in range(runs):
        for key in KEYS:
            new[key] = key
        both = threading.Barrier(2)

        def end(both: threading.Barrier = both) -> None:
            nonlocal count
            both.wait()
            try:
                old.on_script_finished(frozenset())
            except RuntimeError:
                count += 1

        ending = threading.Thread(target=end)
        add_script_run_ctx(ending, RUN)
        ending.start()
        both.wait()
        new.on_script_will_rerun(None)
        ending.join()
        count += sum(key not in new for key in KEYS)
        state.clear()
    return count


def test_locks_of_their_own_are_not_enough() -> None:
    assert harm(300, SafeSessionState) > 0


def test_one_lock_is() -> None:
    assert harm(300, OneLockSessionState) == 0


def test_new_runs_have_the_lock() -> None:
    share_locks()
    assert vars(script_runner)["SafeSessionState"] is OneLockSessionState


def test_sessions_do_not_wait_for_each_other() -> None:
    one, other = SessionState(), SessionState()
    first, second, third = (
        vars(OneLockSessionState(state, lambda: None))["_lock"] for state in (one, one, other)
    )
    assert first is second
    assert first is not third
