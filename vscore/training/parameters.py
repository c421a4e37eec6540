"""The numbers of a training declared once: domain, default, words."""

import math
from collections.abc import Mapping
from types import MappingProxyType

from vscore.parameters import Parameter

TRAINING: Mapping[str, Parameter] = MappingProxyType(
    {
        parameter.name: parameter
        for parameter in (
            Parameter(
                "learning_rate",
                "Learning rate",
                "How far each step goes along the gradient. Keras: 0.01 for SGD, 0.001 for Adam.",
                0.01,
                0,
                math.inf,
                (1e-5, 10.0),
                1e-5,
                "eta",
                integer=False,
                log=True,
            ),
            Parameter(
                "momentum",
                "Momentum",
                "The share of the last step that the next one keeps.",
                0.0,
                0,
                1,
                (0.0, 0.99),
                0.01,
                "mu",
                integer=False,
            ),
            Parameter(
                "beta_1",
                "beta 1",
                "Adam: how slowly the gradient's running mean forgets.",
                0.9,
                0,
                1 - 1e-6,  # at 1 nothing is ever learned, and its correction is 0 / 0
                (0.0, 0.999),
                0.001,
                integer=False,
            ),
            Parameter(
                "beta_2",
                "beta 2",
                "Adam: how slowly the squared gradient's running mean forgets.",
                0.999,
                0,
                1 - 1e-6,
                (0.0, 0.9999),
                0.0001,
                integer=False,
            ),
            Parameter(
                "epsilon",
                "epsilon",
                "Adam: keeps its denominator from 0. Added as Keras adds it, before the "
                "correction of the running means; PyTorch adds it after.",
                1e-7,
                0,
                math.inf,
                (1e-10, 1.0),
                1e-10,
                open_low=True,
                integer=False,
                log=True,
            ),
            Parameter(
                "epochs", "Epochs", "How often every example is seen.", 50, 1, 100_000, (1, 500)
            ),
            Parameter(
                "batch_size",
                "Batch size",
                "Examples a step. The last batch of an epoch takes what is left.",
                32,
                1,
                1_000_000,
                (1, 512),
                symbol="B",
                log=True,
            ),
            Parameter(
                "replicas",
                "Networks",
                "Independent networks trained, each with weights and an order of examples of its "
                "own. Their spread is the error bar.",
                3,
                1,
                10_000,
                (1, 16),
            ),
            Parameter(
                "validation",
                "Held out",
                "The share of the examples that no network is trained on.",
                0.2,
                0,
                0.9,
                (0.0, 0.5),
                0.05,
                integer=False,
            ),
            Parameter(
                "target",
                "Target accuracy",
                "Epochs are counted until this share is right: of the examples held out, or of "
                "those trained on where none are.",
                0.9,
                0,
                1,
                (0.5, 1.0),
                0.01,
                open_low=True,
                integer=False,
            ),
            Parameter(
                "record_every",
                "Record every",
                "Epochs from one measurement to the next; the start and the end are measured too.",
                1,
                1,
                100_000,
                (1, 50),
            ),
            Parameter("points", "Points", "Examples drawn.", 512, 8, 1_000_000, (64, 2048)),
            Parameter(
                "noise",
                "Noise",
                "Standard deviation of the N(0, 1) noise added to the inputs, in units of their "
                "root mean square.",
                0.1,
                0,
                100,
                (0.0, 1.0),
                0.01,
                integer=False,
            ),
        )
    }
)
"""Every number of a training, by name."""
