"""How each measure of a sweep is shown: its name, its axis, what it is where it is no number."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np

from vscore._logarithms import log10
from vscore._typing import FloatArray

Series = Literal["signal", "gradient", "correlation", "saturated", "dead", "other"]


@dataclass(frozen=True, slots=True)
class Reading:
    """How a measure is read.

    Attributes
    ----------
    title : str
        Of its axis.
    kind : {"log10", "log", "linear"}
        Whether its values are logarithms, are shown by their logarithms, or as they are.
    series : str
        Which colour it has.
    terms : tuple of str
        Names that the glossary explains.
    steady : float or None
        Where a signal stays what it is: on the measure's own scale.
    infinite, nothing : str
        What an endless value means, and one of 0 where 0 has no place on the axis.
    ends : tuple of float, optional
        Of its axis, where it cannot go further.
    least : bool
        Whether the least is wanted, rather than the most.
    """

    title: str
    kind: Literal["log10", "log", "linear"]
    series: Series
    terms: tuple[str, ...]
    steady: float | None = None
    infinite: str = "beyond every number"
    nothing: str = "nothing is left"
    ends: tuple[float, float] | None = None
    least: bool = False

    @property
    def logarithmic(self) -> bool:
        """Whether its axis goes by powers of ten."""
        return self.kind != "linear"

    def place(self, values: FloatArray) -> FloatArray:
        """Where values stand on the axis; infinite where they have no place on it."""
        return log10(values) if self.kind == "log" else values


def _overflow(dtype: str) -> Reading:
    return Reading(
        f"first layer beyond {dtype}",
        "linear",
        "other",
        ("overflow", "layer"),
        infinite=f"no layer leaves {dtype}",
        least=True,
    )


_GROWS = "it grows without bound"
_ENDLESS = "it never ends: critical"

READINGS: Mapping[str, Reading] = MappingProxyType(
    {
        "log10_q": Reading("length q at the last layer", "log10", "signal", ("q",), 0.0),
        "log10_gradient_ratio": Reading(
            "gradient, first layer over last", "log10", "gradient", ("gradient",), 0.0
        ),
        "forward_factor": Reading(
            "factor of q a layer", "log", "signal", ("q", "layer"), 1.0, _GROWS
        ),
        "backward_factor": Reading(
            "factor of the gradient a layer", "log", "gradient", ("gradient", "layer"), 1.0, _GROWS
        ),
        "correlation": Reading(
            "correlation at the last layer",
            "linear",
            "correlation",
            ("correlation",),
        ),
        "saturated": Reading(
            "share of saturated units, last layer",
            "linear",
            "saturated",
            ("saturated",),
            ends=(0.0, 1.0),
        ),
        "dead": Reading(
            "share of dead units, last layer", "linear", "dead", ("dead",), ends=(0.0, 1.0)
        ),
        **{
            f"overflow_layer_{dtype}": _overflow(dtype)
            for dtype in ("float16", "bfloat16", "float32")
        },
        "band_coverage": Reading(
            "share of networks in the band", "linear", "other", ("band",), ends=(0.0, 1.0)
        ),
        "fixed_point": Reading(
            "length q* in the end", "log", "signal", ("fixed_point", "q"), infinite=_GROWS
        ),
        "correlation_fixed_point": Reading(
            "correlation c* in the end",
            "linear",
            "correlation",
            ("fixed_point", "correlation"),
            ends=(0.0, 1.0),
        ),
        "chi_1": Reading("gradient factor χ₁ a layer", "log", "gradient", ("chi",), 1.0),
        "gradient_depth_scale": Reading(
            "depth scale of the gradient", "log", "gradient", ("depth_scale",), infinite=_ENDLESS
        ),
        "correlation_depth_scale": Reading(
            "depth scale ξ of correlations",
            "log",
            "correlation",
            ("depth_scale",),
            infinite=_ENDLESS,
        ),
        "training_loss": Reading(
            "training loss in the end",
            "log",
            "other",
            ("loss",),
            infinite="it leaves float32",
            least=True,
        ),
    }
)
"""By the measure's name."""


def finite(values: FloatArray) -> FloatArray:
    """Those that are finite numbers."""
    found: FloatArray = values[np.isfinite(values)]
    return found
