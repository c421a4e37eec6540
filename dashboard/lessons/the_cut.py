"""A normal law cut at two standard deviations has less variance; Keras makes up for it."""

from dashboard.course.lesson import Lesson, Teacher, Try
from dashboard.course.measures import Drawn, Simulated
from dashboard.course.questions import Number, Slip
from dashboard.experiment import Experiment
from vscore.activations import ACTIVATIONS
from vscore.initializers import TruncatedNormal, VarianceScaling
from vscore.layers import Dense

CUT = Experiment(layer=Dense(784, 256), initializer=TruncatedNormal(0.0, 1.0))
DEEP = Experiment(
    initializer=TruncatedNormal(0.0, 0.0625),
    activation=ACTIVATIONS["linear"],
    width=256,
    networks=16,
)
KERAS = Experiment(layer=Dense(784, 256), initializer=VarianceScaling(1.0))

LESSON = Lesson(
    slug="the-cut",
    place=70,
    title="The cut, and its 0.8796",
    goal="See what cutting a normal law costs, and what Keras does about it.",
    minutes=6,
    setting=(
        'Keras\' "normal" initializers draw from a normal law and throw away what lies more than '
        "two standard deviations from 0: about 4.6 % of it. That keeps very large weights out."
    ),
    terms=("truncated", "std", "variance", "preactivation", "scale"),
    questions=(
        Number(
            label="Standard deviation after the cut",
            prompt=(
                "N(0, 1), cut at −2 and 2. **What is the standard deviation of what is left?**"
            ),
            measure=Drawn(CUT, lambda sample: sample.std, lambda sample: sample.density.std),
            low=0.01,
            high=10,
            reach=1.2,
            slips=(
                Slip(1, "1 is before the cut. What is thrown away is what is far from 0."),
                Slip(0.954, "0.954 is the share that is left, not its standard deviation."),
                Slip(0.774, "0.774 is the variance; its square root is asked for."),
            ),
            chart=True,
            explanation=(
                r"$$\operatorname{Var} = 1 - \frac{2 \cdot 2\,\varphi(2)}{2\,\Phi(2) - 1} = "
                r"0.7737, \qquad \sqrt{0.7737} = 0.8796$$"
                "\n\nFew weights are far out, but they hold much of the variance: 4.6 % of them a "
                "quarter of it."
            ),
        ),
        Number(
            label="Mean z² at layer 20",
            prompt=(
                "Twenty linear layers of 256 units. Someone wants variance 1/256 and writes "
                "`TruncatedNormal(stddev=1/16)`, which Keras does not correct. Inputs are N(0, 1). "
                "**What is the mean of z² at layer 20?**"
            ),
            measure=Simulated(DEEP, lambda run: run.q[:, 19], lambda theory: theory.q[19]),
            low=1e-6,
            high=100,
            reach=8,
            slips=(
                Slip(1, "1 is what was meant. Each layer loses a little, and there are 20."),
                Slip(0.0769, "0.8796²⁰. The mean square falls by the square of it a layer."),
                Slip(0.774, "0.774 is what one layer leaves."),
            ),
            chart=True,
            explanation=(
                r"Each layer leaves $0.8796^2 = 0.7737$ of it: $0.7737^{20} = 0.0059$. "
                "Small losses compound."
            ),
        ),
        Number(
            label="Largest weight over the standard deviation meant",
            prompt=(
                "`VarianceScaling` widens the law before the cut, so that the variance after it is "
                "scale / n. **How many of the resulting standard deviations is the largest weight "
                "from 0?**"
            ),
            measure=Drawn(
                KERAS,
                lambda sample: max(-sample.minimum, sample.maximum) / sample.density.std,
                lambda sample: sample.density.support[1] / sample.density.std,
            ),
            low=0.1,
            high=100,
            reach=1.3,
            slips=(
                Slip(2, "2 counts in standard deviations of the law before the cut, a wider one."),
                Slip(1.76, "1.76 is 2 · 0.8796: the law is widened, so divide."),
            ),
            explanation=(
                r"$$\frac{2}{0.8796} = 2.2737$$"
                "\n\nKeras divides the standard deviation by 0.8796 first. PyTorch's and most "
                "papers' normal laws are not cut at all; the variance is the same."
            ),
        ),
    ),
    next=(
        Try("TruncatedNormal in a linear network: watch it shrink", DEEP),
        Try(
            "Corrected beside uncorrected",
            Experiment(
                initializer=VarianceScaling(1.0),
                activation=ACTIVATIONS["linear"],
                width=256,
                others=(DEEP,),
            ),
            "compare",
        ),
    ),
    teacher=Teacher(
        minutes="7 minutes",
        usual="0.95 for the first: the share that is left. For the second about 0.9.",
        room=(
            "Ask first what share of the weights is thrown away, then what share of the variance. "
            "The second is more than five times the first."
        ),
    ),
)
