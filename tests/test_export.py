"""Exported programs as text, and NumPy's run: laws by hand, no seed used twice, errors, the shell.

Those for Keras, PyTorch and JAX are run by tests/peers/test_export.py.
"""

import ast
import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from vscore.activations import ACTIVATIONS
from vscore.cli import main
from vscore.export import EXPORTERS, export_code
from vscore.export.plan import LayerPlan
from vscore.export.reading import plans_of
from vscore.export.rules import LAWS, rule_of
from vscore.initializers import (
    CUSTOM_OBJECTS,
    INITIALIZERS,
    Constant,
    Initializer,
    Orthogonal,
    RandomNormal,
    RandomUniform,
    TruncatedNormal,
    VarianceScaling,
)
from vscore.layers import (
    GRU,
    LAYERS,
    LSTM,
    Conv1D,
    Conv2D,
    Conv2DTranspose,
    Conv3D,
    Dense,
    DepthwiseConv2D,
    Embedding,
    Layer,
    MultiHeadAttention,
    RawKernel,
    SeparableConv2D,
    SimpleRNN,
)
from vscore.networks import Network, convnet, mlp, recurrent

Capture = pytest.CaptureFixture[str]

KS_P = 1e-6
SIGMAS = 4.9
"""Both are passed by chance about once in a million; all seeds are fixed."""

FEWEST = 100_000

# By layer: each kernel's shape, fan_in and fan_out as Keras counts them, by hand.
CASES: dict[str, tuple[Layer, dict[str, tuple[tuple[int, ...], int, int]]]] = {
    "Dense": (Dense(400, 260), {"kernel": ((400, 260), 400, 260)}),
    "Conv1D": (
        Conv1D(100, 840, (5,), groups=4),
        {"kernel": ((5, 25, 840), 125, 4200)},
    ),
    "Conv2D": (
        Conv2D(64, 440, (3, 5), (2, 2), groups=4),
        {"kernel": ((3, 5, 16, 440), 240, 6600)},
    ),
    "Conv3D": (
        Conv3D(40, 148, (2, 3, 3), (1, 2, 1)),
        {"kernel": ((2, 3, 3, 40, 148), 720, 2664)},
    ),
    "Conv2DTranspose": (
        Conv2DTranspose(90, 80, (3, 5), (2, 2)),
        {"kernel": ((3, 5, 80, 90), 1200, 1350)},
    ),
    "DepthwiseConv2D": (
        DepthwiseConv2D(64, (15, 9), (2, 2), 12),
        {"kernel": ((15, 9, 64, 12), 8640, 1620)},
    ),
    "SeparableConv2D": (
        SeparableConv2D(64, 130, (9, 11), (1, 1), 16),
        {
            "depthwise_kernel": ((9, 11, 64, 16), 6336, 1584),
            "pointwise_kernel": ((1, 1, 1024, 130), 1024, 130),
        },
    ),
    "Embedding": (Embedding(800, 130), {"embeddings": ((800, 130), 800, 130)}),
    "SimpleRNN": (SimpleRNN(330, 320), {"kernel": ((330, 320), 330, 320)}),
    "LSTM": (LSTM(200, 160), {"kernel": ((200, 640), 200, 640)}),
    "GRU": (GRU(200, 190), {"kernel": ((200, 570), 200, 570)}),
    "MultiHeadAttention": (
        MultiHeadAttention(200, 8, 64),
        {
            **{f"{name}_kernel": ((200, 8, 64), 200, 512) for name in ("query", "key", "value")},
            "output_kernel": ((8, 64, 200), 512, 200),
        },
    ),
    "raw": (RawKernel((3, 5, 50, 140)), {"kernel": ((3, 5, 50, 140), 750, 2100)}),
    "raw with axes": (
        RawKernel((200, 8, 66), (0,), (1, 2)),
        {"kernel": ((200, 8, 66), 200, 528)},
    ),
}

# Std of N(0, 1) given |z| <= 2, from the normal's density and distribution at 2.
CUT_STD = math.sqrt(1 - 4 * 0.05399096651318806 / 0.9544997361036416)


