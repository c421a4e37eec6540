"""Keras 3: its own initializers, each kernel's own instance."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from vscore.export.fragments import KERAS_WRAP
from vscore.export.keras_forms import FORMS
from vscore.export.plan import Draw, LayerPlan, StackPlan
from vscore.export.program import DEEP, Code, Exporter, call, check_layer, normal_std, options
from vscore.export.rules import SCHEMES, Rule, Spelling
from vscore.fans import Fans, compute_fans, fans

_SEED = (
    "# Every initializer below draws its own seed from this one. None is used twice: a Keras",
    "# initializer gives the same numbers at every call.",
    "keras.utils.set_random_seed(seed)",
)

_INITIALIZERS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "truncated_normal": ("TruncatedNormal", "mean=", "stddev="),
        "untruncated_normal": ("RandomNormal", "mean=", "stddev="),
        "uniform": ("RandomUniform", "", ""),
        "orthogonal": ("Orthogonal", "gain="),
        "constant": ("Constant", ""),
    }
)
"""Keras' class by law, and what goes before each number.

Its TruncatedNormal takes the std before the cut."""


def _layer(plan: LayerPlan) -> Code:
    kind = check_layer("Keras", plan, {**FORMS, **_UNUSUAL})
    return _UNUSUAL.get(kind, _sequential)(plan)


def _sequential(plan: LayerPlan) -> Code:
    form, sizes = FORMS[plan.layer.kind], plan.sizes()
    made = [_initializer(draw, fans(draw.kernel, "keras")) for draw in plan.draws]
    names = [form.initializers[draw.name] for draw in plan.draws]
    before, biases = _biases(plan)
    layer = call(
        f"keras.layers.{plan.layer.kind}",
        (
            *(argument.format(**sizes) for argument in form.arguments),
            *options(sizes, **form.optional),
            *(f"{name}={code}" for name, (_, code) in zip(names, made, strict=True)),
            *biases,
            "" if plan.steps is None else "return_sequences=True",
        ),
        indent=12,
    )
    inputs = f"keras.Input({form.inputs.format(**sizes)})"
    model = call("keras.Sequential", [_listed(inputs, "\n".join(layer))], before="return ")
    return Code((*_SEED, *(line for lines, _ in made for line in lines), *before, *model))


def _biases(plan: LayerPlan) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Lines that come before, and arguments, where biases are not Keras' own."""
    if plan.steps is None:
        return (), ()
    (bias,) = plan.biases
    start = () if bias.bias in plan.layer.biases else ("unit_forget_bias=False",)
    if not bias.variance:
        return (), start
    if not bias.blocks:
        return (), (f"bias_initializer={_normal_bias(bias.variance)}", *start)
    before = (
        "# The cell draws the biases before and after the forget gate's in two calls, which a",
        "# seed as a number would make alike; a generator moves on.",
        "generator = keras.random.SeedGenerator()",
        f"biases = {_normal_bias(bias.variance, ', seed=generator')}",
    )
    return before, ("bias_initializer=biases",)


def _listed(*items: str) -> str:
    inner = "\n".join(f"    {line}" for item in items for line in f"{item},".split("\n"))
    return f"[\n{inner}\n]"


def _normal_bias(variance: float, seed: str = "") -> str:
    return f"keras.initializers.RandomNormal(stddev={normal_std(variance)}{seed})"


def _attention(plan: LayerPlan) -> Code:
    """One initializer for all four kernels, or each kernel assigned."""
    made = [_initializer(draw, fans(draw.kernel, "keras")) for draw in plan.draws]
    sizes = plan.sizes()
    alike = len({draw.rule for draw in plan.draws}) == 1 and not any(lines for lines, _ in made)
    layer = call(
        "keras.layers.MultiHeadAttention",
        (
            *(str(sizes[name]) for name in ("num_heads", "key_dim")),
            f"kernel_initializer={made[0][1]}" if alike else "",
        ),
        before="attention = ",
    )
    model = (
        f"x = keras.Input((None, {sizes['input_dim']}))",
        "model = keras.Model(x, attention(x, x))  # self-attention: query, value",
    )
    note = (
        "# Without a seed: the layer copies the initializer for each kernel, its seed included.",
        *_BY_AXES * (plan.draws[0].rule.mode is not None),
    )
    if alike:
        return Code((*_SEED, *note, *layer, *model, "return model"))
    return Code((*_SEED, *layer, *model, *_assigned(plan), "return model"))


_BY_AXES = ("# Keras >= 3.15 counts the fans of these kernels by their axes; older ones did not.",)


