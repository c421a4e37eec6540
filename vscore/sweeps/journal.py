"""A sweep's partial results on disk: a header, and a line for each finished chunk.

Lines are only ever added, each with a checksum, so a file whose writer was killed at any moment
reads up to its last whole line; what follows is cut off when the sweep goes on.
"""

import base64
import json
import os
import zlib
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

import numpy as np

from vscore.sweeps.chunk import Outcome
from vscore.sweeps.grid import Grid, differences

SUFFIX = ".part"

_FORMAT = "vscore sweep, partial, 1"


class Journal:
    """A file of outcomes, open for more; a context manager.

    Parameters
    ----------
    path : Path
    grid : Grid

    Raises
    ------
    ValueError
        If the file is of another sweep.
    OSError
        If it cannot be read or written.
    """

    def __init__(self, path: Path, grid: Grid) -> None:
        self.earlier: list[Outcome] = []
        if not path.exists():
            _start(path, grid)
        config, self.earlier, end = _read(path)
        ours = json.loads(json.dumps(grid.to_config()))
        if config != ours:
            raise ValueError(
                f"{path} is of another sweep: {'; '.join(differences(ours, config))}. "
                "Choose another file, or remove it"
            )
        self._file: BinaryIO = path.open("r+b")
        self._file.truncate(end)
        self._file.seek(end)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def add(self, outcome: Outcome) -> None:
        """Write an outcome down."""
        self._file.write(_line(_record(outcome)))
        self._file.flush()


def read_journal(path: Path) -> tuple[Grid, list[Outcome]]:
    """The sweep that a partial file is of, and all outcomes in it.

    Raises
    ------
    ValueError
        If the file is no such file.
    """
    config, outcomes, _ = _read(path)
    return Grid.from_config(config), outcomes


def _start(path: Path, grid: Grid) -> None:
    """A file with its header, whole or not at all."""
    beginning = path.with_name(f"{path.name}.new")
    beginning.write_bytes(_line({"format": _FORMAT, "sweep": grid.to_config()}))
    os.replace(beginning, path)


def _read(path: Path) -> tuple[dict[str, Any], list[Outcome], int]:
    """The header's sweep, the outcomes, and where the last whole line ends."""
    with path.open("rb") as file:
        lines = _whole_lines(file)
        header, end = next(lines, ({}, 0))
        if header.get("format") != _FORMAT:
            raise ValueError(f"{path} is no partial sweep of this version of vscore")
        outcomes = []
        for record, end_of_line in lines:
            outcomes.append(_outcome(record))
            end = end_of_line
    return header["sweep"], outcomes, end


def _whole_lines(file: BinaryIO) -> Iterator[tuple[dict[str, Any], int]]:
    """Each line's record and end, up to the first line that is not whole."""
    end = 0
    for line in file:
        checksum, _, text = line.partition(b" ")
        if not line.endswith(b"\n") or checksum != _checksum(text):
            return
        end += len(line)
        yield json.loads(text), end


def _line(record: dict[str, Any]) -> bytes:
    text = json.dumps(record).encode() + b"\n"
    return _checksum(text) + b" " + text


def _checksum(text: bytes) -> bytes:
    return f"{zlib.crc32(text):08x}".encode()


def _record(outcome: Outcome) -> dict[str, Any]:
    return {
        "start": outcome.start,
        "values": base64.b64encode(outcome.values.astype("<f8").tobytes()).decode(),
        "status": base64.b64encode(outcome.status.tobytes()).decode(),
        "errors": {str(place): text for place, text in outcome.errors.items()},
    }


def _outcome(record: dict[str, Any]) -> Outcome:
    return Outcome(
        record["start"],
        np.frombuffer(base64.b64decode(record["values"]), "<f8").astype(np.float64),
        np.frombuffer(base64.b64decode(record["status"]), np.uint8),
        {int(place): text for place, text in record["errors"].items()},
    )
