"""Several polynomials at once: NumPy's own values, in the dtype of the coefficients."""

import numpy as np
import pytest
from numpy.typing import DTypeLike

from vscore._horner import polynomials


@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-15), (np.float32, 1e-6)])
@pytest.mark.parametrize("powers", [2, 5, 9])
def test_each_is_numpy_s_own(powers: int, dtype: DTypeLike, tolerance: float) -> None:
    numbers = np.random.default_rng(powers)
    coefficients = numbers.uniform(0.5, 2, (3, powers)).astype(dtype)
    t = numbers.uniform(0, 1.5, 70).astype(dtype)  # all positive: nothing cancels
    totals = np.full((3, 70), np.nan, dtype)
    found = polynomials(coefficients, t, totals)
    assert found is totals
    expected = [np.polyval(row, t.astype(np.float64)) for row in coefficients.astype(np.float64)]
    assert found == pytest.approx(np.array(expected), rel=tolerance)


def test_none_depends_on_its_neighbours() -> None:
    coefficients = np.array([[1.5, -2, 0.25], [np.inf, 0, 1]], np.float32)
    t = np.array([0.5, 3], np.float32)
    both = polynomials(coefficients, t, np.empty((2, 2), np.float32))
    alone = polynomials(coefficients[:1], t, np.empty((1, 2), np.float32))
    assert np.array_equal(both[0], alone[0])
    assert alone[0].tolist() == [-0.375, 7.75]
