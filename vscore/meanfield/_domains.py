"""The domains of the theory's arguments, and their check for numbers and arrays alike."""

import math

import numpy as np
from numpy.typing import ArrayLike

from vscore._typing import FloatArray
from vscore.parameters import Parameter, shown

SIGMA_W2 = Parameter(
    "sigma_w2",
    "Weight variance",
    "Effective fan_in times Var[w]: He 2, LeCun 1, PyTorch's default 1/3.",
    default=1.0,
    low=0,
    high=math.inf,
    shown=(0.1, 4.0),
    step=0.01,
    symbol="sigma_w^2",
    open_low=True,
    integer=False,
)

SIGMA_B2 = Parameter(
    "sigma_b2",
    "Bias variance",
    "Variance of the Gaussian biases.",
    default=0.0,
    low=0,
    high=math.inf,
    shown=(0.0, 2.0),
    step=0.01,
    symbol="sigma_b^2",
    integer=False,
)

LENGTH = Parameter(
    "q",
    "Second moment",
    "Mean square of a layer's pre-activations.",
    default=1.0,
    low=0,
    high=math.inf,
    shown=(0.0, 10.0),
    step=0.01,
    symbol="q",
    integer=False,
)

START = Parameter(
    "start",
    "First second moment",
    "Mean square of the pre-activations from which the iteration starts.",
    default=1.0,
    low=1e-100,  # the search for a fixed point goes 2^100 further on either side
    high=1e100,
    shown=(0.01, 100.0),
    step=0.01,
    symbol="q_1",
    integer=False,
    log=True,
)

CORRELATION = Parameter(
    "c",
    "Correlation",
    "Correlation of two inputs' pre-activations.",
    default=0.5,
    low=-1,
    high=1,
    shown=(-1.0, 1.0),
    step=0.01,
    symbol="c",
    integer=False,
)

CHI = Parameter(
    "chi",
    "Gradient factor",
    "What the gradient's second moment is multiplied by in one layer.",
    default=1.0,
    low=0,
    high=math.inf,
    shown=(0.0, 4.0),
    step=0.01,
    symbol="chi",
    integer=False,
)

LEVEL = Parameter(
    "level",
    "Band level",
    "The share of networks inside the band.",
    default=0.95,
    low=0,
    high=0.99,  # its ends are then quantiles with 20 of 4 096 paths beyond them
    shown=(0.5, 0.99),
    step=0.01,
    open_low=True,
    integer=False,
)


def check_array(parameter: Parameter, values: ArrayLike) -> FloatArray:
    """The values as float64, if every one lies in the parameter's domain.

    Raises
    ------
    ValueError
        Naming the parameter, its domain and the first value outside of it.
    """
    try:
        array = np.asarray(values, np.float64)
    except (TypeError, ValueError):
        raise ValueError(
            f"{parameter.name} must be {parameter.domain}; got {shown(values)}"
        ) from None
    inside = (array >= parameter.low) & (array <= parameter.high) & np.isfinite(array)
    if not inside.all():
        parameter.check(array[~inside].flat[0].item())
    return array


def check_axis(parameter: Parameter, values: ArrayLike) -> FloatArray:
    """The values of one axis of a map as float64, each in the parameter's domain.

    Raises
    ------
    ValueError
        Naming the parameter and what is allowed.
    """
    array = np.atleast_1d(check_array(parameter, values))
    if array.ndim != 1 or array.size == 0:
        raise ValueError(
            f"{parameter.name} must be a number or one axis of numbers; got shape {array.shape}"
        )
    if parameter.open_low:
        low = array.min()
        parameter.check(low.item())
    return array
