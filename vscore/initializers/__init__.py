"""Keras' initializers: the same arguments, defaults, aliases and laws, called as Keras calls them.

Every scheme is one formula, Var[w] = scale / max(1, n), with n a fan or an average of the two;
`INITIALIZERS` gives the well-known scales, modes and laws their names.

References
----------
Glorot and Bengio 2010, eq. 16; He et al. 2015, eq. 10; LeCun et al. 1998, section 4.6;
Saxe et al. 2014, section 4 (orthogonal); `keras/src/initializers/random_initializers.py` 3.15.
"""

from vscore.initializers.base import Initializer, RandomInitializer, fill_block, size_of
from vscore.initializers.constant import Constant, Zeros
from vscore.initializers.laws import RandomNormal, RandomUniform, TruncatedNormal
from vscore.initializers.orthogonal import Orthogonal
from vscore.initializers.table import CUSTOM_OBJECTS, INITIALIZERS, as_initializer
from vscore.initializers.variance_scaling import VarianceScaling, for_kernel

__all__ = [
    "CUSTOM_OBJECTS",
    "INITIALIZERS",
    "Constant",
    "Initializer",
    "Orthogonal",
    "RandomInitializer",
    "RandomNormal",
    "RandomUniform",
    "TruncatedNormal",
    "VarianceScaling",
    "Zeros",
    "as_initializer",
    "fill_block",
    "for_kernel",
    "size_of",
]
