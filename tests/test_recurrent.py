"""Recurrent networks over time, against Keras' own layers, hand-written numbers and theory.

golden/keras_recurrent.npz was written by golden/make_keras_recurrent_goldens.py with Keras 3.15.1
in float64, from weights and inputs that both sides take from one formula.
"""

import math
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import integrate

from vscore._streams import Stream
from vscore._typing import AnyArray, FloatArray
from vscore._workers import Monitor
from vscore.fans import Fans
from vscore.initializers import INITIALIZERS, Orthogonal, RandomNormal, VarianceScaling
from vscore.meanfield import predict
from vscore.networks import RecurrentNetwork, recurrent
from vscore.propagation import Propagation, simulate
from vscore.propagation.cells import CELLS, CellWeights, settled
from vscore.propagation.recurrent import RecurrentRun
from vscore.propagation.scaled import Scaled
from vscore.propagation.statistics import FORWARD
from vscore.verdicts import suggest, verdict

with np.load(Path(__file__).parent / "golden" / "keras_recurrent.npz") as archive:
    GOLDEN: dict[str, AnyArray] = dict(archive)

GATES = {"simple_rnn": "h", "lstm": "ifco", "gru": "zrh"}
"""The gates of each kind in Keras' order."""

SIZES = {"small": (5, 4, 7, 3), "large": (9, 13, 20, 2)}
"""Inputs, units, steps, batch."""

NAMES = (*FORWARD, "log10_gradient")

every_kind = pytest.mark.parametrize("kind", GATES)
every_golden = pytest.mark.parametrize(
    "name", sorted({key.split("/")[0] for key in GOLDEN if key.endswith("/states")})
)


def wave(shape: tuple[int, ...], number: int) -> FloatArray:
    """The goldens' formula, written down again."""
    waved: FloatArray = np.sin(np.arange(np.prod(shape)) ** 2 / 100 + number).reshape(shape)
    return waved


def network_of(name: str) -> RecurrentNetwork:
    """The network of a golden, named as "lstm-small-unit_forget_bias=False"."""
    kind, size, *options = name.split("-")
    input_dim, units, steps, _ = SIZES[size]
    return recurrent(
        kind, input_dim=input_dim, units=units, steps=steps, unit_forget_bias=not options
    )


def golden_run(name: str, dtype: str) -> tuple[RecurrentRun, AnyArray]:
    """A run with the golden's weights, after its way forward, and its inputs."""
    network = network_of(name)
    batch = SIZES[name.split("-")[1]][-1]
    run = RecurrentRun(network, Stream(0), dtype, Monitor().tick)
    shapes = (*network.kernel_shapes, run.weights.bias.shape)
    kernel, recurrent_kernel, bias = (wave(shape, i) for i, shape in enumerate(shapes, 1))
    run.weights = CellWeights(
        kernel.astype(dtype),
        (recurrent_kernel / 2).astype(dtype),
        (run.weights.bias + bias / 2).astype(dtype),
    )
    inputs = wave((batch, *network.input_shape), 4).astype(dtype)
    run.forward(inputs)
    return run, inputs


def gradients(run: RecurrentRun) -> list[FloatArray]:
    """The gradient with respect to each h_t, last to first, of sum(wave * h_T)."""
    cell = CELLS[run.network.cell]
    g = np.zeros_like(run._states[-1])
    g[0] = wave(g.shape[1:], 5)
    found = [g[0]]
    for step in range(run.network.steps - 1, 0, -1):
        g = cell.pulled_back(run.weights, run._pre_activations[step], run._states[step], g)
        found.append(g[0])
    return found


# Keras' own layers ----------------------------------------------------------------------------


def test_goldens_are_keras_s() -> None:
    assert str(GOLDEN["keras"]) == "3.15.1"


@every_golden
def test_states_are_keras_s(name: str) -> None:
    run, _ = golden_run(name, "float64")
    states = np.stack([state[0] for state in run._states[1:]], axis=1)
    np.testing.assert_allclose(states, GOLDEN[f"{name}/states"], rtol=0, atol=1e-13)
    last = run._states[-1][-1]  # an LSTM's cell state, else h
    np.testing.assert_allclose(last, GOLDEN[f"{name}/last_c"], rtol=0, atol=1e-13)