def _assigned(plan: LayerPlan) -> tuple[str, ...]:
    """Each kernel by an initializer of its own, for which the layer has no argument."""
    made = [_initializer(draw, compute_fans(draw.shape)) for draw in plan.draws]
    return (
        *(line for lines, _ in made for line in lines),
        "initializers = (",
        *(f"    {code}," for _, code in made),
        ")",
        'kernels = [weight for weight in model.weights if weight.name == "kernel"]',
        "for kernel, initializer in zip(kernels, initializers, strict=True):",
        "    kernel.assign(initializer(kernel.shape))  # query, key, value, output",
    )


def _raw(plan: LayerPlan) -> Code:
    (draw,) = plan.draws
    lines, code = _initializer(draw, compute_fans(draw.shape))
    return Code(
        (
            *_SEED,
            *lines,
            "layer = keras.layers.Layer()",
            *call(
                "layer.add_weight",
                ('name="kernel"', f"shape={draw.shape!r}", f"initializer={code}"),
            ),
            "return layer",
        )
    )


_UNUSUAL: Mapping[str, Callable[[LayerPlan], Code]] = MappingProxyType(
    {"MultiHeadAttention": _attention, "RawKernel": _raw}
)


def _stack(plan: StackPlan) -> Code:
    """A model, layer by layer."""
    lines, code = _stack_initializer(plan)
    circular = plan.padding == "circular"
    pair = "for inputs, outputs in zip(sizes[:-1], sizes[1:]):"
    body = (
        *_SEED,
        f"activation = {plan.activation.names['keras']}",
        f"sizes = {plan.sizes_code}",
        f"model = keras.Sequential([keras.Input({(*plan.image, plan.sizes[0])!r})])",
        pair if lines else "for outputs in sizes[1:]:",
        *(f"    {line}" for line in lines),
        *([f"    model.add(Wrap({plan.window!r}))"] if circular else []),
        "    model.add(",
        *(f"        {line}" for line in _stacked(plan, code)),
        "    )",
        "return model",
    )
    return Code(body, (KERAS_WRAP,) if circular else ())


def _stack_initializer(plan: StackPlan) -> tuple[tuple[str, ...], str]:
    """Lines that come before, and the initializer of every kernel."""
    spelling = plan.spelling
    if plan.counted_alike and plan.rule.mode != "fan_geo_avg":
        return (), _native(plan.rule, spelling)
    return spelling.lines, _explicit(plan.rule, spelling)


_PADDINGS: Mapping[str, str] = MappingProxyType({"circular": "valid", "same": "same"})


def _stacked(plan: StackPlan, initializer: str) -> list[str]:
    """One layer of a stack."""
    bias = f"bias_initializer={_normal_bias(plan.bias_variance)}" if plan.bias_variance else ""
    shared = ("activation=activation", f"kernel_initializer={initializer}", bias)
    if not plan.window:
        return call("keras.layers.Dense", ("outputs", *shared), 12)
    padding = f'padding="{_PADDINGS[plan.padding]}"'
    arguments = ("outputs", repr(plan.window), padding, *shared)
    return call(f"keras.layers.Conv{len(plan.window)}D", arguments, 12)


def _initializer(draw: Draw, own: Fans) -> tuple[tuple[str, ...], str]:
    """Lines that come before, and the initializer; `own` are the fans that Keras will count."""
    if draw.rule.mode is None or (draw.rule.mode != "fan_geo_avg" and draw.fans == own):
        return (), _native(draw.rule, draw.spelling)
    why = (
        "# Keras has no fan_geo_avg."
        if draw.fans == own
        else f"# By axes, fan_in is {draw.fans.fan_in} and fan_out {draw.fans.fan_out}."
    )
    return (why, *draw.spelling.lines), _explicit(draw.rule, draw.spelling)


def _native(rule: Rule, spelling: Spelling) -> str:
    if rule.mode is None:
        return _explicit(rule, spelling)
    if rule in SCHEMES:
        return f"keras.initializers.{SCHEMES[rule].title().replace('_', '')}()"
    numbers = (f"{rule.scale!r}", _quoted(rule.mode), _quoted(rule.law))
    return "\n".join(call("keras.initializers.VarianceScaling", numbers, DEEP))


def _explicit(rule: Rule, spelling: Spelling) -> str:
    name, *keywords = _INITIALIZERS[rule.law]
    numbers = map("".join, zip(keywords, spelling.arguments, strict=True))
    return "\n".join(call(f"keras.initializers.{name}", numbers, DEEP))


def _quoted(text: str) -> str:
    return f'"{text}"'


KERAS = Exporter(
    "keras",
    "Keras 3",
    _layer,
    _stack,
    "a Keras model, its weights drawn",
    "for weight in built.weights",
    'print(f"{weight.path}: shape {tuple(weight.shape)}, std {keras.ops.std(weight):.6g}")',
    {"math": "import math", "keras": "import keras"},
)
