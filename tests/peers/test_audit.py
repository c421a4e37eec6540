"""The audit of what Keras and PyTorch really save, fresh and trained; HDF5 with traps in it."""

import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vscore.audit import AuditError, AuditReport, audit

KerasProcess = Callable[..., Any]

EXPECTED = {
    "kernel": "glorot_uniform",
    "depthwise_kernel": "glorot_uniform",
    "pointwise_kernel": "glorot_uniform",
    "recurrent_kernel": "orthogonal",
    "embeddings": "random_uniform",
    "bias": "zeros",
    "beta": "zeros",
    "moving_mean": "zeros",
    "gamma": "ones",
    "moving_variance": "ones",
}

SAID = {
    "layers/dense/vars/0": "he_normal",
    "layers/dense_1/vars/0": "RandomNormal(mean=0.0, stddev=0.3)",
    "layers/dense_2/vars/0": "orthogonal",
    "layers/lstm/cell/vars/2": "unit_forget_bias",
}
"""What the model asks for by itself."""

KINDS = {
    "Conv2D",
    "BatchNormalization",
    "DepthwiseConv2D",
    "SeparableConv2D",
    "Conv2DTranspose",
    "MultiHeadAttention",
    "LayerNormalization",
    "LSTM",
    "GRU",
    "SimpleRNN",
    "Dense",
}


def shapes(report: AuditReport) -> list[str]:
    return sorted(str(list(each.shape)) for each in report.tensors)


@pytest.mark.parametrize("seed", [1, 2])
def test_a_fresh_keras_model(keras: KerasProcess, tmp_path: Path, seed: int) -> None:
    path, words = tmp_path / "model.keras", tmp_path / "words.weights.h5"
    saved = keras("save_many_layers", path=str(path), weights_path=str(words), seed=seed)
    report = audit(path)
    assert report.format == "keras"
    assert shapes(report) == saved["keras"]
    assert {each.layer for each in report.tensors} == KINDS
    wrong = {
        each.name: each.verdict
        for each in report.tensors
        if each.consistent[:1] != (SAID.get(each.name, EXPECTED[each.part]),) or not each.default
    }
    assert wrong == {}
    report = audit(words)
    assert report.format == "hdf5"
    assert shapes(report) == saved["h5"]
    assert [each.consistent[0] for each in report.tensors] == [
        EXPECTED[each.part] for each in report.tensors
    ]


# PyTorch --------------------------------------------------------------------------------------


def torch_model(seed: int) -> torch.nn.Module:
    """Thirteen layers, with the names that a state_dict has."""
    torch.manual_seed(seed)
    nn = torch.nn
    return nn.ModuleDict(
        {
            "conv": nn.Conv2d(16, 40, 3),
            "down": nn.Conv1d(24, 32, 5, groups=2),
            "up": nn.ConvTranspose2d(24, 40, 3),
            "bn": nn.BatchNorm2d(40),
            "ln": nn.LayerNorm(40),
            "fc": nn.Linear(300, 120),
            "head": nn.Linear(120, 60, bias=False),
            "embedding": nn.Embedding(200, 50),
            "lstm": nn.LSTM(40, 48, num_layers=2, bidirectional=True),
            "gru": nn.GRU(40, 48),
            "rnn": nn.RNN(40, 48),
            "attention": nn.MultiheadAttention(64, 4),
            "cell": nn.LSTMCell(40, 48),
        }
    )


def torch_expected(name: str) -> str:
    layer, rest = name.split(".", 1)
    if layer in ("lstm", "gru", "rnn", "cell"):
        return "torch_recurrent"
    if layer in ("bn", "ln"):
        return "ones" if rest in ("weight", "running_var") else "zeros"
    return {
        "embedding.weight": "torch_embedding",
        "attention.in_proj_weight": "glorot_uniform",
        "attention.in_proj_bias": "zeros",
        "attention.out_proj.bias": "zeros",
    }.get(name, "torch_default")


def as_safetensors(path: Path, state: dict[str, torch.Tensor], dtype: torch.dtype) -> Path:
    codes = {torch.float32: "F32", torch.bfloat16: "BF16", torch.float16: "F16", torch.int64: "I64"}
    header, body = {}, b""
    for name, tensor in state.items():
        kept = tensor.detach().to(dtype) if tensor.is_floating_point() else tensor
        data = kept.contiguous().reshape(-1).view(torch.uint8).numpy().tobytes()
        places = [len(body), len(body) + len(data)]
        header[name] = {
            "dtype": codes[kept.dtype],
            "shape": list(kept.shape),
            "data_offsets": places,
        }
        body += data
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + body)
    return path


def misnamed(report: AuditReport) -> dict[str, str]:
    return {
        each.name: each.verdict
        for each in report.tensors
        if each.consistent[:1] != (torch_expected(each.name),) or not each.default
    }


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_fresh_torch_model(tmp_path: Path, dtype: torch.dtype, seed: int) -> None:
    state = torch_model(seed).state_dict()
    report = audit(as_safetensors(tmp_path / "model.safetensors", state, dtype))
    assert len(report.tensors) == len(state) - 1
    assert report.left_out == (("bn.num_batches_tracked", "I64"),)
    assert misnamed(report) == {}


def test_a_fresh_torch_model_in_npz(tmp_path: Path) -> None:
    state = {name: tensor.numpy() for name, tensor in torch_model(4).state_dict().items()}
    np.savez_compressed(tmp_path / "model.npz", **state)
    assert misnamed(audit(tmp_path / "model.npz")) == {}


