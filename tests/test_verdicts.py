"""Verdicts against closed forms, and suggestions against an independent recursion.

Linear and ReLU networks have exact factors: scale and scale / 2 a layer with fan_in, both ways.
"""

import math
from dataclasses import replace

import numpy as np
import pytest

from vscore import ACTIVATIONS, INITIALIZERS, Activation, VarianceScaling, mlp, predict, simulate
from vscore._typing import FloatArray
from vscore.initializers import Constant, Orthogonal
from vscore.networks import Network, convnet, recurrent
from vscore.propagation import Propagation
from vscore.verdicts import Flow, Verdict, luck, name_of, suggest, verdict
from vscore.verdicts.over_time import orthogonal_gain

IMPOSSIBLE = {"softplus", "softsign", "sigmoid", "hard_sigmoid"}
"""At 50 layers; `test_no_scale_is_overlooked` looks at every scale."""


def judged(network: Network, **options: int) -> Verdict:
    measured = simulate(network, **{"networks": 3, "batch": 4, **options})  # type: ignore[arg-type]  # ints all
    return verdict(measured, predict(network))


def square(depth: int, activation: str, scale: float, width: int = 32) -> Network:
    initializer = VarianceScaling(scale, distribution="untruncated_normal")
    return mlp((width,) * (depth + 1), activation=activation, initializer=initializer)


def both(found: Verdict) -> tuple[Flow, Flow]:
    assert found.backward is not None
    return found.forward, found.backward


def moments(phi: Activation, q: FloatArray, points: int) -> tuple[FloatArray, FloatArray]:
    """E[phi(sqrt(q) z)^2] and E[phi'^2] by the rectangle rule on [-10, 10], even points: no 0."""
    z = np.linspace(-10, 10, points)
    weight = np.exp(-z * z / 2)
    x = np.sqrt(q)[:, None] * z
    total = weight.sum()
    return phi.value(x) ** 2 @ weight / total, phi.derivative(x) ** 2 @ weight / total


def changes(
    phi: Activation, scales: FloatArray, depth: int, bias: float = 0.0, points: int = 4_000
) -> tuple[FloatArray, FloatArray]:
    """log10 of what all layers do to q and to the gradient's squared norm."""
    first = q = scales + bias
    backward = np.zeros_like(scales)
    for _ in range(depth - 1):
        second, slope = moments(phi, q, points)
        backward += np.log10(scales * slope)
        q = np.clip(scales * second + bias, 1e-30, 1e30)
    return np.log10(q / first), backward


@pytest.mark.parametrize(
    ("activation", "scale", "kind", "factor"),
    [
        ("relu", 2.0, "stable", 1.0),
        ("relu", 1.0, "vanishing", 0.5),
        ("relu", 1 / 3, "vanishing", 1 / 6),
        ("relu", 5.0, "exploding", 2.5),
        ("linear", 1.0, "stable", 1.0),
        ("linear", 2.0, "exploding", 2.0),
        ("leaky_relu", 1.0, "vanishing", 0.52),
    ],
)
def test_factors_of_homogeneous_networks(
    activation: str, scale: float, kind: str, factor: float
) -> None:
    for flow in both(judged(square(20, activation, scale, width=256))):
        assert (flow.kind, flow.measured_kind, flow.steps, flow.theory) == (kind, kind, 19, True)
        assert flow.factor == pytest.approx(factor, rel=1e-12)
        # One network's log moves by sqrt(5 / 256) a layer: 0.61 over 19 layers, so 5 sigma of a
        # median of three networks is less than a factor exp(4 / 19) a layer.
        assert flow.measured_factor == pytest.approx(factor, rel=0.2)
        assert flow.log10_change == pytest.approx(19 * math.log10(flow.measured_factor), rel=1e-9)


