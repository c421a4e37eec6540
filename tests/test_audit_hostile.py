"""Damaged and hostile files: one clear sentence, never a traceback, and nothing is run."""

import io
import json
import os
import pickle
import struct
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import vscore
from vscore.audit import AuditError, AuditReport, audit
from vscore.audit.stored import LARGEST_HEADER, check_ratio, check_sizes
from vscore.cli import main


def array_bytes(array: Any, **options: Any) -> bytes:
    space = io.BytesIO()
    np.save(space, array, **options)
    return space.getvalue()


def header_bytes(header: str) -> bytes:
    """An .npy of version 1.0 with this header, as the format's page describes it."""
    text = header.encode()
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text


def zipped(path: Path, members: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def refused(path: Path, match: str) -> None:
    with pytest.raises(AuditError, match=match) as caught:
        audit(path)
    assert str(caught.value).startswith(str(path))
    assert isinstance(caught.value, ValueError)


class Runs:
    """A pickle of it makes a folder when it is loaded."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return os.mkdir, (str(self.mark),)


# Pickles --------------------------------------------------------------------------------------


def test_the_trap_works(tmp_path: Path) -> None:
    pickle.loads(pickle.dumps(Runs(tmp_path / "mark")))
    assert (tmp_path / "mark").exists()


@pytest.mark.parametrize("kind", ["npz", "pt", "pickle", "npy"])
def test_no_pickle_is_loaded(tmp_path: Path, kind: str) -> None:
    trap = pickle.dumps(Runs(tmp_path / "mark"))
    objects = array_bytes(np.array([Runs(tmp_path / "mark")], dtype=object), allow_pickle=True)
    path = tmp_path / f"weights.{kind}"
    if kind == "npz":
        refused(zipped(path, {"w.npy": objects}), "'w' holds Python objects, which are a pickle")
    elif kind == "pt":
        refused(zipped(path, {"a/data.pkl": trap}), "A pickle can run code and is not opened: save")
    else:
        path.write_bytes(trap if kind == "pickle" else objects)
        refused(path, r"not a \.npz, \.safetensors, \.keras or \.h5 file\. A pickle can run code")
    assert not (tmp_path / "mark").exists()


# Zip ------------------------------------------------------------------------------------------


def test_a_bomb(tmp_path: Path) -> None:
    """300 MiB of zeros deflate to 0.3 MiB, a thousandth."""
    path = tmp_path / "bomb.npz"
    header = header_bytes("{'descr': '<f4', 'fortran_order': False, 'shape': (78643200,)}")
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("w.npy", "w", force_zip64=True) as file,
    ):
        file.write(header)
        for _ in range(300):
            file.write(bytes(1 << 20))
    assert path.stat().st_size < 1 << 19
    refused(path, r"'w\.npy' would unpack from \d+ to 314572\d+ bytes, more than 200 times")


def test_what_is_no_bomb() -> None:
    check_ratio("zeros", 1, 1 << 28)
    check_ratio("weights", 1 << 32, 1 << 33)


@pytest.mark.parametrize(
    "name", ["../../etc/passwd.npy", "/etc/passwd.npy", "a/../../b.npy", "..\\b.npy", "\x1b[2J.npy"]
)
def test_names_that_lead_out(tmp_path: Path, name: str) -> None:
    path = zipped(tmp_path / "a.npz", {name: array_bytes(np.zeros(3))})
    refused(path, r"a tensor's name must be printable text without '\.\.' or a leading '/'")


def test_overlapping_files(tmp_path: Path) -> None:
    """The directory's second entry is turned to point at the first file."""
    path = zipped(tmp_path / "a.npz", {"a.npy": bytes(500), "b.npy": bytes(500)})
    data = bytearray(path.read_bytes())
    entry = data.rfind(b"PK\x01\x02")
    data[entry + 42 : entry + 46] = bytes(4)
    path.write_bytes(data)
    refused(path, "the files in this zip overlap|is damaged: .*")


def test_other_packing_is_refused(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.npz", {"a.npy": array_bytes(np.zeros(3))}, zipfile.ZIP_LZMA)
    refused(path, r"'a\.npy' must be stored or deflated, not encrypted")


@pytest.mark.parametrize(
    ("header", "match"),
    [
        ("{'descr': '<f4', 'fortran_order': False, 'shape': (3,)}", r"must hold 12 bytes .* has 8"),
        ("{'descr': '<f4', 'fortran_order': False, 'shape': (1,)}", r"must hold 4 bytes .* has 8"),
        ("{'descr': '<f4', 'fortran_order': False, 'shape': (-2,)}", r"has no header as"),
        (
            "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999, 99999999999)}",
            "must have at most 32 axes and 1099511627776 values",
        ),
        ("{'descr': '<f4'}", "'w' has no header as NumPy writes it"),
        ("{'descr': __import__('os'), 'fortran_order': False, 'shape': ()}", "has no header as"),
        ("{'descr': 'q7', 'fortran_order': False, 'shape': (1,)}", "is damaged: "),
        (f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({'9' * 6000},)}}", "is damaged: "),
        ("{'descr': '|O', 'fortran_order': False, 'shape': (1,)}", "holds Python objects"),
        ("{" * 3000, "has no header as"),
        ("(" * 9000, "has no header as"),
    ],
)
def test_headers_of_arrays(tmp_path: Path, header: str, match: str) -> None:
    path = zipped(tmp_path / "a.npz", {"w.npy": header_bytes(header) + bytes(8)})
    refused(path, match)


@pytest.mark.parametrize(
    "start", [b"", b"\x93NUMPY", b"\x93NUMPY\x04\x00\x01\x00", b"\x93NUMPX\x01\x00"]
)
def test_what_is_no_array(tmp_path: Path, start: bytes) -> None:
    refused(zipped(tmp_path / "a.npz", {"w.npy": start}), "'w' is no .npy array of version 1, 2 or")


@pytest.mark.parametrize("version", [(1, 0), (2, 0), (3, 0)])
def test_every_version_of_arrays(tmp_path: Path, version: tuple[int, int]) -> None:
    space = io.BytesIO()
    np.lib.format.write_array(space, np.ones((3, 4), np.float32), version=version)
    table = array_bytes(np.zeros(3, [("a", "<f4"), ("b", "<i8")]))
    path = zipped(tmp_path / "a.npz", {"w.npy": space.getvalue(), "t.npy": table})
    report = audit(path)
    assert report.tensors[0].consistent == ("ones",)
    assert report.left_out == (("t", "a table of fields"),)


# safetensors ----------------------------------------------------------------------------------


def tensors_file(path: Path, header: Any, body: bytes = b"", length: int | None = None) -> Path:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text) if length is None else length) + text + body)
    return path


