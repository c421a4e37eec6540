"""Width, depth and luck: single networks scatter, and what narrows the band."""

from math import exp, sqrt

import numpy as np

from dashboard.course.lesson import Lesson, Teacher, Try
from dashboard.course.measures import Simulated
from dashboard.course.questions import Choice, Number, Option, Slip
from dashboard.experiment import Experiment
from vscore._typing import FloatArray
from vscore.initializers import VarianceScaling
from vscore.meanfield import Prediction
from vscore.propagation import Propagation

HE = VarianceScaling(2.0, "fan_in", "untruncated_normal")
NARROW = Experiment(initializer=HE, width=32, depth=30, networks=64, batch=8)
WIDE = Experiment(initializer=HE, width=128, depth=30, networks=64, batch=8)
MORE_INPUTS = Experiment(initializer=HE, width=32, depth=30, networks=64, batch=64)

SPAN_OF_64 = 4.6875
"""Standard deviations from the lowest to the highest of 64 normal numbers, on average."""


def span(run: Propagation) -> FloatArray:
    """The highest network's mean z² at the last layer over the lowest's."""
    last = run.log10_q[:, -1]
    return np.array([10 ** (last.max() - last.min())])


def span_in_theory(theory: Prediction) -> float:
    """The same for a spread of sqrt(5 L / n) of the natural logarithm."""
    network = theory.network
    return exp(SPAN_OF_64 * sqrt(5 * network.depth / network.kernel_shapes[-1][-1]))


LESSON = Lesson(
    slug="width-depth-luck",
    place=100,
    title="Width, depth and luck",
    goal="Learn how far single networks scatter around theory, and what makes them scatter less.",
    minutes=8,
    setting=(
        "64 networks of 30 ReLU layers, each with He's weights of its own. Theory for infinite "
        "width says: the mean of z² is 2 in every layer. Each network is shown the same 8 inputs."
    ),
    terms=("network", "width", "depth", "band", "preactivation", "activation", "he"),
    questions=(
        Number(
            label="Highest over lowest of 64 networks, width 32",
            prompt=(
                "The layers have 32 units. Take the mean of z² at layer 30 of each network. "
                "**Divide the highest of the 64 by the lowest.**"
            ),
            measure=Simulated(NARROW, span, span_in_theory),
            low=1,
            high=1e9,
            reach=100,
            slips=(
                Slip(1, "1 would be no luck at all: infinite width."),
                Slip(2, "2 is what theory says z² is, in every network."),
            ),
            chart=True,
            explanation=(
                "Each layer multiplies z² by a random factor near 1, and 30 factors compound:\n\n"
                r"$$\operatorname{std}[\ln q_L] \approx \sqrt{5 L / n} = "
                r"\sqrt{5 \cdot 30 / 32} = 2.17$$"
                "\n\nThe lowest and highest of 64 lie about 4.7 of these apart (Hanin and "
                "Nica 2018)."
            ),
        ),
        Number(
            label="Highest over lowest of 64 networks, width 128",
            prompt="Now 128 units a layer, four times as wide. **And now?**",
            measure=Simulated(WIDE, span, span_in_theory),
            low=1,
            high=1e9,
            reach=10,
            slips=(
                Slip(1, "1 would be infinite width."),
                Slip(6400, "A quarter of it? The logarithm is halved: take the square root."),
            ),
            explanation=(
                r"The spread of the logarithm is $\sqrt{5 \cdot 30 / 128} = 1.08$, half as large, "
                "so the ratio is the square root of what it was. Deeper networks need to be wider: "
                "what counts is L / n."
            ),
        ),
        Choice(
            label="Highest over lowest, with 64 inputs",
            prompt=(
                "Back to 32 units. Instead of 8 inputs, each network is shown 64. **How wide do "
                "the networks scatter now?**"
            ),
            measure=Simulated(MORE_INPUTS, span, span_in_theory),
            options=(
                Option(
                    "Half as far, on a log scale: more data, less noise",
                    1,
                    1000,
                    "Means over inputs shrink the inputs' noise. This scatter is the weights'.",
                ),
                Option("About as far as before", 1000, 500_000),
                Option("Farther", 500_000, float("inf"), "More inputs add no noise."),
            ),
            explanation=(
                "The inputs of one network meet the same weights, and in deep ReLU layers they "
                "become parallel: all are stretched alike. Only more networks, or more width, "
                "average this luck out. So error bars must come from seeds, not from data."
            ),
        ),
    ),
    next=(
        Try("Redraw this a few times: how far do the bars move?", NARROW),
        Try(
            "Width 32 beside 128",
            Experiment(
                initializer=HE,
                width=32,
                depth=30,
                networks=16,
                others=(Experiment(initializer=HE, width=128, depth=30, networks=16),),
            ),
            "compare",
        ),
    ),
    teacher=Teacher(
        minutes="10 minutes",
        usual='Between 2 and 10 for the first. "More data" for the last.',
        room=(
            "Give every student a seed of their own and the first experiment. Write the signals at "
            "layer 30 on the board, in decades: the room is the histogram."
        ),
    ),
)
