"""Cases of which a quick run takes a few, and `pytest -m slow` the others."""

from collections.abc import Iterable
from typing import Any

import pytest


def sampled(count: int, cases: Iterable[Any]) -> list[Any]:
    """So many cases spread evenly over all of them; the others are marked slow.

    Parameters
    ----------
    count : int
        At least 1.
    cases : iterable
        What `pytest.mark.parametrize` takes; a tuple is a case of several arguments.
    """
    every = [each if isinstance(each, tuple) else (each,) for each in cases]
    quick = {number * len(every) // count for number in range(count)}
    return [
        pytest.param(*each, marks=() if index in quick else pytest.mark.slow)
        for index, each in enumerate(every)
    ]
