"""The shape of the law does not matter to a wide layer; its variance does."""

import numpy as np

from dashboard.course.lesson import Lesson, Teacher, Try
from dashboard.course.measures import Drawn, Simulated
from dashboard.course.questions import Number, Slip
from dashboard.experiment import Experiment
from vscore.initializers import VarianceScaling
from vscore.layers import Dense
from vscore.sampling import WeightSample

UNIFORM = Experiment(
    layer=Dense(784, 256),
    initializer=VarianceScaling(2.0, "fan_in", "uniform"),
    width=256,
    networks=16,
)
NORMAL = Experiment(
    layer=Dense(784, 256), initializer=VarianceScaling(2.0, "fan_in", "untruncated_normal")
)


def largest(sample: WeightSample) -> float:
    """The largest |w|, in standard deviations of the law."""
    return max(-sample.minimum, sample.maximum) / sample.density.std


def normal_largest(sample: WeightSample) -> float:
    """What half of all draws of so many normal weights stay below, in standard deviations."""
    share = 0.5 ** (1 / sample.count)  # of weights, each within the ends
    return float(sample.density.ppf(np.array([(1 + share) / 2]))[0]) / sample.density.std


LESSON = Lesson(
    slug="shape-of-the-law",
    place=60,
    title="The shape of the law, and its variance",
    goal="Find out what of a weight's law a deep network can feel.",
    minutes=6,
    setting=(
        "The same network, ReLU and variance 2 / fan_in, with weights of two laws: uniform, which "
        "ends sharply, and normal, which has tails."
    ),
    terms=(
        "distribution",
        "uniform",
        "normal",
        "truncated",
        "variance",
        "std",
        "second_moment",
        "preactivation",
        "activation",
        "fit",
        "fan_in",
    ),
    questions=(
        Number(
            label="Largest uniform weight, in standard deviations",
            prompt=(
                "Weights are uniform between −a and a. **How many of their standard deviations is "
                "a?**"
            ),
            measure=Drawn(
                UNIFORM, largest, lambda sample: sample.density.support[1] / sample.density.std
            ),
            low=0.01,
            high=100,
            reach=1.5,
            slips=(
                Slip(1, "1 would need all weights at the ends."),
                Slip(2, "2 is where Keras cuts its normal law. A uniform one ends elsewhere."),
                Slip(3, "3 is a²/variance; its square root is asked for."),
                Slip(12**0.5, "√12 is the whole width, from −a to a, in standard deviations."),
            ),
            chart=True,
            explanation=(
                r"$$\operatorname{Var}[w] = \frac{1}{2a}\int_{-a}^{a} w^2\,dw = \frac{a^2}{3} "
                r"\quad\Rightarrow\quad a = \sqrt3\,\operatorname{std}[w]$$"
                "\n\nSo `he_uniform` has limits √(6 / fan_in), and the variance 2 / fan_in."
            ),
        ),
        Number(
            label="Largest of 200 704 normal weights, in standard deviations",
            prompt=(
                "A layer of 784 × 256 normal weights. **How many standard deviations is the "
                "largest of them from 0?**"
            ),
            measure=Drawn(NORMAL, largest, normal_largest),
            low=0.1,
            high=1000,
            reach=2,
            slips=(
                Slip(3, "Within 3 lie 99.7 %. Of 200 704 weights, 542 lie beyond."),
                Slip(2, "Within 2 lie 95.4 %. Of 200 704 weights, over 9000 lie beyond."),
            ),
            chart=True,
            explanation=(
                "One normal weight in 290 000 lies beyond 4.64 standard deviations. "
                "Among 200 704 such a weight is as likely as not. Tails grow slowly: ten times as "
                "many weights add about half a standard deviation."
            ),
        ),
        Number(
            label="Mean z² at layer 20, uniform weights",
            prompt=(
                "With normal weights of variance 2 / fan_in, and inputs N(0, 1), the mean of z² is "
                "2 at layer 20, up to chance. **What is it with uniform weights of the same "
                "variance?**"
            ),
            measure=Simulated(UNIFORM, lambda run: run.q[:, 19], lambda theory: theory.q[19]),
            low=1e-6,
            high=1e6,
            reach=3,
            slips=(
                Slip(2 / 3, "A third is in the formula a²/3. The variance here is the same."),
                Slip(1, "It starts from 2: the first layer has no ReLU before it."),
            ),
            explanation=(
                "A z is a sum of 256 products. Its second moment needs the weights' variance "
                "only, and its law is nearly normal whatever theirs is: the central limit "
                "theorem. Where laws differ is in goodness of fit, and in the largest weight."
            ),
        ),
    ),
    next=(
        Try(
            "Three laws of equal variance, on the same random numbers",
            Experiment(
                initializer=VarianceScaling(2.0, "fan_in", "truncated_normal"),
                others=(
                    Experiment(initializer=VarianceScaling(2.0, "fan_in", "untruncated_normal")),
                    Experiment(initializer=VarianceScaling(2.0, "fan_in", "uniform")),
                ),
            ),
            "compare",
        ),
        Try(
            "A 10 × 10 layer: can the fit tell its law?",
            Experiment(layer=Dense(10, 10), initializer=VarianceScaling(2.0, "fan_in", "uniform")),
        ),
    ),
    teacher=Teacher(
        minutes="7 minutes",
        usual="1 or 2 for the first; 3 for the second; for the third, many expect less than 2.",
        room=(
            'Before the third question, let two groups argue: "tails make it explode" and "only '
            'the variance counts". Then open the comparison under "What to try next".'
        ),
    ),
)
