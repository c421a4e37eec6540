"""From networks, layers and initializers to plans."""

import string
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, TypeAlias, TypeGuard

from vscore._typing import Shape
from vscore.export.plan import BiasDraw, Draw, LayerPlan, Plan, StackPlan, product, usual_fans
from vscore.export.rules import rule_of
from vscore.initializers import INITIALIZERS, Initializer, VarianceScaling, as_initializer
from vscore.layers import Bias, Kernel, Layer
from vscore.networks import ConvolutionalNetwork, DenseNetwork, Network, RecurrentNetwork
from vscore.parameters import check_choice, shown

Start: TypeAlias = Initializer | str | Mapping[str, Initializer | str]
"""One initializer, or one by kernel's name; the kernels that it does not name start as in Keras."""

Experiment: TypeAlias = Network | tuple[Layer, Start]


def plans_of(target: object) -> tuple[Plan, ...]:
    """A plan for each experiment, labelled A, B, ... where the target is a list of them.

    Raises
    ------
    ValueError
        If the target is nothing that can be exported, naming what can.
    """
    if isinstance(target, Network) or _is_pair(target):
        return (_plan(target, ""),)
    if not isinstance(target, Sequence) or not 1 <= len(target) <= len(string.ascii_uppercase):
        raise ValueError(_wanted("network_or_layer_and_initializer", target))
    return tuple(map(_plan, target, string.ascii_uppercase))


def _plan(experiment: object, label: str) -> Plan:
    if isinstance(experiment, Network):
        kind = check_choice("network's kind", experiment.kind, _NETWORKS)
        return _NETWORKS[kind](experiment, label)
    if not _is_pair(experiment):
        raise ValueError(_wanted(f"experiment {label}", experiment))
    layer, start = experiment
    starts = _starts(layer, start)
    return _layer_plan(layer, starts, tuple(map(BiasDraw, layer.biases)), label)


def _is_pair(target: object) -> TypeGuard[tuple[Layer, object]]:
    return isinstance(target, tuple) and len(target) == 2 and isinstance(target[0], Layer)


def _wanted(argument: str, got: object) -> str:
    return (
        f"{argument} must be a network such as vscore.mlp(), a pair such as "
        f"(vscore.Dense(), 'he_normal'), or a list of 1 to 26 of these; got {shown(got)}"
    )


def _starts(layer: Layer, start: object) -> dict[str, Initializer]:
    """An initializer by kernel; one alone is meant as Keras' `kernel_initializer` is.

    It goes to every kernel that starts like the first one in Keras: not to a recurrent kernel.
    """
    defaults = {kernel.name: kernel.default_initializer for kernel in layer.kernels}
    if isinstance(start, Mapping):
        for name in start:
            check_choice("kernel", name, defaults)
        given = dict(start)
    else:
        first = layer.kernels[0].default_initializer
        given = {name: start for name, default in defaults.items() if default == first}
    return {
        name: as_initializer(given.get(name, INITIALIZERS[default]))
        for name, default in defaults.items()
    }


def _layer_plan(
    layer: Layer,
    starts: Mapping[str, Initializer],
    biases: tuple[BiasDraw, ...],
    label: str,
    steps: int | None = None,
) -> LayerPlan:
    return LayerPlan(
        layer,
        tuple(_draw(kernel, starts[kernel.name]) for kernel in layer.kernels),
        biases,
        steps,
        title=repr(layer) if steps is None else f"{layer!r} over {steps} time steps",
        notes=tuple(
            f"{kernel.name} {kernel.shape}: {described(starts[kernel.name])}"
            for kernel in layer.kernels
        ),
        label=label,
    )


def _draw(kernel: Kernel, initializer: Initializer) -> Draw:
    """The draw of one kernel, by the fans that Keras >= 3.15 computes for it."""
    if isinstance(initializer, VarianceScaling) and kernel.input_axes is not None:
        initializer = VarianceScaling(
            initializer.scale,
            initializer.mode,
            initializer.distribution,
            input_axes=kernel.input_axes,
            output_axes=kernel.output_axes,
        )
    fans = initializer.fans(kernel.shape)  # an orthogonal rule refuses a vector here
    initializer.variance(fans)  # and float32's range is checked here
    return Draw(kernel, rule_of(initializer), fans)


def _stack(network: DenseNetwork | ConvolutionalNetwork, label: str) -> StackPlan:
    image = network.input_shape[:-1]
    note = (f"kernels: {described(network.initializer)}",)
    bias = f"biases: normal of variance {network.bias_variance!r}"
    return StackPlan(
        (network.input_shape[-1], *(shape[-1] for shape in network.kernel_shapes)),
        network.kernel_shapes[0][:-2],
        image,
        network.padding if isinstance(network, ConvolutionalNetwork) else "",
        network.activation,
        rule_of(network.initializer),
        _fans_code(network.initializer, network.kernel_shapes[0][:-2]),
        network.bias_variance,
        title=f"{network.description}, {network.activation.label} after each",
        notes=note if network.bias_variance == 0 else (*note, bias),
        label=label,
    )


def _fans_code(initializer: Initializer, window: Shape) -> tuple[str, str]:
    """The fans of a stack's kernels as source, by the initializer's axes where it has both."""
    inputs = getattr(initializer, "input_axes", None)
    outputs = getattr(initializer, "output_axes", None)
    if inputs is None or outputs is None:
        return usual_fans(window)
    sizes = (*window, "inputs", "outputs")
    in_axes, out_axes = ([sizes[axis] for axis in axes] for axes in (inputs, outputs))
    return product(in_axes), product(out_axes)


def _recurrent(network: RecurrentNetwork, label: str) -> LayerPlan:
    layer = network.layer
    starts = (network.initializer, network.recurrent_initializer)
    named = {kernel.name: start for kernel, start in zip(layer.kernels, starts, strict=True)}
    biases = tuple(
        BiasDraw(
            bias if network.unit_forget_bias else Bias(bias.name, bias.shape),
            network.bias_variance,
        )
        for bias in layer.biases
    )
    return _layer_plan(layer, named, biases, label, network.steps)


_NETWORKS: Mapping[str, Callable[[Any, str], Plan]] = MappingProxyType(
    {"mlp": _stack, "convnet": _stack, "recurrent": _recurrent}
)


def described(initializer: Initializer) -> str:
    """An initializer as it is constructed, without its seed."""
    config = initializer.get_config().items()
    shown_fields = (f"{k}={v!r}" for k, v in config if v is not None and k != "seed")
    return f"{initializer.kind}({', '.join(shown_fields)})"
