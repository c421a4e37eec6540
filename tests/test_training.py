"""`train`: its gradients, its laws, what it measures, and what it refuses."""

import threading
import time
import warnings
from dataclasses import fields
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from vscore._streams import Stream
from vscore.activations import ACTIVATIONS
from vscore.initializers import INITIALIZERS, RandomNormal, VarianceScaling, Zeros
from vscore.networks import convnet, mlp
from vscore.training import SGD, Adam, Dataset, TrainingRun, draw_dataset, train
from vscore.training import descent as descent_module
from vscore.training.losses import LOSSES
from vscore.training.passes import Pass
from vscore.training.weights import drawn_weights, weights_in

ARRAYS = (
    "step_loss",
    "loss",
    "accuracy",
    "validation_loss",
    "validation_accuracy",
    "gradient_norm",
    "activation_variance",
    "diverged_step",
    "weights",
)


def values(examples: int, features: int, outputs: int) -> Dataset:
    """Inputs and values from N(0, 1)."""
    numbers = np.random.default_rng(1).standard_normal((examples, features + outputs))
    return Dataset(numbers[:, :features], numbers[:, features:])


def same(one: TrainingRun, other: TrainingRun, networks: int | None = None) -> None:
    for name in ARRAYS:
        mine, theirs = getattr(one, name), getattr(other, name)
        if mine is None:  # values have no accuracy
            assert theirs is None, name
        else:
            np.testing.assert_array_equal(mine[:networks], theirs[:networks], err_msg=name)


# The gradient.


@pytest.mark.parametrize("task", LOSSES)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_gradient_is_the_slope_of_the_loss(activation: str, task: str) -> None:
    """Central differences in float64 along a random direction: truncation h^2, rounding 1e-16 / h;
    across a kink, of which a step of 1e-6 crosses none here."""
    network = mlp((3, 6, 5, 4), activation=activation, bias_variance=0.5)
    rng = np.random.default_rng(7)
    inputs = rng.standard_normal((1, 9, 3))
    wanted = np.eye(4)[rng.integers(0, 4, 9)] if task == "classes" else rng.standard_normal((9, 4))
    weights = drawn_weights(network, [Stream(1, (0,)), Stream(1, (1,))], "float64")
    passes = Pass(network, 2, 9, "float64")

    def losses(flat: Any) -> Any:
        outputs = passes.forward(weights_in(flat, network), inputs)[-1]
        return LOSSES[task].of(outputs, wanted)[0].sum(axis=-1)

    direction = rng.standard_normal(weights.flat.shape)
    slope = (
        losses(weights.flat + 1e-6 * direction) - losses(weights.flat - 1e-6 * direction)
    ) / 2e-6
    cotangent = LOSSES[task].of(passes.forward(weights, inputs)[-1], wanted)[1]
    gradient = weights_in(np.empty_like(weights.flat), network)
    passes.backward(weights, inputs, cotangent, gradient)
    np.testing.assert_allclose(np.vecdot(gradient.flat, direction), slope, rtol=1e-7, atol=1e-7)


def test_cross_entropy_by_hand() -> None:
    losses, cotangent = LOSSES["classes"].of(
        np.array([[0.0, np.log(3.0)], [1000.0, 0.0]]), np.array([[1.0, 0.0], [0.0, 1.0]])
    )
    assert losses == pytest.approx([np.log(4.0), 1000.0])
    assert cotangent == pytest.approx(np.array([[-0.75, 0.75], [1.0, -1.0]]))


def test_mse_by_hand() -> None:
    losses, cotangent = LOSSES["values"].of(np.array([[1.0, 5.0]]), np.array([[2.0, 2.0]]))
    assert losses.tolist() == [5.0]
    assert cotangent.tolist() == [[-1.0, 3.0]]


# Random numbers.


@pytest.mark.parametrize("initializer", ["he_normal", "glorot_uniform", "orthogonal"])
def test_training_starts_from_the_weights_that_simulate_draws(initializer: str) -> None:
    """Its paths: network, 1 for kernels and 2 for biases, layer."""
    network = mlp((2, 8, 6, 2), initializer=initializer, bias_variance=0.25)
    starts: list[TrainingRun] = []
    train(network, draw_dataset(), epochs=1, networks=2, seed=4, on_epoch=starts.append)
    for number in (0, 1):
        for layer, shape in enumerate([(2, 8), (8, 6), (6, 2)]):
            stream = Stream(4, (number,))
            kernel = INITIALIZERS[initializer].draw(shape, stream.child(1, layer))
            np.testing.assert_array_equal(starts[0].kernels[layer][number], kernel)
    assert np.concatenate(starts[0].biases, axis=1).std() == pytest.approx(0.5, rel=0.5)


