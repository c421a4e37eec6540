"""A layer applied to unit-variance input: what each kernel does, beside what was meant."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt
from typing import TypeAlias

from vscore._blas import one_blas_thread
from vscore._streams import Stream, check_seed
from vscore._typing import Check, Convention, Mode
from vscore.effects.causes import FRAMEWORK_NAMES, Cause, causes
from vscore.effects.counts import restoring_scale, written_fans
from vscore.effects.draw import Law, law_of
from vscore.effects.geometry import Geometry, geometry
from vscore.effects.measure import Measured, measure
from vscore.fans import Fans, fans
from vscore.initializers import Initializer, VarianceScaling, as_initializer
from vscore.layers import Kernel, Layer
from vscore.parameters import Parameter, check_choice, shown

Choice: TypeAlias = Initializer | str | None

INPUTS = Parameter(
    "inputs",
    "Inputs",
    "Independent N(0, 1) inputs, and about as many units looked at.",
    64,
    8,
    4096,
    (16, 512),
    log=True,
)


@dataclass(frozen=True, slots=True)
class KernelEffect:
    """One kernel: how a framework counts it, and what its layer makes of N(0, 1) numbers.

    Attributes
    ----------
    kernel : Kernel
    convention : str
    initializer : Initializer
        The framework's default, rewritten for Keras' fans, where none was given.
    variance : float
        Var[w].
    fans, effective : Fans
        As the framework counts them, and what is really summed.
    written, effective_written : pair of str
        The same as products: "3 x 5 x 64 = 960".
    causes : tuple of Cause
        Why the two differ; empty where they do not.
    taps, gradient_taps : pair of int
        The fewest and the most taps that meet in one output, and in one input's gradient. A
        stride makes them differ; what is measured and predicted is the mean over positions.
    output : Measured
        Mean square of the outputs.
    gradient : Measured or None
        Mean square of the gradient at the inputs, for iid N(0, 1) numbers at the outputs; None for
        a look-up, whose inputs are integers.
    mode : str
        The initializer's, or fan_in where it has none.
    restoring_scale : float
        What to multiply its scale by, so that the mode does what it intends.
    """

    kernel: Kernel
    convention: Convention
    initializer: Initializer
    variance: float
    fans: Fans
    effective: Fans
    written: tuple[str, str]
    effective_written: tuple[str, str]
    causes: tuple[Cause, ...]
    taps: tuple[int, int]
    gradient_taps: tuple[int, int]
    output: Measured
    gradient: Measured | None
    mode: Mode
    restoring_scale: float

    @property
    def std(self) -> float:
        """The weights' standard deviation."""
        return sqrt(self.variance)

    @property
    def fan_in_ratio(self) -> float:
        """The framework's fan_in over the effective one; 1 where it counts what is summed."""
        return self.fans.fan_in / self.effective.fan_in

    @property
    def fan_out_ratio(self) -> float:
        """The framework's fan_out over the effective one."""
        return self.fans.fan_out / self.effective.fan_out


@dataclass(frozen=True, slots=True)
class LayerEffect:
    """What `layer_effect` found.

    Attributes
    ----------
    layer : Layer
    convention : str
    inputs, seed : int
    kernels : tuple of KernelEffect
        In the layer's order.
    """

    layer: Layer
    convention: Convention
    inputs: int
    seed: int
    kernels: tuple[KernelEffect, ...]


def layer_effect(
    layer: Layer,
    initializer: Choice | Mapping[str, Choice] = None,
    *,
    convention: Convention = "keras",
    inputs: int = 64,
    seed: int = 0,
    check: Check | None = None,
) -> LayerEffect:
    """What a layer's initializer does: each kernel drawn, applied to N(0, 1) input and measured.

    Parameters
    ----------
    layer : Layer
        One of `LAYERS`, or a `RawKernel`.
    initializer : Initializer, str or mapping, optional
        For every kernel, or by kernel name; a kernel without one has the framework's default. A
        seed in it is not used.
    convention : {"keras", "keras<3.15", "torch", "jax"}
        Whose fans an initializer reads, and whose defaults are meant.
    inputs : int
        Independent inputs, and about as many units looked at; in [8, 4096]. The work of a layer
        of ordinary size grows as its square, the relative error falls as 1 / inputs or slower.
    seed : int
    check : callable, optional
        Called before each draw of 2**18 numbers and each tap; may raise to cancel.

    Returns
    -------
    LayerEffect

    Raises
    ------
    ValueError
        Naming the argument that is not allowed; if the framework has no such tensor; or if a
        kernel is too large even for a few of its outputs.

    Notes
    -----
    Each kernel is applied as the linear map that it is: a convolution on a circular image, both
    steps of a separable one by themselves, a recurrent layer's input and recurrent products of
    each gate by themselves, attention's four projections by themselves, an embedding as a look-up
    of distinct rows. Biases are left out. A few units of a kernel are drawn, each with all its
    products; where the kernel has fewer, several kernels are.

    Predictions are exact expectations over weights and inputs, E w^2 times the products summed.
    """
    _check_arguments(layer, convention)
    count = INPUTS.check_int(inputs)
    start = Stream(check_seed(seed))
    chosen = _by_kernel(layer, initializer)
    with one_blas_thread():
        found = tuple(
            _kernel_effect(
                layer, kernel, chosen[kernel.name], convention, count, start.child(index), check
            )
            for index, kernel in enumerate(layer.kernels)
        )
    return LayerEffect(layer, convention, count, start.seed, found)


def _check_arguments(layer: object, convention: object) -> None:
    if not isinstance(layer, Layer):
        raise ValueError(
            "layer must be a layer such as Dense(784, 256) or RawKernel((3, 4)); "
            f"got {shown(layer)}"
        )
    check_choice("convention", convention, FRAMEWORK_NAMES)


def _by_kernel(
    layer: Layer, initializer: Choice | Mapping[str, Choice]
) -> dict[str, Initializer | None]:
    names = [kernel.name for kernel in layer.kernels]
    given = initializer if isinstance(initializer, Mapping) else dict.fromkeys(names, initializer)
    for name in given:
        check_choice("initializer", name, names)
    return {
        name: None if given.get(name) is None else as_initializer(given[name]) for name in names
    }


def _kernel_effect(
    layer: Layer,
    kernel: Kernel,
    initializer: Initializer | None,
    convention: Convention,
    inputs: int,
    stream: Stream,
    check: Check | None,
) -> KernelEffect:
    counted = fans(kernel, convention)
    law = law_of(layer, kernel, initializer, convention)
    plan = geometry(layer, kernel)
    output, gradient = _both_ways(kernel, plan, law, inputs, stream, check)
    mode = _mode(law)
    return KernelEffect(
        kernel,
        convention,
        law.initializer,
        law.variance,
        counted,
        kernel.effective,
        written_fans(layer, kernel, convention),
        written_fans(layer, kernel, "effective"),
        causes(layer, kernel, convention),
        plan.taps(forward=True),
        plan.taps(forward=False),
        output,
        gradient,
        mode,
        restoring_scale(kernel, convention, mode),
    )


def _both_ways(
    kernel: Kernel, plan: Geometry, law: Law, inputs: int, stream: Stream, check: Check | None
) -> tuple[Measured, Measured | None]:
    output = measure(kernel, plan, law, inputs, stream.child(0), check=check)
    if plan.lookup:
        return output, None
    back = measure(kernel, plan, law, inputs, stream.child(1), forward=False, check=check)
    return output, back


def _mode(law: Law) -> Mode:
    return law.initializer.mode if isinstance(law.initializer, VarianceScaling) else "fan_in"
