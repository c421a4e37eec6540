"""Where a formula bends too sharply for the quadrature's own panels, and where to cut them."""

import numpy as np

from vscore._typing import FloatArray
from vscore.formulas.curve import Curve
from vscore.formulas.errors import FormulaError
from vscore.formulas.kinks import MOST_KINKS

_STD = 2.0
"""The Gaussian under which panels are judged; its own edges lie 1.5 stds apart, as the
quadrature's do."""

_EDGES = np.linspace(-9, 9, 13) * _STD
_OCTAVES = 2.0 ** np.arange(5)

_ACCURACY = 1e-11
"""Of E phi^2 and of E phi'^2, relative; one panel may be wrong by this share of the whole."""

_MOST_ROUNDS = 24

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(16)


def cuts_of(curve: Curve, kinks: tuple[float, ...], formula: str) -> tuple[float, ...]:
    """Points at which to cut panels until halving one more changes nothing.

    Parameters
    ----------
    curve : Curve
    kinks : tuple of float
    formula : str

    Raises
    ------
    FormulaError
        If they and the kinks would be more than `MOST_KINKS`.
    """
    edges = np.unique(np.concatenate([_EDGES, -_OCTAVES, _OCTAVES, [0.0], kinks]))
    cuts: list[float] = []
    for _ in range(_MOST_ROUNDS):
        middles = (edges[1:] + edges[:-1]) / 2
        finer = np.sort(np.concatenate([edges, middles]))
        whole = _panels(curve, edges)
        halves = _panels(curve, finer)
        change = np.abs(whole - halves[:, ::2] - halves[:, 1::2])
        total = np.abs(halves).sum(axis=1, keepdims=True)
        bad = (change > _ACCURACY * total).any(axis=0)
        if not bad.any():
            return tuple(cuts)
        cuts += middles[bad].tolist()
        edges = np.sort(np.concatenate([edges, middles[bad]]))
        if len(cuts) + len(kinks) > MOST_KINKS:
            break
    where = float(middles[np.argmax((change / np.maximum(total, 1e-300)).max(axis=0))])
    reason = (
        f"formula changes too sharply to be integrated, near x = {where:g}: use smaller numbers, "
        "or declare the place in kinks"
    )
    raise FormulaError(reason, formula, 0)


def _panels(curve: Curve, edges: FloatArray) -> FloatArray:
    """The integrals of phi^2 and phi'^2 times the density over each panel, shape (2, panels)."""
    half = np.diff(edges)[:, None] / 2
    x = edges[:-1, None] + half * (1 + _NODES)
    density = np.exp(-0.5 * (x / _STD) ** 2) * half * _WEIGHTS
    curves = np.stack([curve.value(x, None), curve.derivative(x, None)])
    integrals: FloatArray = (curves**2 * density).sum(axis=-1)
    return integrals
