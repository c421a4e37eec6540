"""Small networks trained from a given initialization: does it matter?"""

from vscore.training.dataset import Dataset
from vscore.training.datasets import DATASETS, draw_dataset
from vscore.training.descent import train
from vscore.training.optimizers import OPTIMIZERS, SGD, Adam, Optimizer
from vscore.training.parameters import TRAINING
from vscore.training.run import TrainingRun

__all__ = [
    "DATASETS",
    "OPTIMIZERS",
    "SGD",
    "TRAINING",
    "Adam",
    "Dataset",
    "Optimizer",
    "TrainingRun",
    "draw_dataset",
    "train",
]
