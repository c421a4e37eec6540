"""Small networks trained from a given initialization: does it matter?"""

from vscore.training.dataset import Dataset
from vscore.training.datasets import DATASETS, draw_dataset

__all__ = ["DATASETS", "Dataset", "draw_dataset"]