@pytest.mark.parametrize(
    ("scale", "depth", "kind"),
    [
        (1.7, 3, "stable"),  # 1.7^2 = 2.89 < 3
        (1.75, 3, "exploding"),  # 3.06
        (1.24, 11, "stable"),  # 1.24^10 = 8.6 < 10
        (1.26, 11, "exploding"),  # 10.09
        (1.3, 6, "exploding"),  # 3.71 in all is small, but 1.3 a layer is not
        (0.85, 11, "stable"),  # 0.197
        (0.78, 6, "vanishing"),  # 0.289 in all
        (1.02, 100, "stable"),  # 7.1
        (1.03, 100, "exploding"),  # 18.7
        (0.97, 100, "vanishing"),  # 0.049
    ],
)
def test_where_stability_ends(scale: float, depth: int, kind: str) -> None:
    for flow in both(judged(square(depth, "linear", scale, width=8))):
        assert flow.kind == kind


def test_a_thousandfold_change() -> None:
    halved, _ = both(judged(square(20, "relu", 1.0)))
    assert halved.layers_per_thousand == pytest.approx(9.965784)  # log2(1000)
    tripled, _ = both(judged(square(20, "linear", 3.0)))
    assert tripled.layers_per_thousand == pytest.approx(6.287710)  # log3(1000)
    assert replace(halved, factor=1.0).layers_per_thousand == math.inf
    assert replace(halved, factor=0.0).layers_per_thousand == 1.0


def test_tapering_widths_are_no_vanishing_gradient() -> None:
    """He's rule keeps the squared norm; the mean square falls with n_out / n_in."""
    network = mlp((512, 256, 128, 32), activation="relu", initializer="he_normal")
    _, backward = both(judged(network))
    assert backward.factor == pytest.approx(1.0, rel=1e-12)
    fan_out = mlp((512, 256, 128, 32), initializer=VarianceScaling(2.0, "fan_out"))
    forward, backward = both(judged(fan_out))
    # Var = 2 / n_out: q grows by n_in / n_out, 256 / 32 over two steps, the squared norm likewise.
    assert forward.factor == pytest.approx(math.sqrt(8), rel=1e-12)
    assert backward.factor == pytest.approx(math.sqrt(8), rel=1e-12)


def test_no_signal_at_all() -> None:
    found = judged(mlp((8, 8, 8), initializer="zeros"))
    for flow in both(found):
        assert (flow.kind, flow.factor, flow.log10_change) == ("vanishing", 0.0, -math.inf)
    assert found.suggestion is not None
    assert found.suggestion.name == "he_normal"


def test_one_layer_changes_nothing() -> None:
    forward, backward = both(judged(mlp((8, 8), initializer=VarianceScaling(50.0))))
    assert (forward.kind, forward.factor, forward.steps) == ("stable", 1.0, 0)
    assert (backward.kind, backward.factor) == ("stable", 1.0)


def made(log10_q: object, log10_peak: object) -> Propagation:
    q = np.array(log10_q, np.float64)
    network = mlp((4,) * (q.shape[1] + 1))
    none = np.zeros_like(q)
    return Propagation(
        network,
        q,
        np.array(log10_peak, np.float64),
        none,
        none,
        none,
        none,
        none,
        none,
        none,
        None,
        "",
        0,
        1,
    )


def test_the_median_network_is_reported() -> None:
    found = verdict(made([[0, 1, 2], [0, 0, -0.2], [0, 0, -math.inf]], [[0, 0, 0]] * 3))
    assert found.backward is None
    assert found.forward.log10_change == pytest.approx(-0.2)
    assert found.forward.measured_factor == pytest.approx(10**-0.1)
    assert (found.forward.kind, found.forward.theory) == ("stable", False)


def test_the_first_overflow_of_any_network() -> None:
    """float32 ends at 3.4028e38, log10 38.5318."""
    peaks = [[0, 38.53, 38.53, 38.54], [0, 38.53, 38.54, 50], [0, 0, 0, 0]]
    assert verdict(made([[0, 0, 0, 0]] * 3, peaks)).overflow_layer == 2
    assert verdict(made([[0, 0, 0, 0]] * 3, [[38.53] * 4] * 3)).overflow_layer is None