def cut(std: float, mean: float = 0.0) -> Any:
    """The cut normal of this std after the cut."""
    return stats.truncnorm(-2, 2, loc=mean, scale=std / CUT_STD)


def uniform(std: float) -> Any:
    limit = math.sqrt(3) * std
    return stats.uniform(-limit, 2 * limit)


Law = Callable[[int, int], Any]

# By initializer: the law, given fan_in and fan_out, by hand; None where nothing is random or
# weights are not independent.
STARTS: dict[str, tuple[Initializer | str, Law | None]] = {
    "glorot_normal": ("glorot_normal", lambda i, o: cut(math.sqrt(2 / (i + o)))),
    "glorot_uniform": ("glorot_uniform", lambda i, o: uniform(math.sqrt(2 / (i + o)))),
    "he_normal": ("he_normal", lambda i, o: cut(math.sqrt(2 / i))),
    "he_uniform": ("he_uniform", lambda i, o: uniform(math.sqrt(2 / i))),
    "lecun_normal": ("lecun_normal", lambda i, o: cut(math.sqrt(1 / i))),
    "lecun_uniform": ("lecun_uniform", lambda i, o: uniform(math.sqrt(1 / i))),
    "torch_default": (
        "torch_default",
        lambda i, o: stats.uniform(-1 / math.sqrt(i), 2 / math.sqrt(i)),
    ),
    "random_normal": ("random_normal", lambda i, o: stats.norm(0, 0.05)),
    "truncated_normal": ("truncated_normal", lambda i, o: cut(0.05 * CUT_STD)),
    "random_uniform": ("random_uniform", lambda i, o: stats.uniform(-0.05, 0.1)),
    "orthogonal": ("orthogonal", None),
    "zeros": ("zeros", None),
    "constant": (Constant(0.25), None),
    "geometric": (
        VarianceScaling(1.7, "fan_geo_avg", "untruncated_normal"),
        lambda i, o: stats.norm(0, math.sqrt(1.7 / math.sqrt(i * o))),
    ),
    "fan_out": (
        VarianceScaling(1.7, "fan_out", "truncated_normal"),
        lambda i, o: cut(math.sqrt(1.7 / o)),
    ),
    "normal off centre": (RandomNormal(0.02, 0.05), lambda i, o: stats.norm(0.02, 0.05)),
    "cut off centre": (TruncatedNormal(0.02, 0.05), lambda i, o: cut(0.05 * CUT_STD, 0.02)),
    "uniform off centre": (RandomUniform(-0.01, 0.05), lambda i, o: stats.uniform(-0.01, 0.06)),
}

ALIASES = {
    **{f"xavier_{law}": f"glorot_{law}" for law in ("normal", "uniform")},
    **{f"kaiming_{law}": f"he_{law}" for law in ("normal", "uniform")},
}

NETWORKS: dict[str, Network] = {
    "mlp": mlp((784, 512, 256, 10), bias_variance=0.1),
    "deep mlp": mlp((256,) * 21, activation="tanh", initializer="orthogonal"),
    "convnet": convnet((3, 8, 16), kernel_size=(3, 2), image_size=(6, 7), initializer="he_uniform"),
    "convnet, one axis": convnet((3, 8), image_size=(9,), padding="same", bias_variance=0.2),
    "lstm": recurrent("lstm", units=7, input_dim=5, steps=4, bias_variance=0.3),
    "gru": recurrent("gru", steps=3, recurrent_initializer="he_normal", bias_variance=0.3),
    "simple_rnn": recurrent("simple_rnn", steps=3),
}


def ran(code: str) -> dict[str, Any]:
    """A NumPy program's names."""
    names: dict[str, Any] = {"__name__": "exported"}
    exec(compile(code, "exported", "exec"), names)
    return names


def drawn(experiment: Any, seed: int = 5) -> dict[str, np.ndarray]:
    weights: dict[str, np.ndarray] = ran(export_code(experiment, "numpy"))["build"](seed)
    return weights


# What there is -------------------------------------------------------------------------------


