"""The edge of chaos: two inputs become one, or the gradient explodes."""

import numpy as np

from dashboard.course.lesson import Lesson, Teacher, Try
from dashboard.course.measures import Simulated
from dashboard.course.questions import Choice, Number, Option, Slip
from dashboard.experiment import Experiment
from vscore.activations import ACTIVATIONS
from vscore.initializers import VarianceScaling


def tanh(scale: float) -> Experiment:
    """Forty tanh layers, weights of variance scale / fan_in, biases of variance 0.05."""
    return Experiment(
        initializer=VarianceScaling(scale),
        activation=ACTIVATIONS["tanh"],
        width=256,
        depth=40,
        networks=8,
        bias_variance=0.05,
        statistic="correlation",
    )


ORDERED, EDGE, CHAOTIC = tanh(0.5), tanh(1.75), tanh(4.0)

LESSON = Lesson(
    slug="edge-of-chaos",
    place=110,
    title="The edge of chaos",
    goal="See the two ways to fail, and the narrow path between them.",
    minutes=8,
    setting=(
        "Forty tanh layers of 256 units. Weights have variance scale / fan_in, biases variance "
        "0.05. Two inputs with nothing in common, correlation 0, go through the same network."
    ),
    terms=(
        "correlation",
        "preactivation",
        "variance",
        "bias",
        "activation",
        "gradient",
        "chi",
        "edge",
        "scale",
        "fan_in",
    ),
    questions=(
        Number(
            label="Correlation at layer 30, scale 0.5",
            prompt="Small weights: scale 0.5. **What is the two inputs' correlation at layer 30?**",
            measure=Simulated(
                ORDERED, lambda run: run.correlation[:, 29], lambda theory: theory.correlation[29]
            ),
            low=-1,
            high=1,
            reach=0.5,
            by_factor=False,
            slips=(Slip(0, "They start at 0; what they share is the biases, layer after layer."),),
            chart=True,
            explanation=(
                "Weights shrink what tells the inputs apart, biases add the same to both. They "
                "become one: the network has forgotten which input it saw. This is order."
            ),
        ),
        Number(
            label="Correlation at layer 30, scale 4",
            prompt="Large weights: scale 4. **And now?**",
            measure=Simulated(
                CHAOTIC, lambda run: run.correlation[:, 29], lambda theory: theory.correlation[29]
            ),
            low=-1,
            high=1,
            reach=0.5,
            by_factor=False,
            slips=(
                Slip(1, "1 is order. Large weights drive even close inputs apart."),
                Slip(-1, "-1 would need a reason to be opposite; tanh is odd and has none."),
            ),
            explanation=(
                "Even inputs that are nearly equal end at this correlation: small differences "
                "grow until only the shared biases are in common. This is chaos. On the way back "
                "the gradient grows too."
            ),
        ),
        Number(
            label="Power of ten of the gradient, scale 0.5",
            prompt=(
                "Scale 0.5 again. The gradient's mean square is 1 at layer 40. **What power of "
                "ten is it at layer 1?** (For 0.001, type -3.)"
            ),
            measure=Simulated(
                ORDERED,
                lambda run: np.asarray(run.log10_gradient)[:, 0],
                lambda theory: theory.log10_gradient[0],
            ),
            low=-100,
            high=100,
            reach=8,
            by_factor=False,
            slips=(
                Slip(0, "0 is 10⁰ = 1: a gradient that is kept."),
                Slip(-12, "0.5 a layer makes −12; tanh' is below 1 and takes a little more."),
            ),
            explanation=(
                r"$$\chi = \sigma_w^2\, E[\varphi'(z)^2]$$"
                "\n\nis what a layer multiplies the gradient by. Below 1: order, and a gradient "
                "that vanishes. Above 1: chaos, and one that explodes."
            ),
        ),
        Choice(
            label="Gradient at layer 1 over layer 40, as a power of ten",
            prompt="**Scale 1.75, between the two. What does the gradient do over 40 layers?**",
            measure=Simulated(
                EDGE,
                lambda run: (
                    np.asarray(run.log10_gradient)[:, 0] - np.asarray(run.log10_gradient)[:, -1]
                ),
                lambda theory: theory.log10_gradient[0] - theory.log10_gradient[-1],
            ),
            options=(
                Option(
                    "It vanishes, by more than ten",
                    -float("inf"),
                    -1,
                    "That is order, at smaller scales.",
                ),
                Option("It keeps its size, within a factor of ten", -1, 1),
                Option(
                    "It explodes, by more than ten",
                    1,
                    float("inf"),
                    "That is chaos, at larger scales.",
                ),
            ),
            explanation=(
                r"At $\sigma_b^2 = 0.05$ the edge of chaos is at $\sigma_w^2 = 1.761$: there "
                r"$\chi = 1$. Only near it do both the difference of inputs and the gradient "
                "reach through a deep network (Poole et al. 2016; Schoenholz et al. 2017)."
            ),
        ),
    ),
    next=(
        Try(
            "Order, edge and chaos on the same random numbers",
            Experiment(
                initializer=VarianceScaling(0.5),
                activation=ACTIVATIONS["tanh"],
                width=256,
                depth=40,
                networks=4,
                bias_variance=0.05,
                statistic="correlation",
                others=(EDGE, CHAOTIC),
            ),
            "compare",
        ),
        Try("The edge itself: correlation by layer", EDGE),
    ),
    teacher=Teacher(
        minutes="10 minutes",
        usual="0 for both correlations: they start there. −12 for the gradient, which is close.",
        room=(
            "Whisper a number from one end of a row to the other. In the ordered row everyone "
            "rounds to the nearest ten; in the chaotic one everyone doubles the last digit."
        ),
    ),
)
