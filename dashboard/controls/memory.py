"""What the controls held when the last run was done with them, and what they were given since.

A message of the browser says what every control holds. It may have been sent before the browser
heard what the server had given a control meanwhile, and then that control holds nobody's choice.
"""

from collections.abc import Collection, Mapping, Set
from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.state.common import user_key_from_element_id

from dashboard.controls.address import is_heard, known

_VALUES = "values"
_DRAWN = "drawn"
_GIVEN = "given"


def remember(values: Mapping[str, Any]) -> None:
    """Keep the values, by the controls' keys."""
    st.session_state[_VALUES] = dict(values)


def remember_drawn() -> None:
    """Keep which controls are in sight: those that this run has drawn."""
    context = get_script_run_ctx()
    drawn = () if context is None else context.shared.widget_user_keys_this_run
    st.session_state[_DRAWN] = {key for key in remembered() if key in drawn}


def remembered() -> Mapping[str, Any]:
    """The values, by the controls' keys; none before the first run is done with them."""
    values: Mapping[str, Any] = st.session_state.get(_VALUES, {})
    return values


def changed() -> Set[str]:
    """Controls that hold another value, moved or given, than when the last run was done."""
    state = st.session_state
    return {key for key, value in remembered().items() if state.get(key) != value}


def is_all_told() -> bool:
    """Whether the browser has said of each control in sight what it holds."""
    told, drawn = _told(), st.session_state.get(_DRAWN, ())
    return all(key in told and st.session_state.get(key) is not None for key in drawn)


def moved() -> Collection[str]:
    """Controls that someone has moved since the last run was done with them."""
    before, same = remembered(), _told_as_before(_told())
    held = {key: st.session_state.get(key) for key in before if key not in same}
    return {key for key, value in held.items() if value not in (None, before[key])}


def give(values: Mapping[str, Any]) -> None:
    """Set controls; what the browser says of them until it has heard of it is no choice."""
    told = _told()
    _given().update({key: (told.get(key), value) for key, value in values.items()})
    st.session_state.update(values)


def fill_gaps(*, pressed: bool = False) -> None:
    """Go on with what a control held, where the browser does not say what it holds now.

    `pressed` says that a button asked for the run, so no control has moved.

    It says that nothing is chosen in a row of segments that it has drawn and not yet given its
    value, when another element asks for a run meanwhile. And of a control whose script it still
    loads it says nothing: if that control is not told its value once more, it begins with the
    first of its options. And of a control that was given a value it may say the one before.
    """
    told = _told()
    _give_again(told, pressed)
    held = st.session_state.to_dict()
    for key, value in remembered().items():
        if key not in held:
            continue
        if held[key] is None:
            st.session_state[key] = value
        elif key not in told:
            st.session_state[key] = held[key]


def _give_again(told: Mapping[str, bytes], pressed: bool) -> None:
    """Keep the values that were given where the browser has not heard of them.

    Where it still says what it said then, it has not heard if its address is an older one, or if
    a button or another control was moved: nobody moves two at once.
    """
    is_old = pressed or (known() is not None and not is_heard()) or bool(moved())
    same, given = _told_as_before(told), _given()
    for key, (before, value) in list(given.items()):
        if key not in same:
            if key in told or before is None:
                del given[key]
        elif st.session_state.get(key) != value:
            if is_old:
                st.session_state[key] = value
            else:
                del given[key]


def _given() -> dict[str, tuple[bytes | None, Any]]:
    """What controls were given, and what the browser said of each then."""
    given: dict[str, tuple[bytes | None, Any]] = st.session_state.setdefault(_GIVEN, {})
    return given


def _told_as_before(told: Mapping[str, bytes]) -> Collection[str]:
    """Controls of which the browser says what it said when they were given a value."""
    return {key for key, (before, _) in _given().items() if told.get(key) == before}


def _told() -> Mapping[str, bytes]:
    """What the browser has said, by the controls' keys, and as it came."""
    context = get_script_run_ctx()
    held = () if context is None else context.session_state.get_widget_states()
    keys = {each.id: user_key_from_element_id(each.id) for each in held}
    return {key: each.SerializeToString() for each in held if (key := keys[each.id]) is not None}