def test_every_layer_and_initializer_has_a_case() -> None:
    kinds = {layer.kind for layer, _ in CASES.values()}
    assert kinds == {layer.kind for layer in SMALL} == {*LAYERS, "RawKernel"}
    assert set(INITIALIZERS) <= set(STARTS) | set(ALIASES)
    objects = [INITIALIZERS[i] if isinstance(i, str) else i for i, _ in STARTS.values()]
    assert {initializer.kind for initializer in objects} == set(CUSTOM_OBJECTS)
    assert {rule_of(initializer).law for initializer in objects} == set(LAWS)


def test_the_frameworks() -> None:
    assert list(EXPORTERS) == ["keras", "torch", "jax", "numpy"]
    assert {kind: exporter.kind for kind, exporter in EXPORTERS.items()} == dict(
        zip(EXPORTERS, EXPORTERS, strict=True)
    )
    assert set(ACTIVATIONS["relu"].names) == set(EXPORTERS)


# The text ------------------------------------------------------------------------------------

EVERY = {
    **{
        f"{case}, {start}": (layer, initializer)
        for case, (layer, _) in CASES.items()
        for start, (initializer, _) in STARTS.items()
    },
    **NETWORKS,
    "comparison": [
        (Dense(), "he_normal"),
        (LSTM(), "he_normal"),
        mlp(),
        (Dense(), RandomNormal(0.1, 0.2)),
    ],
}


@pytest.mark.parametrize("framework", EXPORTERS)
def test_programs_compile_and_are_plain(framework: str) -> None:
    for name, experiment in EVERY.items():
        code = export_code(experiment, framework)  # type: ignore[arg-type]  # an experiment each
        compile(code, name, "exec")
        assert code.isascii(), name
        assert code.endswith("\n"), name
        assert max(map(len, code.splitlines())) <= 100, f"{name}:\n{code}"
        assert "\n\n\n\n" not in code
        assert not re.search(r"[ \t]$", code, re.MULTILINE), name


@pytest.mark.parametrize("framework", EXPORTERS)
def test_programs_import_what_they_use_and_no_more(framework: str) -> None:
    for name, experiment in EVERY.items():
        tree = ast.parse(export_code(experiment, framework))  # type: ignore[arg-type]  # an experiment each
        bound, read = names_of(tree)
        assert bound["imported"] <= read | {"scipy"}, name
        assert read <= bound["imported"] | bound["assigned"] | set(dir(__builtins__)) | set(
            dir(__import__("builtins"))
        ), name


def names_of(tree: ast.Module) -> tuple[dict[str, set[str]], set[str]]:
    """Names that are imported and assigned anywhere, and names that are read."""
    imported, assigned, read = set(), set(), set()
    for node in ast.walk(tree):
        match node:
            case ast.Import() | ast.ImportFrom():
                imported |= {alias.asname or alias.name.split(".")[0] for alias in node.names}
            case ast.Name(ctx=ast.Load()):
                read.add(node.id)
            case ast.Name():
                assigned.add(node.id)
            case ast.arg():
                assigned.add(node.arg)
            case ast.FunctionDef() | ast.ClassDef():
                assigned.add(node.name)
    return {"imported": imported, "assigned": assigned | {"__name__"}}, read


@pytest.mark.parametrize("framework", EXPORTERS)
@pytest.mark.parametrize("alias", ALIASES)
def test_two_names_of_a_rule_give_one_program(alias: str, framework: str) -> None:
    for layer, _ in CASES.values():
        assert export_code((layer, alias), framework) == export_code(
            (layer, ALIASES[alias]), framework
        )


# Where a framework's randomness starts: once a build, from the seed that it is given.
SEEDING = {
    "keras": "keras.utils.set_random_seed(seed)",
    "torch": "torch.manual_seed(seed)",
    "jax": "nnx.Rngs(seed)",
    "numpy": "np.random.default_rng(seed)",
}


