"""An experiment as a program for Keras, PyTorch, JAX or NumPy that draws the same laws.

Frameworks differ in what they call a normal, in what they cut, in the order of axes and in how
they count fans. So a plan says what is drawn (`vscore.export.plan`), once, and one module a
framework says it in the framework's words. No framework is imported.
"""

from collections.abc import Mapping
from types import MappingProxyType

from vscore.export.flax import JAX
from vscore.export.keras import KERAS
from vscore.export.numpy import NUMPY
from vscore.export.program import Exporter, program
from vscore.export.pytorch import TORCH
from vscore.export.reading import Experiment, plans_of
from vscore.parameters import check_choice

__all__ = ["EXPORTERS", "Experiment", "Exporter", "export_code"]

EXPORTERS: Mapping[str, Exporter] = MappingProxyType(
    {exporter.kind: exporter for exporter in (KERAS, TORCH, JAX, NUMPY)}
)
"""A way to write a program by framework."""


def export_code(
    network_or_layer_and_initializer: Experiment | list[Experiment] | tuple[Experiment, ...],
    framework: str = "keras",
) -> str:
    """The source of a program that draws the same laws of weights in a framework.

    Parameters
    ----------
    network_or_layer_and_initializer : Network, pair, or sequence of 1 to 26 of them
        A pair is (layer, initializer), such as (LSTM(), "he_normal"). The initializer is an
        object or a key of `INITIALIZERS`, and means what `kernel_initializer` does in Keras: a
        recurrent kernel starts as Keras starts it. A mapping from kernel names to initializers
        says otherwise; kernels that it does not name start as in Keras. The experiments of a
        sequence are labelled A, B, C, ...
    framework : {"keras", "torch", "jax", "numpy"}, default "keras"
        A key of `EXPORTERS`. "jax" writes Flax's nnx.

    Returns
    -------
    str
        A Python module with a function `build(seed)` (build_a, build_b, ... for a sequence).
        Biases are Keras': zeros, a forget gate's ones, or normal where a network has a
        bias_variance. Initializers' own seeds are not used.

    Raises
    ------
    ValueError
        If there is no such framework, if nothing here can be exported, or if the initializer
        refuses the layer's shape.

    Examples
    --------
    >>> from vscore.layers import Dense
    >>> "keras.initializers.HeNormal()" in export_code((Dense(784, 256), "he_normal"))
    True
    """
    exporter = EXPORTERS[check_choice("framework", framework, EXPORTERS)]
    return program(exporter, plans_of(network_or_layer_and_initializer))
