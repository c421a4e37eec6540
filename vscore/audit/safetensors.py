"""Reading .safetensors: 8 bytes of length, a JSON header, then the tensors' bytes end to end."""

import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from vscore._typing import AnyArray
from vscore.audit.errors import AuditError
from vscore.audit.stored import (
    AT_ONCE,
    LARGEST_HEADER,
    Contents,
    Stored,
    check_count,
    check_name,
    check_sizes,
)
from vscore.parameters import shown

_BYTES: Mapping[str, int] = MappingProxyType(
    {"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8, "U64": 8, "I32": 4, "U32": 4, "C64": 8}
    | {"I16": 2, "U16": 2, "I8": 1, "U8": 1, "BOOL": 1, "F8_E4M3": 1, "F8_E5M2": 1, "F8_E8M0": 1}
)
_FLOATS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "F64": ("float64", "<f8"),
        "F32": ("float32", "<f4"),
        "F16": ("float16", "<f2"),
        "BF16": ("bfloat16", "<u2"),
    }
)
"""Our name, and how the bytes are read; a bfloat16 is the upper half of a float32."""


def safetensors_contents(path: Path) -> Contents:
    """The tensors of a .safetensors file.

    Raises
    ------
    AuditError
        If the header does not describe exactly the bytes that follow it.
    """
    total = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if total < 10 or not 2 <= length <= min(LARGEST_HEADER, total - 8):
            raise AuditError(
                f"no safetensors file: its header must have 2 to {LARGEST_HEADER} bytes and end "
                f"inside the file of {total}; it says {length}"
            )
        text = file.read(length)
    entries = _entries(text)
    _check_places(entries, total - 8 - length)
    tensors, left_out = [], []
    for name, (dtype, shape, begin, _) in entries.items():
        if dtype in _FLOATS:
            tensors.append(_stored(path, name, dtype, shape, 8 + length + begin))
        else:
            left_out.append((name, dtype))
    return Contents("safetensors", tuple(tensors), tuple(left_out))


_Entry = tuple[str, tuple[int, ...], int, int]


def _entries(text: bytes) -> dict[str, _Entry]:
    """The header as name -> (dtype, shape, begin, end), each checked by itself."""
    try:
        header = json.loads(text, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        if isinstance(error, AuditError):
            raise
        raise AuditError("the safetensors header is no JSON") from None
    if not isinstance(header, dict):
        raise AuditError("the safetensors header must be a JSON object")
    header.pop("__metadata__", None)
    check_count(len(header))
    return {check_name(name): _entry(name, each) for name, each in header.items()}


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise AuditError("the safetensors header says one name twice")
    return found


def _entry(name: str, each: object) -> _Entry:
    fields = each if isinstance(each, dict) else {}
    dtype, places = fields.get("dtype"), fields.get("data_offsets")
    if not isinstance(dtype, str) or dtype not in _BYTES:
        raise AuditError(
            f"{shown(name)} must have a dtype among {', '.join(_BYTES)}; got {shown(dtype)}"
        )
    shape = check_sizes(name, fields.get("shape"))
    if not isinstance(places, list) or len(places) != 2 or not all(type(p) is int for p in places):
        raise AuditError(f"{shown(name)} must have two data_offsets; got {shown(places)}")
    begin, end = places
    if begin < 0 or end - begin != math.prod(shape) * _BYTES[dtype]:
        raise AuditError(
            f"{shown(name)} must take {math.prod(shape) * _BYTES[dtype]} bytes for its shape "
            f"{shown(shape)} and dtype {dtype}; its data_offsets are {shown(places)}"
        )
    return dtype, shape, begin, end


def _check_places(entries: dict[str, _Entry], available: int) -> None:
    """Raise unless the tensors follow each other without overlap or gap, to the file's end."""
    reached = 0
    for name, (*_, begin, end) in sorted(entries.items(), key=lambda item: item[1][2:]):
        if begin != reached:
            what = "overlaps the tensor before it" if begin < reached else "leaves a gap before it"
            raise AuditError(f"{shown(name)} {what}: it begins at {begin}, expected {reached}")
        reached = end
    if reached != available:
        raise AuditError(f"the tensors must take {reached} bytes; the file has {available} of them")


def _stored(path: Path, name: str, dtype: str, shape: tuple[int, ...], start: int) -> Stored:
    ours, code = _FLOATS[dtype]
    width = _BYTES[dtype]

    def pieces() -> Iterator[AnyArray]:
        left = math.prod(shape) * width
        with path.open("rb") as file:
            file.seek(start)
            while left and (data := file.read(min(left, AT_ONCE * width))):
                left -= len(data)
                yield _floats(np.frombuffer(data, code), ours)

    return Stored(name, shape, ours, pieces)


def _floats(read: AnyArray, dtype: str) -> AnyArray:
    if dtype == "bfloat16":
        return (read.astype(np.uint32) << 16).view(np.float32)
    return read.astype(np.float64 if dtype == "float64" else np.float32, copy=False)