@pytest.mark.parametrize("framework", EXPORTERS)
def test_seeds_are_taken_once_and_never_twice(framework: str) -> None:
    """No number is a seed, no initializer or key has a name by which it could be used again."""
    for name, experiment in EVERY.items():
        code = export_code(experiment, framework)  # type: ignore[arg-type]  # an experiment each
        builds = len(re.findall(r"^def build", code, re.MULTILINE))
        assert code.count(SEEDING[framework]) == builds, name
        assert set(re.findall(r"seed=(\w+)", code)) <= {"0", "generator"}, name
        assert "random.key(" not in code
        assert "PRNGKey" not in code
        named = re.findall(r"^ +(\w+) = (?:keras|nnx)\.initializers\.", built(code), re.MULTILINE)
        assert set(named) <= {"biases"}, name  # which has a generator for a seed


def built(code: str) -> str:
    """The functions that build, without those that they use."""
    return code[code.index("\ndef build") :]


def test_builds_of_a_comparison_have_seeds_of_their_own(capsys: Capture) -> None:
    """The same experiment twice: what is printed differs, as do all the weights."""
    code = export_code([(Dense(), "he_normal")] * 2, "numpy")
    exec(compile(code, "exported", "exec"), {"__name__": "__main__"})
    lines = re.findall(r"^kernel: .*", capsys.readouterr().out, re.MULTILINE)
    assert len(lines) == 2
    assert lines[0] != lines[1]
    for framework in EXPORTERS:
        code = export_code([(Dense(), "he_normal")] * 2, framework)
        assert "for seed, build in enumerate((build_a, build_b)):" in code


def test_comparisons_are_labelled() -> None:
    code = export_code([(Dense(), "zeros"), mlp((3, 4)), recurrent(), convnet()], "torch")
    assert re.findall(r"^def (\w+)\(seed\)", code, re.MULTILINE) == [
        "build_a",
        "build_b",
        "build_c",
        "build_d",
    ]
    assert code.count("class Stack") == 1  # what several use is written once
    heading = ast.get_docstring(ast.parse(code)) or ""
    assert re.findall(r"^([A-Z]): (\w+)", heading, re.MULTILINE) == [
        ("A", "Dense"),
        ("B", "1"),
        ("C", "LSTM"),
        ("D", "2"),
    ]


# Traps, each as the one line that would be wrong without care.
LINES = [
    ((Dense(), "he_normal"), "keras", "kernel_initializer=keras.initializers.HeNormal()"),
    ((Dense(), "he_normal"), "torch", "std = math.sqrt(2.0 / 784) / 0.8796256610342398"),
    ((Dense(), "he_normal"), "torch", "(weight, mean, std, mean - 2 * std, mean + 2 * std)"),
    ((Dense(), "he_uniform"), "torch", 'kaiming_uniform_(layer.weight, mode="fan_in", nonl'),
    ((Dense(), "glorot_uniform"), "torch", "nn.init.xavier_uniform_(layer.weight)"),
    ((Dense(), "torch_default"), "torch", "kaiming_uniform_(layer.weight, a=math.sqrt(5))"),
    ((Dense(), "he_normal"), "jax", "kernel_init=nnx.initializers.he_normal()"),
    ((Dense(), VarianceScaling(2.0, "fan_in", "untruncated_normal")), "jax", '"normal"'),
    ((Dense(), VarianceScaling(1.0, "fan_geo_avg")), "keras", "# Keras has no fan_geo_avg."),
    ((DepthwiseConv2D(), "he_normal"), "torch", "576 and 9; PyTorch would count 9 and 576."),
    ((DepthwiseConv2D(), "he_normal"), "jax", "576 and 9; JAX would count 9 and 576."),
    ((Embedding(), "he_normal"), "torch", "10000 and 128; PyTorch would count 128 and 10000."),
    ((Conv2DTranspose(), "he_normal"), "jax", "transpose_kernel=True"),
    ((MultiHeadAttention(), "he_normal"), "keras", "# Without a seed: the layer copies the"),
    ((LSTM(), "he_normal"), "torch", "layer.bias_ih_l0.data[64:128] = 1.0  # the forget gate"),
    ((GRU(), "he_normal"), "jax", "cell.dense_h.bias = nnx.Param(jnp.zeros(192))"),
    (recurrent(bias_variance=0.5), "keras", "seed=generator"),
    (mlp((256,) * 21), "numpy", "sizes = (256,) * 21"),
]


