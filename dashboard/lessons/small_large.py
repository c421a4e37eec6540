"""A standard deviation that ignores the width: 0.01 and 1."""

import numpy as np

from dashboard.course.lesson import Lesson, Teacher, Try
from dashboard.course.measures import Simulated
from dashboard.course.questions import Number, Sketch, Slip
from dashboard.experiment import Experiment
from vscore.initializers import RandomNormal
from vscore.propagation.result import LOG10_LARGEST

SMALL = Experiment(initializer=RandomNormal(0.0, 0.01), width=256, networks=8)
LARGE = Experiment(initializer=RandomNormal(0.0, 1.0), width=256, depth=40, networks=8)
PLACES = (1, 5, 10, 20)
AT = np.array(PLACES) - 1
LARGEST = LOG10_LARGEST["float32"]

LESSON = Lesson(
    slug="too-small-too-large",
    place=20,
    title="Too small and too large",
    goal="See how fast 0.01 and 1, two harmless numbers, end a deep network.",
    minutes=7,
    setting=(
        "Dense layers of 256 units with ReLU. The weights are normal with mean 0 and a standard "
        "deviation that someone chose without asking how wide the layers are. Inputs are N(0, 1)."
    ),
    terms=("preactivation", "activation", "std", "variance", "second_moment", "overflow"),
    questions=(
        Number(
            label="Factor a layer at 0.01",
            prompt=(
                "The standard deviation is 0.01. **By what factor does the mean of z² change from "
                "one layer to the next?**"
            ),
            measure=Simulated(
                SMALL,
                lambda run: 10 ** ((run.log10_q[:, 19] - run.log10_q[:, 0]) / 19),
                lambda theory: 10 ** ((theory.log10_q[19] - theory.log10_q[0]) / 19),
            ),
            low=1e-6,
            high=100,
            reach=4,
            slips=(
                Slip(0.01, "0.01 is the standard deviation itself; a sum of 256 products counts."),
                Slip(0.0001, "0.0001 is the variance of one weight; 256 products are summed."),
                Slip(0.0256, "0.0256 is 256 · 0.01²: right but for ReLU, which keeps one half."),
                Slip(1, "1 would be a network that keeps its signal."),
            ),
            explanation=(
                r"256 products are summed, each weight has variance $0.01^2$, and ReLU keeps half "
                "of the second moment:\n\n"
                r"$$256 \cdot 0.01^2 \cdot \tfrac12 = 0.0128$$"
                "\n\nAfter 20 layers there is less than $10^{-37}$ left."
            ),
        ),
        Sketch(
            label="Mean z² by layer at 1",
            prompt="The standard deviation is 1. **Sketch the mean of z² to layer 20.**",
            measure=Simulated(
                LARGE, lambda run: run.log10_q[:, AT], lambda theory: theory.log10_q[AT]
            ),
            places=PLACES,
            low=0,
            high=60,
            reach=15,
            axis="mean z²",
            explanation=(
                r"The first layer makes $256 \cdot 1$ of the inputs' 1. Each later one multiplies "
                r"by $256 \cdot 1 \cdot \tfrac12 = 128$: two decades a layer, a straight line on "
                "a log axis."
            ),
            flat=(
                "Too flat: 128 a layer is two powers of ten a layer, so 19 layers make 40. On "
                "paper without logarithms there is no room for that."
            ),
            steep="Too steep: a sum of 256 products has 256 times the variance, not 256² times.",
            turned="Each layer multiplies by 128, so it grows.",
            shifted="The rise is right. It starts at 256, and on a log axis it is a straight line.",
        ),
        Number(
            label="The layer where float32 ends",
            prompt=(
                "float32 holds numbers up to 3.4 · 10³⁸. The network has 40 layers, the standard "
                "deviation is 1. **At which layer is some z too large for float32?**"
            ),
            measure=Simulated(
                LARGE,
                lambda run: np.asarray(run.overflow_layer + 1, np.float64),
                lambda theory: float(np.argmax(theory.log10_q > 2 * LARGEST)) + 1,
            ),
            low=1,
            high=200,
            reach=2,
            slips=(
                Slip(18, "18 is where the mean of z² gets there. z itself is its square root."),
                Slip(19, "19 is where the mean of z² gets there. z itself is its square root."),
            ),
            chart=True,
            explanation=(
                r"z² grows by 128 a layer, so z grows by $\sqrt{128} \approx 11.3$, about one "
                "decade: 38 decades take some 36 layers. From there on a framework shows inf and "
                "NaN. The simulator counts on in logarithms."
            ),
        ),
    ),
    next=(
        Try(
            "Keras' RandomNormal has 0.05: is that better?",
            Experiment(initializer=RandomNormal(0.0, 0.05), width=256),
        ),
        Try(
            "0.05 again, with layers four times as wide",
            Experiment(initializer=RandomNormal(0.0, 0.05), width=1024, networks=2),
        ),
    ),
    teacher=Teacher(
        minutes="8 minutes",
        usual=(
            "For the first, 0.01 or 0.0001. Sketches bend upward like an exponential on paper, "
            "and end far too low."
        ),
        room=(
            "Ask for the sketch on paper first, with a linear axis: there is no room for it. Then "
            "let them find the standard deviation between 0.01 and 1 that works for 256 units."
        ),
    ),
)
