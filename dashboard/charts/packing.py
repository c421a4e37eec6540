"""A figure as plain JSON, its arrays as Plotly's typed-array specs: raw numbers in base64."""

import base64
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

TYPES = ("i1", "u1", "i2", "u2", "i4", "u4", "f4", "f8")
"""The numbers that a browser has typed arrays for and Plotly reads, in NumPy's short names."""

_SHORTER = {"i8": ("i1", "i2", "i4"), "u8": ("u1", "u2", "u4")}


def packed(value: Any) -> Any:
    """The same figure, or part of one, in what `json.dumps` and Plotly's script both take.

    Parameters
    ----------
    value : mapping, list, tuple, ndarray, str, number, bool or None
        Arrays and lists may be nested in mappings and lists.

    Returns
    -------
    object
        Mappings as dict, sequences as list, arrays of numbers as
        ``{"dtype": "f4", "bdata": "..."}`` with ``"shape": "2, 3"`` from two dimensions on, any
        other array as a list. A single number that is not finite is None, since JSON has no word
        for it; in an array it stays what it is, and Plotly leaves a gap.

    References
    ----------
    The specs are those of plotly.js since 2.35, `Lib.decodeTypedArraySpec`.
    """
    match value:
        case Mapping():
            return {str(key): packed(part) for key, part in value.items()}
        case list() | tuple():
            return [packed(part) for part in value]
        case np.ndarray():
            return _packed_array(value)
        case np.generic():
            return packed(value.item())
        case float() if not math.isfinite(value):
            return None
        case _:
            return value


def _packed_array(array: Array) -> Any:
    """An array's spec; a list where it holds no numbers, or none that fit 32 bits."""
    name = _type_of(array)
    if name is None or array.size == 0 or array.ndim == 0:
        return packed(array.tolist())
    raw = array.astype(f"<{name}", order="C").tobytes()  # little-endian, as every browser's are
    spec = {"dtype": name, "bdata": base64.b64encode(raw).decode("ascii")}
    return spec if array.ndim == 1 else {**spec, "shape": ", ".join(map(str, array.shape))}


def _type_of(array: Array) -> str | None:
    """The short name under which an array travels; integers of 64 bits take the least that do."""
    name = f"{array.dtype.kind}{array.dtype.itemsize}"
    if name in _SHORTER and array.size:
        low, high = int(array.min()), int(array.max())
        fitting = (
            short
            for short in _SHORTER[name]
            if np.iinfo(short).min <= low and high <= np.iinfo(short).max
        )
        return next(fitting, None)
    return name if name in TYPES else None
