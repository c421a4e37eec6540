"""Handwritten digits, 1797 of 8 x 8 pixels: 43 people wrote them, 13 of them these.

"Optical Recognition of Handwritten Digits", E. Alpaydin and C. Kaynak, UCI Machine Learning
Repository, 1998, https://doi.org/10.24432/C50P49, licensed CC BY 4.0 there. This is its test set,
taken from the copy that scikit-learn ships (`sklearn.datasets.load_digits`, whose description says
where it comes from and names no licence of its own): every grey value and every class as they are
there, in the same order, written by `numpy.savez_compressed` as `images`, uint8 of shape
(1797, 64), and `classes`. It is carried along so that training needs no other package; a test
compares it with scikit-learn's.
"""

from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

DIGITS = 1797
"""How many there are."""


@cache
def load_digits() -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Images, shape (1797, 64), row after row, grey values 0 to 16; and the digits they show."""
    with (
        files("vscore.training").joinpath("digits.npz").open("rb") as file,
        np.load(file, allow_pickle=False) as arrays,
    ):
        images, classes = arrays["images"], arrays["classes"].astype(np.int64)
    images.flags.writeable = classes.flags.writeable = False
    return images, classes
