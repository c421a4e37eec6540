"""A file opened by what it holds, each of its tensors read and judged."""

import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import IO

from vscore._typing import Check, Progress
from vscore.audit.errors import AuditError
from vscore.audit.hdf5 import (
    KERAS_CONFIG,
    KERAS_WEIGHTS,
    hdf5_contents,
    layers_of,
    require_h5py,
    unpack_weights,
)
from vscore.audit.judgement import Judgement, judge
from vscore.audit.npz import npz_contents
from vscore.audit.report import AuditReport, TensorAudit
from vscore.audit.roles import Role, roles_of
from vscore.audit.safetensors import safetensors_contents
from vscore.audit.stored import Contents, Stored
from vscore.audit.summary import summary_of
from vscore.parameters import shown


def read(path: Path, check: Check | None, progress: Progress | None) -> AuditReport:
    """What `audit` returns.

    Raises
    ------
    AuditError
        Beginning with the path.
    """
    with _translated(path), _opened(path) as contents:
        roles = roles_of(contents)
        audits = []
        for done, tensor in enumerate(contents.tensors):
            audits.append(_audited(tensor, roles[tensor.name], check))
            if progress is not None:
                progress(done + 1, len(contents.tensors))
        return AuditReport(str(path), contents.format, tuple(audits), contents.left_out)


def _audited(tensor: Stored, role: Role, check: Check | None) -> TensorAudit:
    summary = summary_of(tensor, check)
    found = judge(role, tensor.shape, tensor.dtype, summary, tensor.fortran)
    return TensorAudit(
        name=tensor.name,
        shape=tensor.shape,
        dtype=tensor.dtype,
        layer=_layer(role, found),
        part=role.part,
        layout=role.layout,
        fans=role.fans,
        mean=summary.mean,
        std=summary.std,
        kurtosis=summary.kurtosis,
        minimum=summary.minimum,
        maximum=summary.maximum,
        not_finite=summary.not_finite,
        consistent=found.consistent,
        default=found.default,
        nearest=found.nearest,
        std_ratio=found.std_ratio,
        ks=found.ks,
        verdict=found.words,
    )


def _layer(role: Role, found: Judgement) -> str:
    """A matrix of N(0, 1) is PyTorch's Embedding, whatever its name."""
    if role.layer == "Linear" and found.consistent[:1] == ("torch_embedding",):
        return "Embedding"
    return role.layer


_DAMAGE = (
    ArithmeticError,
    EOFError,
    LookupError,
    NotImplementedError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
    zipfile.BadZipFile,
    zlib.error,
)
"""What zipfile, NumPy's header reader and h5py raise for files that are not what they say."""


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    """Turn what damaged files make libraries raise into one sentence that names the file."""
    try:
        yield
    except AuditError as error:
        raise AuditError(f"{path}: {error}") from error.__cause__
    except OSError as error:
        raise AuditError(f"{path} cannot be read: {error.strerror or error}") from error
    except _DAMAGE as error:
        raise AuditError(f"{path} is damaged: {error}") from error


@contextmanager
def _opened(path: Path) -> Iterator[Contents]:
    """The file's contents by its first bytes; a name can be anything."""
    if not path.is_file():
        raise AuditError("no such file" if not path.exists() else "not a regular file")
    with path.open("rb") as file:
        start = file.read(10)
    with ExitStack() as stack:
        if start.startswith(b"PK"):
            yield _zip_contents(stack.enter_context(zipfile.ZipFile(path)), stack)
        elif start.startswith(b"\x89HDF\r\n\x1a\n"):
            yield hdf5_contents(stack.enter_context(require_h5py().File(path, "r")))
        elif start.startswith((b"\x93NUMPY", b"\x80")) and start[8:9] != b"{":
            raise AuditError(_INSTEAD)
        else:
            yield safetensors_contents(path)


_INSTEAD = (
    "not a .npz, .safetensors, .keras or .h5 file. A pickle can run code and is not opened: save "
    "with safetensors.torch.save_file(model.state_dict(), ...) or numpy.savez(...)"
)


def _zip_contents(archive: zipfile.ZipFile, stack: ExitStack) -> Contents:
    names = archive.namelist()
    if KERAS_WEIGHTS in names and KERAS_CONFIG in names:
        space: IO[bytes] = stack.enter_context(tempfile.TemporaryFile())  # noqa: SIM115  # it is one
        unpack_weights(archive, space)
        weights = stack.enter_context(require_h5py().File(space, "r"))
        layers = layers_of(archive.read(KERAS_CONFIG))
        return replace(hdf5_contents(weights), format="keras", layers=layers)
    if any(name.endswith(".pkl") for name in names):
        raise AuditError(f"{shown(names[0])}: {_INSTEAD}")
    return npz_contents(archive)
