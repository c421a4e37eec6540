"""NumPy: arrays from one generator, in Keras' order of axes."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from vscore.export.fragments import (
    NUMPY_CONVOLUTIONAL,
    NUMPY_DENSE,
    NUMPY_NORMAL,
    NUMPY_ORTHOGONAL,
    NUMPY_RUNS,
    NUMPY_SIGMOID,
    NUMPY_TRUNCATED,
    NUMPY_UNIFORM,
)
from vscore.export.plan import BiasDraw, LayerPlan, StackPlan
from vscore.export.program import Code, Exporter, normal_std
from vscore.export.rules import Rule, Spelling

_SEED = ("rng = np.random.default_rng(seed)  # one stream: no two arrays are alike",)

_LAWS: Mapping[str, tuple[str, tuple[str, ...]]] = MappingProxyType(
    {
        "truncated_normal": ("truncated_normal(rng, {0}, {1}, {shape})", (NUMPY_TRUNCATED,)),
        "untruncated_normal": ("normal(rng, {0}, {1}, {shape})", (NUMPY_NORMAL,)),
        "uniform": ("uniform(rng, {0}, {1}, {shape})", (NUMPY_UNIFORM,)),
        "orthogonal": ("orthogonal(rng, {0}, {shape})", (NUMPY_ORTHOGONAL,)),
        "constant": ("np.full({shape}, {0}, dtype=np.float32)", ()),
    }
)
"""An array of a shape by law, given its numbers, and the functions that it needs."""


def _array(rule: Rule, spelling: Spelling, shape: object) -> str:
    return _LAWS[rule.law][0].format(*spelling.arguments, shape=shape)


def _layer(plan: LayerPlan) -> Code:
    """Every kernel and bias by its name in Keras."""
    body = [*_SEED, "weights = {}"]
    for draw in plan.draws:
        if draw.rule.mode is not None:
            fans = f"# Keras' fans: {draw.fans.fan_in} in, {draw.fans.fan_out} out."
            body += [fans, *draw.spelling.lines]
        array = _array(draw.rule, draw.spelling, repr(draw.shape))
        body.append(f'weights["{draw.name}"] = {array}')
    body += [line for bias in plan.biases for line in _bias(bias)]
    helpers = [helper for draw in plan.draws for helper in _LAWS[draw.rule.law][1]]
    run = NUMPY_RUNS.get(plan.layer.kind, "")
    helpers += [NUMPY_SIGMOID] * ("sigmoid(" in run) + [run] * bool(run)
    return Code((*body, "return weights"), tuple(helpers))


def _bias(bias: BiasDraw) -> Iterator[str]:
    name = f'weights["{bias.bias.name}"]'
    yield f"{name} = {_bias_array(bias.variance, repr(bias.bias.shape))}"
    for start, stop, value in bias.blocks:
        yield f"{name}[..., {start}:{stop}] = {value!r}  # the forget gate"


def _bias_array(variance: float, shape: str) -> str:
    if not variance:
        return f"np.zeros({shape}, dtype=np.float32)"
    return f"{normal_std(variance)} * rng.standard_normal({shape}, dtype=np.float32)"


_MODES: Mapping[str, str] = MappingProxyType({"circular": "wrap", "same": "constant"})


def _stack(plan: StackPlan) -> Code:
    """kernel_1, bias_1, ..., and how the signal passes them."""
    shape = f"({', '.join((*map(str, plan.window), 'inputs', 'outputs'))})"
    loop = (
        *plan.spelling.lines,
        f'weights[f"kernel_{{layer}}"] = {_array(plan.rule, plan.spelling, shape)}',
        f'weights[f"bias_{{layer}}"] = {_bias_array(plan.bias_variance, "outputs")}',
    )
    mode = f', mode="{_MODES[plan.padding]}"' if plan.window else ""
    activation = plan.activation.names["numpy"]
    return Code(
        (
            *_SEED,
            f"sizes = {plan.sizes_code}",
            "weights = {}",
            "for layer, (inputs, outputs) in enumerate(zip(sizes[:-1], sizes[1:]), start=1):",
            *(f"    {line}" for line in loop),
            f"# To send x through: forward(weights, x, {activation}{mode})",
            "return weights",
        ),
        (*_LAWS[plan.rule.law][1], NUMPY_CONVOLUTIONAL if plan.window else NUMPY_DENSE),
    )


NUMPY = Exporter(
    "numpy",
    "NumPy",
    _layer,
    _stack,
    "arrays by name, axes in Keras' order",
    "for name, weight in built.items()",
    'print(f"{name}: shape {weight.shape}, std {weight.std():.6g}")',
    {"math": "import math", "np": "import numpy as np", "scipy": "import scipy"},
)
