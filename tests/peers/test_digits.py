"""The handwritten digits are those that scikit-learn ships, with the description that it gives."""

from typing import Any

import numpy as np
import pytest

from vscore.training import draw_dataset
from vscore.training.digits import load_digits

COPY: Any = pytest.importorskip("sklearn.datasets").load_digits()


def test_every_image_and_every_class() -> None:
    images, classes = load_digits()
    np.testing.assert_array_equal(images, COPY.data)
    np.testing.assert_array_equal(classes, COPY.target)


def test_what_it_says_of_them() -> None:
    said = " ".join(COPY.DESCR.split())
    assert "This is a copy of the test set of the UCI ML hand-written digits datasets" in said
    assert "43 people, 30 contributed to the training set and different 13 to the test set" in said
    assert "E. Alpaydin" in said


def test_a_data_set_is_drawn_from_it() -> None:
    """All of them without noise: theirs less the mean, over the root mean square, in some order."""
    expected = COPY.data - COPY.data.mean()
    expected /= np.sqrt(np.square(expected).mean())
    data = draw_dataset("digits", points=len(expected), noise=0.0, seed=5)

    def rows(inputs: Any, classes: Any) -> Any:
        whole = np.column_stack([classes, np.round(inputs, 9)])
        return whole[np.lexsort(whole.T)]

    np.testing.assert_allclose(
        rows(data.inputs, data.targets), rows(expected, COPY.target), atol=2e-9
    )