def test_theory_decides_and_disagreement_shows() -> None:
    """ReLU at width 6: the median falls by exp(-5 / 12) a layer, where theory stands still."""
    found = judged(square(60, "relu", 2.0, width=6), networks=9)
    forward, _ = both(found)
    assert (forward.kind, forward.measured_kind) == ("stable", "vanishing")
    assert found.suggestion is None
    assert found.reason.startswith("In theory signal and gradient keep their size, but layers")


def test_without_theory_the_measured_numbers_decide() -> None:
    network = square(20, "relu", 1.0)
    found = verdict(simulate(network, networks=3, batch=4))
    assert found.forward.kind == "vanishing"
    assert found.forward.factor == found.forward.measured_factor
    assert not found.forward.theory


def test_a_stable_network_needs_no_suggestion() -> None:
    found = judged(square(20, "relu", 2.0, width=256))
    assert found.stable
    assert found.suggestion is None
    assert found.reason == "Signal and gradient keep their size: there is nothing to change."


@pytest.mark.parametrize(
    ("activation", "depth", "scale", "name"),
    [
        ("relu", 50, 2.0, "he_normal"),
        ("linear", 50, 1.0, "lecun_normal"),
        ("leaky_relu", 50, 2 / 1.04, ""),
        ("elu", 20, 1 / 0.6449454, ""),
        ("selu", 20, 1.0, "lecun_normal"),  # self-normalising; chi_1 = 1.07 is too much at 50
        ("hard_tanh", 20, 1.0, "lecun_normal"),  # the edge of chaos, 1 / phi'(0)^2
    ],
)
def test_known_rules_are_suggested(activation: str, depth: int, scale: float, name: str) -> None:
    found, reason = suggest(mlp((16,) * (depth + 1), activation=activation))
    assert found is not None
    assert found.initializer.scale == pytest.approx(scale, rel=1e-5)
    assert (found.initializer.mode, found.name) == ("fan_in", name)
    assert "edge of chaos" in reason if activation == "hard_tanh" else "He's rule" in reason


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_a_suggestion_keeps_fifty_layers(activation: str) -> None:
    found, reason = suggest(mlp((64,) * 51, activation=activation))
    assert (found is None) == (activation in IMPOSSIBLE)
    if found is None:
        assert reason.startswith("No scale from 0.1 to 20 keeps both the signal and the gradient")
        return
    forward, backward = changes(ACTIVATIONS[activation], np.array([found.initializer.scale]), 50)
    assert abs(forward[0]) < 1
    assert abs(backward[0]) < 1
    # A step of 5e-3 misplaces each jump of hard_tanh's slope by half of it at most: 2 x 0.4 x
    # 2.5e-3 of E[phi'^2] a layer, 9e-4 in log10, of either sign: 6e-3 over 49 layers.
    assert found.log10_forward == pytest.approx(forward[0], abs=0.02)
    assert found.log10_backward == pytest.approx(backward[0], abs=0.02)


@pytest.mark.parametrize("activation", sorted(IMPOSSIBLE))
def test_no_scale_is_overlooked(activation: str) -> None:
    forward, backward = changes(ACTIVATIONS[activation], np.geomspace(0.1, 20, 120), 50, points=800)
    assert np.maximum(np.abs(forward), np.abs(backward)).min() > 1


@pytest.mark.parametrize(("activation", "bias"), [("relu", 0.1), ("tanh", 0.05), ("tanh", 1.0)])
def test_suggestions_with_biases(activation: str, bias: float) -> None:
    found, _ = suggest(mlp((16,) * 21, activation=activation, bias_variance=bias))
    assert found is not None
    change = changes(ACTIVATIONS[activation], np.array([found.initializer.scale]), 20, bias)
    assert np.abs(change).max() < 1
    assert found.log10_backward == pytest.approx(change[1][0], abs=1e-4)


