"""An LSTM keeps four gates in one kernel: what that does to fans, and to orthogonality."""

import numpy as np

from dashboard.course.lesson import Lesson, Teacher, Try
from dashboard.course.measures import Applied, Simulated
from dashboard.course.questions import Number, Sketch, Slip
from dashboard.experiment import Experiment
from vscore.initializers import INITIALIZERS, Orthogonal
from vscore.layers import LSTM

GLOROT = INITIALIZERS["glorot_uniform"]
INPUT = Experiment(layer=LSTM(128, 64), initializer=GLOROT)
RECURRENT = Experiment(layer=LSTM(128, 64), kernel="recurrent_kernel", initializer=Orthogonal(1.0))
UNROLLED = Experiment(
    layer=LSTM(128, 64),
    initializer=GLOROT,
    family="recurrent",
    cell="lstm",
    depth=50,
    width=64,
    networks=8,
)
STEPS = (50, 40, 30, 20, 1)
PLACES = tuple(reversed(STEPS))
AT = np.array(PLACES) - 1

LESSON = Lesson(
    slug="lstm-gates",
    place=90,
    title="LSTM: fused gates, orthogonal recurrence",
    goal="See what it does to four gates that they share one kernel.",
    minutes=9,
    setting=(
        "An LSTM of 64 units on 128 inputs. Its four gates are stored side by side: the kernel is "
        "128 × 256, the recurrent kernel 64 × 256. Keras draws the first by Glorot's rule, the "
        "second as one orthogonal matrix."
    ),
    terms=(
        "recurrent",
        "gate",
        "kernel",
        "glorot",
        "lecun",
        "fan_out",
        "variance",
        "orthogonal",
        "uniform",
        "bias",
        "gradient",
    ),
    questions=(
        Number(
            label="Variance of what the inputs add to a gate",
            prompt=(
                "Inputs are N(0, 1). A gate's own part of the kernel is 128 × 64, for which "
                "Glorot's rule would give weights of variance 2 / 192, and sums of variance 1.33. "
                "**Keras applies the rule to the fused kernel, 128 × 256. What is the variance of "
                "the sums then?**"
            ),
            measure=Applied(
                INPUT, lambda found: found.output.value, lambda found: found.output.predicted
            ),
            low=0.001,
            high=100,
            reach=2,
            slips=(
                Slip(4 / 3, "1.33 is a gate by itself. The rule sees 256 columns, not 64."),
                Slip(1 / 3, "A quarter of 1.33? Only fan_out is four times as large."),
                Slip(1, "1 is what LeCun's rule gives."),
            ),
            explanation=(
                r"$$\operatorname{Var}[w] = \frac{2}{128 + 256}, \qquad "
                r"128 \cdot \frac{2}{384} = 0.667$$"
                "\n\nHalf of what a gate by itself would get. PyTorch avoids the question: all its "
                "weights are uniform within ±1/√64."
            ),
        ),
        Number(
            label="Mean square of what the state adds to a gate",
            prompt=(
                "The recurrent kernel is orthogonal as one 64 × 256 matrix: its rows have length 1 "
                "and are perpendicular. For a state of N(0, 1) numbers, **what is the mean square "
                "of what it adds to one gate?**"
            ),
            measure=Applied(
                RECURRENT, lambda found: found.output.value, lambda found: found.output.predicted
            ),
            low=0.001,
            high=100,
            reach=3,
            slips=(
                Slip(1, "1 is right for a square orthogonal matrix. Here a row is 256 long."),
                Slip(0.5, "√(1/4): the mean square is asked for."),
                Slip(4, "4 is the wrong way up."),
            ),
            explanation=(
                "A row of length 1 spreads over four gates, a quarter of its square to each:\n\n"
                r"$$E[w^2] = \frac{1}{256}, \qquad 64 \cdot \frac{1}{256} = \frac14$$"
                "\n\nSo no gate's own 64 × 64 block is orthogonal: as a map it is about half as "
                "long as one."
            ),
        ),
        Sketch(
            label="Gradient through time",
            prompt=(
                "The LSTM is unrolled over 50 steps, with Keras' biases: 1 at the forget gate, 0 "
                "elsewhere. The gradient starts at step 50 with mean square 1 and goes back. "
                "**Sketch its mean square at h by step.**"
            ),
            measure=Simulated(
                UNROLLED,
                lambda run: np.asarray(run.log10_gradient)[:, AT],
            ),
            places=PLACES,
            low=-24,
            high=2,
            reach=6,
            axis="gradient's mean square",
            flat=(
                "Too flat: at first the forget gate lets 0.73 through, not 1, and over 49 steps "
                "that adds up."
            ),
            steep=(
                "Too steep: the forget gate's bias of 1 lets most of it through. Some 0.2 powers "
                "of ten a step are lost, after the first."
            ),
            turned="It goes back from step 50 to step 1, and no gate lets more through than 1.",
            shifted=(
                "The loss is right in all. The first step back takes two powers of ten; from there "
                "it is a straight line."
            ),
            unit="step",
            explanation=(
                "After a steep first step, what comes back travels along the cell, where "
                "each step multiplies it by the forget gate. That gate starts near "
                r"$\sigma(1) = 0.73$, so its square leaves about $0.53$ a step: a quarter of a "
                "decade. A little more comes back through the recurrent kernel, so some 0.2 a step "
                "are lost. A forget gate of 1/2, without that bias, would lose 0.6 a step."
            ),
        ),
    ),
    next=(
        Try("The LSTM over time, forward and back", UNROLLED),
        Try("Its kernels, gate by gate", INPUT, "fans"),
        Try(
            "The same with a GRU",
            Experiment(
                initializer=GLOROT,
                family="recurrent",
                cell="gru",
                depth=50,
                width=64,
                networks=8,
            ),
        ),
    ),
    teacher=Teacher(
        minutes="12 minutes",
        usual=(
            '1.33 or a quarter of it for the first; 1 for the second, since "orthogonal keeps '
            "lengths\". Sketches are too flat: the LSTM's fame is larger than its first gradient."
        ),
        room=(
            "Write the fused kernel as four blocks on the board. Ask which length is kept: that of "
            "a state in all four gates together, or in each."
        ),
    ),
)
