"""PyTorch: modules as they are made, then every tensor filled in place."""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType

from vscore._typing import Shape
from vscore.export.fragments import TORCH_STACK, TORCH_TRUNCATED
from vscore.export.plan import BiasDraw, Draw, LayerPlan, StackPlan
from vscore.export.program import Code, Exporter, check_layer, normal_std, options
from vscore.export.pytorch_forms import FORMS, Form, Tensor
from vscore.export.rules import Rule, Spelling
from vscore.fans import Fans

_SEED = ("torch.manual_seed(seed)  # one stream for all that follows: no two tensors are alike",)


_FILLS: Mapping[str, Callable[..., str]] = MappingProxyType(
    {
        "truncated_normal": lambda w, mean, std: f"truncated_normal_({w}, {mean}, {std})",
        "untruncated_normal": lambda w, mean, std: f"nn.init.normal_({w}, {mean}, {std})",
        "uniform": lambda w, low, high: f"nn.init.uniform_({w}, {low}, {high})",
        "orthogonal": lambda w, gain: f"nn.init.orthogonal_({w}, {gain})",
        "constant": lambda w, value: f"nn.init.constant_({w}, {value})",
    }
)
"""The statement by law, given the tensor and the law's numbers."""


_NONLINEARITY = {2.0: '"relu"', 1.0: '"linear"'}

_OWN: Mapping[Rule, str] = MappingProxyType(
    {
        **{
            Rule(law, (), scale, mode): (
                f"nn.init.kaiming_{word}_({{}}, mode={mode!r}, nonlinearity={gain})".replace(
                    "'", '"'
                )
            )
            for law, word in (("uniform", "uniform"), ("untruncated_normal", "normal"))
            for scale, gain in _NONLINEARITY.items()
            for mode in ("fan_in", "fan_out")
        },
        Rule("uniform", (), 1.0, "fan_avg"): "nn.init.xavier_uniform_({})",
        Rule("untruncated_normal", (), 1.0, "fan_avg"): "nn.init.xavier_normal_({})",
        Rule("uniform", (), 1 / 3, "fan_in"): "nn.init.kaiming_uniform_({}, a=math.sqrt(5))",
    }
)
"""The rules that torch.nn.init has itself; its normals are not cut."""


def _fill(rule: Rule, spelling: Spelling, path: str, own_fans: bool) -> tuple[str, ...]:
    """Statements that fill a tensor; `own_fans` says whether PyTorch counts its fans as Keras."""
    if own_fans and rule in _OWN:
        return (_OWN[rule].format(path),)
    return (*spelling.lines, _FILLS[rule.law](path, *spelling.arguments))


def _filled(draw: Draw, tensor: Tensor) -> tuple[str, ...]:
    shape = _torch_shape(draw.shape, tensor)
    if draw.rule.law == "orthogonal" and not _same_matrix(draw, shape, tensor):
        return _turned(draw, tensor)
    counted = _torch_fans(shape)
    differ = draw.rule.mode is not None and counted != draw.fans
    why = [
        f"# Keras' fans are {draw.fans.fan_in} and {draw.fans.fan_out}; PyTorch would count "
        f"{_words(counted)}."
    ] * differ
    return (*why, *_fill(draw.rule, draw.spelling, tensor.path, not differ))


def _turned(draw: Draw, tensor: Tensor) -> tuple[str, ...]:
    """Keras' matrix, its axes moved."""
    rows, columns = draw.matrix
    return (
        f"# Keras makes all axes but the last the rows of one matrix, {rows} x {columns}.",
        f"matrix = torch.empty({rows}, {columns})",
        _FILLS["orthogonal"]("matrix", *draw.spelling.arguments),
        f"kernel = matrix.reshape({draw.shape!r}).permute{tensor.axes!r}",
        f"{tensor.path}.data.copy_(kernel.reshape({tensor.path}.shape))",
    )


def _torch_shape(shape: Shape, tensor: Tensor) -> Shape:
    moved = tuple(shape[axis] for axis in tensor.axes)
    if not tensor.merged:
        return moved
    groups = iter(moved)
    return tuple(math.prod(next(groups) for _ in range(count)) for count in tensor.merged)


def _torch_fans(shape: Shape) -> Fans | None:
    """nn.init._calculate_fan_in_and_fan_out, which refuses fewer than two axes."""
    if len(shape) < 2:
        return None
    window = math.prod(shape[2:])
    return Fans(shape[1] * window, shape[0] * window)


def _words(counted: Fans | None) -> str:
    return "none" if counted is None else f"{counted.fan_in} and {counted.fan_out}"


