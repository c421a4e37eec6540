"""A whole experiment as data: which layers, how wide, how initialized."""

from vscore.networks.base import Network
from vscore.networks.dense import DenseNetwork, mlp

__all__ = ["DenseNetwork", "Network", "mlp"]
