"""The engine "gram": dense layers of Gaussian weights without the weights, exact in law.

Forward. For W (m x n) iid N(0, s^2) and inputs X (B x m), the columns of H = X W are iid
N(0, s^2 X X^T). So with X X^T = V L V^T and Z (B x n) standard normal,

    H = s V L^(1/2) Z.

Backward. D = G W^T, for G made from H, needs W given X W = H: on the span of X's rows W is known,
off it W is as random as ever. With U = L^(-1/2) V^T X, whose rows are orthonormal,

    D = s (G Z^T) U + s R Z' (I - U^T U),    R R^T = G G^T, Z' (B x m) standard normal.

That is O(B^2 n) work where drawing W takes O(m n), and O(B n) memory: unless a network is small, a
layer's Z is drawn again on the way back, and of each layer only two B x B matrices are kept.

For other laws of the same variance both are right up to O(1 / n).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import TypeAlias

import numpy as np

from vscore._scratch import BLOCK
from vscore._streams import Stream
from vscore._typing import AnyArray, FloatArray, Shape
from vscore._workers import ALONE, Team, Tick
from vscore.initializers import RandomNormal, size_of
from vscore.networks import DenseNetwork
from vscore.propagation.kernels import fill_each
from vscore.propagation.run import BIAS, COTANGENT, KERNEL, Run
from vscore.propagation.scaled import Scaled, activate, derivative, scaled, shifted
from vscore.propagation.statistics import forward_statistics, log10_second_moment

_Key: TypeAlias = tuple[Shape, tuple[int, ...]]
"""The shape of a draw, and its stream's path."""

_FRESH = 4
"""The streams of Z', after those of `run`."""

_RANK = 1e-12
"""Eigenvalues below this share of the largest are rounding: float32 rows are parallel to 1e-6."""

_AT_ONCE = 1 << 18
"""Elements of a float64 copy at a time: 2 MiB."""

_KEPT = 1 << 23
"""Of a network with at most so many pre-activations z, these and all Z are kept: 64 MiB."""


@dataclass(frozen=True, slots=True)
class _Root:
    """X X^T = V L V^T of one layer's inputs, in X's own scale.

    Attributes
    ----------
    root : ndarray, shape (B, B)
        V L^(1/2).
    inverse : ndarray, shape (B, B)
        L^(-1/2) V^T, with rows of zeros where there is no such direction.
    """

    root: FloatArray
    inverse: FloatArray