@pytest.mark.parametrize(("experiment", "framework", "text"), LINES, ids=[r[2][:30] for r in LINES])
def test_what_needs_care_is_said(experiment: Any, framework: str, text: str) -> None:
    assert text in export_code(experiment, framework)


def test_bias_variance_and_forget_bias() -> None:
    network = recurrent(units=7, bias_variance=0.3, unit_forget_bias=False)
    assert "unit_forget_bias=False" in export_code(network, "keras")
    assert "bias_ih_l0.data[" not in export_code(network, "torch")
    code = export_code(mlp((3, 4), bias_variance=0.25), "keras")
    assert "bias_initializer=keras.initializers.RandomNormal(stddev=math.sqrt(0.25))" in code


# NumPy's programs, run -----------------------------------------------------------------------


@pytest.mark.parametrize("start", [name for name, (_, law) in STARTS.items() if law])
@pytest.mark.parametrize("case", CASES)
def test_numpy_weights_have_the_law_by_hand(case: str, start: str) -> None:
    (layer, kernels), (initializer, law) = CASES[case], STARTS[start]
    zeros = {kernel.name: "zeros" for kernel in layer.kernels}
    weights = drawn((layer, zeros | dict.fromkeys(kernels, initializer)))
    assert law is not None
    for name, (shape, fan_in, fan_out) in kernels.items():
        kernel, exact = weights[name], law(fan_in, fan_out)
        assert kernel.shape == shape
        assert kernel.size >= FEWEST
        assert_law(kernel, exact)


def assert_law(kernel: np.ndarray, exact: Any) -> None:
    """Mean and std within 4.9 standard errors, and the shape, against scipy's law."""
    weights = kernel.astype(np.float64).ravel()
    assert kernel.dtype == np.float32
    std, kurtosis = float(exact.std()), float(exact.stats("k")) + 3
    assert abs(weights.mean() - exact.mean()) < SIGMAS * std / math.sqrt(weights.size)
    error = math.sqrt((kurtosis - 1) / weights.size) / 2
    assert abs(weights.std() / std - 1) < SIGMAS * error
    assert stats.kstest(weights, exact.cdf, method="asymp").pvalue > KS_P


@pytest.mark.parametrize(
    "wrong",
    [
        (Dense(400, 260), "lecun_uniform"),  # the law's shape
        (Dense(400, 260), VarianceScaling(2.0, "fan_out")),  # the fans, swapped
        (Dense(400, 260), TruncatedNormal(0.0, math.sqrt(2 / 400))),  # no correction for the cut
        (Dense(400, 260), VarianceScaling(2.0 * 1.015**2)),  # 1.5 % of a std
    ],
)
def test_wrong_laws_are_seen(wrong: Any) -> None:
    with pytest.raises(AssertionError):
        assert_law(drawn(wrong)["kernel"], cut(math.sqrt(2 / 400)))


SMALL = (
    Dense(30, 20),
    Conv1D(8, 12, (5,), groups=4),
    Conv2D(8, 12, (3, 5)),
    Conv3D(4, 12, (2, 3, 3)),
    Conv2DTranspose(8, 12, (3, 5)),
    DepthwiseConv2D(8, (3, 5), (1, 1), 3),
    SeparableConv2D(8, 12, (3, 5), (1, 1), 3),
    Embedding(30, 20),
    SimpleRNN(30, 20),
    LSTM(30, 20),
    GRU(30, 20),
    MultiHeadAttention(30, 2, 5),
    RawKernel((3, 5, 8, 12)),
)


