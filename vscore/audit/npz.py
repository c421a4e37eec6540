"""Reading .npz: a zip of .npy arrays. Headers are checked first; pickles are never loaded."""

import math
import re
import zipfile
from collections.abc import Iterator
from typing import IO, Any

import numpy as np

from vscore._typing import AnyArray, Shape
from vscore.audit.errors import AuditError
from vscore.audit.stored import (
    AT_ONCE,
    Contents,
    Stored,
    check_count,
    check_name,
    check_ratio,
    check_sizes,
)
from vscore.parameters import shown

_ENCRYPTED = 0x1
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_MAGIC = b"\x93NUMPY"
_LENGTH_BYTES = {1: 2, 2: 4, 3: 4}
"""Bytes of the header's length, by version."""

_LONGEST = 1 << 16
_HEADER = re.compile(
    rb"\{\s*'descr':\s*(?P<descr>'[<>|=]?[A-Za-z][0-9]{0,9}(?:\[[0-9A-Za-z]+\])?'|\[.*\]),\s*"
    rb"'fortran_order':\s*(?P<fortran>True|False),\s*"
    rb"'shape':\s*\((?P<shape>[0-9, ]*)\),?\s*\}\s*",
    re.DOTALL,
)
"""What NumPy writes. It reads headers with Python's own parser; this needs none."""

_FLOATS = {2: "float16", 4: "float32", 8: "float64"}


def npz_contents(archive: zipfile.ZipFile) -> Contents:
    """The arrays of an .npz file.

    Raises
    ------
    AuditError
        If an array is a pickle, is cut short, or would unpack to far more than it is.
    """
    tensors, left_out = [], []
    for info in checked_members(archive):
        name = info.filename.removesuffix(".npy")
        if name == info.filename:
            left_out.append((name, "no array"))
            continue
        found = _stored(archive, info, name)
        if isinstance(found, Stored):
            tensors.append(found)
        else:
            left_out.append((name, found))
    return Contents("npz", tuple(tensors), tuple(left_out))


def checked_members(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """The files in a zip, if all are plain, and no bomb.

    Raises
    ------
    AuditError
    """
    members = archive.infolist()
    check_count(len(members))
    for info in members:
        check_name(info.filename)
        if info.flag_bits & _ENCRYPTED or info.compress_type not in _METHODS:
            raise AuditError(f"{shown(info.filename)} must be stored or deflated, not encrypted")
        check_ratio(info.filename, info.compress_size, info.file_size)
    _check_apart(archive, members)
    return members


def _check_apart(archive: zipfile.ZipFile, members: list[zipfile.ZipInfo]) -> None:
    """Raise where files share bytes: that is how a small zip unpacks without end."""
    places = sorted((info.header_offset, info.compress_size) for info in members)
    ends = [start + size for start, size in places]
    starts = [start for start, _ in places[1:]] + [archive.start_dir]
    if any(end > start for end, start in zip(ends, starts, strict=True)):
        raise AuditError("the files in this zip overlap: it is damaged, or made to unpack for ever")


def _stored(archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str) -> Stored | str:
    """The array, or what it is instead of floats."""
    with archive.open(info) as file:
        shape, fortran, dtype = _header(file, name)
        expected = math.prod(shape) * dtype.itemsize
        held = info.file_size - file.tell()
    if dtype.itemsize and held != expected:
        raise AuditError(
            f"{shown(name)} must hold {expected} bytes for its shape {shown(shape)}; it has {held}"
        )
    if dtype.kind != "f" or dtype.itemsize not in _FLOATS:
        return str(dtype) if dtype.itemsize else "a table of fields"

    def pieces() -> Iterator[AnyArray]:
        with archive.open(info) as again:
            _header(again, name)
            while data := again.read(AT_ONCE * dtype.itemsize):
                yield np.frombuffer(data, dtype).astype(_native(dtype), copy=False)

    return Stored(name, shape, _FLOATS[dtype.itemsize], pieces, fortran)


def _header(file: IO[bytes], name: str) -> tuple[Shape, bool, np.dtype[Any]]:
    """The array's shape, whether its first axis runs fastest, and its type."""
    start = file.read(8)
    width = _LENGTH_BYTES.get(start[6]) if len(start) == 8 and start.startswith(_MAGIC) else None
    if width is None:
        raise AuditError(f"{shown(name)} is no .npy array of version 1, 2 or 3")
    length = int.from_bytes(file.read(width), "little")
    match = _HEADER.fullmatch(file.read(length)) if length <= _LONGEST else None
    if match is None:
        raise AuditError(f"{shown(name)} has no header as NumPy writes it")
    dtype = np.dtype("V0" if match["descr"].startswith(b"[") else match["descr"][1:-1].decode())
    if dtype.hasobject:
        raise AuditError(
            f"{shown(name)} holds Python objects, which are a pickle and could run code: it is "
            "not read. Save arrays of numbers"
        )
    sizes = [int(size) for size in match["shape"].replace(b" ", b"").split(b",") if size]
    return check_sizes(name, sizes), match["fortran"] == b"True", dtype


def _native(dtype: np.dtype[Any]) -> type:
    return np.float64 if dtype.itemsize == 8 else np.float32