def test_order_and_split_do_not_depend_on_the_initializer() -> None:
    """One linear layer from zeros and from two laws, one step: w1 - w0 is -rate x X^T (p - t) / B
    with p of w0; at tiny weights p is 1 / 2 whatever they are, so the step shows the batch."""
    data = draw_dataset("xor", points=64)
    moves = []
    for initializer in (Zeros(), VarianceScaling(1e-12), VarianceScaling(1e-12, "fan_out")):
        seen: list[TrainingRun] = []
        network = mlp((2, 2), initializer=initializer)
        train(network, data, optimizer=SGD(1.0), epochs=3, batch_size=1, on_epoch=seen.append)
        moves.append(seen[-1].kernels[0] - seen[0].kernels[0])
    np.testing.assert_allclose(moves[1], moves[0], atol=1e-4)
    np.testing.assert_allclose(moves[2], moves[0], atol=1e-4)
    assert np.ptp(moves[0], axis=0).max() > 1e-2  # each network has an order of its own


def test_networks_do_not_depend_on_their_number() -> None:
    data = draw_dataset(points=100)
    for optimizer in (SGD(0.1, momentum=0.9), Adam(0.01)):
        network = mlp((2, 16, 16, 2), activation="gelu")
        many = train(network, data, optimizer=optimizer, epochs=3, networks=5, seed=2)
        few = train(network, data, optimizer=optimizer, epochs=3, networks=2, seed=2)
        same(many, few, 2)


