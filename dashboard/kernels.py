"""A layer's kernels, made and checked once: a page asks for them some twenty times."""

from functools import lru_cache

from vscore.layers import Kernel, Layer


@lru_cache(maxsize=128)
def kernels_of(layer: Layer) -> tuple[Kernel, ...]:
    """What `layer.kernels` gives."""
    return layer.kernels
