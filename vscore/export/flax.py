"""JAX by Flax's nnx: initializers are functions of a key and a shape, every tensor has its key."""

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType

from vscore._typing import Shape
from vscore.export.flax_forms import CELLS, DEPTHWISE, FORMS, Form, projection_shape
from vscore.export.fragments import (
    JAX_BLOCKS,
    JAX_KERNEL,
    JAX_MATRIX,
    JAX_NORMAL,
    JAX_STACK,
    JAX_TRUNCATED,
    JAX_UNIFORM,
)
from vscore.export.plan import BiasDraw, Draw, LayerPlan, StackPlan
from vscore.export.program import DEEP, Code, Exporter, call, check_layer, normal_std, options
from vscore.export.rules import SCHEMES, Rule
from vscore.fans import compute_fans

_SEED = ("rngs = nnx.Rngs(seed)  # hands out a new key for every tensor",)

_LAWS: Mapping[str, Callable[..., tuple[str, tuple[str, ...]]]] = MappingProxyType(
    {
        # JAX's truncated_normal takes the std before the cut, and no mean.
        "truncated_normal": lambda mean, std: _centred(
            "truncated_normal", mean, std, JAX_TRUNCATED
        ),
        "untruncated_normal": lambda mean, std: _centred("normal", mean, std, JAX_NORMAL),
        "uniform": lambda low, high: (f"uniform({low}, {high})", (JAX_UNIFORM,)),
        "orthogonal": lambda gain: (f"nnx.initializers.orthogonal({gain})", ()),
        "constant": lambda value: (f"nnx.initializers.constant({value})", ()),
    }
)
"""By law, given its numbers: the initializer, and the functions that it needs."""

_JAX_LAWS: Mapping[str, str] = MappingProxyType(
    {"truncated_normal": "truncated_normal", "untruncated_normal": "normal", "uniform": "uniform"}
)
"""What variance_scaling calls them: JAX's "normal" is not cut."""


def _centred(name: str, mean: str, std: str, helper: str) -> tuple[str, tuple[str, ...]]:
    """JAX's own where the mean is 0."""
    if mean == "0.0":
        return f"nnx.initializers.{name}({std})", ()
    return f"{name}({mean}, {std})", (helper,)


def _initializer(draw: Draw, shape: Shape) -> tuple[tuple[str, ...], str, tuple[str, ...]]:
    """Lines that come before, the initializer, its functions; nnx draws it in this shape."""
    if draw.rule.law == "orthogonal" and (math.prod(shape[:-1]), shape[-1]) != draw.matrix:
        gain = draw.spelling.arguments[0]
        return (), f"orthogonal_matrix({gain}, {draw.matrix!r})", (JAX_MATRIX,)
    # JAX counts fans as Keras does where it is given Keras' shape; it refuses a vector.
    counted = compute_fans(shape) if len(shape) > 1 else None
    if draw.rule.mode is not None and counted == draw.fans:
        return (), _native(draw.rule), ()
    made, helpers = _LAWS[draw.rule.law](*draw.spelling.arguments)
    if draw.rule.mode is None:
        return (), made, helpers
    words = "none" if counted is None else f"{counted.fan_in} and {counted.fan_out}"
    why = f"# Keras' fans are {draw.fans.fan_in} and {draw.fans.fan_out}; JAX would count {words}."
    return (why, *draw.spelling.lines), made, helpers


def _native(rule: Rule) -> str:
    if rule in SCHEMES:
        return f"nnx.initializers.{SCHEMES[rule]}()"
    numbers = (f"{rule.scale!r}", f'"{rule.mode}"', f'"{_JAX_LAWS[rule.law]}"')
    return "\n".join(call("nnx.initializers.variance_scaling", numbers, DEEP))


def _layer(plan: LayerPlan) -> Code:
    unusual = {**dict.fromkeys(CELLS, _recurrent), **_UNUSUAL}
    kind = check_layer("JAX", plan, {**FORMS, **unusual})
    if kind in unusual:
        return unusual[kind](plan)
    (draw,) = plan.draws
    before, layer, helpers = _made(FORMS[kind], plan, (draw,), before="return ")
    return Code((*_SEED, *before, *layer), helpers)


def _made(
    form: Form,
    plan: LayerPlan,
    draws: tuple[Draw, ...],
    extra: tuple[str, ...] = (),
    before: str = "",
    indent: int = 4,
) -> tuple[tuple[str, ...], list[str], tuple[str, ...]]:
    """Lines that come before a layer, the layer, its functions."""
    sizes = plan.sizes()
    made = [_initializer(draw, form.drawn_shape(draw.shape)) for draw in draws]
    names = [form.initializers[draw.name] for draw in draws]
    layer = call(
        form.function,
        (
            *(argument.format(**sizes) for argument in form.arguments),
            *options(sizes, **form.optional),
            *(f"{name}={code}" for name, (_, code, _) in zip(names, made, strict=True)),
            *extra,
            "rngs=rngs",
        ),
        indent,
        before,
    )
    lines = tuple(line for lines, _, _ in made for line in lines)
    return lines, layer, tuple(helper for _, _, helpers in made for helper in helpers)


def _separable(plan: LayerPlan) -> Code:
    depthwise, pointwise = plan.draws
    forms = (
        (_named(DEPTHWISE, depthwise), ("use_bias=False",)),
        (_named(Form("nnx.Conv", ("{between}", "{filters}", "(1, 1)")), pointwise), ()),
    )
    made = [
        _made(form, plan, (draw,), extra, indent=8)
        for (form, extra), draw in zip(forms, plan.draws, strict=True)
    ]
    both = call("nnx.Sequential", ("\n".join(layer) for _, layer, _ in made), before="return ")
    lines = (line for lines, _, _ in made for line in lines)
    return Code((*_SEED, *lines, *both), tuple(h for _, _, helpers in made for h in helpers))


