"""Quantiles that are kept from one simulation to the next change no number, and are bounded."""

from collections.abc import Iterable

import numpy as np
import pytest

from vscore import mlp, simulate
from vscore._streams import Stream
from vscore.distributions import DISTRIBUTIONS
from vscore.initializers import VarianceScaling
from vscore.propagation import quantiles
from vscore.propagation.quantiles import Shelf, draw_together

LAWS = ("truncated_normal", "untruncated_normal", "uniform")
STREAMS = [Stream(5, (network, 1)) for network in range(3)]


def drawn_alone(law: str, std: float) -> np.ndarray:
    """Each stream's weights as `sample` and Keras' users get them: one draw a stream."""
    out = np.empty((3, 400), np.float32)
    for stream, part in zip(STREAMS, out, strict=True):
        DISTRIBUTIONS[law].sampler(stream.bits(0, 400), std, part)
    return out.reshape(-1)


@pytest.mark.parametrize("law", LAWS)
def test_a_kept_draw_is_the_draw(law: str, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf = Shelf(1 << 20)
    monkeypatch.setattr(quantiles, "_SHELF", shelf)
    out = np.empty(1200, np.float32)
    sizes = []
    for std in (0.3, 0.7, 1e-3, 0.3):  # drawn, drawn and kept, found, found
        draw_together(DISTRIBUTIONS[law], STREAMS, std, out)
        assert np.array_equal(out, drawn_alone(law, std))
        sizes.append(shelf.bytes)
    assert sizes[0] == 0, "what comes once is not kept"
    assert sizes[1] == sizes[2] == sizes[3] >= out.nbytes


@pytest.mark.parametrize("law", LAWS)
def test_a_second_simulation_equals_a_first_one(law: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def q(scale: float) -> np.ndarray:
        network = mlp((64,) * 5, initializer=VarianceScaling(scale, "fan_in", law))
        return simulate(network, networks=4, batch=8, seed=3).log10_q

    monkeypatch.setattr(quantiles, "_SHELF", Shelf(1 << 24))
    again = [q(scale) for scale in (1.0, 2.0, 3.0)][2]
    monkeypatch.setattr(quantiles, "_SHELF", Shelf(1 << 24))
    assert np.array_equal(again, q(3.0))


def test_a_shelf_holds_no_more_than_its_room() -> None:
    shelf = Shelf(1000)
    for key in range(10):
        shelf.keep((key,), (np.zeros(75, np.float32), None))
    assert shelf.bytes == 900, "three of 300 bytes"
    found = [key for key in range(10) if shelf.find((key,), 300)[0] is not None]
    assert found == [7, 8, 9]
    shelf.keep((9,), (np.zeros(25, np.float32), None))
    assert shelf.bytes == 700


def test_what_is_used_stays() -> None:
    shelf = Shelf(1000)
    for key in range(3):
        shelf.keep((key,), (np.zeros(75, np.float32), None))
    shelf.find((0,), 300)
    shelf.keep((3,), (np.zeros(75, np.float32), None))
    assert [shelf.find((key,), 300)[0] is not None for key in range(4)] == [True, False, True, True]


def test_a_tail_counts() -> None:
    shelf = Shelf(1000)
    tail = (np.zeros(10, np.intp), np.zeros(10))
    shelf.keep((0,), (np.zeros(25, np.float32), tail))
    assert shelf.bytes == 100 + 80 + 80


def ask(shelf: Shelf, keys: Iterable[int]) -> list[int]:
    """Ask for draws of 300 bytes, as `draw_together` does; which of them were found."""
    found = []
    for key in keys:
        drawn, worth_keeping = shelf.find((key,), 300)
        if drawn is not None:
            found.append(key)
        elif worth_keeping:
            shelf.keep((key,), (np.zeros(75, np.float32), None))
    return found


def test_more_than_fits_again_and_again_is_found_as_far_as_it_fits() -> None:
    shelf = Shelf(1000)
    assert ask(shelf, range(5)) == ask(shelf, range(5)) == []
    for _ in range(100):
        assert ask(shelf, range(5)) == [0, 1, 2]
        assert shelf.bytes == 900


def test_what_nobody_asks_for_any_more_makes_room() -> None:
    shelf = Shelf(1000)
    ask(shelf, [0, 1, 2, 0, 1, 2])
    assert ask(shelf, [0, 1, 2]) == [0, 1, 2]
    others = [7, 8, 9] * 40
    assert len(ask(shelf, others)) > 60
    assert ask(shelf, [0, 1, 2]) == []
    assert ask(shelf, [7, 8, 9]) == [7, 8, 9]


def test_what_is_larger_than_the_room_is_not_kept() -> None:
    shelf = Shelf(299)
    assert ask(shelf, [0] * 20) == []
    assert shelf.bytes == 0