@every_golden
def test_states_are_keras_s_in_float32(name: str) -> None:
    run, _ = golden_run(name, "float32")
    states = np.stack([state[0] for state in run._states[1:]], axis=1)
    assert states.dtype == np.float32
    np.testing.assert_allclose(states, GOLDEN[f"{name}/states"], rtol=0, atol=1e-5)


@every_golden
def test_gradients_are_keras_s(name: str) -> None:
    run, _ = golden_run(name, "float64")
    found = np.stack(gradients(run)[::-1], axis=1)
    expected = GOLDEN[f"{name}/gradients"]
    # Rounding relative to each step's largest gradient: they fall by up to 12 decades.
    scale = np.abs(expected).max(axis=(0, 2), keepdims=True)
    np.testing.assert_allclose(found / scale, expected / scale, rtol=0, atol=1e-11)


@every_golden
def test_the_run_sends_back_the_gradient_at_h(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    run, _ = golden_run(name, "float64")
    monkeypatch.setattr(run, "_standard_normal", lambda shape, *path: wave(shape, 5))
    expected = np.log10(np.square(GOLDEN[f"{name}/gradients"]).mean(axis=(0, 2)))
    assert run.backward() == pytest.approx(expected, abs=1e-10)


@every_golden
def test_biases_start_as_keras_s(name: str) -> None:
    run = RecurrentRun(network_of(name), Stream(0), "float64", Monitor().tick)
    np.testing.assert_array_equal(run.weights.bias, GOLDEN[f"{name}/bias"])


@every_kind
def test_the_orthogonal_recurrent_kernel_is_one_matrix(kind: str) -> None:
    np.testing.assert_allclose(GOLDEN[f"{kind}/gram"], np.eye(6), atol=1e-12)  # Keras' rows
    run = RecurrentRun(recurrent(kind, units=6), Stream(3), "float64", Monitor().tick)
    r = run.weights.recurrent_kernel
    np.testing.assert_allclose(r @ r.T, np.eye(6), atol=1e-6)  # drawn in float32
    gates = len(GATES[kind])
    shares = [np.square(block).sum() / 6 for block in np.split(r, gates, axis=1)]
    assert sum(shares) == pytest.approx(1, abs=1e-6)
    if gates > 1:  # one gate's block alone is not orthogonal
        assert np.abs(np.split(r, gates, axis=1)[0] @ r[:, :6].T - np.eye(6)).max() > 0.1


def test_each_gate_has_a_quarter_of_an_lstm_s_orthogonal_kernel() -> None:
    run = RecurrentRun(recurrent("lstm", units=100), Stream(0), "float32", Monitor().tick)
    for block in np.split(run.weights.recurrent_kernel, 4, axis=1):
        squares = np.linalg.svd(block, compute_uv=False) ** 2
        # u^2 entries of variance 1 / (4 u): a std of sqrt(2) / u relative, 4.9 of them.
        assert squares.mean() == pytest.approx(1 / 4, rel=4.9 * math.sqrt(2) / 100)


# Cells ----------------------------------------------------------------------------------------


@every_kind
def test_the_way_back_is_the_transpose(kind: str) -> None:
    """<J v, u> = <v, J^T u>, with J v by differences of sixth order."""
    cell, gates = CELLS[kind], len(GATES[kind])
    bias = wave((2, 4 * gates) if kind == "gru" else (4 * gates,), 3)
    weights = CellWeights(wave((5, 4 * gates), 1), wave((4, 4 * gates), 2), bias)
    x = Scaled(wave((3, 5), 4), 0)
    before, v, u = (wave((cell.parts, 3, 4), number) for number in (6, 7, 8))

    def after(t: float) -> AnyArray:
        start = before + t * v
        return cell.state(settled(cell.pre_activations(weights, x, start)), start)

    step = 5e-3
    pairs = ((45, 1), (-9, 2), (1, 3))
    forward = sum(w * (after(k * step) - after(-k * step)) for w, k in pairs) / (60 * step)
    z = settled(cell.pre_activations(weights, x, before))
    back = cell.pulled_back(weights, z, before, u)
    assert np.vdot(forward, u) == pytest.approx(np.vdot(v, back), rel=1e-10)


def test_a_cell_for_every_kind() -> None:
    assert set(CELLS) == set(GATES)
    assert {kind: len(cell.gates) for kind, cell in CELLS.items()} == {
        kind: len(gates) for kind, gates in GATES.items()
    }
    # Keras' defaults: sigmoid gates, tanh candidates.
    tanh = {"simple_rnn": "h", "lstm": "c", "gru": "h"}
    for kind, cell in CELLS.items():
        kinds = ["tanh" if gate == tanh[kind] else "sigmoid" for gate in GATES[kind]]
        assert [gate.kind for gate in cell.gates] == kinds


def test_saturated_asks_each_gate_s_own_activation() -> None:
    # phi' is 0.05 of its maximum beyond 2.18 for tanh and 4.36 for sigmoid (atanh sqrt 0.95).
    z = np.array([[3.0, 3.0, 3.0, 5.0]])
    assert CELLS["lstm"].saturated(z) == 0.5
    assert CELLS["simple_rnn"].saturated(z) == 1.0
    assert CELLS["gru"].saturated(z[:, :3]) == pytest.approx(1 / 3)


# What is measured -----------------------------------------------------------------------------


@every_golden
def test_statistics_are_of_all_gates_and_of_h(name: str) -> None:
    run, inputs = golden_run(name, "float64")
    run._states, run._pre_activations = [], []
    last = run.forward(inputs)[-1]
    z = run._pre_activations[-1]
    h = GOLDEN[f"{name}/states"][:, -1]
    assert z.shape == (len(inputs), len(GATES[run.network.cell]) * run.network.units)
    assert last["log10_q"] == pytest.approx(math.log10(np.mean(z**2)), rel=1e-12)
    assert last["log10_peak"] == pytest.approx(math.log10(np.abs(z).max()), rel=1e-12)
    assert last["unit_variance"] == pytest.approx(z.var(axis=0, ddof=1).mean(), rel=1e-12)
    assert last["activation_mean"] == pytest.approx(h.mean(), rel=1e-12)
    assert last["activation_second_moment"] == pytest.approx(np.mean(h**2), rel=1e-12)
    assert last["dead"] == 0
    if run.network.cell == "lstm":
        c = GOLDEN[f"{name}/last_c"]
        assert last["cell_second_moment"] == pytest.approx(np.mean(c**2), rel=1e-12)


@every_kind
def test_only_an_lstm_has_a_cell_state(kind: str) -> None:
    result = simulate(recurrent(kind, steps=3), networks=2, backward=False)
    assert (result.cell_second_moment is not None) == (kind == "lstm")
    if result.cell_second_moment is not None:
        assert result.cell_second_moment.shape == (2, 3)
    assert result.log10_gradient is None


@pytest.mark.parametrize(
    ("kind", "first"),
    [
        # h_0 = 0, so only x W and the bias count: Var[w] = 2 / (input_dim + gates * units).
        ("simple_rnn", 300 * 2 / (300 + 120)),
        ("lstm", 300 * 2 / (300 + 480) + 1 / 4),
        ("gru", 300 * 2 / (300 + 360)),
    ],
)
def test_the_first_step_by_hand(kind: str, first: float) -> None:
    network = recurrent(kind, input_dim=300, units=120, steps=1)
    q = simulate(network, networks=150, batch=100, backward=False).q[:, 0]
    error = 4.9 * q.std(ddof=1) / math.sqrt(150)
    assert q.mean() == pytest.approx(first, abs=error)
    assert error < 0.01 * first


def test_bias_variance_adds_to_q_but_not_to_the_forget_gate() -> None:
    network = recurrent("lstm", units=500, recurrent_initializer="zeros", bias_variance=4.0)
    bias = RecurrentRun(network, Stream(1), "float32", Monitor().tick).weights.bias
    i, f, c, o = bias.reshape(4, 500)
    np.testing.assert_array_equal(f, 1)  # as in Keras, whatever the other biases' law
    drawn = np.concatenate([i, c, o])
    assert drawn.var() == pytest.approx(4, rel=4.9 * math.sqrt(2 / 1500))
    both = RecurrentRun(recurrent("gru", bias_variance=4.0), Stream(1), "float32", Monitor().tick)
    assert both.weights.bias.shape == (2, 192)
    assert np.abs(both.weights.bias[0] - both.weights.bias[1]).min() > 0


def test_gradients_vanish_far_below_what_a_float_holds() -> None:
    """A linear regime: |z| is 1e-3, so each step multiplies the gradient by U alone, 0.25 squared.

    An orthogonal U of gain 1 / 4 makes this exact: 499 steps are 10^-600.9.
    """
    small = RandomNormal(0.0, 1e-4)
    network = recurrent(
        "simple_rnn", kernel_initializer=small, recurrent_initializer=Orthogonal(0.25), steps=500
    )
    found = simulate(network, networks=1).log10_gradient
    assert found is not None
    assert found[0, 0] - found[0, -1] == pytest.approx(499 * math.log10(1 / 16), abs=1e-3)


@pytest.mark.parametrize("size", [1e38, 1e20])
@every_kind
def test_inputs_of_any_size(kind: str, size: float) -> None:
    """q is size^2 times what unit inputs give, and states stay in [-1, 1]."""
    network = recurrent(kind, kernel_initializer=RandomNormal(0.0, 2.0), steps=3)
    inputs = np.full((4, 3, 64), size)
    inputs[::2] *= -0.5
    result = simulate(network, networks=2, inputs=inputs)
    unit = simulate(network, networks=2, inputs=inputs / size)
    difference = result.log10_q - unit.log10_q
    np.testing.assert_allclose(difference, 2 * math.log10(size), atol=0.1)
    assert (result.activation_second_moment <= 1).all()
    assert (result.saturated == 1).all()


def test_inputs_far_below_one() -> None:
    """tanh(z) is z there, so h has the second moment of z."""
    inputs = np.full((4, 3, 64), 1e-20)
    result = simulate(recurrent("simple_rnn", steps=3), networks=2, inputs=inputs)
    np.testing.assert_allclose(result.activation_second_moment, result.q, rtol=1e-5)
    assert (result.q < 1e-38).all()


# Reproducible ---------------------------------------------------------------------------------


def assert_same(one: Propagation, other: Propagation, networks: slice, steps: slice) -> None:
    for name in FORWARD:
        np.testing.assert_array_equal(getattr(one, name)[networks, steps], getattr(other, name))


@every_kind
def test_same_numbers_for_any_number_of_threads(kind: str) -> None:
    network = recurrent(kind, input_dim=7, units=9, steps=11)
    one, three = (simulate(network, networks=5, threads=threads) for threads in (1, 3))
    for name in NAMES:
        np.testing.assert_array_equal(getattr(one, name), getattr(three, name))


@every_kind
def test_a_network_does_not_depend_on_how_many_there_are(kind: str) -> None:
    network = recurrent(kind, input_dim=7, units=9, steps=11)
    more, fewer = simulate(network, networks=5), simulate(network, networks=2)
    assert_same(more, fewer, slice(0, 2), slice(None))


@every_kind
def test_a_step_does_not_depend_on_how_many_there_are(kind: str) -> None:
    longer, shorter = (
        simulate(recurrent(kind, input_dim=7, units=9, steps=steps), networks=2)
        for steps in (15, 6)
    )
    assert_same(longer, shorter, slice(None), slice(0, 6))


def test_kernels_and_steps_have_streams_of_their_own() -> None:
    network = recurrent("simple_rnn", input_dim=8, units=8, recurrent_initializer="glorot_uniform")
    run = RecurrentRun(network, Stream(0), "float32", Monitor().tick)
    assert not np.array_equal(run.weights.kernel, run.weights.recurrent_kernel)
    inputs = run.draw_inputs(6)
    assert inputs.shape == (6, 50, 8)
    assert len(np.unique(inputs)) > 0.99 * inputs.size
    assert inputs.var() == pytest.approx(1, rel=4.9 * math.sqrt(2 / inputs.size))


def test_progress_counts_steps_both_ways() -> None:
    seen: list[tuple[int, int]] = []
    network = recurrent("gru", steps=6)
    simulate(network, networks=3, progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (36, 36)


# Theory ---------------------------------------------------------------------------------------


def expectation(f: Callable[[float], float], q: float) -> float:
    """E f(sqrt(q) z)."""

    def weighted(z: float) -> float:
        return float(f(math.sqrt(q) * z)) * math.exp(-z * z / 2) / math.sqrt(2 * math.pi)

    return float(integrate.quad(weighted, -12, 12, limit=200)[0])


def test_prediction_by_hand() -> None:
    network = recurrent(
        "simple_rnn",
        input_dim=300,
        units=120,
        steps=3,
        kernel_initializer=RandomNormal(0.0, 0.05),
        recurrent_initializer=VarianceScaling(1.5, "fan_in"),
        bias_variance=0.2,
    )
    found = predict(network, inputs_second_moment=2.0)
    drive = 300 * 0.0025 * 2.0 + 0.2
    q = [drive]
    for _ in range(2):
        q.append(drive + 1.5 * expectation(lambda z: math.tanh(z) ** 2, q[-1]))
    chi = [1.5 * expectation(lambda z: math.cosh(z) ** -4, each) for each in q]
    assert found.q == pytest.approx(q, rel=1e-9)
    assert found.chi == pytest.approx(chi, rel=1e-9)
    # From h_3 to h_2 the gradient passes tanh' at step 3.
    assert found.gradient_second_moment == pytest.approx([chi[1] * chi[2], chi[2], 1], rel=1e-9)
    second = [(each - drive) / 1.5 for each in q[1:]]
    assert found.activation_second_moment[:2] == pytest.approx(second, rel=1e-9)


def test_prediction_of_wide_networks() -> None:
    """Within 4.9 standard errors of 6 networks, and 2 % for what width 500 is off."""
    network = recurrent(
        "simple_rnn",
        input_dim=300,
        units=500,
        steps=6,
        recurrent_initializer=VarianceScaling(2.0, "fan_in", "untruncated_normal"),
    )
    measured, theory = simulate(network, networks=6, batch=64), predict(network)
    assert measured.log10_gradient is not None
    pairs = ((measured.q, theory.q), (10**measured.log10_gradient, theory.gradient_second_moment))
    for drawn, predicted in pairs:
        error = 4.9 * drawn.std(axis=0, ddof=1) / math.sqrt(6) + 0.02 * predicted
        assert (np.abs(drawn.mean(axis=0) - predicted) < error).all()
        assert (error < 0.15 * predicted).all()


@pytest.mark.parametrize(("kind", "name"), [("lstm", "LSTM"), ("gru", "GRU")])
def test_gated_cells_have_no_theory(kind: str, name: str) -> None:
    message = f"network must be one with a closed theory; there is none here for {name}: simulate"
    with pytest.raises(ValueError, match=message):
        predict(recurrent(kind))


@pytest.mark.parametrize("argument", ["kernel_initializer", "recurrent_initializer"])
def test_weights_of_another_mean_have_no_theory(argument: str) -> None:
    initializers: dict[str, Any] = {argument: RandomNormal(0.5, 1.0)}
    name = argument.removeprefix("kernel_")
    with pytest.raises(ValueError, match=f"^{name} must give weights of mean 0 .*; got mean 0.5"):
        predict(recurrent("simple_rnn", **initializers))


def test_inputs_of_nothing_stay_nothing() -> None:
    found = predict(recurrent("simple_rnn", steps=4), inputs_second_moment=0)
    assert (found.log10_q == -np.inf).all()
    np.testing.assert_allclose(found.chi, 1)  # tanh'(0) = 1 and the orthogonal kernel keeps length
    np.testing.assert_allclose(found.log10_gradient, 0)


@every_kind
def test_a_verdict_suggests_no_scale_over_time(kind: str) -> None:
    network = recurrent(kind, steps=200)
    found = verdict(simulate(network, networks=2, batch=8))
    assert found.backward is not None
    assert found.backward.kind == "vanishing"
    assert found.suggestion is None
    assert found.reason == suggest(network)[1]
    assert {
        "simple_rnn": "An orthogonal recurrent kernel of gain",
        "lstm": "at a bias of 1 a step keeps about 0.73 of it",  # sigmoid(1) = 0.7311
        "gru": "at a bias of 0 a step keeps about 0.5 of it",
    }[kind] in found.reason


# The network as data --------------------------------------------------------------------------


def test_sizes_by_hand() -> None:
    network = recurrent("gru", input_dim=5, units=4, steps=7)
    assert network.depth == 7
    assert network.input_shape == (7, 5)
    assert network.kernel_shapes == ((5, 12), (4, 12))
    assert network.effective_fans == (Fans(4, 4),) * 7
    # Glorot reads 5 inputs and 3 gates of 4; the orthogonal matrix is 4 x 12.
    assert network.weight_variances == pytest.approx((2 / 17, 1 / 12), rel=1e-14)
    assert (network.kind, network.cell) == ("recurrent", "gru")


def test_defaults_are_keras_s() -> None:
    network = recurrent()
    assert (network.cell, network.input_dim, network.units, network.steps) == ("lstm", 64, 64, 50)
    assert network.initializer == INITIALIZERS["glorot_uniform"]
    assert network.recurrent_initializer == INITIALIZERS["orthogonal"]
    assert (network.unit_forget_bias, network.bias_variance) == (True, 0.0)
    assert network.activation.kind == "tanh"


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({}, "LSTM of 64 units over 50 steps"),
        ({"kind": "simple_rnn", "units": 3, "steps": 1}, "SimpleRNN of 3 units over 1 step"),
    ],
)
def test_description(arguments: dict[str, Any], text: str) -> None:
    assert recurrent(**arguments).description == text


