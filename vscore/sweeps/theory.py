"""Measures of theory: of a network's own layers, and of infinitely many like its own."""

import math

from vscore._quadrature import correlated_expectation
from vscore._typing import FloatArray
from vscore.meanfield import c_fixed_point, chi_1, depth_scale, fixed_point
from vscore.networks import RecurrentNetwork
from vscore.sweeps.cell import Ask, Cell, difference
from vscore.verdicts.flow import flow_of, log10_norm

_ROUNDING = 1e-12
"""Of chi: nearer to 1 the signal passes 1e12 layers, which is as good as all."""

_DIVERGED = 1e200
"""Stands for an infinite q*: phi' is its slopes at infinity by then."""


def at_last_layer(name: str) -> Ask:
    def ask(cell: Cell) -> float:
        return float(getattr(cell.theory(), name)[-1])

    return ask


def first_over_last(name: str) -> Ask:
    def ask(cell: Cell) -> float:
        values: FloatArray = getattr(cell.theory(), name)
        return difference(float(values[0]), float(values[-1]))

    return ask


def forward_factor(cell: Cell) -> float | None:
    flow = flow_of(cell.theory().log10_q[None], None)
    return flow.measured_factor if flow.steps else None


def backward_factor(cell: Cell) -> float | None:
    flow = flow_of(log10_norm(cell.theory().log10_gradient[None], cell.network), None)
    return flow.measured_factor if flow.steps else None


def q_limit(cell: Cell) -> float | None:
    found = _limit(cell)
    return None if found is None else found[0]


def chi_at_limit(cell: Cell) -> float | None:
    found = _limit(cell)
    if found is None:
        return None
    q, gain = found
    return chi_1(min(q, _DIVERGED), activation=cell.experiment.phi, sigma_w2=gain)


def gradient_depth_scale(cell: Cell) -> float | None:
    chi = chi_at_limit(cell)
    return None if chi is None else _scale_of(chi)


def c_limit(cell: Cell) -> float | None:
    """None where each correlation stays what it is."""
    found = _limit(cell)
    if found is None:
        return None
    bias, phi = cell.experiment.bias_variance, cell.experiment.phi
    limit = c_fixed_point(
        activation=phi, sigma_w2=found[1], sigma_b2=bias, start=_start(found[1], bias)
    )
    return limit.c if limit.converged else None


def correlation_depth_scale(cell: Cell) -> float | None:
    """-1 / ln of the slope of the correlation map at c*; None where q has no limit in (0, inf)."""
    found, c = _limit(cell), c_limit(cell)
    if found is None or c is None or not 0 < found[0] < math.inf:
        return None
    (q, gain), phi = found, cell.experiment.phi
    if c == 1:
        return _scale_of(chi_1(q, activation=phi, sigma_w2=gain))
    return _scale_of(gain * correlated_expectation(phi.derivative, q, c, phi.kinks))


def _scale_of(chi: float) -> float:
    """`depth_scale`, where 1 is 1 whatever quadrature's last digit."""
    return math.inf if abs(chi - 1) < _ROUNDING else depth_scale(chi)


def _limit(cell: Cell) -> tuple[float, float] | None:
    """q* and sigma_w2; None of recurrent networks, and where layers differ."""
    network = cell.network
    if isinstance(network, RecurrentNetwork):
        return None
    pairs = zip(network.effective_fans, network.weight_variances, strict=True)
    gains = {fans.fan_in * variance for fans, variance in pairs}
    if len(gains) > 1:
        return None
    (gain,) = gains
    bias = network.bias_variance
    found = fixed_point(
        activation=network.activation, sigma_w2=gain, sigma_b2=bias, start=_start(gain, bias)
    )
    return found.q, gain


def _start(gain: float, bias: float) -> float:
    """The first layer's q, for inputs of second moment 1."""
    return gain + bias
