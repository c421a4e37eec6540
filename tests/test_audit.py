"""The audit of a weights file: readers, guesses, tests; files are written by NumPy here."""

import csv
import json
import math
import struct
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from vscore.audit import AuditReport, TensorAudit, audit
from vscore.audit.candidates import candidates, expected
from vscore.audit.hdf5 import layers_of, slabs
from vscore.audit.roles import roles_of
from vscore.audit.stored import Contents, Stored
from vscore.audit.summary import summary_of, unrounded
from vscore.cli import main
from vscore.fans import Fans
from vscore.initializers import INITIALIZERS, Orthogonal

Arrays = Mapping[str, np.ndarray]
Capture = pytest.CaptureFixture[str]


def npz(folder: Path, arrays: Arrays, *, packed: bool = False) -> Path:
    path = folder / "weights.npz"
    (np.savez_compressed if packed else np.savez)(path, **dict(arrays))  # type: ignore[arg-type]
    return path


def safetensors(folder: Path, tensors: Mapping[str, tuple[str, list[int], bytes]]) -> Path:
    """As the format's page describes it: length, JSON, bytes."""
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    place = 0
    for name, (dtype, shape, data) in tensors.items():
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [place, place + len(data)]}
        place += len(data)
    text = json.dumps(header).encode()
    path = folder / "weights.safetensors"
    body = b"".join(data for *_, data in tensors.values())
    path.write_bytes(struct.pack("<Q", len(text)) + text + body)
    return path


def by_name(report: AuditReport) -> dict[str, TensorAudit]:
    return {each.name: each for each in report.tensors}


