"""Weights that are all alike: nothing flows, or all units stay the same."""

import numpy as np

from dashboard.course.lesson import Lesson, Teacher, Try
from dashboard.course.measures import Simulated, Trained
from dashboard.course.questions import Number, Slip
from dashboard.experiment import Experiment
from dashboard.training import Training
from vscore._typing import FloatArray
from vscore.activations import ACTIVATIONS
from vscore.initializers import INITIALIZERS, Zeros
from vscore.training import TrainingRun

TRAINING = Training("xor", "sgd", rate=0.1, epochs=20, hidden=2, neurons=16)
ZEROS = Experiment(initializer=Zeros(), width=64, depth=5, training=TRAINING)
SIGMOID = Experiment(
    initializer=Zeros(), width=64, depth=5, activation=ACTIVATIONS["sigmoid"], training=TRAINING
)


def different_units(run: TrainingRun) -> FloatArray:
    """How many columns of the second hidden layer's kernel differ, to five digits."""
    kernels = np.round(run.kernels[1], 5)
    return np.array([np.unique(kernel, axis=1).shape[1] for kernel in kernels], np.float64)


LESSON = Lesson(
    slug="zeros",
    place=10,
    title="Zeros and symmetry",
    goal="See why weights must differ from one another before anything can be learned.",
    minutes=6,
    setting=(
        "A dense network with ReLU. Every weight starts at 0, and so does every bias. A layer "
        "computes z and passes on h = ReLU(z)."
    ),
    terms=("preactivation", "activation", "bias", "gradient", "epoch", "symmetry"),
    questions=(
        Number(
            label="Mean z² at layer 5",
            prompt="The inputs are N(0, 1). **What is the mean of z² at layer 5?**",
            measure=Simulated(ZEROS, lambda run: run.q[:, 4], lambda theory: theory.q[4]),
            low=0,
            high=10,
            reach=0.5,
            by_factor=False,
            slips=(
                Slip(1, "1 is the mean square of the inputs; the first layer multiplies it by 0."),
            ),
            explanation=(
                r"Each z is a sum of inputs times weights, and every weight is 0: "
                r"$z = \sum_i w_i h_i = 0$. Nothing of the input arrives anywhere."
            ),
        ),
        Number(
            label="Share right after training",
            prompt=(
                "Three networks with two hidden layers of 16 units are trained on XOR, two classes "
                "of equal size, for 20 epochs. All weights start at 0. **What share of new "
                "examples do they get right, from 0 to 1?**"
            ),
            measure=Trained(
                ZEROS,
                lambda run: np.asarray(run.validation_accuracy)[:, -1],
                theory=0.5,
            ),
            low=0,
            high=1,
            reach=0.25,
            by_factor=False,
            slips=(
                Slip(1, "1 is what other weights reach. From 0, no gradient leads away."),
                Slip(0, "0 would mean always wrong; a network that always says the same is not."),
            ),
            explanation=(
                "The gradient of a weight is the product of what comes in, h, and what comes back. "
                "With zeros, h is 0, and the way back leads through weights that are 0:\n\n"
                r"$$\frac{\partial L}{\partial w_{ij}} = h_i\,\delta_j = 0$$"
                "\n\nOnly the last bias moves. The network says the same of every example: half "
                "right, give or take luck."
            ),
        ),
        Number(
            label="Different units of 16 after training",
            prompt=(
                "Now sigmoid instead of ReLU, all weights 0 again. Sigmoid of 0 is 0.5, so "
                "something flows, and the weights do move. After 20 epochs, look at the 16 units "
                "of the second hidden layer. **How many of them have weights of their own?**"
            ),
            measure=Trained(SIGMOID, different_units, theory=1.0),
            low=1,
            high=16,
            reach=4,
            slips=(
                Slip(16, "16 takes something that tells units apart at the start: chance."),
                Slip(2, "2, one a class? Nothing tells any two units apart."),
            ),
            explanation=(
                "Units of one layer that start alike get the same input and the same gradient, so "
                "each step leaves them alike. 16 units stay one unit, 16 times. Any constant does "
                "this. Random weights break the symmetry: that is what they are for."
            ),
        ),
    ),
    next=(
        Try(
            "Zeros beside He's random weights, in training",
            Experiment(
                initializer=Zeros(),
                training=TRAINING,
                others=(Experiment(initializer=INITIALIZERS["he_normal"]),),
            ),
            "train",
        ),
        Try(
            "Random weights of standard deviation 0.05: is symmetry all?",
            Experiment(initializer=INITIALIZERS["random_normal"], width=64, depth=5),
        ),
    ),
    teacher=Teacher(
        minutes="8 minutes",
        usual="0 for the first. For the second many hope for more than chance. For the third, 16.",
        room=(
            "Let sixteen students be the units: each says the number that all agreed on, gets the "
            "same correction, and is asked to become different. Then give each a die."
        ),
    ),
)
