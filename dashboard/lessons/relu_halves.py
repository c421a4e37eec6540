"""ReLU halves the second moment, and He's 2 makes up for it."""

import numpy as np

from dashboard.course.lesson import Lesson, Teacher, Try
from dashboard.course.measures import Simulated
from dashboard.course.questions import Number, Sketch, Slip
from dashboard.experiment import Experiment
from vscore.initializers import INITIALIZERS, VarianceScaling

PRESET = Experiment(initializer=VarianceScaling(1.0), width=256, networks=16)
PLACES = (1, 5, 10, 20)
AT = np.array(PLACES) - 1

LESSON = Lesson(
    slug="relu-halves",
    place=40,
    title="ReLU halves the second moment",
    goal="Find what ReLU takes from a signal, and the scale that gives it back.",
    minutes=8,
    setting=(
        "Twenty dense layers of 256 units with ReLU. The weights have mean 0 and variance "
        "1 / fan_in, the inputs are N(0, 1). A layer computes z, and passes on h = ReLU(z)."
    ),
    terms=(
        "preactivation",
        "activation",
        "second_moment",
        "variance",
        "scale",
        "fan_in",
        "gain",
        "lecun",
        "he",
    ),
    questions=(
        Number(
            label="Mean h² divided by mean z²",
            prompt=(
                "In the first layer, z is spread around 0 like a normal law. Divide the mean of h² "
                "by the mean of z². **What do you get?**"
            ),
            measure=Simulated(
                PRESET,
                lambda run: run.activation_second_moment[:, 0] / run.q[:, 0],
                lambda theory: theory.activation_second_moment[0] / theory.q[0],
            ),
            low=0.001,
            high=100,
            reach=2,
            slips=(
                Slip(1, "1 would be right if ReLU changed nothing."),
                Slip(0.25, "0.25 counts the half that is lost twice: h is not also halved."),
                Slip(
                    0.34, "0.34 is the variance of h, about its own mean. Here the mean stays in."
                ),
                Slip(2, "2 is what makes up for the loss; this asks for the loss."),
            ),
            explanation=(
                "Half of the z are negative and become 0; the other half keep their squares. By "
                "symmetry each half holds half of the sum of squares:\n\n"
                "$$E[h^2] = \\tfrac12 E[z^2]$$"
            ),
        ),
        Number(
            label="Variance of h divided by mean z²",
            prompt=(
                "Now the variance of h, about the mean of h, of all units and inputs together. "
                "**Divided by the mean of z², what is it?**"
            ),
            measure=Simulated(
                PRESET,
                lambda run: run.activation_variance[:, 0] / run.q[:, 0],
                lambda theory: theory.activation_variance[0] / theory.q[0],
            ),
            low=0.001,
            high=100,
            reach=1.5,
            slips=(
                Slip(
                    0.5,
                    '0.5 is the second moment. "ReLU halves the variance" is said often, and is '
                    "not so.",
                ),
                Slip(1, "1 would be right if ReLU changed nothing."),
            ),
            explanation=(
                "h is never negative, so its mean is not 0, and the variance is less than the "
                "second moment:\n\n"
                "$$\\operatorname{Var}[h] = E[h^2] - E[h]^2 = "
                "\\left(\\tfrac12 - \\tfrac1{2\\pi}\\right) E[z^2]$$\n\n"
                "The next layer sums products $w\\,h$ with weights of mean 0. Its z has second "
                "moment fan_in · Var[w] · E[h²]: it is the second moment that travels."
            ),
        ),
        Sketch(
            label="Mean z² by layer",
            prompt="The mean of z² is about 1 at layer 1. **Sketch it down to layer 20.**",
            measure=Simulated(
                PRESET, lambda run: run.log10_q[:, AT], lambda theory: theory.log10_q[AT]
            ),
            places=PLACES,
            low=-10,
            high=2,
            reach=3,
            axis="mean z²",
            explanation=(
                "Each layer halves it, so layer $l$ has $2^{-(l-1)}$ of layer 1. On a log axis "
                "that is a straight line: three decades every ten layers."
            ),
            flat="Too flat: a half a layer, 19 times over, leaves less than two millionths.",
            steep="Too steep: each layer halves it, no more. Ten layers leave a thousandth of it.",
            turned="Each layer takes half of it, and none gives any back.",
            shifted=(
                "The fall is right. It starts at 1, and halving is a straight line on a log axis."
            ),
        ),
        Number(
            label="The scale that keeps mean z²",
            prompt=(
                "Weights of variance scale / fan_in, and ReLU. **Which scale keeps the mean of z² "
                "from layer to layer?** (The simulator's answer: what 19 layers at scale 1 lost, "
                "made up a layer.)"
            ),
            measure=Simulated(
                PRESET,
                lambda run: 10 ** ((run.log10_q[:, 0] - run.log10_q[:, -1]) / 19),
                lambda theory: 10 ** ((theory.log10_q[0] - theory.log10_q[-1]) / 19),
            ),
            low=0.001,
            high=100,
            reach=2**0.5,
            slips=(
                Slip(1, "1 is LeCun's, which is right without an activation."),
                Slip(2**0.5, "√2 is what the standard deviation is multiplied by: the gain."),
                Slip(4, "4 is 2 squared: the scale already belongs to the variance."),
                Slip(0.5, "0.5 is what ReLU leaves; the scale must undo it."),
            ),
            explanation=(
                "$$q_{l+1} = \\text{fan\\_in} \\cdot \\operatorname{Var}[w] \\cdot E[h_l^2] "
                "= \\text{scale} \\cdot \\tfrac12\\, q_l$$\n\n"
                "So scale 2 keeps q. This is He's rule (He et al. 2015), `he_normal` in Keras."
            ),
        ),
    ),
    next=(
        Try("The same with He's scale 2", Experiment(width=256, networks=16)),
        Try(
            "He beside LeCun, on the same random numbers",
            Experiment(others=(Experiment(initializer=INITIALIZERS["lecun_normal"]),)),
            "compare",
        ),
    ),
    teacher=Teacher(
        "10 minutes",
        "Most say 0.5 at once, and then 0.5 again for the variance. In the sketch many draw a "
        "curve that bends: they think of halving on a linear axis.",
        "Take a show of hands for question 2 before anyone commits. Let those who say 0.5 and "
        "those who say 0.34 argue; ask what the mean of h is. End with question 4 said aloud.",
    ),
)
