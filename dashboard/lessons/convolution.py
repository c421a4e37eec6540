"""What a convolution sums: the receptive field belongs to fan_in, and not every layer agrees."""

from dashboard.course.lesson import Lesson, Teacher, Try
from dashboard.course.measures import Applied
from dashboard.course.questions import Number, Slip
from dashboard.experiment import Experiment
from vscore.effects import KernelEffect
from vscore.initializers import VarianceScaling
from vscore.layers import Conv2D, Conv2DTranspose, DepthwiseConv2D

LECUN = VarianceScaling(1.0)
CONV = Experiment(layer=Conv2D(64, 128, (3, 3)), initializer=LECUN)
DEPTHWISE = Experiment(layer=DepthwiseConv2D(64, (3, 3)), initializer=LECUN)
TRANSPOSED = Experiment(layer=Conv2DTranspose(64, 128, (3, 3), (2, 2)), initializer=LECUN)


def measured(found: KernelEffect) -> float:
    """Mean square of the outputs."""
    return found.output.value


def predicted(found: KernelEffect) -> float:
    """The exact expectation of it."""
    return found.output.predicted


LESSON = Lesson(
    slug="receptive-field",
    place=80,
    title="A convolution's receptive field",
    goal="Count what one output sums, and find layers for which Keras counts something else.",
    minutes=8,
    setting=(
        "Convolutions on images whose numbers are N(0, 1). LeCun's rule is meant to give outputs "
        "of variance 1: weights of variance 1 / fan_in, fan_in as Keras counts it."
    ),
    terms=(
        "convolution",
        "channels",
        "fan_in",
        "fan_out",
        "kernel",
        "depthwise",
        "transposed",
        "stride",
        "variance",
        "scale",
        "lecun",
    ),
    questions=(
        Number(
            label="fan_in of a 3 × 3 convolution, 64 → 128 channels",
            prompt=(
                "`Conv2D`, 3 × 3, from 64 channels to 128. **How many products does one output "
                "sum?** (The simulator's answer: the variance of an output over that of a weight.)"
            ),
            measure=Applied(
                CONV,
                lambda found: found.output.value / found.variance,
                lambda found: found.output.predicted / found.variance,
            ),
            low=1,
            high=1_000_000,
            reach=2,
            slips=(
                Slip(64, "64 is right for one position. A kernel covers nine of them."),
                Slip(9, "9 is one channel's. An output sums over all 64."),
                Slip(1152, "1152 is fan_out: 9 · 128."),
                Slip(73728, "73 728 is all weights; each output has its own 128th of them."),
            ),
            explanation=(
                r"$$\text{fan\_in} = 3 \cdot 3 \cdot 64 = 576$$"
                "\n\nThe receptive field times the input channels. The size of the image does not "
                "matter, away from the border."
            ),
        ),
        Number(
            label="Output variance of a depthwise layer",
            prompt=(
                "`DepthwiseConv2D`, 3 × 3, 64 channels: each output sums nine products of its own "
                "channel. Keras reads its kernel 3 × 3 × 64 × 1 like any other. **With LeCun's "
                "rule, what is the variance of an output?**"
            ),
            measure=Applied(DEPTHWISE, measured, predicted),
            low=0.0001,
            high=100,
            reach=4,
            slips=(
                Slip(1, "1 was meant. But Keras counts 576, and 9 are summed."),
                Slip(1 / 9, "9 products are summed; the question is by what they are divided."),
                Slip(64, "64 is the wrong way up: too many are counted, so weights are small."),
            ),
            explanation=(
                r"Keras counts $3 \cdot 3 \cdot 64 = 576$ and gives variance 1/576; nine products "
                r"are summed: $\frac{9}{576} = \frac1{64}$."
                "\n\nIn a stack of such layers the signal is lost in no time, unless "
                "normalization follows. A scale of 64 makes up for it."
            ),
        ),
        Number(
            label="Output variance of a transposed layer, stride 2",
            prompt=(
                "`Conv2DTranspose`, 3 × 3, 64 → 128 channels, stride 2. Its kernel is stored as "
                "3 × 3 × 128 × 64, outputs first. **With LeCun's rule, what is the mean variance "
                "of an output?**"
            ),
            measure=Applied(TRANSPOSED, measured, predicted),
            low=0.0001,
            high=100,
            reach=3,
            slips=(
                Slip(1, "1 was meant; fans are swapped, and the stride leaves gaps."),
                Slip(0.5, "0.5 is right at stride 1: the fans are swapped. The stride counts too."),
                Slip(0.25, "0.25 is what the stride does; the fans are swapped besides."),
            ),
            explanation=(
                r"Keras reads fan_in from the last axis but one: $9 \cdot 128 = 1152$. Summed are "
                r"$9 \cdot 64 / 2^2 = 144$ on average, since a stride of 2 leaves three of four "
                r"places empty: $\frac{144}{1152} = \frac18$."
            ),
        ),
    ),
    next=(
        Try("The depthwise kernel, axis by axis", DEPTHWISE, "fans"),
        Try("The transposed kernel: swap, stride, scale to use", TRANSPOSED, "fans"),
        Try(
            "A deep convolutional network with He's rule",
            Experiment(
                layer=Conv2D(64, 128, (3, 3)), family="convolutional", width=16, networks=4, batch=8
            ),
        ),
    ),
    teacher=Teacher(
        minutes="10 minutes",
        usual="64 or 9 for the first. 1 for the second: few expect a framework to miscount.",
        room=(
            "Draw a 3 × 3 window over a stack of channels and count together. For the second, ask "
            "which numbers of the kernel's shape are summed over, and which only stand beside."
        ),
    ),
)