class GramRun(Run[DenseNetwork]):
    """One network of which no weight exists."""

    def __init__(
        self,
        network: DenseNetwork,
        stream: Stream,
        dtype: str,
        tick: Tick,
        team: Team = ALONE,
    ) -> None:
        super().__init__(network, stream, dtype, tick, team)
        self._stds = [variance**0.5 for variance in network.weight_variances]
        self._roots: list[_Root] = []
        self._exponents: list[int] = []
        self._batch = 0
        self._kept: dict[int, tuple[AnyArray, Scaled]] = {}

    def forward(self, inputs: AnyArray) -> list[dict[str, float]]:
        """The statistics of each layer, first to last, for inputs of shape (batch, widths[0])."""
        is_small = len(inputs) * sum(self.network.widths[1:]) <= _KEPT
        found = []
        for layer, (normal, z, h) in enumerate(self._passed(inputs)):
            if is_small:
                self._kept[layer] = normal, z
            found.append(forward_statistics(self.network.activation, z, h))
        return found

    def activations(self, inputs: AnyArray) -> Iterator[AnyArray]:
        for _, _, h in self._passed(inputs):
            yield h.values

    def _passed(self, inputs: AnyArray) -> Iterator[tuple[AnyArray, Scaled, Scaled]]:
        """Z, z and h of each layer."""
        h = scaled(inputs)
        self._batch = len(inputs)
        layers = range(self.network.depth)
        normals = self._normals(map(self._key, layers))
        for layer in layers:
            self._roots.append(_root(h.values))
            self._exponents.append(h.exponent)
            normal = next(normals)
            z = self._z(layer, normal)
            h = activate(self.network.activation, z)
            yield normal, z, h
            self._tick()

    def backward(self) -> list[float]:
        """log10 of the gradient's second moment at each layer's z, first to last."""
        last = self.network.depth - 1
        normals = self._normals(self._keys_back())
        normal, _ = self._again(last, normals)
        g = scaled(next(normals))
        moments = [log10_second_moment(g)]
        self._tick()
        for layer in range(last - 1, -1, -1):
            below, z = self._again(layer, normals)
            g = self._pulled_back(layer, g, normal, z, next(normals))
            normal = below
            moments.append(log10_second_moment(g))
            self._tick()
        return moments[::-1]

    def _normals(self, keys: Iterable[_Key]) -> Iterator[AnyArray]:
        """Standard normal arrays of these shapes and paths, drawn while others are used."""
        for drawn in self._team.ahead(self._drawn_together, list(_alike(keys))):
            yield from drawn

    def _drawn_together(self, keys: Sequence[_Key]) -> Iterable[AnyArray]:
        """Some of one shape: several small ones in one draw."""
        shape, path = keys[0]
        if len(keys) == 1:
            return [self._standard_normal(shape, *path)]
        streams = [self._stream.child(*path) for _, path in keys]
        drawn = np.empty((len(keys), *shape), np.float32)
        fill_each(RandomNormal(0.0, 1.0), streams, drawn)
        return drawn.astype(self._dtype, copy=False)

    def _key(self, layer: int) -> _Key:
        """What a layer's Z is drawn by, shape (B, n)."""
        return (self._batch, self.network.widths[layer + 1]), (KERNEL, layer)

    def _keys_back(self) -> list[_Key]:
        """What is drawn on the way back, in order: a layer's Z if it is not kept, then its Z'.

        For the last layer the cotangent.
        """
        keys, last = [], self.network.depth - 1
        for layer in range(last, -1, -1):
            shape, path = self._key(layer)
            if layer not in self._kept:
                keys.append((shape, path))
            keys.append((shape, (COTANGENT,) if layer == last else (_FRESH, layer + 1)))
        return keys

    def _z(self, layer: int, normal: AnyArray) -> Scaled:
        """z of a layer by its Z; the same at every call."""
        root = (self._stds[layer] * self._roots[layer].root).astype(self._dtype)
        z = scaled(root @ normal, self._exponents[layer])
        if self.network.bias_variance != 0:
            bias = self._standard_normal(normal.shape[1:], BIAS, layer)
            z = shifted(z, bias * np.asarray(self.network.bias_variance**0.5, self._dtype))
        return z

    def _again(self, layer: int, normals: Iterator[AnyArray]) -> tuple[AnyArray, Scaled]:
        """Z and z of a layer, on the way back."""
        if layer in self._kept:
            return self._kept.pop(layer)
        normal = next(normals)
        return normal, self._z(layer, normal)

    def _pulled_back(
        self, layer: int, g: Scaled, normal: AnyArray, z: Scaled, fresh: AnyArray
    ) -> Scaled:
        """The gradient at z of a layer, from g at the next layer's z, that layer's Z, and Z'."""
        x = activate(self.network.activation, z)
        known = _products(g.values, normal)
        unseen = (_root(g.values).root).astype(self._dtype) @ fresh
        inverse = self._roots[layer + 1].inverse
        # D = s (unseen + (known - unseen U^T) U), and U = inverse X.
        seen = _products(unseen, x.values) @ inverse.T
        back = unseen + ((known - seen) @ inverse).astype(self._dtype) @ x.values
        back *= np.asarray(self._stds[layer + 1], self._dtype)
        back *= derivative(self.network.activation, z)
        return scaled(back, g.exponent)


def _alike(keys: Iterable[_Key]) -> Iterator[Sequence[_Key]]:
    """Runs of one shape, each as many as a block has room for."""
    for shape, run in groupby(keys, key=itemgetter(0)):
        alike, most = list(run), max(1, BLOCK // size_of(shape))
        for start in range(0, len(alike), most):
            yield alike[start : start + most]


def _root(rows: AnyArray) -> _Root:
    """The eigendecomposition of rows rows^T, shape (B, B), in float64."""
    values, vectors = np.linalg.eigh(_products(rows, rows))
    present = values > _RANK * max(values[-1], 0.0)
    lengths = np.sqrt(np.where(present, values, 0.0))
    inverse = np.divide(1.0, lengths, out=np.zeros_like(lengths), where=present)
    return _Root(vectors * lengths, inverse[:, None] * vectors.T)


def _products(first: AnyArray, second: AnyArray) -> FloatArray:
    """first second^T in float64, shape (B, B): long sums lose digits in float32."""
    step = max(1, _AT_ONCE // len(first))
    total = np.zeros((len(first), len(second)))
    for start in range(0, first.shape[1], step):
        part = slice(start, start + step)
        total += first[:, part].astype(np.float64) @ second[:, part].astype(np.float64).T
    return total