def test_training_moves_it(tmp_path: Path) -> None:
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(64, 128), torch.nn.ReLU(), torch.nn.Linear(128, 64))
    optimizer = torch.optim.Adam(model.parameters(), 1e-2)
    for _ in range(60):
        x = torch.randn(64, 64)
        loss = ((model(x) - x.flip(1)) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    report = audit(as_safetensors(tmp_path / "m", model.state_dict(), torch.float32))
    kernel = report.tensors[0]
    assert kernel.consistent == ()
    assert kernel.nearest == "torch_default"
    assert kernel.std_ratio > 1.02
    assert "moved" in kernel.verdict


# HDF5 -----------------------------------------------------------------------------------------


def refused(path: Path, match: str) -> None:
    with pytest.raises(AuditError, match=match) as caught:
        audit(path)
    assert str(caught.value).startswith(str(path))


def _soft(file: h5py.File, folder: Path) -> None:
    file["a"] = h5py.SoftLink("/a")


def _external(file: h5py.File, folder: Path) -> None:
    file["a"] = h5py.ExternalLink(str(folder / "secret.h5"), "/w")


def _stored_outside(file: h5py.File, folder: Path) -> None:
    (folder / "secret").write_bytes(bytes(40))
    file.create_dataset("a", (10,), "f4", external=[(str(folder / "secret"), 0, 40)])


def _virtual(file: h5py.File, folder: Path) -> None:
    layout = h5py.VirtualLayout((10,), "f4")
    layout[:] = h5py.VirtualSource(str(folder / "secret.h5"), "w", (10,))
    file.create_virtual_dataset("a", layout)


def _sparse(file: h5py.File, folder: Path) -> None:
    file.create_dataset("a", (1 << 30,), "f4", chunks=(1 << 20,))


def _zeros(file: h5py.File, folder: Path) -> None:
    size = (1 << 26) + (1 << 22)
    data = file.create_dataset("a", (size,), "f4", chunks=(1 << 22,), compression="gzip")
    for start in range(0, size, 1 << 22):
        data[start : start + (1 << 22)] = 0


def _large_chunks(file: h5py.File, folder: Path) -> None:
    file.create_dataset("a", (1 << 28,), "f4", chunks=(1 << 27,))


def _deep(file: h5py.File, folder: Path) -> None:
    file.create_group("/".join("g" * 60))


def _loop(file: h5py.File, folder: Path) -> None:
    file.create_group("g")["g"] = file["/"]


def _leading_out(file: h5py.File, folder: Path) -> None:
    file.create_dataset("a\nb", data=np.zeros(3, np.float32))


@pytest.mark.parametrize(
    ("build", "match"),
    [
        (_soft, "'a' is a link to elsewhere"),
        (_external, "'a' is a link to elsewhere"),
        (_stored_outside, "'a' keeps its values in another file"),
        (_virtual, "'a' keeps its values in another file"),
        (_sparse, r"'a' would unpack from 0 to 4294967296 bytes"),
        (_zeros, r"'a' would unpack from \d+ to 285212672 bytes"),
        (_large_chunks, "'a' has chunks of 536870912 bytes"),
        (_deep, "groups must not be nested deeper than 32 levels"),
        (_loop, "groups must not be nested deeper than 32 levels"),
        (_leading_out, "a tensor's name must be printable"),
    ],
)
def test_traps_in_hdf5(
    tmp_path: Path, build: Callable[[h5py.File, Path], None], match: str
) -> None:
    with h5py.File(tmp_path / "secret.h5", "w") as secret:
        secret["w"] = np.arange(10, dtype=np.float32)
    path = tmp_path / "trap.h5"
    with h5py.File(path, "w") as file:
        build(file, tmp_path)
    refused(path, match)


def test_large_arrays_are_read_in_parts(tmp_path: Path) -> None:
    values = np.random.default_rng(1).standard_normal((3, (1 << 20) + 7)).astype(np.float32)
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("big/kernel", data=values, compression="lzf", shuffle=True)
        file["text"] = "words"
        file["scalar"] = 2.5
        file["empty"] = h5py.Empty("f4")
    report = audit(tmp_path / "a.h5")
    found = {each.name: each for each in report.tensors}
    assert found["big/kernel"].mean == pytest.approx(values.mean(dtype=np.float64), abs=1e-12)
    assert found["big/kernel"].consistent[0] == "torch_embedding"
    assert found["scalar"].verdict == "every value is 2.5: no initializer's default"
    assert sorted(name for name, _ in report.left_out) == ["empty", "text"]


@pytest.fixture(scope="module")
def small_h5(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("h5") / "small.h5"
    with h5py.File(path, "w") as file:
        group = file.create_group("layers/dense/vars")
        group.attrs["name"] = "dense"
        group.create_dataset("0", data=np.ones((30, 20), np.float32), compression="gzip")
        group.create_dataset("1", data=np.zeros(20, np.float32))
    assert len(audit(path).tensors) == 2
    return path.read_bytes()


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_damaged_hdf5(small_h5: bytes, tmp_path: Path, data: st.DataObject) -> None:
    places = st.integers(0, len(small_h5) - 1)
    damaged = bytearray(small_h5)
    for place, value in data.draw(st.lists(st.tuples(places, st.integers(0, 255)), max_size=8)):
        damaged[place] = value
    path = tmp_path / "damaged.h5"
    path.write_bytes(bytes(damaged[: data.draw(st.none() | places)]))
    try:
        report = audit(path)
    except AuditError as error:
        report = None
        sentence = str(error)
    assert isinstance(report, AuditReport) if report is not None else str(path) in sentence
