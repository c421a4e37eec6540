"""What a run says reaches the browser at once, and nothing of it is lost or late."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.scriptrunner_utils.script_run_context import ScriptRunContext

from dashboard import compute, together
from dashboard.together import sent_together, speak_now


@dataclass
class Context:
    """As much of a run's as there is to it here."""

    sent: list[str] = field(default_factory=list)
    _enqueue: Callable[[ForwardMsg], object] = id

    def __post_init__(self) -> None:
        self._enqueue = lambda message: self.sent.append(message.hash)

    def say(self, text: str) -> None:
        self._enqueue(ForwardMsg(hash=text))


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Context:
    context = Context()
    monkeypatch.setattr(together, "get_script_run_ctx", lambda: context)
    return context


def test_all_is_sent_at_the_end_and_in_order(run: Context) -> None:
    with sent_together():
        run.say("one")
        run.say("two")
        assert run.sent == []
    assert run.sent == ["one", "two"]
    run.say("three")
    assert run.sent == ["one", "two", "three"]


@pytest.mark.parametrize("speak", [speak_now, compute.pause])
def test_who_works_is_heard_before(run: Context, speak: Callable[[], None]) -> None:
    """Work looks in every few milliseconds whether it is still wanted."""
    with sent_together():
        run.say("one")
        speak()
        assert run.sent == ["one"]
        run.say("two")
        assert run.sent == ["one", "two"]
        speak()
    assert run.sent == ["one", "two"]


def test_an_error_is_heard_after_what_was_said_before(run: Context) -> None:

    def fail() -> None:
        with sent_together():
            run.say("one")
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    run.say("error")
    assert run.sent == ["one", "error"]


def test_nobody_need_speak(monkeypatch: pytest.MonkeyPatch) -> None:
    """Outside of a run, as where a page is computed ahead."""
    monkeypatch.setattr(together, "get_script_run_ctx", lambda: None)
    with sent_together():
        speak_now()


def test_streamlit_s_runs_speak_by_what_is_replaced_here() -> None:
    assert "_enqueue" in ScriptRunContext.__dataclass_fields__
    assert "self._enqueue(" in inspect.getsource(ScriptRunContext.enqueue)
