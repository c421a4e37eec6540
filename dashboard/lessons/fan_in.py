"""Why weights have variance 1 / fan_in: a sum of n products has n times the variance."""

from dashboard.course.lesson import Lesson, Teacher, Try
from dashboard.course.measures import Applied, Drawn
from dashboard.course.questions import Number, Slip
from dashboard.experiment import Experiment
from vscore.initializers import RandomNormal, VarianceScaling
from vscore.layers import Dense

ONES = Experiment(layer=Dense(784, 256), initializer=RandomNormal(0.0, 1.0))
SCALED = Experiment(layer=Dense(784, 256), initializer=VarianceScaling(1.0))
DOUBLED = Experiment(layer=Dense(1568, 256), initializer=RandomNormal(0.0, 0.0357))

LESSON = Lesson(
    slug="why-fan-in",
    place=30,
    title="Why 1 / fan_in",
    goal="Find why the variance of a weight must fall as the layer gets wider.",
    minutes=6,
    setting=(
        "One dense layer, 784 inputs and 256 units, no activation. The inputs are independent "
        "N(0, 1). An output is the sum of 784 products of an input and a weight."
    ),
    terms=("fan_in", "mode", "scale", "variance", "std", "lecun"),
    questions=(
        Number(
            label="Variance of an output",
            prompt=("The weights are N(0, 1) too. **What is the variance of one output?**"),
            measure=Applied(
                ONES, lambda found: found.output.value, lambda found: found.output.predicted
            ),
            low=0.001,
            high=1_000_000,
            reach=4,
            slips=(
                Slip(28, "28 is √784: the standard deviation of an output, not its variance."),
                Slip(1, "1 is the variance of one product. An output sums 784 of them."),
                Slip(256, "256 is the number of outputs; an output sums over inputs."),
                Slip(614656, "784² would be right for 784 equal terms; these are independent."),
            ),
            explanation=(
                "Variances of independent terms add:\n\n"
                r"$$\operatorname{Var}\Bigl[\sum_{i=1}^{n} w_i x_i\Bigr] = "
                r"n \operatorname{Var}[w]\,E[x^2] = 784 \cdot 1 \cdot 1$$"
            ),
        ),
        Number(
            label="The standard deviation that keeps 1",
            prompt=(
                "**Which standard deviation of the weights makes the variance of an output 1?**"
            ),
            measure=Drawn(SCALED, lambda sample: sample.std, lambda sample: sample.density.std),
            low=1e-6,
            high=100,
            reach=3,
            slips=(
                Slip(1 / 784, "1/784 is the variance; its square root is asked for."),
                Slip(1 / 16, "1/16 comes from the 256 outputs. An output sums over inputs."),
                Slip(28, "28 is the wrong way up."),
            ),
            chart=True,
            explanation=(
                r"$$784 \cdot \operatorname{Var}[w] = 1 \quad\Rightarrow\quad "
                r"\operatorname{std}[w] = \frac{1}{\sqrt{784}} = \frac1{28}$$"
                '\n\nThis is LeCun\'s rule, `VarianceScaling(scale=1, mode="fan_in")`: variance '
                "1 / fan_in."
            ),
        ),
        Number(
            label="Variance with twice the inputs",
            prompt=(
                "Keep that standard deviation, 0.0357, and give the layer 1568 inputs, twice as "
                "many. **What is the variance of an output now?**"
            ),
            measure=Applied(
                DOUBLED, lambda found: found.output.value, lambda found: found.output.predicted
            ),
            low=0.001,
            high=1000,
            reach=2,
            slips=(
                Slip(1, "1 would need weights that know of the new width. These do not."),
                Slip(4, "4 would be right if the terms were equal; these are independent."),
                Slip(2**0.5, "√2 is what the standard deviation grows by."),
                Slip(0.5, "More terms make a sum larger."),
            ),
            explanation=(
                "Twice the terms, twice the variance. So a fixed standard deviation is right for "
                "one width only, and the rule must be told the width: that is what fan_in is."
            ),
        ),
    ),
    next=(
        Try("The fans of this layer, and what comes out of it", SCALED, "fans"),
        Try("Change Units and Input: which of them changes the std?", SCALED),
    ),
    teacher=Teacher(
        minutes="7 minutes",
        usual="784 from most, 28 from some. For the second, 1/784 as often as 1/28.",
        room=(
            "Toss coins: the sum of 4 tosses of ±1, then of 16. The class's spread doubles, not "
            "quadruples. Then the questions."
        ),
    ),
)
