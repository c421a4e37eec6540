"""The table of activations: one entry each, read by `vscore.activations.Activation`."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from vscore import _activation_formulas as formulas
from vscore._activation_formulas import Formula
from vscore.parameters import PARAMETERS


@dataclass(frozen=True, slots=True)
class Definition:
    """What `Activation` looks up; its properties of the same names describe the fields.

    `names` are Keras, PyTorch, JAX and NumPy spellings: either what follows "keras.", "torch.",
    "jax." or "np.", or "x: body" for the body of a lambda. `dead_below` is the largest z at and
    below which phi and phi' are exactly 0. `bent` is true where phi is no two straight lines
    although its slopes at 0 and at infinity agree.
    """

    label: str
    value: Formula
    derivative: Formula
    slopes_at_infinity: tuple[float, float]
    slopes_at_zero: tuple[float, float] | None
    names: tuple[str, str, str, str]
    kinks: tuple[float, ...] = ()
    saturation_points: tuple[float, float] | None = None
    dead_below: float | None = None
    bent: bool = False

    @property
    def expressions(self) -> Mapping[str, str]:
        """The spellings in full, by framework."""
        modules = {"keras": "keras", "torch": "torch", "jax": "jax", "numpy": "np"}
        return {
            framework: f"lambda {text}" if text.startswith("x: ") else f"{module}.{text}"
            for (framework, module), text in zip(modules.items(), self.names, strict=True)
        }


SLOPED = "leaky_relu"
"""The one kind with a slope."""


def _leaky(slope: float) -> Definition:
    return Definition(
        f"leaky ReLU (slope {slope:g})",
        formulas.leaky_relu(slope),
        formulas.leaky_relu_derivative(slope),
        slopes_at_infinity=(slope, 1.0),
        slopes_at_zero=(slope, 1.0),
        names=(
            f"x: keras.activations.leaky_relu(x, negative_slope={slope!r})",
            f"nn.LeakyReLU({slope!r})",
            f"x: jax.nn.leaky_relu(x, negative_slope={slope!r})",
            f"x: np.where(x > 0, x, {slope!r} * x)",
        ),
        kinks=(0.0,),
        dead_below=0.0 if slope == 0 else None,
    )


_SELU_LEFT = formulas.SELU_SCALE * formulas.SELU_ALPHA

# Where phi' is 0.05 of its maximum phi'(0), from the closed form of phi' / phi'(0): tanh
# 1 - t^2; sigmoid the same, as it is (1 + tanh(z / 2)) / 2; softsign (1 + |z|)^-2; erf exp(-z^2).
_TANH_END = math.atanh(math.sqrt(0.95))
_SIGMOID_END = 2 * _TANH_END
_SOFTSIGN_END = math.sqrt(20) - 1
_ERF_END = math.sqrt(math.log(20))

DEFINITIONS: Mapping[str, Definition] = MappingProxyType(
    {
        "linear": Definition(
            "linear",
            formulas.linear,
            formulas.linear_derivative,
            (1.0, 1.0),
            (1.0, 1.0),
            ("activations.linear", "nn.Identity()", "x: x", "x: x"),
        ),
        "relu": Definition(
            "ReLU",
            formulas.relu,
            formulas.relu_derivative,
            (0.0, 1.0),
            (0.0, 1.0),
            ("activations.relu", "nn.ReLU()", "nn.relu", "x: np.maximum(x, 0)"),
            kinks=(0.0,),
            dead_below=0.0,
        ),
        "relu6": Definition(
            "ReLU6",
            formulas.relu6,
            formulas.relu6_derivative,
            (0.0, 0.0),
            (0.0, 1.0),
            ("activations.relu6", "nn.ReLU6()", "nn.relu6", "x: np.clip(x, 0, 6)"),
            kinks=(0.0, 6.0),
            saturation_points=(0.0, 6.0),
            dead_below=0.0,
        ),
        SLOPED: _leaky(PARAMETERS["slope"].default),
        "elu": Definition(
            "ELU",
            formulas.elu,
            formulas.elu_derivative,
            (0.0, 1.0),
            (1.0, 1.0),
            (
                "activations.elu",
                "nn.ELU()",
                "nn.elu",
                "x: np.where(x > 0, x, np.expm1(np.minimum(x, 0)))",
            ),
            kinks=(0.0,),
        ),
        "selu": Definition(
            "SELU",
            formulas.selu,
            formulas.selu_derivative,
            (0.0, formulas.SELU_SCALE),
            (_SELU_LEFT, formulas.SELU_SCALE),
            (
                "activations.selu",
                "nn.SELU()",
                "nn.selu",
                f"x: {formulas.SELU_SCALE} * np.where(x > 0, x, "
                f"{formulas.SELU_ALPHA} * np.expm1(np.minimum(x, 0)))",
            ),
            kinks=(0.0,),
        ),
        "gelu": Definition(
            "GELU",
            formulas.gelu,
            formulas.gelu_derivative,
            (0.0, 1.0),
            (0.5, 0.5),
            (
                "x: keras.activations.gelu(x, approximate=False)",
                "nn.GELU()",
                "x: jax.nn.gelu(x, approximate=False)",
                "x: x * scipy.special.ndtr(x)",
            ),
        ),
        "gelu_tanh": Definition(
            "GELU (tanh form)",
            formulas.gelu_tanh,
            formulas.gelu_tanh_derivative,
            (0.0, 1.0),
            (0.5, 0.5),
            (
                "x: keras.activations.gelu(x, approximate=True)",
                'nn.GELU(approximate="tanh")',
                "x: jax.nn.gelu(x, approximate=True)",
                "x: x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))) / 2",
            ),
        ),
        "silu": Definition(
            "SiLU",
            formulas.silu,
            formulas.silu_derivative,
            (0.0, 1.0),
            (0.5, 0.5),
            ("activations.silu", "nn.SiLU()", "nn.silu", "x: x * (1 + np.tanh(x / 2)) / 2"),
        ),
        "mish": Definition(
            "Mish",
            formulas.mish,
            formulas.mish_derivative,
            (0.0, 1.0),
            (0.6, 0.6),  # tanh(softplus(0)) = tanh(ln 2) = (4 - 1) / (4 + 1)
            ("activations.mish", "nn.Mish()", "nn.mish", "x: x * np.tanh(np.logaddexp(x, 0))"),
        ),
        "softplus": Definition(
            "softplus",
            formulas.softplus,
            formulas.softplus_derivative,
            (0.0, 1.0),
            None,
            ("activations.softplus", "nn.Softplus()", "nn.softplus", "x: np.logaddexp(x, 0)"),
        ),
        "softsign": Definition(
            "softsign",
            formulas.softsign,
            formulas.softsign_derivative,
            (0.0, 0.0),
            (1.0, 1.0),
            ("activations.softsign", "nn.Softsign()", "nn.soft_sign", "x: x / (1 + np.abs(x))"),
            kinks=(0.0,),
            saturation_points=(-_SOFTSIGN_END, _SOFTSIGN_END),
        ),
        "tanh": Definition(
            "tanh",
            formulas.tanh,
            formulas.tanh_derivative,
            (0.0, 0.0),
            (1.0, 1.0),
            ("activations.tanh", "nn.Tanh()", "nn.tanh", "tanh"),
            saturation_points=(-_TANH_END, _TANH_END),
        ),
        "sigmoid": Definition(
            "sigmoid",
            formulas.sigmoid,
            formulas.sigmoid_derivative,
            (0.0, 0.0),
            None,
            ("activations.sigmoid", "nn.Sigmoid()", "nn.sigmoid", "x: (1 + np.tanh(x / 2)) / 2"),
            saturation_points=(-_SIGMOID_END, _SIGMOID_END),
        ),
        "hard_sigmoid": Definition(
            "hard sigmoid",
            formulas.hard_sigmoid,
            formulas.hard_sigmoid_derivative,
            (0.0, 0.0),
            None,
            (
                "activations.hard_sigmoid",
                "nn.Hardsigmoid()",
                "nn.hard_sigmoid",
                "x: np.clip(x + 3, 0, 6) / 6",
            ),
            kinks=(-3.0, 3.0),
            saturation_points=(-3.0, 3.0),
            dead_below=-3.0,
        ),
        "hard_tanh": Definition(
            "hard tanh",
            formulas.hard_tanh,
            formulas.hard_tanh_derivative,
            (0.0, 0.0),
            (1.0, 1.0),
            ("activations.hard_tanh", "nn.Hardtanh()", "nn.hard_tanh", "x: np.clip(x, -1, 1)"),
            kinks=(-1.0, 1.0),
            saturation_points=(-1.0, 1.0),
        ),
        "erf": Definition(
            "erf",
            formulas.erf,
            formulas.erf_derivative,
            (0.0, 0.0),
            (2 / math.sqrt(math.pi), 2 / math.sqrt(math.pi)),
            ("ops.erf", "erf", "scipy.special.erf", "x: scipy.special.erf(x)"),
            saturation_points=(-_ERF_END, _ERF_END),
        ),
    }
)
"""Every kind of activation; leaky_relu with its default slope."""


def definition(kind: str, slope: float | None) -> Definition:
    """The kind's definition, for this slope where it has one."""
    return DEFINITIONS[kind] if slope is None else _leaky(slope)