def _named(form: Form, draw: Draw) -> Form:
    """The form of a layer whose only kernel is this one."""
    return Form(
        form.function,
        form.arguments,
        {draw.name: "kernel_init"},
        form.optional,
        form.drawn_shape,
    )


def _recurrent(plan: LayerPlan) -> Code:
    """A cell inside nnx.RNN; every other bias than 0 is given by an initializer."""
    codes = [_bias(bias) for bias in plan.biases]
    code, helpers = codes[0]
    extra = (f"bias_init={code}",) if code else ()
    lines, cell, own = _made(CELLS[plan.layer.kind], plan, plan.draws, extra, before="cell = ")
    second = _second_bias(plan) if len(plan.biases[0].bias.shape) > 1 else ()
    return Code((*_SEED, *lines, *cell, *second, "return nnx.RNN(cell)"), (*own, *helpers))


def _second_bias(plan: LayerPlan) -> tuple[str, ...]:
    """GRU's row of biases on the side of the state."""
    bias = plan.biases[0]
    values = f"{normal_std(bias.variance)} * rngs.params.normal(({bias.bias.shape[-1]},))"
    zeros = f"jnp.zeros({bias.bias.shape[-1]})"
    return (
        "# Keras has a second row of biases, on the state's side; nnx.GRUCell leaves it out.",
        "cell.dense_h.use_bias = True",
        f"cell.dense_h.bias = nnx.Param({values if bias.variance else zeros})",
    )


def _bias(bias: BiasDraw) -> tuple[str, tuple[str, ...]]:
    """The initializer of biases and its functions; empty for zeros."""
    if bias.blocks:
        blocks = ", ".join(map(repr, bias.blocks))
        std = normal_std(bias.variance) if bias.variance else "0.0"
        return f"bias_with_blocks({std}, {blocks})", (JAX_BLOCKS,)
    return _normal_bias(bias.variance), ()


def _normal_bias(variance: float) -> str:
    return f"nnx.initializers.normal({normal_std(variance)})" if variance else ""


def _attention(plan: LayerPlan) -> Code:
    """One initializer for query, key and value, another for the output; or each kernel its own."""
    projections, output = plan.draws[:3], plan.draws[3]
    made = [
        _initializer(draw, shape)
        for draw, shape in (
            *((draw, projection_shape(draw.shape)) for draw in projections),
            (output, output.matrix),
        )
    ]
    codes = [code for _, code, _ in made]
    layer = call(
        "nnx.MultiHeadAttention",
        (
            *(str(plan.sizes()[name]) for name in ("num_heads", "input_dim", "inner")),
            f"kernel_init={codes[0]}",
            f"out_kernel_init={codes[3]}",
            "decode=False",
            "rngs=rngs",
        ),
        before="attention = ",
    )
    others = (
        f"attention.{draw.name.removesuffix('_kernel')}.kernel[...] = {code}"
        f"(rngs.params(), {projection_shape(draw.shape)!r}).reshape({draw.shape!r})"
        for draw, code in zip(projections, codes, strict=False)
        if draw.rule != projections[0].rule
    )
    lines = (line for lines, _, _ in made for line in lines)
    return Code(
        (*_SEED, *lines, *layer, *others, "return attention"),
        tuple(helper for _, _, helpers in made for helper in helpers),
    )


def _raw(plan: LayerPlan) -> Code:
    (draw,) = plan.draws
    lines, code, helpers = _initializer(draw, draw.shape)
    return Code(
        (*_SEED, *lines, f"return Kernel({draw.shape!r}, {code}, rngs)"), (*helpers, JAX_KERNEL)
    )


_UNUSUAL: Mapping[str, Callable[[LayerPlan], Code]] = MappingProxyType(
    {"SeparableConv2D": _separable, "MultiHeadAttention": _attention, "RawKernel": _raw}
)


def _stack(plan: StackPlan) -> Code:
    native = plan.rule.mode is not None and plan.counted_alike
    made = (_native(plan.rule), ()) if native else _LAWS[plan.rule.law](*plan.spelling.arguments)
    code, helpers = made
    lines = () if native else plan.spelling.lines
    return Code(
        (
            *_SEED,
            f"sizes = {plan.sizes_code}",
            "layers = []",
            "for inputs, outputs in zip(sizes[:-1], sizes[1:]):",
            *(f"    {line}" for line in (*lines, *_stacked(plan, code), "layers.append(layer)")),
            f"return Stack(layers, {plan.activation.names['jax']})",
        ),
        (*helpers, JAX_STACK),
    )


def _stacked(plan: StackPlan, initializer: str) -> list[str]:
    """One layer of a stack."""
    bias = _normal_bias(plan.bias_variance)
    window = (repr(plan.window), f'padding="{plan.padding.upper()}"') if plan.window else ()
    arguments = (
        *("inputs", "outputs", *window, f"kernel_init={initializer}"),
        f"bias_init={bias}" if bias else "",
        "rngs=rngs",
    )
    return call("nnx.Conv" if plan.window else "nnx.Linear", arguments, 8, before="layer = ")


JAX = Exporter(
    "jax",
    "JAX with Flax (nnx)",
    _layer,
    _stack,
    "a Flax module, its weights drawn",
    "for path, weight in nnx.to_flat_state(nnx.state(built, nnx.Param))",
    "print(f\"{'.'.join(map(str, path))}: shape {weight.shape}, std {weight[...].std():.6g}\")",
    {
        "math": "import math",
        "jax": "import jax",
        "jnp": "import jax.numpy as jnp",
        "nnx": "from flax import nnx",
    },
)
