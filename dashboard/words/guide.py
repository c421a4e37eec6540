"""What the guide's own charts show, in words, and its tables."""

from functools import cache
from math import log, sqrt

from dashboard.axes import default_name
from dashboard.guide.example import LAYERS as WORKED_LAYERS
from dashboard.guide.example import Worked, parameters
from dashboard.words.numbers import count, figure, times
from dashboard.words.plain import escaped
from vscore.fans import fans
from vscore.framework_defaults import FRAMEWORKS, default_initializer
from vscore.layers import LAYERS, Kernel, Layer
from vscore.sampling import WeightSample


def law_sentence(n: int) -> str:
    """Under the three laws: the standard deviation, and where the cut and the limits are."""
    std = 1 / sqrt(n)
    return (
        f"n = {n} at scale 1: all three laws have standard deviation 1/√{n} = {figure(std, 4)}. "
        f"Four times n halves the width and doubles the height. The cut normal ends at "
        f"± {figure(2.273694468677113 * std, 4)}, the uniform law at ± {figure(sqrt(3) * std, 4)}, "
        "the normal law nowhere."
    )


def kernel_sentence(sample: WeightSample, layer: int) -> str:
    """Under a kernel's histogram: how many weights, std meant and drawn."""
    return (
        f"Layer {layer}: {count(sample.count)} weights, standard deviation "
        f"{figure(sample.std, 4)} drawn (± {figure(sample.std_error, 1)} by chance), "
        f"{figure(sample.density.std, 4)} meant."
    )


def shares_by_class_sentence(worked: Worked) -> str:
    """Under the softmax: its largest and smallest share."""
    shares = worked.shares
    return (
        f"One input from N(0, 1) through both layers. The likeliest class, "
        f"{int(shares.argmax()) + 1}, has {figure(float(shares.max()))}; the least likely "
        f"{figure(float(shares.min()))}. "
        "Nothing has been learned: whatever it prefers is chance."
    )


def entropy_sentence(worked: Worked) -> str:
    """Under the entropy's curve: its value here, and what the scale does."""
    share = worked.entropy / log(10)
    return (
        f"Entropy {figure(worked.entropy, 4)} of at most log 10 = 2.303: "
        f"{figure(100 * share, 3)} %. "
        f"The ten numbers before the softmax grow as the scale: here their standard deviation is "
        f"{figure(float(worked.logits.std()), 3)}. A small scale leaves all classes alike; "
        "a large one is sure of one class for no reason, and wrong nine times in ten."
    )


def summary_table() -> str:
    """What `model.summary()` says, as a Markdown table."""
    counts = parameters()
    rows = [
        f"| Dense {layer.units}, {name} | (None, {layer.units}) "
        f"| {layer.input_dim} × {layer.units} + {layer.units} | {count(number)} |"
        for layer, name, number in zip(WORKED_LAYERS, ("relu", "softmax"), counts, strict=True)
    ]
    return "\n".join(
        [
            "| Layer | Output shape | Weights + biases | Parameters |",
            "|:--|:--|:--|--:|",
            *rows,
            f"| **Total** | | | **{count(sum(counts))}** |",
        ]
    )


@cache
def defaults_table() -> str:
    """A row a kernel of every layer: what each framework draws it from, and its std there."""
    rows = [
        "| " + " | ".join([_kernel_name(layer, kernel), *_defaults(layer, kernel)]) + " |"
        for layer in (kind() for kind in LAYERS.values())
        for kernel in layer.kernels
    ]
    names = " | ".join(FRAMEWORKS.values())
    return "\n".join([f"| Layer, kernel | {names} |", "|:--|" + ":--|" * len(FRAMEWORKS), *rows])


def _kernel_name(layer: Layer, kernel: Kernel) -> str:
    return f"{layer.kind}, {escaped(kernel.name)}, {times(kernel.shape)}"


def _defaults(layer: Layer, kernel: Kernel) -> list[str]:
    """Each framework's own name, and the standard deviation that it comes to."""
    counted = fans(kernel, "keras")
    return [
        f"{escaped(default_name(layer, kernel, framework))}; "
        f"{figure(sqrt(default_initializer(layer, kernel, framework).variance(counted)))}"
        for framework in FRAMEWORKS
    ]
