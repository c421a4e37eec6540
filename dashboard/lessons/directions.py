"""Forward or backward: on layers that narrow, fan_in keeps the signal and fan_out the gradient."""

from collections.abc import Callable

from dashboard.course.lesson import Lesson, Teacher, Try
from dashboard.course.measures import Simulated
from dashboard.course.questions import Choice, Number, Option, Slip
from dashboard.experiment import Experiment
from vscore._typing import FloatArray
from vscore.initializers import VarianceScaling
from vscore.meanfield import Prediction
from vscore.propagation import Propagation


def funnel(mode: str) -> Experiment:
    """Six ReLU layers from 256 inputs to 32 units, with He's scale 2."""
    initializer = VarianceScaling(2.0, mode)  # type: ignore[arg-type]  # one of its modes
    return Experiment(initializer=initializer, width=256, depth=6, taper=0.125, networks=64)


def signal(result: Propagation | Prediction) -> FloatArray:
    """Mean z² at the last layer over that at the first."""
    kept: FloatArray = 10 ** (result.log10_q[..., -1] - result.log10_q[..., 0])
    return kept


def gradient(result: Propagation | Prediction) -> FloatArray:
    """Mean square gradient at the first layer over that at the last."""
    assert result.log10_gradient is not None
    kept: FloatArray = 10 ** (result.log10_gradient[..., 0] - result.log10_gradient[..., -1])
    return kept


def asked(mode: str, ratio: Callable[[Propagation | Prediction], FloatArray]) -> Simulated:
    """A ratio of the funnel in one mode."""
    return Simulated(funnel(mode), ratio, ratio)


LESSON = Lesson(
    slug="forward-or-backward",
    place=50,
    title="Forward or backward",
    goal="Choose between fan_in, fan_out and fan_avg on a network that narrows.",
    minutes=9,
    setting=(
        "A funnel: six ReLU layers of 181, 128, 91, 64, 45 and 32 units on 256 inputs. The weights "
        "have variance 2 / n, and *mode* says what n is. The signal is the mean of z², the "
        "gradient the mean square of the loss gradient at z."
    ),
    terms=(
        "mode",
        "fan_in",
        "fan_out",
        "preactivation",
        "activation",
        "gradient",
        "variance",
        "he",
        "glorot",
    ),
    questions=(
        Choice(
            label="Mean z² at layer 6 over layer 1",
            prompt="Mode fan_in, He's own. **What becomes of the signal on its way forward?**",
            measure=asked("fan_in", signal),
            options=(
                Option("It shrinks with the layers", 0, 0.4, "Fewer units, but z² is a mean."),
                Option("It stays about the same", 0.4, 2.5),
                Option("It grows", 2.5, float("inf"), "Each z sums over fan_in, which is n here."),
            ),
            explanation=(
                r"$$q_{l+1} = \text{fan\_in} \cdot \frac{2}{\text{fan\_in}} \cdot \tfrac12\, q_l "
                r"= q_l$$"
                "\n\nWhatever the widths. Single networks this narrow scatter, as the range shows."
            ),
        ),
        Number(
            label="Gradient at layer 1 over layer 6",
            prompt=(
                "Mode fan_in again. The gradient starts at layer 6, with 32 units, and goes back "
                "to layer 1, with 181. **Divide its mean square at layer 1 by that at layer 6.**"
            ),
            measure=asked("fan_in", gradient),
            low=0.0001,
            high=1000,
            reach=3,
            slips=(
                Slip(1, "1 holds where all widths are equal. Here they are not."),
                Slip(0.125, "1/8 counts from the 256 inputs; the first z has 181 units."),
                Slip(5.66, "5.66 is the wrong way up: the gradient fans in over few units."),
            ),
            chart=True,
            explanation=(
                "On the way back, a unit sums over the fan_out units that it feeds:\n\n"
                r"$$g_l = \text{fan\_out} \cdot \frac{2}{\text{fan\_in}} \cdot \tfrac12\, g_{l+1} "
                r"= \frac{n_{l+1}}{n_l}\, g_{l+1}$$"
                "\n\nThe product of all five steps is 32 / 181 = 0.177."
            ),
        ),
        Number(
            label="Signal at layer 6 over layer 1",
            prompt=(
                "Now mode fan_out: n counts the units that a weight leads to. The gradient keeps "
                "its size. **What is the mean of z² at layer 6, divided by that at layer 1?**"
            ),
            measure=asked("fan_out", signal),
            low=0.0001,
            high=1000,
            reach=3,
            slips=(
                Slip(1, "1 is what fan_in gives. One mode cannot keep both here."),
                Slip(0.177, "0.177 is the wrong way up."),
                Slip(8, "8 counts from the 256 inputs; layer 1 has 181 units."),
            ),
            explanation=(
                "Each layer sums over fan_in, and divides by fan_out, which is smaller:\n\n"
                r"$$q_{l+1} = \frac{n_l}{n_{l+1}}\, q_l, \qquad \frac{181}{32} = 5.66$$"
            ),
        ),
        Number(
            label="Signal at layer 6 over layer 1, fan_avg",
            prompt=("Mode fan_avg, Glorot's: n is the mean of fan_in and fan_out. **And now?**"),
            measure=asked("fan_avg", signal),
            low=0.0001,
            high=1000,
            reach=2.5,
            slips=(
                Slip(1, "1 would be both kept; fan_avg is a compromise, and keeps neither."),
                Slip(5.66, "5.66 is fan_out's. fan_avg makes up for some of it."),
            ),
            explanation=(
                r"$$\frac{q_{l+1}}{q_l} = \frac{2\, n_l}{n_l + n_{l+1}} \approx 1.17$$"
                "\n\nFive steps make 2.21. The gradient shrinks meanwhile to 0.39. Where all "
                "widths are equal, the three modes are one."
            ),
        ),
    ),
    next=(
        Try(
            "All three modes on this funnel, on the same random numbers",
            Experiment(
                initializer=VarianceScaling(2.0, "fan_in"),
                width=256,
                depth=6,
                taper=0.125,
                others=tuple(funnel(mode) for mode in ("fan_out", "fan_avg")),
            ),
            "compare",
        ),
        Try(
            "The other way round: a network that widens",
            Experiment(width=32, depth=6, taper=8.0, networks=16),
        ),
    ),
    teacher=Teacher(
        minutes="12 minutes",
        usual='"It shrinks", because there are fewer units. Then 1 for every other question.',
        room=(
            "Draw the funnel. Ask one half of the room to follow the signal forward, the other "
            "the gradient back, and let them settle on a mode. They cannot: that is the point."
        ),
    ),
)