def test_a_suggestion_holds_in_finite_networks_too() -> None:
    network = mlp((128,) * 51, activation="tanh")
    found, _ = suggest(network)
    assert found is not None
    better = replace(network, initializer=found.initializer)
    assert all(flow.measured_kind == "stable" for flow in both(judged(better)))


def test_a_narrow_window_is_said() -> None:
    _, reason = suggest(mlp((16,) * 51, activation="gelu"))
    assert "The window is narrow" in reason
    assert "window" not in suggest(mlp((16,) * 51, activation="tanh"))[1]


@pytest.mark.parametrize("name", ["he_normal", "glorot_uniform", "orthogonal", "zeros"])
def test_names_do_not_depend_on_the_seed(name: str) -> None:
    initializer = INITIALIZERS[name]
    assert name_of(initializer if name == "zeros" else initializer.with_seed(3)) == name


def test_an_unknown_initializer_has_no_name() -> None:
    assert name_of(VarianceScaling(1.5)) == ""


def test_luck_is_the_first_network_against_theory() -> None:
    """One linear layer on one input: q n / sigma^2 is nearly chi^2_n, its median just below 1."""
    network = square(1, "linear", 1.0, width=200)
    measured = simulate(network, networks=30, batch=1, seed=5)
    prediction = predict(network)
    found = [luck(measured, prediction, network=index) for index in range(30)]
    ratios = np.log(measured.q[:, 0])
    # log q is about N(0, 2/n + 2/n): 0.1414.
    expected = 0.5 * np.vectorize(math.erfc)(np.abs(ratios) / 0.1414 / math.sqrt(2))
    for index, each in enumerate(found):
        assert each is not None
        assert (each.of, each.network, each.networks, each.layer) == ("q", index, 30, 0)
        assert each.log10_ratio == pytest.approx(ratios[index] / math.log(10), rel=1e-9)
        # The median lies 0.1 sigma below the mean; a share comes from 4 096 paths: 5 sigma 0.04.
        assert each.share == pytest.approx(expected[index], abs=0.09)


def test_a_verdict_has_the_luck_of_both_ends() -> None:
    found = judged(square(9, "relu", 2.0))
    assert found.luck is not None
    assert found.gradient_luck is not None
    assert (found.luck.of, found.luck.layer) == ("q", 8)
    assert (found.gradient_luck.of, found.gradient_luck.layer) == ("gradient", 0)
    assert 0 <= found.luck.share <= 1


@pytest.mark.parametrize(
    "network",
    [
        convnet((2, 3), image_size=4),
        recurrent("simple_rnn", steps=2),
        mlp((8, 8), initializer="orthogonal"),
        mlp((8, 8), initializer="zeros"),
    ],
)
def test_no_band_no_luck(network: Network) -> None:
    found = judged(network)
    assert (found.luck, found.gradient_luck is None or network.kind == "mlp") == (None, True)
    measured = simulate(network, networks=2, batch=3)
    assert luck(measured, None) is None


def test_a_dead_network_is_infinitely_far() -> None:
    network = mlp((4, 4, 4))
    dead = made([[0, -math.inf], [0, 0]], [[0, 0]] * 2)
    found = luck(dead, predict(network))
    assert found is not None
    assert (found.log10_ratio, found.share) == (-math.inf, 0.0)


@pytest.mark.parametrize("units", [32, 128])
def test_the_suggested_recurrent_gain_keeps_the_gradient(units: int) -> None:
    """Simulated: the median gradient at the first of 40 steps, within a factor of 3."""
    network = recurrent("simple_rnn", units=units, input_dim=16, steps=40)
    before = simulate(network, networks=5, batch=8)
    assert before.log10_gradient is not None
    assert np.median(before.log10_gradient[:, 0]) < -5
    gain = orthogonal_gain(network)
    assert gain is not None
    after = simulate(replace(network, recurrent_initializer=Orthogonal(gain)), networks=5, batch=8)
    assert after.log10_gradient is not None
    assert abs(np.median(after.log10_gradient[:, 0])) < math.log10(3)
    found, reason = suggest(network)
    assert found is None
    assert reason.startswith(f"An orthogonal recurrent kernel of gain {gain:g} makes up for tanh")


