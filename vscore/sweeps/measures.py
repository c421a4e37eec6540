"""What a sweep asks of each cell: one number, measured, predicted, or both ways.

Of several networks a second moment is the mean over them, as everywhere in vscore; log10 of it.
A measure gives None where there is no such quantity, as a correlation of a single input.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from vscore.parameters import check_choice
from vscore.sweeps import measured, theory
from vscore.sweeps.cell import Ask

SOURCES = ("simulated", "predicted")


@dataclass(frozen=True, slots=True)
class Measure:
    """A number that each cell of a sweep has.

    Attributes
    ----------
    title : str
        In words.
    unit : str
        Empty where it has none.
    simulated, predicted : callable or None
        From networks that are drawn, and from theory; None where it is not known that way.
    work, theory : str
        What its cells do, simulated and predicted: keys of `vscore.sweeps.cost.WORK`.
    """

    title: str
    unit: str = ""
    simulated: Ask | None = None
    predicted: Ask | None = None
    work: str = "forward"
    theory: str = "theory"

    def ask(self, source: str) -> Ask:
        """How it is had from a source.

        Raises
        ------
        ValueError
            If it is not known that way.
        """
        check_choice("source", source, SOURCES)
        found: Ask | None = getattr(self, source)
        if found is None:
            other = next(each for each in SOURCES if each != source)
            raise ValueError(
                f"source must be {other!r} for {self.title!r}, which cannot be {source}"
            )
        return found

    @property
    def source(self) -> str:
        """The source that is taken where none is asked for: simulated, if it can be."""
        return "predicted" if self.simulated is None else "simulated"


MEASURES: Mapping[str, Measure] = MappingProxyType(
    {
        "log10_q": Measure(
            "log10 of q at the last layer", "", measured.log10_q, theory.at_last_layer("log10_q")
        ),
        "log10_gradient_ratio": Measure(
            "log10 of the gradient's second moment, first layer over last",
            "",
            measured.log10_gradient_ratio,
            theory.first_over_last("log10_gradient"),
            "backward",
        ),
        "forward_factor": Measure(
            "what a layer multiplies q by, in the median network",
            "per layer",
            measured.forward_factor,
            theory.forward_factor,
        ),
        "backward_factor": Measure(
            "what a layer multiplies the gradient's squared norm by, in the median network",
            "per layer",
            measured.backward_factor,
            theory.backward_factor,
            "backward",
        ),
        "correlation": Measure(
            "correlation of two inputs' z at the last layer",
            "",
            measured.at_last_layer("correlation"),
            theory.at_last_layer("correlation"),
            theory="follow",
        ),
        "saturated": Measure(
            "share of saturated units at the last layer",
            "",
            measured.at_last_layer("saturated"),
            theory.at_last_layer("saturated"),
        ),
        "dead": Measure(
            "share of dead units at the last layer", "", measured.at_last_layer("dead")
        ),
        **{
            f"overflow_layer_{dtype}": Measure(
                f"first layer at which some z leaves {dtype}, inf for none",
                "layer",
                measured.overflow_layer(dtype),
            )
            for dtype in ("float16", "bfloat16", "float32")
        },
        "band_coverage": Measure(
            "share of networks whose last q is inside the 95 % band",
            "",
            measured.band_coverage,
            work="band",
        ),
        "fixed_point": Measure(
            "limit q* of the second moment", "", None, theory.q_limit, theory="limit"
        ),
        "correlation_fixed_point": Measure(
            "limit c* of two inputs' correlation", "", None, theory.c_limit, theory="limits"
        ),
        "chi_1": Measure(
            "what a layer multiplies the gradient by at q*",
            "per layer",
            None,
            theory.chi_at_limit,
            theory="limit",
        ),
        "gradient_depth_scale": Measure(
            "layers in which the gradient changes by a factor e at q*",
            "layers",
            None,
            theory.gradient_depth_scale,
            theory="limit",
        ),
        "correlation_depth_scale": Measure(
            "layers in which the distance to c* shrinks by a factor e",
            "layers",
            None,
            theory.correlation_depth_scale,
            theory="limits",
        ),
        "training_loss": Measure(
            "training loss after all epochs, of the median network",
            "",
            measured.training_loss,
            work="train",
        ),
    }
)
"""Every measure by name."""