@pytest.mark.parametrize("layer", SMALL, ids=lambda layer: layer.kind)
def test_numpy_orthogonal_is_one_matrix(layer: Layer) -> None:
    """All axes but the last as rows, as Keras has it; a recurrent kernel by default."""
    gains = {"recurrent_kernel": 1.0}
    weights = drawn((layer, Orthogonal(1.5)))
    for kernel in layer.kernels:
        matrix = weights[kernel.name].reshape(-1, kernel.shape[-1]).astype(np.float64)
        small = matrix.T @ matrix if matrix.shape[0] >= matrix.shape[1] else matrix @ matrix.T
        expected = gains.get(kernel.name, 1.5) ** 2 * np.eye(len(small))
        np.testing.assert_allclose(small, expected, atol=5e-6)


def test_numpy_orthogonal_matrices_are_equally_likely() -> None:
    """A corner entry of an 8 x 8 matrix: its square is Beta(1/2, 7/2), its sign a coin."""
    build = ran(export_code((Dense(8, 8), "orthogonal"), "numpy"))["build"]
    corners = np.array([build(seed)["kernel"][0, 0] for seed in range(4000)], np.float64)
    assert stats.kstest(corners**2, stats.beta(0.5, 3.5).cdf).pvalue > KS_P
    assert abs(np.sign(corners).mean()) < SIGMAS / math.sqrt(4000)


@pytest.mark.parametrize(("start", "value"), [("zeros", 0.0), (Constant(0.25), 0.25)])
def test_numpy_constants(start: Any, value: float) -> None:
    for layer in SMALL:
        weights = drawn((layer, start))
        for kernel in layer.kernels:
            if kernel.name != "recurrent_kernel":
                assert (weights[kernel.name] == np.float32(value)).all()


@pytest.mark.parametrize(
    "start", [RandomNormal(0.1, 0.0), TruncatedNormal(0.1, 0.0), RandomUniform(0.1, 0.1)]
)
def test_a_law_of_no_width_is_a_constant(start: Initializer) -> None:
    assert (drawn((Dense(3, 4), start))["kernel"] == np.float32(0.1)).all()
    assert "nn.init.constant_(layer.weight, 0.1)" in export_code((Dense(), start), "torch")


def test_no_two_arrays_are_alike() -> None:
    """Also between layers of one shape, and a kernel and its bias."""
    found = list(drawn(mlp((50,) * 6, bias_variance=1.0)).values())
    starts = [array.ravel()[:50] for array in found]
    assert len({start.tobytes() for start in starts}) == 10
    correlations = np.corrcoef(starts) - np.eye(10)
    assert np.abs(correlations).max() < 0.75  # at 50 numbers the std is 0.14


def test_biases_by_hand() -> None:
    bias = drawn((LSTM(5, 3), "zeros"))["bias"]
    np.testing.assert_array_equal(bias, [0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0])
    assert drawn((GRU(5, 3), "zeros"))["bias"].shape == (2, 9)
    units = 30_000
    noisy = drawn(recurrent("simple_rnn", units=2, steps=1, bias_variance=0.5))["bias"]
    assert (noisy != 0).all()
    wide = drawn(mlp((1, units), bias_variance=0.5))["bias_1"]
    assert abs(wide.var() / 0.5 - 1) < SIGMAS * math.sqrt(2 / units)


def test_a_network_s_fans_are_the_initializer_s_own() -> None:
    """Axes that leave the window out: fan_in 40, not 9 * 40."""
    start = VarianceScaling(2.0, input_axes=(-2,), output_axes=(-1,))
    network = convnet((40, 300), initializer=start)
    assert_law(drawn(network)["kernel_1"], cut(math.sqrt(2 / 40)))
    assert "HeNormal" not in export_code(network, "keras")
    assert "he_normal" not in export_code(network, "jax")


def test_a_mapping_says_which_kernel() -> None:
    weights = drawn((LSTM(200, 160), {"recurrent_kernel": "he_normal"}))
    assert_law(weights["recurrent_kernel"], cut(math.sqrt(2 / 160)))
    assert_law(weights["kernel"], uniform(math.sqrt(2 / (200 + 640))))  # Keras' default
    attention = {"query_kernel": "zeros", "output_kernel": RandomNormal(0.0, 0.3)}
    found = drawn((MultiHeadAttention(200, 8, 64), attention))
    assert not found["query_kernel"].any()
    assert_law(found["output_kernel"], stats.norm(0, 0.3))
    assert_law(found["key_kernel"], uniform(math.sqrt(2 / (200 + 512))))


