"""Controls moved at random, one after another, on every page: no error, and a link that holds all.

A control can bring others that the session has never held: a convolution its sizes, a leaky ReLU
its slope. Tests that open links do not come by these.
"""

import random
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.registry import PAGES
from vscore.distributions import DISTRIBUTIONS
from vscore.fans import MODES

LINK = "v=1&depth=3&width=16&networks=2&batch=4"

STEPS = 15

# Rows of segments show labels, and take names.
SEGMENTS = {
    "family": ("dense", "convolutional", "recurrent"),
    "mode": tuple(MODES),
    "distribution": tuple(DISTRIBUTIONS),
    "cell": ("simple_rnn", "lstm", "gru"),
    "padding": ("circular", "zeros"),
}
KINDS = ("selectbox", "select_slider", "slider", "number_input", "checkbox", "button_group")


def page(path: str) -> None:
    """One page as the entry has it, but for the links around it."""
    from dashboard.controls import experiment, foreseen, show_notices
    from dashboard.registry import PAGES

    (current,) = (each for each in PAGES if each.path == path)
    shown, _ = foreseen()
    if current.look_ahead is not None:
        current.look_ahead(shown)
    shown, notices = experiment(controls=current.controls, filled=True)
    show_notices(notices)
    current.render(shown)


def opened(path: str, link: str) -> AppTest:
    app = AppTest.from_function(page, args=(path,), default_timeout=60)
    app.query_params = dict(parse_qsl(link))
    return app.run()


def controls(app: AppTest) -> Iterator[tuple[str, Any]]:
    """Each control with its kind: those of the sidebar and of the page."""
    for kind in KINDS:
        for each in app.get(kind):
            control: Any = each
            if control.key and not control.disabled:
                yield kind, control


def move(app: AppTest, chance: random.Random) -> str:
    """Move one control somewhere, or press a button; what was done."""
    found = [*controls(app), *(("button", each) for each in app.button if not each.disabled)]
    kind, control = chance.choice(found)
    match kind:
        case "button":
            control.click()
            return str(control.label)
        case "checkbox":
            value: Any = not control.value
        case "selectbox":
            value = chance.choice(control.options)
            control.select(value)
            return f"{control.key} = {value}"
        case "select_slider":
            text = chance.choice(control.options)
            value = text if isinstance(control.value, str) else type(control.value)(float(text))
        case "button_group":
            value = chance.choice(SEGMENTS.get(control.key, control.options))
        case _:
            value = chance.choice((control.min, min(control.max, 40), control.value))
    control.set_value(value)
    return f"{control.key} = {value}"


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("path", [each.path for each in PAGES if each.controls])
def test_moved_at_random(path: str, seed: int) -> None:
    chance = random.Random(f"{path} {seed}")
    app = opened(path, LINK)
    trail: list[str] = []
    for _ in range(STEPS):
        trail.append(move(app, chance))
        app.run()
        assert [error.value for error in app.exception] == [], trail
    if not any("used" in box.value for box in app.warning):
        assert held(opened(path, urlencode(app.query_params))) == held(app), trail


def held(app: AppTest) -> dict[str, Any]:
    """What the controls hold, but for the initializer's name: a formula may be called by two."""
    return {each.key: each.value for _, each in controls(app) if each.key != "init"}