def _same_matrix(draw: Draw, shape: Shape, tensor: Tensor) -> bool:
    """Whether nn.init.orthogonal_, with the first axis as rows, makes Keras' matrix or its turn.

    Rows and columns of a Haar matrix may change places among themselves.
    """
    rows, columns = draw.matrix
    last_first = tensor.axes[0] == len(draw.shape) - 1 and shape[0] == columns
    return last_first or (len(shape) == 2 and shape == (rows, columns))


def _layer(plan: LayerPlan) -> Code:
    kind = check_layer("PyTorch", plan, {**FORMS, "RawKernel": None})
    if kind == "RawKernel":
        return _raw(plan)
    form, sizes = FORMS[kind], plan.sizes()
    optional = "".join(f", {option}" for option in options(sizes, **form.optional))
    source = f"layer = {form.source.format(**sizes, optional=optional)}"
    fills = (line for draw in plan.draws for line in _filled(draw, form.tensors[draw.name]))
    biases = (line for line in _biases(plan.biases, form))
    body = (*_SEED, *source.split("\n"), *fills, *biases, "return layer")
    return Code(body, (*_helpers(draw.rule for draw in plan.draws), *form.helpers))


def _raw(plan: LayerPlan) -> Code:
    """A parameter with the axes in PyTorch's order, (out, in, ...)."""
    (draw,) = plan.draws
    rank = len(draw.shape)
    axes = (*range(rank)[:-3:-1], *range(rank)[:-2])
    tensor = Tensor("layer.kernel", axes)
    shape = _torch_shape(draw.shape, tensor)
    return Code(
        (
            *_SEED,
            "layer = nn.Module()",
            f"layer.kernel = nn.Parameter(torch.empty({shape!r}))  # (out, in, ...)",
            *_filled(draw, tensor),
            "return layer",
        ),
        _helpers([draw.rule]),
    )


def _helpers(rules: Iterable[Rule]) -> tuple[str, ...]:
    """The functions that filling by these rules needs."""
    return tuple(TORCH_TRUNCATED for rule in rules if rule.law == "truncated_normal")


def _biases(biases: tuple[BiasDraw, ...], form: Form) -> Iterator[str]:
    """Fill Keras' biases, row by row, and empty those that Keras has not."""
    for place, path in enumerate(form.biases):
        bias = biases[min(place, len(biases) - 1)]
        yield _bias(path, bias.variance)
        for start, stop, value in bias.blocks:
            yield f"{path}.data[{start}:{stop}] = {value!r}  # the forget gate"
    for path in form.zeros:
        yield f"nn.init.zeros_({path})  # added to the other row: Keras has one"


def _bias(path: str, variance: float) -> str:
    if not variance:
        return f"nn.init.zeros_({path})"
    return f"nn.init.normal_({path}, 0.0, {normal_std(variance)})"


_PADDINGS: Mapping[str, str] = MappingProxyType(
    {"circular": ', padding="same", padding_mode="circular"', "same": ', padding="same"'}
)


def _stack(plan: StackPlan) -> Code:
    layer, image = "nn.Linear(inputs, outputs)", ""
    if plan.window:
        padding = _PADDINGS[plan.padding]
        layer = f"nn.Conv{len(plan.window)}d(inputs, outputs, {plan.window!r}{padding})"
        sizes = ", ".join(map(str, (plan.sizes[0], *plan.image)))
        image = f"# Channels first: inputs are (batch, {sizes})."
    fills = _fill(plan.rule, plan.spelling, "layer.weight", own_fans=plan.counted_alike)
    loop = (
        f"layer = {layer}",
        *fills,
        _bias("layer.bias", plan.bias_variance),
        "layers.append(layer)",
    )
    return Code(
        (
            *_SEED,
            *filter(None, (image,)),
            f"sizes = {plan.sizes_code}",
            "layers = []",
            "for inputs, outputs in zip(sizes[:-1], sizes[1:]):",
            *(f"    {line}" for line in loop),
            f"return Stack(layers, {plan.activation.names['torch']})",
        ),
        (*_helpers([plan.rule]), TORCH_STACK),
    )


TORCH = Exporter(
    "torch",
    "PyTorch",
    _layer,
    _stack,
    "a PyTorch module, its weights drawn",
    "for name, weight in built.named_parameters()",
    'print(f"{name}: shape {tuple(weight.shape)}, std {weight.std(correction=0):.6g}")',
    {"math": "import math", "torch": "import torch", "nn": "from torch import nn"},
)
