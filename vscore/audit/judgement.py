"""Which initializers a tensor is consistent with, by test; and if none, how far it has moved."""

import math
from dataclasses import dataclass

import numpy as np

from vscore._typing import AnyArray, FloatArray, Shape
from vscore.audit.candidates import Candidate, candidates, expected
from vscore.audit.roles import TORCH, Role
from vscore.audit.summary import Summary, tolerance, unrounded
from vscore.distributions import Density
from vscore.fitting import FEWEST, ks_p

DOUBT = 1e-4
"""A right initializer fails each of the two tests once in so many tensors."""

_SORTED = 1 << 20
"""Values in the Kolmogorov-Smirnov test: they tell laws apart by 0.2 %."""

_CLEAR = 10.0
"""A difference in log-likelihood that outweighs a default."""

_BEYOND = 1e9
"""A ratio of stds as good as any larger one, and small enough to be squared."""

_VECTORS = 32
"""Rows or columns whose products tell an orthogonal matrix."""

_ORTHOGONAL = 1e-3


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the tests say.

    Attributes
    ----------
    consistent : tuple of str
        Names, best first.
    default : bool
        Whether the first is what the layer's file or framework starts it with.
    nearest : str
        Where none is consistent, the one to compare with; else the first. Empty where nothing is
        known.
    std_ratio, ks : float
        The tensor's std over that one's, and the largest distance of the cdfs; nan for constants.
    words : str
        All of it in one sentence.
    """

    consistent: tuple[str, ...]
    default: bool
    nearest: str
    std_ratio: float
    ks: float
    words: str


@dataclass(frozen=True, slots=True)
class _Tested:
    name: str
    passes: bool
    likelihood: float
    std_ratio: float
    ks: float


def judge(role: Role, shape: Shape, dtype: str, summary: Summary, fortran: bool) -> Judgement:
    """Compare one tensor with everything that it may have been started with."""
    wanted = expected(role)
    if summary.count == 0:
        return _said("empty")
    if summary.not_finite:
        return _said(f"{summary.not_finite} of {summary.count} values are not finite")
    exact = _pattern(role, shape, dtype, summary, fortran)
    if exact is not None:
        return _consistent([exact], wanted)
    if summary.std == 0:
        return _moved_or_constant(wanted, summary)
    if summary.count < FEWEST:
        return _said(f"fewer than {FEWEST} values: too few to test")
    listed = [each for each in candidates(role, shape) if each.density.std > 0]
    sample = np.sort(unrounded(summary.held[:: -(-summary.held.size // _SORTED)], dtype))
    tested = [_tested(each, sample, summary, tolerance(dtype)) for each in listed]
    passed = [each for each in tested if each.passes]
    if passed:
        return _consistent([each.name for each in _ranked(passed, wanted)], wanted, passed)
    return _moved(tested, wanted, summary)


def _tested(candidate: Candidate, sample: FloatArray, summary: Summary, slack: float) -> _Tested:
    law = candidate.density
    ratio = min(math.hypot(summary.std, summary.mean - law.mean) / law.std, _BEYOND)
    score = abs(ratio**2 - 1) / math.sqrt((law.kurtosis - 1) / summary.count)
    distance = _distance(law, sample)
    largest = max(summary.maximum - law.mean, law.mean - summary.minimum)
    inside = largest <= law.distribution.half_width * law.std * (1 + slack)
    likely = math.erfc(score / math.sqrt(2)) > DOUBT and ks_p(distance, sample.size) > DOUBT
    passes = inside and likely
    likelihood = _likelihood(law, sample, slack) if passes else -math.inf
    return _Tested(candidate.name, passes, likelihood, summary.std / law.std, distance)


def _distance(law: Density, ordered: FloatArray) -> float:
    shares = law.cdf(ordered)
    steps = np.arange(ordered.size + 1) / ordered.size
    return float(max((steps[1:] - shares).max(), (shares - steps[:-1]).max()))


def _likelihood(law: Density, values: FloatArray, slack: float) -> float:
    """The log-likelihood; values are drawn in as far as rounding may have pushed them out."""
    density = law.pdf(law.mean + (values - law.mean) * (1 - slack))
    return float(np.log(np.maximum(density, 1e-300)).sum())


def _ranked(passed: list[_Tested], wanted: tuple[str, ...]) -> list[_Tested]:
    """The default first unless another is clearly likelier; then by likelihood."""
    best = max(each.likelihood for each in passed)

    def rank(each: _Tested) -> tuple[float, float]:
        default = each.name in wanted and each.likelihood > best - _CLEAR
        return (wanted.index(each.name) if default else math.inf), -each.likelihood

    return sorted(passed, key=rank)


def _pattern(role: Role, shape: Shape, dtype: str, summary: Summary, fortran: bool) -> str | None:
    """What needs no test: zeros, ones, an LSTM's bias, an orthogonal matrix."""
    if summary.std == 0 and summary.mean in (0.0, 1.0):
        return "zeros" if summary.mean == 0 else "ones"
    if role.layer == "LSTM" and role.part == "bias" and _is_forget_bias(summary):
        return "unit_forget_bias"
    gain = _orthogonal_gain(role, shape, dtype, summary, fortran)
    if gain is None:
        return None
    return "orthogonal" if abs(gain - 1) < 5 * _ORTHOGONAL else f"orthogonal, gain {gain:.4g}"