def rng(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


def uniform(limit: float, shape: tuple[int, ...], seed: int = 1) -> np.ndarray:
    return rng(seed).uniform(-limit, limit, shape).astype(np.float32)


# Laws by hand ---------------------------------------------------------------------------------

FAN_IN, FAN_OUT = 300, 120


def cut_normal(std: float, seed: int) -> np.ndarray:
    """N(0, s^2) cut at +-2 s, s = std / 0.8796, by scipy."""
    scale = std / 0.87962566103423978
    drawn = stats.truncnorm.rvs(-2, 2, scale=scale, size=(FAN_IN, FAN_OUT), random_state=seed)
    return drawn.astype(np.float32)


def drawn_by_hand(seed: int = 5) -> dict[str, np.ndarray]:
    """A 300 -> 120 kernel of each law, its variance as the papers have it."""
    shape = (FAN_IN, FAN_OUT)
    normal = rng(seed).standard_normal(shape).astype(np.float32)
    return {
        "glorot_uniform": uniform(math.sqrt(6 / 420), shape, seed),
        "glorot_normal": cut_normal(math.sqrt(1 / 210), seed),
        "he_uniform": uniform(math.sqrt(6 / 300), shape, seed),
        "he_normal": cut_normal(math.sqrt(2 / 300), seed),
        "lecun_uniform": uniform(math.sqrt(3 / 300), shape, seed),
        "lecun_normal": cut_normal(math.sqrt(1 / 300), seed),
        "torch_default": uniform(1 / math.sqrt(300), shape, seed),
        "kaiming_normal_ (PyTorch)": normal * np.float32(math.sqrt(2 / 300)),
        "xavier_normal_ (PyTorch)": normal * np.float32(math.sqrt(1 / 210)),
        "torch_embedding": normal,
        "flax_embedding": normal * np.float32(math.sqrt(1 / 120)),
        "random_normal": normal * np.float32(0.05),
        "normal 0.02": normal * np.float32(0.02),
        "random_uniform": uniform(0.05, shape, seed),
        "truncated_normal": cut_normal(0.05 * 0.87962566103423978, seed),
        "truncated_normal 0.02": cut_normal(0.02 * 0.87962566103423978, seed),
        "zeros": np.zeros(shape, np.float32),
        "ones": np.ones(shape, np.float32),
        "orthogonal": np.linalg.qr(rng(seed).standard_normal(shape))[0].astype(np.float32),
    }


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("seed", [5, 6])
def test_every_law_is_told_from_every_other(tmp_path: Path, packed: bool, seed: int) -> None:
    """36 000 weights: laws 1.7 % apart in distance are 3 critical values apart."""
    drawn = drawn_by_hand(seed)
    found = by_name(
        audit(npz(tmp_path, {f"{k}/kernel": v for k, v in drawn.items()}, packed=packed))
    )
    assert {name: found[f"{name}/kernel"].consistent[0] for name in drawn} == {k: k for k in drawn}
    for name in drawn:
        each = found[f"{name}/kernel"]
        assert each.fans == Fans(FAN_IN, FAN_OUT)
        assert (each.layer, each.part, each.layout) == ("Dense", "kernel", "in, out")
        assert each.default == (name in ("glorot_uniform", "lecun_normal"))
        assert each.verdict.startswith(f"consistent with {name}")


def test_every_scheme_is_a_candidate() -> None:
    role = roles_of(_contents({"a/kernel": (30, 20)}))["a/kernel"]
    names = {each.name for each in candidates(role, (30, 20))}
    assert {name for name in INITIALIZERS if name.startswith(("glorot", "he_", "lecun"))} <= names
    assert names | {"zeros", "ones", "orthogonal"} == set(drawn_by_hand()) | {
        "kaiming_normal_ fan_out (PyTorch)",
        "kaiming_uniform_ fan_out (PyTorch)",
    }


def test_a_percent_of_std_is_seen(tmp_path: Path) -> None:
    """He of 2 % more std, 360 000 weights: the std's relative error is 0.07 %."""
    kernel = rng().standard_normal((600, 600)).astype(np.float32) * math.sqrt(2 / 600)
    found = by_name(audit(npz(tmp_path, {"a.weight": kernel, "b.weight": kernel * 1.02})))
    assert found["a.weight"].consistent == (
        "kaiming_normal_ (PyTorch)",
        "kaiming_normal_ fan_out (PyTorch)",
    )
    assert found["b.weight"].consistent == ()


def test_the_right_std_of_a_wrong_law_is_seen(tmp_path: Path) -> None:
    """Laplace with the std of a Glorot normal; its cdf is 0.046 away from the normal one."""
    kernel = rng().laplace(0, math.sqrt(1 / 210 / 2), (300, 120)).astype(np.float32)
    found = audit(npz(tmp_path, {"a/kernel": kernel})).tensors[0]
    assert found.consistent == ()
    assert found.ks > 0.03


def test_what_training_moved(tmp_path: Path) -> None:
    start = uniform(1 / math.sqrt(300), (120, 300))
    step = rng(2).standard_normal((120, 300)).astype(np.float32)
    arrays = {
        "a.weight": start,
        "b.weight": start + 0.0004 * step,
        "c.weight": start + 0.02 * step,
        "d.weight": 5 * step,
        "d.bias": uniform(1 / math.sqrt(300), (120,)),
        "norm.bias": np.full(120, 0.3, np.float32),
        "norm.weight": np.linspace(0.8, 1.2, 120, dtype=np.float32),
    }
    found = by_name(audit(npz(tmp_path, arrays)))
    assert found["a.weight"].consistent == ("torch_default",)
    assert found["b.weight"].verdict.startswith(
        "moved a little by training: std 1 times that of torch_default, KS distance 0.0"
    )
    moved = found["c.weight"]
    # sqrt(1/900 + 0.02^2) / (1/30) = 1.166.
    assert moved.nearest == "torch_default"
    assert moved.std_ratio == pytest.approx(1.166, rel=0.02)
    assert moved.verdict.startswith("moved by training: std 1.1")
    assert found["d.weight"].verdict.startswith("moved far by training, or started by something")
    assert found["d.bias"].consistent == ("torch_default",)
    assert found["norm.bias"].verdict == ("moved by training: 0.3 from zeros (root mean square)")
    # A uniform step of +-0.2 has root mean square 0.2 / sqrt(3) (1 + 1/119) = 0.1164.
    assert found["norm.weight"].verdict.startswith("moved by training: 0.116 from ones")


# Numbers --------------------------------------------------------------------------------------


def test_moments_are_scipys(tmp_path: Path) -> None:
    values = rng().gamma(2.0, 3.0, (50, 71)) - 100
    found = audit(npz(tmp_path, {"x/kernel": values})).tensors[0]
    assert found.mean == pytest.approx(values.mean(), rel=1e-13)
    assert found.std == pytest.approx(values.std(), rel=1e-11)
    assert found.kurtosis == pytest.approx(stats.kurtosis(values.ravel(), fisher=False), rel=1e-9)
    assert (found.minimum, found.maximum) == (values.min(), values.max())
    assert found.dtype == "float64"


def test_huge_numbers_do_not_overflow(tmp_path: Path) -> None:
    values = 1e300 * rng().standard_normal((30, 30))
    found = audit(npz(tmp_path, {"x/kernel": values})).tensors[0]
    assert found.std == pytest.approx(1e300, rel=0.1)
    assert found.kurtosis == pytest.approx(3, abs=0.6)


def test_a_tensor_larger_than_what_is_held() -> None:
    """2^25 + 3 values in uneven pieces: moments of all, every third value held."""
    size = (1 << 25) + 3
    pieces = [np.full(1 << 20, value, np.float32) for value in (1.0, 3.0)] * 16
    pieces.append(np.array([2.0, 2.0, 2.0], np.float32))
    summary = summary_of(Stored("x", (size,), "float32", lambda: iter(pieces)))
    assert (summary.count, summary.whole) == (size, False)
    assert summary.held.size == -(-size // 3)
    assert summary.mean == pytest.approx(2, rel=1e-12)
    assert summary.std == pytest.approx(1, rel=1e-6)
    assert summary.kurtosis == pytest.approx(1, rel=1e-6)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite(tmp_path: Path, bad: float) -> None:
    values = uniform(1, (30, 20))
    values[3, 4] = values[5, 6] = bad
    found = audit(npz(tmp_path, {"x/kernel": values})).tensors[0]
    assert found.not_finite == 2
    assert found.consistent == ()
    assert found.verdict == "2 of 600 values are not finite"


def test_small_and_empty_and_constant(tmp_path: Path) -> None:
    arrays = {
        "few.bias": np.array([0.1, 0.2], np.float32),
        "none.weight": np.zeros((0, 5), np.float32),
        "same.weight": np.full((30, 20), 0.25, np.float32),
        "scalar": np.array(0.5),
    }
    found = by_name(audit(npz(tmp_path, arrays)))
    assert found["few.bias"].verdict == "fewer than 20 values: too few to test"
    assert found["none.weight"].verdict == "empty"
    assert found["none.weight"].fans is None
    assert found["same.weight"].verdict == "every value is 0.25: no initializer's default"
    assert found["scalar"].verdict == "every value is 0.5: no initializer's default"


def test_orthogonal_of_any_shape_and_gain(tmp_path: Path) -> None:
    arrays = {
        "tall/kernel": Orthogonal(seed=1)((90, 40)),
        "wide/kernel": Orthogonal(gain=1.7, seed=1)((40, 90)),
        "conv/kernel": Orthogonal(seed=1)((3, 5, 40, 90)),
        "fortran/kernel": np.asfortranarray(Orthogonal(seed=1)((3, 5, 40, 90))),
        "torch.weight": Orthogonal(seed=1)((600, 90)).T.reshape(90, 40, 3, 5),
        "nearly/kernel": Orthogonal(seed=1)((90, 40)) + uniform(0.01, (90, 40)),
    }
    found = {name: each.consistent for name, each in by_name(audit(npz(tmp_path, arrays))).items()}
    assert found["tall/kernel"] == found["conv/kernel"] == ("orthogonal",)
    assert found["fortran/kernel"] == found["torch.weight"] == ("orthogonal",)
    assert found["wide/kernel"] == ("orthogonal, gain 1.7",)
    assert not {name for name in found["nearly/kernel"] if name.startswith("orth")}


# Formats --------------------------------------------------------------------------------------


def test_big_endian_half_and_what_is_left_out(tmp_path: Path) -> None:
    kernel = uniform(math.sqrt(6 / 420), (300, 120))
    arrays = {
        "big/kernel": kernel.astype(">f4"),
        "half/kernel": kernel.astype(np.float16),
        "steps": np.arange(3),
        "name": np.array("text"),
    }
    report = audit(npz(tmp_path, arrays))
    assert report.left_out == (("steps", "int64"), ("name", "<U4"))
    assert [each.consistent[0] for each in report.tensors] == ["glorot_uniform"] * 2
    assert (report.format, report.untouched) == ("npz", 2)


@pytest.mark.parametrize(
    ("dtype", "store"),
    [
        ("F64", lambda w: w.astype("<f8").tobytes()),
        ("F32", lambda w: w.astype("<f4").tobytes()),
        ("F16", lambda w: w.astype("<f2").tobytes()),
        ("BF16", lambda w: ((w.view(np.uint32) + 0x8000) >> 16).astype("<u2").tobytes()),
    ],
)
def test_safetensors(tmp_path: Path, dtype: str, store: Callable[[np.ndarray], bytes]) -> None:
    """BF16 by hand: the upper half of float32, rounded (half away from zero)."""
    weight = uniform(1 / math.sqrt(300), (400, 300))
    tensors = {
        "fc.weight": (dtype, [400, 300], store(weight)),
        "fc.bias": (dtype, [400], store(uniform(1 / math.sqrt(300), (400,), 3))),
        "steps": ("I64", [], bytes(8)),
    }
    report = audit(safetensors(tmp_path, tensors))
    assert report.left_out == (("steps", "I64"),)
    assert [each.consistent[0] for each in report.tensors] == ["torch_default"] * 2
    assert report.tensors[0].fans == Fans(300, 400)
    assert report.tensors[0].std == pytest.approx(weight.std(), rel=1e-4)
    assert report.tensors[0].layout == "out, in"


def test_dither_stays_within_a_step() -> None:
    values = np.array([1.0, -1.5, 0.0078125, 0.0], np.float32)
    moved = unrounded(values, "bfloat16") - values
    steps = np.array([2.0**-7, 2.0**-7, 2.0**-14, 1e-300])
    assert (np.abs(moved) <= steps / 2).all()
    assert (moved[:3] != 0).all()
    assert (unrounded(values, "float32") == values).all()


# Roles ----------------------------------------------------------------------------------------


def _contents(shapes: Mapping[str, tuple[int, ...]], form: str = "npz", **more: Any) -> Contents:
    tensors = [Stored(name, shape, "float32", lambda: iter(())) for name, shape in shapes.items()]
    return Contents(form, tuple(tensors), **more)


TORCH_ROLES: dict[str, tuple[tuple[int, ...], str, tuple[int, int] | None, str]] = {
    "conv.weight": ((32, 3, 5, 5), "Conv2d", (75, 800), "torch_default"),
    "conv.bias": ((32,), "Conv2d", (75, 800), "torch_default"),
    "fc.weight": ((120, 300), "Linear", (300, 120), "torch_default"),
    "fc.bias": ((120,), "Linear", (300, 120), "torch_default"),
    "token_emb.weight": ((1000, 64), "Embedding", (64, 1000), "torch_embedding"),
    "bn.weight": ((32,), "normalization", None, "ones"),
    "bn.bias": ((32,), "normalization", None, "zeros"),
    "bn.running_mean": ((32,), "normalization", None, "zeros"),
    "bn.running_var": ((32,), "normalization", None, "ones"),
    "rnn.weight_ih_l0": ((80, 30), "LSTM", (30, 80), "torch_recurrent"),
    "rnn.weight_hh_l0": ((80, 20), "LSTM", (20, 80), "torch_recurrent"),
    "rnn.bias_ih_l0": ((80,), "LSTM", None, "torch_recurrent"),
    "gru.weight_hh_l1_reverse": ((60, 20), "GRU", (20, 60), "torch_recurrent"),
    "attn.in_proj_weight": ((96, 32), "MultiheadAttention", (32, 96), "glorot_uniform"),
    "attn.in_proj_bias": ((96,), "MultiheadAttention", None, "zeros"),
    "attn.out_proj.weight": ((32, 32), "Linear", (32, 32), "torch_default"),
    "attn.out_proj.bias": ((32,), "MultiheadAttention", None, "zeros"),
}


def test_roles_in_pytorch() -> None:
    roles = roles_of(_contents({name: shape for name, (shape, *_) in TORCH_ROLES.items()}))
    for name, (_, layer, fans, default) in TORCH_ROLES.items():
        role = roles[name]
        assert (role.layer, role.defaults[0]) == (layer, default), name
        assert role.fans == (None if fans is None else Fans(*fans)), name
    assert {roles[f"rnn.{p}_l0"].hidden for p in ("weight_ih", "weight_hh", "bias_ih")} == {20}


KERAS_ROLES: dict[str, tuple[tuple[int, ...], str, str, tuple[int, int] | None, str]] = {
    "layers/conv2d_3/vars/0": ((3, 5, 8, 16), "Conv2D", "kernel", (120, 240), "glorot_uniform"),
    "layers/conv2d_3/vars/1": ((16,), "Conv2D", "bias", None, "zeros"),
    "layers/depthwise_conv2d/vars/0": (
        (3, 3, 64, 1),
        "DepthwiseConv2D",
        "kernel",
        (576, 9),
        "glorot_uniform",
    ),
    "layers/lstm/cell/vars/0": ((128, 256), "LSTM", "kernel", (128, 256), "glorot_uniform"),
    "layers/lstm/cell/vars/1": ((64, 256), "LSTM", "recurrent_kernel", (64, 256), "orthogonal"),
    "layers/lstm/cell/vars/2": ((256,), "LSTM", "bias", None, "unit_forget_bias"),
    "layers/gru/cell/vars/1": ((64, 192), "GRU", "recurrent_kernel", (64, 192), "orthogonal"),
    "layers/gru/cell/vars/2": ((2, 192), "GRU", "bias", None, "zeros"),
    "layers/mha/query_dense/vars/0": (
        (512, 8, 64),
        "MultiHeadAttention",
        "kernel",
        (512, 512),
        "glorot_uniform",
    ),
    "layers/mha/output_dense/vars/0": (
        (8, 32, 512),
        "MultiHeadAttention",
        "kernel",
        (256, 512),
        "glorot_uniform",
    ),
    "layers/mha/query_dense/vars/1": ((8, 64), "MultiHeadAttention", "bias", None, "zeros"),
    "layers/batch_normalization/vars/3": (
        (32,),
        "BatchNormalization",
        "moving_variance",
        None,
        "ones",
    ),
    "layers/embedding/vars/0": ((500, 24), "Embedding", "embeddings", (500, 24), "random_uniform"),
    "dense_1/dense_1/kernel:0": ((30, 20), "Dense", "kernel", (30, 20), "glorot_uniform"),
    "layers/my_own/vars/0": ((30, 20), "?", "0", (30, 20), ""),
}


def test_roles_in_keras() -> None:
    shapes = {name: shape for name, (shape, *_) in KERAS_ROLES.items()}
    roles = roles_of(_contents(shapes, "hdf5"))
    for name, (_, layer, part, fans, default) in KERAS_ROLES.items():
        role = roles[name]
        assert (role.layer, role.part, (*role.defaults, "")[0]) == (layer, part, default), name
        assert role.fans == (None if fans is None else Fans(*fans)), name
    assert roles["layers/mha/query_dense/vars/0"].older_fans == Fans(4096, 32768)


@pytest.mark.parametrize(
    ("said", "name", "std"),
    [
        ({"class_name": "HeNormal", "config": {}}, "he_normal", math.sqrt(2 / 30)),
        (
            {"class_name": "RandomNormal", "config": {"mean": 0, "stddev": 0.3, "seed": 1}},
            "RandomNormal(mean=0, stddev=0.3)",
            0.3,
        ),
        (
            {"class_name": "VarianceScaling", "config": {"scale": 3.0, "mode": "fan_out"}},
            "VarianceScaling(scale=3.0, mode=fan_out)",
            math.sqrt(3 / 20),
        ),
    ],
)
def test_a_keras_file_says_what_it_used(said: dict[str, Any], name: str, std: float) -> None:
    config = {"name": "hidden", "kernel_initializer": said}
    text = json.dumps({"config": {"layers": [{"class_name": "Dense", "config": config}]}})
    layers = layers_of(text.encode())
    assert layers["hidden"][0] == "Dense"
    group = "layers/dense"
    contents = _contents(
        {f"{group}/vars/0": (30, 20)}, "keras", owners={group: ("hidden", "m")}, layers=layers
    )
    role = roles_of(contents)[f"{group}/vars/0"]
    assert expected(role) == (name,)
    first = candidates(role, (30, 20))[0]
    assert first.name == name
    assert first.density.std == pytest.approx(std, rel=1e-12)


@pytest.mark.parametrize("config", [{"stddev": "wide"}, {"stddev": -1}, {"what": 1}, 3, None])
def test_a_wrong_configuration_is_no_candidate(config: object) -> None:
    said = {"class_name": "RandomNormal", "config": config}
    layers = {"a": ("Dense", {"name": "a", "kernel_initializer": said})}
    contents = _contents({"d/vars/0": (30, 20)}, "keras", owners={"d": ("a",)}, layers=layers)
    role = roles_of(contents)["d/vars/0"]
    names = [each.name for each in candidates(role, (30, 20))]
    assert any(name.startswith("glorot") for name in names)


@pytest.mark.parametrize(
    "shape",
    [(), (5,), (1 << 20,), ((1 << 20) + 1,), (7, 3, 1 << 19), (3, (1 << 20) + 5), (2, 3, 4)],
)
def test_slabs_cover_an_array_in_order(shape: tuple[int, ...]) -> None:
    array = np.arange(math.prod(shape), dtype=np.int32).reshape(shape)
    parts = [array[place].ravel() for place in slabs(shape)]
    assert max(part.size for part in parts) <= 1 << 20
    assert (np.concatenate(parts) == array.ravel()).all()


# The command ----------------------------------------------------------------------------------


def test_the_command(tmp_path: Path, capsys: Capture) -> None:
    arrays = {
        "fc.weight": uniform(1 / math.sqrt(300), (120, 300)),
        "fc.bias": np.zeros(120),
        "n": 3,
    }
    path = npz(tmp_path, {name: np.asarray(value) for name, value in arrays.items()})
    table = tmp_path / "table.csv"
    assert main(["audit", str(path), "--csv", str(table)]) == 0
    out = capsys.readouterr().out
    assert out.isascii()
    assert "fc.weight  120,300  Linear weight     300      120" in out
    assert "consistent with torch_default, the default\n" in out
    assert "npz: 2 of 2 tensors, 36 120 values in all, are consistent with an initializer." in out
    assert "Left out: n (int64)." in out
    with table.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["tensor"] for row in rows] == ["fc.weight", "fc.bias"]
    assert rows[0]["consistent"] == rows[0]["nearest"] == "torch_default"
    assert (rows[0]["fan_in"], rows[0]["fan_out"], rows[0]["default"]) == ("300", "120", "yes")
    assert (rows[1]["consistent"], rows[1]["std_ratio"]) == ("zeros", "")


def test_the_command_s_errors(tmp_path: Path, capsys: Capture) -> None:
    assert main(["audit", str(tmp_path / "none.npz")]) == 2
    assert capsys.readouterr().err.endswith("none.npz: no such file\n")
    assert main(["audit", str(tmp_path)]) == 2
    assert capsys.readouterr().err.endswith(": not a regular file\n")


def test_progress_and_check(tmp_path: Path) -> None:
    path = npz(tmp_path, {"a": np.zeros(5), "b": np.zeros(3)})
    steps: list[tuple[int, int]] = []
    audit(path, progress=lambda done, total: steps.append((done, total)))
    assert steps == [(1, 2), (2, 2)]

    def stop() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        audit(path, check=stop)