# NumPy's forward passes ----------------------------------------------------------------------


def forward_call(code: str) -> str:
    """The expression that the program says sends x through."""
    found = re.search(r"# To send x through: (.*)", code)
    assert found
    return found.group(1)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_numpy_mlp_forward(activation: str) -> None:
    network = mlp((5, 7, 3), activation=activation, bias_variance=0.1)
    code = export_code(network, "numpy")
    names = ran(code)
    weights = names["build"](1)
    x = np.random.default_rng(0).standard_normal((4, 5))
    phi = ACTIVATIONS[activation].value
    hidden = phi(x @ weights["kernel_1"] + weights["bias_1"])
    expected = phi(hidden @ weights["kernel_2"] + weights["bias_2"])
    found = eval(forward_call(code), {**names, "weights": weights, "x": x})
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("padding", ["circular", "same"])
def test_numpy_convnet_forward_by_loops(padding: str) -> None:
    """z(p) = sum over taps t of h(p + t - before) K(t) + b, by a loop over all of them."""
    network = convnet((2, 3), kernel_size=(3, 2), image_size=(4, 5), padding=padding)
    code = export_code(network, "numpy")
    names = ran(code)
    weights = names["build"](1)
    x = np.random.default_rng(0).standard_normal((2, 4, 5, 2))
    z = np.zeros((2, 4, 5, 3))
    for row in range(4):
        for column in range(5):
            for tap in range(3):
                for other in range(2):
                    r, c = row + tap - 1, column + other
                    if padding == "circular" or (0 <= r < 4 and 0 <= c < 5):
                        z[:, row, column] += x[:, r % 4, c % 5] @ weights["kernel_1"][tap, other]
    found = eval(forward_call(code), {**names, "weights": weights, "x": x})
    np.testing.assert_allclose(found, np.maximum(z, 0), atol=1e-6)