@pytest.mark.parametrize("threads", [2, 3])
def test_threads_change_nothing(threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    network, data = mlp((2, 16, 2)), draw_dataset(points=100)
    alone = train(network, data, epochs=3, networks=4, threads=1)
    monkeypatch.setattr(descent_module, "_WORTH_A_THREAD", 1)
    same(train(network, data, epochs=3, networks=4, threads=threads), alone)
    watched = train(network, data, epochs=3, networks=4, threads=threads, check=lambda: None)
    same(watched, alone)


def test_a_network_is_the_same_beside_one_that_diverges() -> None:
    """Of seven networks at this rate six diverge, each at another of the 32 steps, 8 an epoch."""
    data = values(40, 3, 2)
    network, optimizer = mlp((3, 12, 12, 2), activation="leaky_relu"), SGD(0.15, momentum=0.9)
    many = train(network, data, optimizer=optimizer, epochs=4, batch_size=4, networks=7)
    gone = many.diverged_step
    assert np.count_nonzero(gone >= 0) == 6
    assert len(set(gone.tolist())) == 7
    assert np.count_nonzero(gone[gone >= 0] % 8) == 3  # within an epoch, not at its end
    for number in range(1, 7):
        few = train(network, data, optimizer=optimizer, epochs=4, batch_size=4, networks=number)
        same(many, few, number)


# What is measured.


def test_what_is_recorded() -> None:
    data = draw_dataset(points=50)
    run = train(mlp((2, 4, 3, 2)), data, epochs=7, batch_size=16, record_every=3, networks=2)
    assert run.recorded == (0, 3, 6, 7)
    assert run.finished
    assert run.step_loss.shape == (2, 7 * 3)  # 40 examples to train on
    assert run.loss.shape == run.accuracy.shape == (2, 4)  # type: ignore[union-attr]  # classes
    assert run.gradient_norm.shape == run.activation_variance.shape == (2, 4, 3)
    assert [k.shape for k in run.kernels] == [(2, 2, 4), (2, 4, 3), (2, 3, 2)]
    assert [b.shape for b in run.biases] == [(2, 4), (2, 3), (2, 2)]
    assert run.loss_name == "softmax cross-entropy"
    assert run.loss.dtype == run.gradient_norm.dtype == np.float64
    assert run.weights.dtype == np.float32


def test_what_is_recorded_does_not_change_the_training() -> None:
    data = draw_dataset(points=50)
    often, seldom = (train(mlp((2, 4, 2)), data, epochs=7, record_every=e) for e in (1, 7))
    np.testing.assert_array_equal(often.weights, seldom.weights)
    np.testing.assert_array_equal(often.loss[:, [0, 7]], seldom.loss)


def test_a_full_batch_s_step_loss_is_the_recorded_loss_before_it() -> None:
    data = draw_dataset(points=60)
    run = train(mlp((2, 8, 2)), data, epochs=5, batch_size=60, validation=0, dtype="float64")
    np.testing.assert_allclose(run.step_loss, run.loss[:, :-1], rtol=1e-12)
    assert run.validation_loss is run.validation_accuracy is None


def test_large_sets_are_measured_in_parts() -> None:
    """2500 examples, of which at most 1024 go together; expected from all at once, in float64."""
    data = draw_dataset(points=2500)
    run = train(mlp((2, 8, 2), activation="tanh"), data, epochs=1, validation=0, dtype="float64")
    x = data.inputs
    for number in range(3):
        (w1, w2), (b1, b2) = (
            [part[number] for part in parts] for parts in (run.kernels, run.biases)
        )
        h = np.tanh(x @ w1 + b1)
        logits = h @ w2 + b2
        p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        assert run.loss[number, -1] == pytest.approx(
            -np.log(p[np.arange(2500), data.targets]).mean(), rel=1e-12
        )
        assert run.accuracy is not None
        assert run.accuracy[number, -1] == (p.argmax(axis=1) == data.targets).mean()
        variances = run.activation_variance[number, -1]
        assert variances == pytest.approx([h.var(), logits.var()], rel=1e-10)
        gradient = h.T @ (p - np.eye(2)[data.targets]) / 2500
        norm = np.linalg.norm(gradient)
        assert run.gradient_norm[number, -1, 1] == pytest.approx(norm, rel=1e-10)
        np.testing.assert_allclose(run.predict(x)[number], p, rtol=1e-10)


def test_examples_held_out_are_the_same_for_all_and_never_learned() -> None:
    """Each input has a row of the kernel to itself, which moves only if it is trained on."""
    data = Dataset(np.eye(40), np.random.default_rng(0).integers(0, 2, 40), 2)
    seen: list[TrainingRun] = []
    run = train(mlp((40, 2)), data, optimizer=SGD(5.0), validation=0.25, on_epoch=seen.append)
    moved = (seen[0].kernels[0] != run.kernels[0]).any(axis=2)
    assert np.count_nonzero(moved, axis=1).tolist() == [30, 30, 30]
    assert (moved == moved[0]).all()
    right = run.predict(data.inputs).argmax(axis=-1) == data.targets
    assert run.accuracy is not None
    assert run.validation_accuracy is not None
    np.testing.assert_array_equal(right[:, moved[0]].mean(axis=1), run.accuracy[:, -1])
    held_out = right[:, ~moved[0]].mean(axis=1)
    np.testing.assert_array_equal(held_out, run.validation_accuracy[:, -1])


def test_epochs_to_target_by_hand() -> None:
    run = train(mlp((2, 4, 2)), draw_dataset(), epochs=2, networks=4, target=0.9, record_every=2)
    accuracy = np.array([[0.5, 0.89], [0.5, 0.9], [0.9, 0.1], [0.1, 1.0]])
    known = {f.name: getattr(run, f.name) for f in fields(run)}
    replaced = TrainingRun(**{**known, "validation_accuracy": accuracy})
    assert replaced.epochs_to_target == (None, 2, 0, 2)
    on_trained = TrainingRun(**{**known, "validation_accuracy": None, "accuracy": accuracy[::-1]})
    assert on_trained.epochs_to_target == (2, 0, 2, None)


def test_values_have_no_accuracy() -> None:
    run = train(mlp((3, 4, 2)), values(20, 3, 2), epochs=2)
    assert (run.task, run.loss_name) == ("values", "mse")
    assert run.accuracy is run.validation_accuracy is None
    assert run.epochs_to_target == (None, None, None)
    assert run.predict(np.zeros((5, 3))).shape == (3, 5, 2)


# Divergence.


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("optimizer", [SGD(1e9), SGD(1e9, momentum=0.5), Adam(1e200)])
def test_divergence_is_a_result(optimizer: Any, dtype: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        run = train(
            mlp((3, 8, 8, 2)), values(40, 3, 2), optimizer=optimizer, epochs=40, dtype=dtype
        )
    gone = run.diverged_step
    assert (gone > 0).all()
    for number, step in enumerate(gone):
        assert np.isfinite(run.step_loss[number, :step]).all()
        assert np.isinf(run.step_loss[number, step:]).all()
    for name in ("loss", "gradient_norm", "activation_variance", "validation_loss"):
        array = getattr(run, name)
        assert not np.isnan(array).any(), name
        assert np.isinf(array[:, -1]).all(), name
    assert run.finished


def test_the_step_of_divergence_by_hand() -> None:
    """One weight and one bias, x = 1, wanted 0: z = w + b goes to z (1 - 4 rate), so with rate 5e9
    z_t = (-2e10)^t w_0, and the loss, z_t^2, is beyond float32's 3.4e38 at t = 2. By then
    w = -1e10 w_0 + 1e10 x 2e10 w_0, and there it stays."""
    data = Dataset([[1.0], [1.0]], [0.0, 0.0])
    network = mlp((1, 1), initializer=INITIALIZERS["lecun_normal"])
    run = train(network, data, optimizer=SGD(5e9), epochs=4, batch_size=1, validation=0.5)
    assert run.diverged_step.tolist() == [2, 2, 2]
    starts = [network.initializer.draw((1, 1), Stream(0, (r, 1, 0))).item() for r in range(3)]
    np.testing.assert_allclose(run.weights[:, 0], 2e20 * np.array(starts), rtol=1e-5)


def test_divergence_in_the_last_step_is_seen() -> None:
    data = Dataset([[1.0], [1.0]], [0.0, 0.0])
    run = train(mlp((1, 1)), data, optimizer=SGD(5e9), epochs=2, batch_size=1, validation=0.5)
    assert run.diverged_step.tolist() == [2, 2, 2]
    assert np.isfinite(run.step_loss).all()  # of both steps' batches, before the step
    assert np.isinf(run.loss[:, -1]).all()


def test_examples_held_out_whose_outputs_leave_float32() -> None:
    """Trained on 0, which any kernel maps to 0; held out is what sums to inf - inf."""
    data = Dataset([[0.0, 0.0], [3e38, 3e38]], [0, 0])
    network = mlp((2, 64, 2), activation="linear", initializer=VarianceScaling(100.0))
    runs = [train(network, data, epochs=1, validation=0.5, seed=seed) for seed in range(20)]
    (run, *_) = [run for run in runs if np.isfinite(run.loss).all()]
    assert run.validation_loss is not None
    assert run.validation_accuracy is not None
    assert np.isinf(run.validation_loss).all()
    assert (run.validation_accuracy == 0).all()
    assert run.diverged_step.tolist() == [-1, -1, -1]


def test_accuracy_is_nothing_after_divergence() -> None:
    run = train(mlp((2, 8, 2)), draw_dataset(), optimizer=SGD(1e30), epochs=3)
    assert (run.diverged_step >= 0).all()
    assert run.accuracy is not None
    assert run.validation_accuracy is not None
    assert not run.accuracy[:, -1].any()
    assert not run.validation_accuracy[:, -1].any()
    assert run.predict([[0.0, 1.0]]).shape == (3, 1, 2)  # whatever it says


# Lessons.


def test_zeros_never_break_the_symmetry() -> None:
    """Every hidden unit stays 0, and only the last bias learns: both classes are as many."""
    data = draw_dataset("xor")
    run = train(mlp((2, 16, 16, 2), initializer=Zeros()), data, optimizer=SGD(0.5), epochs=10)
    assert not any(kernel.any() for kernel in run.kernels)
    assert (run.loss[:, -1] > 0.69).all()  # log 2 = 0.6931 at least, but for a share off 1 / 2


def test_equal_units_stay_equal() -> None:
    data = draw_dataset("xor")
    network = mlp((2, 16, 2), activation="sigmoid", initializer=Zeros())
    run = train(network, data, optimizer=SGD(0.5), epochs=10)
    first = run.kernels[0]
    assert np.abs(first).max() > 0  # sigmoid(0) is 1 / 2, so the second layer learns, then this
    np.testing.assert_array_equal(first, np.broadcast_to(first[..., :1], first.shape))


def test_no_straight_line_parts_xor() -> None:
    """At best three of four quadrants are right: 75 %, give or take 512 examples and noise."""
    data = draw_dataset("xor", noise=0.0)
    run = train(mlp((2, 32, 32, 2), activation="linear"), data, optimizer=Adam(0.01), epochs=30)
    assert run.accuracy is not None
    assert (run.accuracy[:, -1] < 0.8).all()
    curved = train(mlp((2, 32, 32, 2)), data, optimizer=Adam(0.01), epochs=30)
    assert curved.accuracy is not None
    assert (curved.accuracy[:, -1] > 0.95).all()


@pytest.mark.parametrize(
    "optimizer",
    [
        pytest.param(SGD(0.03), id="sgd"),
        pytest.param(Adam(0.003), id="adam", marks=pytest.mark.slow),
    ],
)
def test_he_beats_0_01_and_1_on_digits(optimizer: Any) -> None:
    """Ten hidden ReLU layers and all digits. In the second half of training the worst of He's
    networks is better than the best of the others, in loss and on what is held out; those at 0.01
    never do better than by one guess for all: 4.9 standard errors of 359 examples above a tenth."""
    data = draw_dataset("digits", points=1797, noise=0.05)
    starts = (INITIALIZERS["he_normal"], RandomNormal(0.0, 0.01), RandomNormal(0.0, 1.0))
    started = time.process_time()
    he, small, large = (
        train(mlp((64, *(32,) * 10, 10), initializer=start), data, optimizer=optimizer, epochs=20)
        for start in starts
    )
    assert time.process_time() - started < 10
    for other in (small, large):
        assert np.all(rights(he)[:, 10:].min(axis=0) > rights(other)[:, 10:].max(axis=0))
        assert np.all(he.loss[:, 10:].max(axis=0) < other.loss[:, 10:].min(axis=0))
    assert rights(he)[:, -1].min() > 0.9
    assert rights(small).max() < 0.1 + 4.9 * np.sqrt(0.09 / 359)


def rights(run: TrainingRun) -> Any:
    assert run.validation_accuracy is not None
    return run.validation_accuracy


def test_too_small_a_scale_takes_longer() -> None:
    """Depth 6, ReLU: He's scale against one twenty times smaller, plain gradient descent."""
    data = draw_dataset("xor", noise=0.05)
    widths = (2, *(32,) * 5, 2)
    he, small = (
        train(mlp(widths, initializer=VarianceScaling(scale)), data, optimizer=SGD(0.1), epochs=60)
        for scale in (2.0, 0.1)
    )
    assert all(epoch is not None and epoch < 60 for epoch in he.epochs_to_target)
    assert small.epochs_to_target == (None, None, None)
    assert (small.gradient_norm[:, 0] < 1e-2 * he.gradient_norm[:, 0]).all()


# Watching it.


class Stop(Exception):
    """What a caller raises."""


def test_every_epoch_is_seen_while_the_networks_train() -> None:
    data, seen = draw_dataset(), []
    thread = threading.get_ident()

    def look(run: TrainingRun) -> None:
        assert threading.get_ident() == thread
        seen.append(run)

    network = mlp((2, 8, 2))
    last = train(network, data, epochs=6, record_every=2, on_epoch=look, check=lambda: None)
    assert [run.recorded for run in seen] == [(0,), (0, 2), (0, 2, 4), (0, 2, 4, 6)]
    assert [run.finished for run in seen] == [False, False, False, True]
    same(seen[-1], last)
    for run in seen:
        count = len(run.recorded)
        np.testing.assert_array_equal(run.loss, last.loss[:, :count])
        short = train(network, data, epochs=max(1, run.recorded[-1]))
        if run.recorded[-1]:
            np.testing.assert_array_equal(run.weights, short.weights)


@pytest.mark.parametrize("check", [None, lambda: None])
def test_what_is_raised_on_an_epoch_ends_the_work(check: Any) -> None:
    def stop(run: TrainingRun) -> None:
        if len(run.recorded) == 3:
            raise Stop

    before = threading.active_count()
    with pytest.raises(Stop) as caught:  # whose traceback keeps every frame alive
        train(mlp((2, 8, 2)), draw_dataset(), epochs=10_000, check=check, on_epoch=stop)
    assert caught.tb is not None
    assert threading.active_count() == before


@pytest.mark.alone
def test_check_is_called_often_and_cancels() -> None:
    calls: list[float] = []

    def check() -> None:
        calls.append(time.perf_counter())
        if len(calls) == 30:
            raise Stop

    data = draw_dataset("digits", points=1500)
    with pytest.raises(Stop):
        train(mlp((64, 512, 512, 10)), data, epochs=1000, batch_size=1000, check=check)
    # 20 ms are promised; the median leaves room for what else a shared machine does.
    assert np.median(np.diff(calls)) < 0.02


def test_progress_counts_every_step() -> None:
    calls: list[tuple[int, int]] = []
    data = draw_dataset(points=50)

    def progress(done: int, total: int) -> None:
        calls.append((done, total))

    train(mlp((2, 4, 2)), data, epochs=4, batch_size=16, networks=2, progress=progress)
    assert calls[-1] == (4 * 3 * 2, 4 * 3 * 2)
    assert calls == sorted(calls)


@settings(max_examples=25, deadline=None)
@given(
    hidden=st.lists(st.integers(1, 9), max_size=3),
    features=st.integers(1, 5),
    outputs=st.integers(1, 4),
    examples=st.integers(2, 30),
    batch_size=st.integers(1, 40),
    networks=st.integers(1, 4),
    validation=st.floats(0, 0.9),
)
@example([], 1, 1, 2, 1, 1, 0.9)  # 1.8 of two examples: one must be left to train on
def test_any_shape(
    hidden: list[int],
    features: int,
    outputs: int,
    examples: int,
    batch_size: int,
    networks: int,
    validation: float,
) -> None:
    run = train(
        mlp((features, *hidden, outputs), activation="tanh"),
        values(examples, features, outputs),
        epochs=2,
        batch_size=batch_size,
        networks=networks,
        validation=validation,
    )
    held_out = min(round(validation * examples), examples - 1)
    steps = -(-(examples - held_out) // batch_size)
    assert run.step_loss.shape == (networks, 2 * steps)
    assert run.gradient_norm.shape == (networks, 3, len(hidden) + 1)
    assert (run.validation_loss is None) == (held_out == 0)
    assert np.isfinite(run.loss).all()


# What is refused.

DATA = draw_dataset(points=16)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"network": convnet((2, 4))}, r"network must be a DenseNetwork, as mlp\(...\) gives it"),
        ({"network": "mlp"}, "network must be a DenseNetwork"),
        ({"network": mlp((3, 8, 2))}, r"take 2 inputs and put out 2.*mlp\(\(2, 8, 2\)\) fits"),
        ({"network": mlp((2, 8, 5))}, r"'spirals'; got widths \(2, 8, 5\). mlp\(\(2, 8, 2\)\)"),
        ({"network": mlp((2, 2), initializer=VarianceScaling(1e40))}, "initializer must give"),
        ({"data": "spirals"}, r"data must be a Dataset or \(inputs, targets\); got 'spirals'"),
        ({"data": ([[1.0]], [0])}, "inputs must have shape"),
        ({"data": Dataset([[1e300, 0.0], [0.0, 0.0]], [0, 1])}, "finite in float32"),
        ({"optimizer": "rmsprop"}, "optimizer must be one of 'sgd', 'adam'; got 'rmsprop'"),
        ({"epochs": 0}, r"epochs must be an integer in \[1, 100000\]; got 0"),
        ({"batch_size": 0}, r"batch_size must be an integer in \[1, 1e\+06\]; got 0"),
        ({"networks": 0}, r"networks must be an integer in \[1, 10000\]; got 0"),
        ({"seed": -1}, "seed must be an integer"),
        ({"validation": 1.0}, r"validation must be in \[0, 0.9\]; got 1.0"),
        ({"target": 0.0}, r"target must be in \(0, 1\]; got 0.0"),
        ({"record_every": 0}, "record_every must be an integer"),
        ({"dtype": "float16"}, "dtype must be one of 'float32', 'float64'; got 'float16'"),
        ({"threads": 0}, "threads must be an integer, at least 1"),
    ],
    ids=str,
)
def test_errors(changed: dict[str, Any], message: str) -> None:
    arguments: dict[str, Any] = {"network": mlp((2, 8, 2)), "data": DATA, "epochs": 1, **changed}
    with pytest.raises(ValueError, match=message):
        train(**arguments)


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ([[1.0, 2.0, 3.0]], r"inputs must have shape \(examples, 2\).*got \(1, 3\)"),
        ([1.0, 2.0], r"got \(2,\)"),
        (np.empty((0, 2)), r"got \(0, 2\)"),
        ("ab", "inputs must be an array of numbers; got 'ab'"),
    ],
)
def test_predict_errors(inputs: Any, message: str) -> None:
    run = train(mlp((2, 2)), DATA, epochs=1)
    with pytest.raises(ValueError, match=message):
        run.predict(inputs)
