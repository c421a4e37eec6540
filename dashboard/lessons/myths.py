"""Sentences that are said often, and are not so."""

import numpy as np

from dashboard.course.lesson import Lesson, Teacher, Try
from dashboard.course.measures import Simulated
from dashboard.course.questions import Number, Slip
from dashboard.experiment import Experiment
from vscore.activations import ACTIVATIONS
from vscore.initializers import INITIALIZERS

XAVIER_TANH = Experiment(
    initializer=INITIALIZERS["glorot_normal"],
    activation=ACTIVATIONS["tanh"],
    width=256,
    depth=50,
)
HE_GELU = Experiment(activation=ACTIVATIONS["gelu"], width=256, depth=50)
HE_TANH = Experiment(activation=ACTIVATIONS["tanh"], width=256, depth=50)
HE_RELU = Experiment(width=256, networks=16, batch=32, statistic="unit_variance")

LESSON = Lesson(
    slug="myths",
    place=120,
    title="Myths",
    goal="Test four sentences that are said often.",
    minutes=8,
    setting=(
        "Deep networks of 256 units a layer, on inputs N(0, 1). Xavier and Glorot are one person: "
        "at equal widths his rule is variance 1 / n. He's is 2 / n."
    ),
    terms=(
        "preactivation",
        "activation",
        "glorot",
        "he",
        "scale",
        "variance",
        "gradient",
        "chi",
        "edge",
        "unit_variance",
        "second_moment",
    ),
    questions=(
        Number(
            label="Mean z² at layer 50, tanh with Xavier",
            prompt=(
                '"With tanh, Xavier keeps the signal stable." **What is the mean of z² at layer '
                "50?** It is 1 at layer 1."
            ),
            measure=Simulated(XAVIER_TANH, lambda run: run.q[:, 49], lambda theory: theory.q[49]),
            low=1e-12,
            high=1000,
            reach=10,
            slips=(
                Slip(1, "1 is the myth. tanh is a little less than its input, 50 times over."),
                Slip(0.02, "1/50 is near: q falls as 1/(2 l), so 1/100."),
            ),
            chart=True,
            explanation=(
                r"For small z, $\tanh z \approx z - z^3/3$, and with scale 1 "
                r"$q_{l+1} \approx q_l - 2 q_l^2$, so $q_l \approx \frac{1}{2l}$: no exponential, "
                "but no stability."
            ),
        ),
        Number(
            label="Power of ten of mean z² at layer 50, GELU with He",
            prompt=(
                '"He suits every activation like ReLU." GELU looks like ReLU. **What power of '
                "ten is the mean of z² at layer 50?** (For 0.001, type -3.)"
            ),
            measure=Simulated(
                HE_GELU, lambda run: run.log10_q[:, 49], lambda theory: theory.log10_q[49]
            ),
            low=-100,
            high=100,
            reach=9,
            by_factor=False,
            slips=(Slip(0, "0 is 10⁰ = 1: the myth."),),
            chart=True,
            explanation=(
                "GELU keeps 0.425 of the second moment of N(0, 1), not 0.5, and the less the "
                r"smaller z is: near 0 it is $z/2$, which keeps a quarter. So the loss gathers "
                "speed. No scale keeps GELU's signal for ever; 2.35 does at z of size 1."
            ),
        ),
        Number(
            label="Gradient at layer 1 over layer 50, tanh with He",
            prompt=(
                '"He is the safe choice for tanh too." It does keep z² steady. **Divide the '
                "gradient's mean square at layer 1 by that at layer 50.**"
            ),
            measure=Simulated(
                HE_TANH,
                lambda run: (
                    10
                    ** (
                        np.asarray(run.log10_gradient)[:, 0] - np.asarray(run.log10_gradient)[:, -1]
                    )
                ),
                lambda theory: 10 ** (theory.log10_gradient[0] - theory.log10_gradient[-1]),
            ),
            low=1e-12,
            high=1e12,
            reach=30,
            slips=(Slip(1, "1 would be the edge of chaos. Scale 2 is beyond it."),),
            explanation=(
                r"$$\chi = 2\, E[\tanh'(z)^2] = 1.1055 > 1$$"
                "\n\nat the size that z settles at: chaos. In later layers the gradient grows by "
                "10 % a layer, and inputs that are close are driven apart."
            ),
        ),
        Number(
            label="Variance of one unit over the inputs, layer 20, ReLU with He",
            prompt=(
                '"He keeps the variance." With ReLU the mean of z² is 2 in every layer. Take one '
                "unit at layer 20. **What is the variance of its z over the inputs?**"
            ),
            measure=Simulated(
                HE_RELU,
                lambda run: run.unit_variance[:, 19],
                lambda theory: theory.unit_variance[19],
            ),
            low=1e-6,
            high=1000,
            reach=8,
            slips=(
                Slip(2, "2 is the mean of z². It says nothing of how inputs differ."),
                Slip(1, "Neither the second moment, 2, nor what is left of the variance."),
            ),
            chart=True,
            explanation=(
                "He keeps the second moment. After each ReLU inputs point in more similar "
                "directions, so one unit's z is nearly the same for all of them: its second "
                "moment is nearly all mean. Which statistic is kept must always be said."
            ),
        ),
    ),
    next=(
        Try(
            "tanh with Xavier, 100 layers",
            Experiment(
                initializer=INITIALIZERS["glorot_normal"],
                activation=ACTIVATIONS["tanh"],
                depth=100,
            ),
        ),
        Try("The gains of GELU, and the scale it needs", HE_GELU, "fans"),
        Try(
            "He on four activations, on the same random numbers",
            Experiment(
                depth=50,
                others=tuple(
                    Experiment(depth=50, activation=ACTIVATIONS[kind])
                    for kind in ("tanh", "gelu", "elu")
                ),
            ),
            "compare",
        ),
    ),
    teacher=Teacher(
        minutes="10 minutes",
        usual="1 for the first, between −1 and 0 for the second, 1 for the third, 2 for the last.",
        room=(
            "Put the four sentences on the board and let the room vote true or false before the "
            "numbers. Ask afterwards where they had read each."
        ),
    ),
)