@pytest.mark.parametrize(
    ("network", "sentences"),
    [
        # sigmoid(1) = 0.731, ^50 = 1.58e-7; log(49) = 3.89.
        (
            recurrent("lstm", steps=50),
            ["forget gate: at a bias of 1 a step keeps about 0.73 of it"],
        ),
        (recurrent("lstm", steps=50), ["50 steps about 2e-07", "log(steps - 1) = 3.89"]),
        (
            recurrent("lstm", steps=50, unit_forget_bias=False),
            ["at a bias of 0 a step keeps about 0.5 of it", "Keras' unit_forget_bias=True"],
        ),
        (
            recurrent("gru", steps=10),
            ["GRU's memory passes through its update gate", "= 2.2 keeps"],
        ),
        (
            recurrent("gru", steps=10, recurrent_initializer="he_normal"),
            ["An orthogonal recurrent kernel, Keras' default, keeps the state's directions."],
        ),
        (
            recurrent("simple_rnn", kernel_initializer=VarianceScaling(1e-20)),
            ["No orthogonal recurrent kernel of a gain from 0.5 to 4 keeps both"],
        ),
        (
            recurrent("simple_rnn", kernel_initializer=Constant(0.1)),
            ["One recurrent kernel acts at every step. Fewer steps or a gated cell"],
        ),
    ],
)
def test_advice_over_time(network: Network, sentences: list[str]) -> None:
    found, reason = suggest(network)
    assert found is None
    for sentence in sentences:
        assert sentence in reason
    assert "layer" not in reason


def test_the_border_of_an_image_has_its_own_scale() -> None:
    """Of a large area, zeros take 1 - ((1 + 2 cos(pi / 5)) / 3)^2 = 0.2386 of q a layer at 4 x 4
    positions: the path graph's largest eigenvalue. So He's 2 becomes 2 / 0.7614 = 2.627."""
    network = convnet((8,) * 51, image_size=4, padding="same")
    found, reason = suggest(network)
    assert found is not None
    kept = ((1 + 2 * math.cos(math.pi / 5)) / 3) ** 2
    assert found.initializer.scale == pytest.approx(2 / kept, rel=0.01)
    assert abs(found.log10_forward) < 0.1
    assert reason.startswith("Zeros around the image take their share of every layer: at 4 x 4")
    circular, _ = suggest(replace(network, padding="circular"))
    assert circular is not None
    assert (circular.name, circular.initializer.scale) == ("he_normal", 2.0)


@pytest.mark.parametrize(
    ("activation", "reason"),
    [
        ("sigmoid", "No scale from 0.1 to 20 keeps both the signal and the gradient of sigmoid"),
        ("gelu", "The zeros around 4 x 4 positions take too much of every layer"),
    ],
)
def test_a_border_that_no_scale_makes_up_for(activation: str, reason: str) -> None:
    network = convnet((8,) * 51, image_size=4, padding="same", activation=activation)
    found, text = suggest(network)
    assert found is None
    assert text.startswith(reason)


def test_a_small_state_scatters_in_other_words() -> None:
    network = recurrent("simple_rnn", units=2, input_dim=2, steps=60)
    gain = orthogonal_gain(network)
    assert gain is not None
    better = replace(network, recurrent_initializer=Orthogonal(gain))
    found = judged(better, networks=5)
    assert found.backward is not None
    assert (found.backward.kind, found.backward.measured_kind != "stable") == ("stable", True)
    assert found.reason.startswith("In theory signal and gradient keep their size, but a state as")
