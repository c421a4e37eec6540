"""Runs of one session that overlap lose nothing of its state."""

import threading

import pytest
from streamlit.runtime.scriptrunner import script_runner
from streamlit.runtime.state import SafeSessionState, SessionState

from dashboard.session_lock import OneLockSessionState, share_locks

PATIENCE = 10.0
"""Seconds for what must happen."""

A_WHILE = 0.2
"""Seconds in which what must not happen would."""


@pytest.mark.parametrize(
    ("view", "waits"), [(SafeSessionState, False), (OneLockSessionState, True)]
)
def test_a_run_begins_when_the_one_before_has_ended(
    view: type[SafeSessionState], waits: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Streamlit's own views do not wait; that is what loses values."""
    ending, go_on = threading.Event(), threading.Event()

    def remove(_: SessionState, __: frozenset[str]) -> None:
        ending.set()
        assert go_on.wait(PATIENCE)

    monkeypatch.setattr(SessionState, "_remove_stale_widgets", remove)
    state = SessionState()
    old, new = (view(state, lambda: None) for _ in range(2))
    end = threading.Thread(target=old.on_script_finished, args=(frozenset(),))
    begin = threading.Thread(target=new.on_script_will_rerun, args=(None,))
    end.start()
    assert ending.wait(PATIENCE)
    begin.start()
    begin.join(A_WHILE if waits else PATIENCE)
    assert begin.is_alive() == waits
    go_on.set()
    for thread in (end, begin):
        thread.join(PATIENCE)
        assert not thread.is_alive()


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


def test_a_change_is_called_back_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever is told to stop meanwhile does so in the next step after it."""
    told_to_stop = False

    class Stopped(Exception):
        """What ends a run."""

    def stop_if_told() -> None:
        if told_to_stop:
            raise Stopped

    def change(*_: object, **__: object) -> None:
        nonlocal told_to_stop
        told_to_stop = True
        view["seed"] = view["seed"] + 1

    monkeypatch.setattr(SessionState, "on_script_will_rerun", change)
    state = SessionState()
    view = OneLockSessionState(state, stop_if_told)
    view["seed"] = 1
    view.on_script_will_rerun(None)
    assert state["seed"] == 2
    with pytest.raises(Stopped):
        view["seed"]
    with pytest.raises(Stopped):
        view.on_script_will_rerun(None)


def test_a_widget_is_handed_the_values_it_asks_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same as in the whole state, of which the others are not worked out."""
    state = SessionState()
    for key, value in {"depth": 20, "act": "relu", "nothing": None}.items():
        state[key] = value
    whole = state.filtered_state
    view = OneLockSessionState(state, lambda: None)
    assert dict(view.filtered_state) == whole
    assert len(view.filtered_state) == len(whole)
    monkeypatch.setattr(SessionState, "filtered_state", None)
    found = view.filtered_state
    assert {key: found[key] for key in whole} == whole
    assert "nothing" in found
    assert "width" not in found
