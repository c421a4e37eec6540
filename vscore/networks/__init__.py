"""A whole experiment as data: which layers, how wide, how initialized."""

from vscore.networks.base import Network
from vscore.networks.convolutional import PADDINGS, ConvolutionalNetwork, convnet
from vscore.networks.dense import DenseNetwork, mlp
from vscore.networks.recurrent import CELLS, RecurrentNetwork, recurrent

__all__ = [
    "CELLS",
    "PADDINGS",
    "ConvolutionalNetwork",
    "DenseNetwork",
    "Network",
    "RecurrentNetwork",
    "convnet",
    "mlp",
    "recurrent",
]