def entry(shape: Any = (2,), places: Any = (0, 8), dtype: Any = "F32") -> dict[str, Any]:
    return {
        "dtype": dtype,
        "shape": list(shape) if isinstance(shape, tuple) else shape,
        "data_offsets": list(places) if isinstance(places, tuple) else places,
    }


@pytest.mark.parametrize(
    ("header", "match"),
    [
        ({"a": entry(), "b": entry()}, "'b' overlaps the tensor before it: it begins at 0, exp"),
        ({"a": entry(places=(4, 12))}, "'a' leaves a gap before it: it begins at 4, expected 0"),
        ({"a": entry((1,), (0, 4))}, "the tensors must take 4 bytes; the file has 8"),
        ({"a": entry((3,), (0, 12))}, "the tensors must take 12 bytes; the file has 8"),
        ({"a": entry((2,), (0, 4))}, r"'a' must take 8 bytes for its shape \(2,\) and dtype F32"),
        ({"a": entry((2,), (8, 0))}, "'a' must take 8 bytes"),
        ({"a": entry((2,), (-8, 0))}, "'a' must take 8 bytes"),
        ({"a": entry((2,), (0, 8, 9))}, "'a' must have two data_offsets"),
        ({"a": entry((2,), (0, True))}, "'a' must have two data_offsets"),
        ({"a": entry((2,), "08")}, "'a' must have two data_offsets"),
        ({"a": entry((2,), (0.0, 8.0))}, "'a' must have two data_offsets"),
        ({"a": entry((-2,))}, "'a' must have at most 32 axes"),
        ({"a": entry((True, 2))}, "'a' must have at most 32 axes"),
        ({"a": entry("2")}, "'a' must have at most 32 axes"),
        ({"a": entry((10**30, 10**30))}, "'a' must have at most 32 axes"),
        ({"a": entry(tuple([1] * 33))}, "'a' must have at most 32 axes"),
        ({"a": entry(dtype="OBJ")}, "'a' must have a dtype among F64, F32"),
        ({"a": entry(dtype=["F32"])}, "'a' must have a dtype among"),
        ({"a": 3}, "'a' must have a dtype among"),
        ({"../a": entry()}, "a tensor's name must be printable text"),
        ({"": entry()}, "a tensor's name must be printable text"),
        ([1, 2], "header must be a JSON object"),
        (b'{"a": 1, "a": 2}', "says one name twice"),
        (b"{not json}", "header is no JSON"),
        (b"\xff\xfe\xfd", "header is no JSON"),
        (b"[" * 100_000, "header is no JSON"),
        (b'{"a": ' + b"9" * 6000 + b"}", "header is no JSON"),
    ],
)
def test_headers_of_tensors(tmp_path: Path, header: Any, match: str) -> None:
    refused(tensors_file(tmp_path / "a.safetensors", header, bytes(8)), match)


