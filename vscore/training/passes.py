"""Some inputs through several networks, and a gradient back to every weight.

Layers and their way back are those of `vscore.propagation`; the last layer is linear here. Numbers
are plain: what leaves the dtype is infinite or nan, and the trainer sees it in the loss.
"""

import numpy as np

from vscore._typing import AnyArray
from vscore.networks import DenseNetwork
from vscore.propagation.dense import products, products_transposed
from vscore.propagation.stack import pull_back
from vscore.training.weights import Weights


class Pass:
    """The arrays that inputs need on their way, forward and back.

    Parameters
    ----------
    network : DenseNetwork
    networks : int
        How many go together.
    rows : int
        The most inputs that go together.
    dtype : str
    """

    def __init__(self, network: DenseNetwork, networks: int, rows: int, dtype: str) -> None:
        self._activation = network.activation
        shapes = [(networks, rows, units) for units in network.widths[1:]]
        self._z = [np.empty(shape, dtype) for shape in shapes]
        self._h = [np.empty(shape, dtype) for shape in shapes[:-1]]

    def forward(self, weights: Weights, inputs: AnyArray) -> list[AnyArray]:
        """Each layer's h, the last one's z: shape (networks, inputs, units).

        Parameters
        ----------
        weights : Weights
        inputs : ndarray, shape (networks or 1, inputs, features)
        """
        rows = inputs.shape[1]
        passed, h = [], inputs
        for layer, (kernels, biases) in enumerate(
            zip(weights.kernels, weights.biases, strict=True)
        ):
            z = self._z[layer][:, :rows]
            products(kernels, h, z)
            z += biases[:, None]
            hidden = layer < len(self._h)
            h = self._activation.value(z, self._h[layer][:, :rows]) if hidden else z
            passed.append(h)
        return passed

    def backward(
        self, weights: Weights, inputs: AnyArray, cotangent: AnyArray, gradient: Weights
    ) -> None:
        """Write the gradient with respect to every weight; what `forward` gave is used up.

        Parameters
        ----------
        weights : Weights
        inputs : ndarray, shape (networks or 1, inputs, features)
            Those of the last `forward`.
        cotangent : ndarray, shape (networks, inputs, outputs)
            The gradient at the last z.
        gradient : Weights
            Where it goes.
        """
        rows, g = inputs.shape[1], cotangent
        for layer in range(len(self._z) - 1, -1, -1):
            below = self._h[layer - 1][:, :rows] if layer else inputs
            np.matmul(below.swapaxes(1, 2), g, out=gradient.kernels[layer])
            np.sum(g, axis=1, out=gradient.biases[layer])
            if layer:
                z = self._z[layer - 1][:, :rows]
                at_z = self._activation.derivative(z, z)
                g = pull_back(products_transposed, weights.kernels[layer], g, at_z, below)