# Refusals ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("experiment", "framework", "message"),
    [
        (mlp(), "tensorflow", "framework must be one of 'keras', 'torch', 'jax', 'numpy'; got 't"),
        (mlp(), "kerras", "Did you mean 'keras'"),
        (Dense(), "keras", "must be a network such as vscore.mlp\\(\\), a pair such as"),
        ((Dense(),), "keras", "experiment A must be a network such as"),
        ([mlp(), 3], "keras", "experiment B must be a network .* got 3"),
        ([], "keras", r"or a list of 1 to 26 of these; got \[\]"),
        ([mlp()] * 27, "keras", "or a list of 1 to 26 of these"),
        ("mlp", "keras", "experiment A must be"),
        ((Dense(), "he"), "keras", "initializer must be one of .* got 'he'"),
        ((Dense(), {"kernal": "zeros"}), "jax", "kernel must be one of 'kernel'; got 'kernal'"),
        ((RawKernel((5,)), "orthogonal"), "torch", "at least 2 axes for Orthogonal"),
        ((Dense(), RandomNormal(0.0, 1e38)), "torch", "float32's range"),
    ],
)
def test_refusals(experiment: Any, framework: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        export_code(experiment, framework)


def test_an_unknown_kind_is_refused() -> None:
    class Odd(Initializer):
        kind = "Odd"

        def density(self, fans: Any) -> Any:
            return RandomNormal().density(fans)

    with pytest.raises(ValueError, match=r"initializer's kind must be one of .* got 'Odd'"):
        export_code((Dense(), Odd()))


@pytest.mark.parametrize("framework", EXPORTERS)
def test_an_unknown_layer_is_refused_or_drawn(framework: str) -> None:
    """NumPy needs only shapes; the others name what they have."""

    class Denser(Dense):
        pass

    if framework == "numpy":
        assert "weights" in export_code((Denser(), "zeros"), framework)
        return
    with pytest.raises(ValueError, match=r"must be one of .* got 'Denser'\. Did you mean 'Dense'"):
        export_code((Denser(), "zeros"), framework)


def test_seeds_of_initializers_are_not_used() -> None:
    seeded = VarianceScaling(2.0, seed=123456)
    for framework in EXPORTERS:
        code = export_code((Dense(), seeded), framework)
        assert "123456" not in code
        assert code == export_code((Dense(), "he_normal"), framework)


def test_plans_hold_numbers_only() -> None:
    (plan,) = plans_of((Conv2D(64, 128, (3, 5), groups=4), "he_normal"))
    assert isinstance(plan, LayerPlan)
    (draw,) = plan.draws
    assert (draw.fans.fan_in, draw.fans.fan_out, draw.matrix) == (240, 1920, (240, 128))
    assert draw.rule.law == "truncated_normal"


# The shell -----------------------------------------------------------------------------------

COMMANDS: list[tuple[str, Any, str]] = [
    ("", (Dense(), "glorot_uniform"), "keras"),
    (
        "--layer Conv2D --input-channels 64 --kernel-size 3x5 --initializer he_normal "
        "--framework torch",
        (Conv2D(64, 128, (3, 5)), "he_normal"),
        "torch",
    ),
    ("--units 7 --scale 2", (Dense(784, 7), VarianceScaling(2.0)), "keras"),
    (
        "--layer LSTM --kernel recurrent_kernel --initializer he_normal --framework jax",
        (LSTM(), {"recurrent_kernel": "he_normal"}),
        "jax",
    ),
    ("--shape 3,5,8 --framework numpy", (RawKernel((3, 5, 8)), "glorot_uniform"), "numpy"),
    (
        "--network mlp --depth 3 --width 8 --bias-variance 0.5 --activation tanh",
        mlp((8, 8, 8, 8), activation="tanh", bias_variance=0.5),
        "keras",
    ),
    (
        "--network convnet --channels 3,8,5 --kernel-size 3,2 --image-size 6,7 --padding same "
        "--framework torch",
        convnet((3, 8, 5), kernel_size=(3, 2), image_size=(6, 7), padding="same"),
        "torch",
    ),
    (
        "--network recurrent --cell gru --input-dim 5 --units 7 --steps 4 --framework numpy",
        recurrent("gru", input_dim=5, units=7, steps=4),
        "numpy",
    ),
]


@pytest.mark.parametrize(
    ("line", "experiment", "framework"), COMMANDS, ids=[r[0] for r in COMMANDS]
)
def test_shell_prints_the_program(
    capsys: Capture, tmp_path: Path, line: str, experiment: Any, framework: str
) -> None:
    expected = export_code(experiment, framework)
    assert main(["export", *line.split()]) == 0
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == (expected, "")
    path = tmp_path / "program.py"
    assert main(["export", *line.split(), "--out", str(path)]) == 0
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "")
    assert path.read_text("utf-8") == expected


@pytest.mark.parametrize(
    ("line", "code", "message"),
    [
        ("--depth 3", 2, "--depth needs --network"),
        ("--bias-variance 0.5", 2, "--bias-variance needs --network"),
        ("--activation relu --layer Dense", 2, "--activation needs --network"),
        ("--network mlp --layer Dense", 2, "give --network or --layer, not both"),
        ("--network mlp --filters 8", 2, "give --network or --filters, not both"),
        ("--network mlp --kernel kernel", 2, "give --network or --kernel, not both"),
        ("--network mlp --units 8", 2, "a network of kind mlp has no --units"),
        ("--network mpl", 2, "network must be one of 'mlp', 'convnet', 'recurrent'; got 'mpl'"),
        ("--framework tf", 2, "framework must be one of 'keras', 'torch', 'jax', 'numpy'; got"),
        ("--layer LSTM --kernel bias", 2, "kernel must be one of 'kernel', 'recurrent_kernel'"),
        ("--out {}/no-folder/x.py", 1, "cannot write {}/no-folder/x.py: No such file"),
    ],
)
def test_shell_errors(capsys: Capture, tmp_path: Path, line: str, code: int, message: str) -> None:
    assert main(["export", *line.format(tmp_path).split()]) == code
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith(f"vscore export: error: {message.format(tmp_path)}")