@pytest.mark.parametrize("length", [0, 1, 10**6, LARGEST_HEADER + 1, 2**63, 2**64 - 1])
def test_lengths_of_headers(tmp_path: Path, length: int) -> None:
    path = tensors_file(tmp_path / "a.safetensors", {"a": entry()}, bytes(8), length)
    refused(path, rf"its header must have 2 to 16777216 bytes .* it says {length}")


@pytest.mark.parametrize("content", [b"", b"PK", b"PK\x03\x04", b"hello, world", b"\x00" * 100])
def test_what_is_no_weights_file(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(content)
    refused(path, "no safetensors file|is damaged: ")


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    if not hasattr(os, "mkfifo"):
        return
    os.mkfifo(tmp_path / "pipe")
    refused(tmp_path / "pipe", "not a regular file")


def test_a_file_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = zipped(tmp_path / "a.npz", {"w.npy": array_bytes(np.zeros(3))})

    def denied(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", denied)
    refused(path, "cannot be read: Permission denied")


def test_without_h5py_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "h5py", None)
    path = tmp_path / "a.h5"
    path.write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(100))
    refused(path, r'Keras\' files need a package that is not installed: pip install "vscore\[audit')
    keras = zipped(tmp_path / "a.keras", {"config.json": b"{}", "model.weights.h5": b"123"})
    refused(keras, "need a package that is not installed")


def test_shapes() -> None:
    assert check_sizes("a", [3, 0, 2]) == (3, 0, 2)
    with pytest.raises(AuditError, match="got the shape None"):
        check_sizes("a", None)


# Anything at all ------------------------------------------------------------------------------


def _good_files() -> dict[str, bytes]:
    rng = np.random.default_rng(0)
    weight = rng.standard_normal((30, 20)).astype(np.float32)
    arrays = io.BytesIO()
    np.savez_compressed(arrays, **{"fc.weight": weight, "fc.bias": weight[0], "n": np.arange(3)})
    plain = io.BytesIO()
    np.savez(plain, w=weight.astype(np.float16))
    half = weight.astype("<f2").tobytes()
    header = {
        "a.weight": entry((30, 20), (0, 2400)),
        "b": entry((600,), (2400, 3600), "F16"),
    }
    text = json.dumps(header).encode()
    tensors = struct.pack("<Q", len(text)) + text + weight.tobytes() + half
    return {"packed": arrays.getvalue(), "plain": plain.getvalue(), "tensors": tensors}


GOOD = _good_files()


@pytest.mark.parametrize("kind", GOOD)
def test_the_good_files_are_good(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "good"
    path.write_bytes(GOOD[kind])
    assert audit(path).tensors


@pytest.mark.parametrize("kind", GOOD)
@pytest.mark.parametrize("examples", [300, pytest.param(5000, marks=pytest.mark.slow)])
def test_damage_of_any_kind(tmp_path: Path, kind: str, examples: int) -> None:
    good, path = GOOD[kind], tmp_path / "damaged"
    places = st.integers(0, len(good) - 1)
    # Headers are at both ends: half of the damage goes there.
    ends = st.integers(-200, 400).map(lambda place: place % len(good))
    flips = st.lists(st.tuples(places | ends, st.integers(0, 255)), max_size=6)

    @settings(max_examples=examples, suppress_health_check=list(HealthCheck))
    @given(flips, st.none() | places, st.binary(max_size=30))
    def check(flipped: list[tuple[int, int]], end: int | None, more: bytes) -> None:
        data = bytearray(good)
        for place, value in flipped:
            data[place] = value
        path.write_bytes(bytes(data[:end]) + more)
        try:
            report = audit(path)
        except AuditError as error:
            report = None
            sentence = str(error)
        if report is None:
            assert sentence.startswith(str(path))
        else:
            assert isinstance(report, AuditReport)

    check()


@settings(max_examples=300, suppress_health_check=list(HealthCheck))
@given(st.binary(max_size=400), st.sampled_from([b"", b"PK\x03\x04", b"\x93NUMPY", b"\x80\x04"]))
def test_any_bytes(tmp_path: Path, data: bytes, start: bytes) -> None:
    path = tmp_path / "any"
    path.write_bytes(start + data)
    with pytest.raises(AuditError):
        audit(path)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["a", "dtype", "shape", "data_offsets", "__metadata__"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=500, suppress_health_check=list(HealthCheck))
@given(JSON)
def test_any_header(tmp_path: Path, header: object) -> None:
    path = tensors_file(tmp_path / "any", header, bytes(8))
    with pytest.raises(AuditError):
        audit(path)


def test_the_command_says_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "model.pt"
    path.write_bytes(pickle.dumps({"w": [1.0]}))
    assert main(["audit", str(path)]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith(f"vscore audit: error: {path}: not a .npz, .safetensors")
    assert len(captured.err.splitlines()) == 1
    assert issubclass(vscore.AuditError, ValueError)
