"""Reading HDF5 weights, Keras' .weights.h5 among them, and .keras, a zip with one inside.

h5py runs no code from a file. What could lead outside of it (external links, external storage,
virtual datasets, filters that are plug-ins) is refused before anything is read.
"""

import json
import math
import zipfile
from collections.abc import Iterator
from typing import IO, Any

import numpy as np

from vscore._typing import AnyArray, Shape
from vscore.audit.errors import AuditError
from vscore.audit.npz import checked_members
from vscore.audit.stored import (
    AT_ONCE,
    LARGEST_HEADER,
    MOST_TENSORS,
    Contents,
    Stored,
    check_count,
    check_name,
    check_ratio,
    check_sizes,
)
from vscore.parameters import shown

KERAS_WEIGHTS = "model.weights.h5"
KERAS_CONFIG = "config.json"

_DEEPEST = 32
_FILTERS = (1, 2, 3, 32000)
"""deflate, shuffle, fletcher32 and lzf: those that h5py brings along."""

_FLOATS = {2: "float16", 4: "float32", 8: "float64"}
_LARGEST_CHUNK = 1 << 28
_COPIED = 1 << 20


def require_h5py() -> Any:
    """The module h5py, which only Keras' files need.

    Raises
    ------
    AuditError
        Saying what to install.
    """
    try:
        import h5py
    except ImportError as missing:
        raise AuditError(
            'Keras\' files need a package that is not installed: pip install "vscore[audit]"'
        ) from missing
    return h5py


def hdf5_contents(file: Any) -> Contents:
    """The datasets of an open `h5py.File`.

    Raises
    ------
    AuditError
        If something leads out of the file, or would unpack to far more than it is.
    """
    tensors: list[Stored] = []
    left_out: list[tuple[str, str]] = []
    owners: dict[str, tuple[str, ...]] = {}
    for name, item in _walk(require_h5py(), file):
        if not hasattr(item, "dtype"):
            owners[name] = _owners(file, name)
        elif name.startswith("optimizer/"):
            left_out.append((name, "the optimizer's"))
        elif isinstance(found := _stored(name, item), Stored):
            tensors.append(found)
        else:
            left_out.append((name, found))
    return Contents("hdf5", tuple(tensors), tuple(left_out), owners)


def unpack_weights(archive: zipfile.ZipFile, space: IO[bytes]) -> None:
    """Copy the weights of a .keras file to a temporary file, which h5py can move about in.

    Raises
    ------
    AuditError
    """
    members = {info.filename: info for info in checked_members(archive)}
    if members[KERAS_CONFIG].file_size > LARGEST_HEADER:
        raise AuditError(f"{KERAS_CONFIG} must have at most {LARGEST_HEADER} bytes")
    with archive.open(members[KERAS_WEIGHTS]) as packed:
        while data := packed.read(_COPIED):
            space.write(data)
    space.seek(0)


def _walk(h5py: Any, root: Any) -> Iterator[tuple[str, Any]]:
    """Every group and dataset that hard links lead to, not deeper than Keras' files are."""
    waiting, seen = [("", root, 0)], 0
    while waiting:
        prefix, group, depth = waiting.pop()
        for key in group:
            seen += 1
            check_count(seen)
            name = check_name(f"{prefix}{key}")
            if not isinstance(group.get(key, getlink=True), h5py.HardLink):
                raise AuditError(f"{shown(name)} is a link to elsewhere: it is not followed")
            item = group[key]
            yield name, item
            if isinstance(item, h5py.Group):
                if depth >= _DEEPEST:
                    raise AuditError(f"groups must not be nested deeper than {_DEEPEST} levels")
                waiting.append((f"{name}/", item, depth + 1))


def _owners(file: Any, name: str) -> tuple[str, ...]:
    """The names that Keras wrote beside a group's variables and those of the groups around it."""
    parts, found = name.split("/"), []
    for end in range(len(parts), 0, -1):
        variables = file.get("/".join([*parts[:end], "vars"]))
        label = None if variables is None else variables.attrs.get("name")
        if isinstance(label, str):
            found.append(label)
    return tuple(found)


def _stored(name: str, dataset: Any) -> Stored | str:
    """The dataset, or what it is instead of floats."""
    dtype = dataset.dtype
    if dataset.is_virtual or dataset.external:
        raise AuditError(f"{shown(name)} keeps its values in another file: that is not opened")
    if dataset.shape is None or dtype.kind != "f" or dtype.itemsize not in _FLOATS:
        return str(dtype)
    shape = check_sizes(name, dataset.shape)
    plan = dataset.id.get_create_plist()
    filters = {plan.get_filter(index)[0] for index in range(plan.get_nfilters())}
    if not filters <= set(_FILTERS):
        raise AuditError(f"{shown(name)} is packed by a plug-in, which is not loaded")
    chunk = math.prod(dataset.chunks or (1,)) * dtype.itemsize
    if chunk > _LARGEST_CHUNK:
        raise AuditError(f"{shown(name)} has chunks of {chunk} bytes: too large to unpack")
    check_ratio(name, dataset.id.get_storage_size(), math.prod(shape) * dtype.itemsize)
    native = np.float64 if dtype.itemsize == 8 else np.float32

    def pieces() -> Iterator[AnyArray]:
        for place in slabs(shape):
            yield np.asarray(dataset[place], native).ravel()

    return Stored(name, shape, _FLOATS[dtype.itemsize], pieces)


def slabs(shape: Shape) -> Iterator[tuple[int | slice, ...]]:
    """Index tuples that cut an array, in order, into parts of at most `AT_ONCE` values."""
    if math.prod(shape) <= AT_ONCE:
        yield ()
        return
    inner = math.prod(shape[1:])
    if inner <= AT_ONCE:
        step = AT_ONCE // inner
        for start in range(0, shape[0], step):
            yield (slice(start, start + step),)
        return
    for index in range(shape[0]):
        for rest in slabs(shape[1:]):
            yield (index, *rest)


def layers_of(text: bytes) -> dict[str, tuple[str, dict[str, Any]]]:
    """Each layer's class and configuration by its name, from config.json.

    Raises
    ------
    AuditError
    """
    try:
        waiting: list[Any] = [json.loads(text)]
    except (ValueError, RecursionError):
        raise AuditError(f"{KERAS_CONFIG} is no JSON") from None
    found: dict[str, tuple[str, dict[str, Any]]] = {}
    while waiting and len(found) <= MOST_TENSORS:
        each = waiting.pop()
        if isinstance(each, dict):
            config, kind = each.get("config"), each.get("class_name")
            name = config.get("name") if isinstance(config, dict) else None
            if isinstance(name, str) and isinstance(kind, str) and config is not None:
                found[name] = (kind, config)
            waiting += each.values()
        elif isinstance(each, list):
            waiting += each
    return found