def test_networks_are_values() -> None:
    assert recurrent() == recurrent(kernel_initializer=VarianceScaling(1.0, "fan_avg", "uniform"))
    assert len({recurrent(kind) for kind in GATES}) == 3
    assert recurrent() != recurrent(unit_forget_bias=False)
    assert pickle.loads(pickle.dumps(recurrent())) == recurrent()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"kind": "ltsm"}, "kind must be one of 'simple_rnn', 'lstm', 'gru'; got 'ltsm'. Did you"),
        ({"input_dim": 0}, r"input_dim must be an integer in \[1, 1e\+09\]; got 0"),
        ({"units": 2.5}, "units must be an integer .*; got 2.5"),
        ({"steps": 10_001}, "steps must be an integer .*; got 10001"),
        ({"kernel_initializer": "he"}, "kernel_initializer must be one of .*; got 'he'"),
        ({"recurrent_initializer": 1}, "recurrent_initializer must be one of .*; got 1"),
        ({"bias_variance": -1}, r"bias_variance must be in \[0, inf\); got -1"),
        ({"unit_forget_bias": 1}, "unit_forget_bias must be True or False; got 1"),
    ],
)
def test_messages(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        recurrent(**arguments)


def test_the_weight_free_engine_is_for_dense_layers() -> None:
    with pytest.raises(ValueError, match="for a network of kind 'recurrent'; got 'gram'"):
        simulate(recurrent(steps=2), engine="gram")


@pytest.mark.parametrize("argument", ["kernel_initializer", "recurrent_initializer"])
def test_weights_that_float32_does_not_hold(argument: str) -> None:
    initializers: dict[str, Any] = {argument: RandomNormal(0.0, 1e16)}
    with pytest.raises(ValueError, match=r"initializer must give weights of a std .*; got 1e\+16"):
        simulate(recurrent(steps=2, **initializers))