def _is_forget_bias(summary: Summary) -> bool:
    """Keras' gates are i, f, c, o: the second quarter 1, the others 0."""
    if not summary.whole or summary.count % 4:
        return False
    gates = summary.held.reshape(4, -1)
    return bool((gates[1] == 1).all() and (gates[[0, 2, 3]] == 0).all())


def _orthogonal_gain(
    role: Role, shape: Shape, dtype: str, summary: Summary, fortran: bool
) -> float | None:
    """The gain of a matrix with orthogonal rows or columns; None for any other."""
    if len(shape) < 2 or not summary.whole or summary.std == 0:
        return None
    matrix = _as_matrix(summary.held, shape, role.layout == TORCH, fortran)
    short = matrix if matrix.shape[0] <= matrix.shape[1] else matrix.T
    if len(short) < 2:
        return None
    largest = max(summary.maximum, -summary.minimum)
    vectors = short[:_VECTORS].astype(np.float64) / largest
    products = vectors @ vectors.T
    square = float(np.trace(products)) / len(products)
    slack = _ORTHOGONAL + tolerance(dtype)
    off = np.abs(products / square - np.eye(len(products))).max() if square > 0 else math.inf
    return math.sqrt(square) * largest if off < slack else None


def _as_matrix(values: AnyArray, shape: Shape, out_first: bool, fortran: bool) -> AnyArray:
    """As frameworks flatten a kernel: Keras all axes but the last, PyTorch all but the first."""
    kernel = values.reshape(shape, order="F" if fortran else "C")
    return kernel.reshape(shape[0], -1) if out_first else kernel.reshape(-1, shape[-1])


def _consistent(
    names: list[str], wanted: tuple[str, ...], tested: list[_Tested] | None = None
) -> Judgement:
    default = names[0] in wanted
    words = f"consistent with {names[0]}" + (", the default" if default else "")
    if len(names) > 1:
        words += f"; {len(names) - 1} more: {', '.join(names[1:4])}{', ...' * (len(names) > 4)}"
    first = next((each for each in tested or [] if each.name == names[0]), None)
    ratio, ks = (first.std_ratio, first.ks) if first is not None else (math.nan, math.nan)
    return Judgement(tuple(names), default, names[0], ratio, ks, words)


def _said(words: str) -> Judgement:
    return Judgement((), False, "", math.nan, math.nan, words)


def _moved_or_constant(wanted: tuple[str, ...], summary: Summary) -> Judgement:
    if wanted and wanted[0] in ("zeros", "ones"):
        return _off_constant(wanted[0], summary)
    return _said(f"every value is {summary.mean:g}: no initializer's default")


def _off_constant(name: str, summary: Summary) -> Judgement:
    start = 1.0 if name == "ones" else 0.0
    distance = math.hypot(summary.std, summary.mean - start)
    words = f"moved by training: {distance:.3g} from {name} (root mean square)"
    return Judgement((), False, name, math.nan, math.nan, words)


def _moved(tested: list[_Tested], wanted: tuple[str, ...], summary: Summary) -> Judgement:
    """How far from the default, or from the nearest where nothing says what the default is."""
    if wanted and wanted[0] in ("zeros", "ones", "unit_forget_bias"):
        return _off_constant("zeros" if wanted[0] != "ones" else "ones", summary)
    known = [each for each in tested if each.name in wanted]
    if not known:
        known = sorted(tested, key=lambda each: abs(math.log(each.std_ratio)))
    if not known:
        return _said(f"consistent with nothing known; std {summary.std:.3g}")
    near = known[0]
    words = (
        f"{_how_far(near)}: std {near.std_ratio:.3g} times that of {near.name}, "
        f"KS distance {near.ks:.2g}"
    )
    return Judgement((), False, near.name, near.std_ratio, near.ks, words)


def _how_far(near: _Tested) -> str:
    change = abs(math.log(near.std_ratio))
    if change < math.log(1.02) and near.ks < 0.02:
        return "moved a little by training"
    if change < math.log(1.5) and near.ks < 0.1:
        return "moved by training"
    return "moved far by training, or started by something else"
