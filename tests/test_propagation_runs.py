"""How a simulation runs: reproducibly, watched, cancellable, in bounded memory; what it refuses."""

import threading
import time
import tracemalloc
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from vscore import _blas
from vscore.initializers import VarianceScaling
from vscore.networks import Network, mlp
from vscore.propagation import Propagation, portions, quantiles, simulate
from vscore.propagation.dense import DenseRun
from vscore.propagation.portions import Portions
from vscore.propagation.statistics import FORWARD

NETWORK = mlp((20, 30, 10, 25), activation="tanh", bias_variance=0.1)


def assert_same(one: Propagation, other: Propagation) -> None:
    """Bit for bit."""
    for name in (*FORWARD, "log10_gradient"):
        assert np.array_equal(getattr(one, name), getattr(other, name), equal_nan=True), name


@pytest.mark.parametrize("threads", [2, 4, None])
def test_threads_change_nothing(threads: int | None) -> None:
    alone = simulate(NETWORK, networks=7, seed=1, threads=1)
    assert_same(alone, simulate(NETWORK, networks=7, seed=1, threads=threads))


@pytest.mark.parametrize("threads", [2, 3, None])
def test_threads_of_one_network_change_nothing(threads: int | None) -> None:
    # Three lanes of inputs, and kernels of more than one block.
    network = mlp((20, 700, 500), bias_variance=0.1)
    alone = simulate(network, networks=1, batch=300, seed=1, threads=1)
    assert_same(alone, simulate(network, networks=1, batch=300, seed=1, threads=threads))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("threads", [1, 2, 3])
def test_which_lanes_go_abreast_changes_nothing(
    threads: int, dtype: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Five lanes and a short one, of layers on both sides of where a product is turned round.
    network = mlp((20, 150, 130, 40), activation="tanh", bias_variance=0.1)
    abreast = simulate(network, networks=1, batch=700, dtype=dtype, threads=threads)
    monkeypatch.setattr(portions, "_ABREAST", 1)
    assert_same(abreast, simulate(network, networks=1, batch=700, dtype=dtype, threads=1))


def test_lanes_that_go_abreast_are_all_inputs_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(portions, "_ABREAST", 3 * 128 * 30)
    found = list(Portions(mlp((20, 30, 10))).lanes(range(0, 700, 128), 700))
    assert found == [(slice(0, 384), 3), (slice(384, 640), 2), (slice(640, 700), 1)]
    assert list(Portions(mlp((20, 30, 10))).lanes([256, 384], 700)) == [(slice(256, 512), 2)]


@pytest.mark.parametrize(("width", "is_brief"), [(64, True), (600, False)])
def test_a_small_simulation_is_the_caller_s_own_work(width: int, is_brief: bool) -> None:
    """And looks in all along; a large one has threads of its own."""
    network = mlp((width,) * 6)
    assert DenseRun.is_brief(network, 4, 64) == is_brief
    before, helpers = set(threading.enumerate()), set[threading.Thread]()
    looks: list[int] = []

    def look() -> None:
        looks.append(threading.get_ident())
        helpers.update(set(threading.enumerate()) - before)

    simulate(network, networks=4, batch=64, check=look, threads=2)
    assert set(looks) == {threading.get_ident()}
    assert len(looks) >= 10
    assert bool(helpers) != is_brief


@pytest.mark.parametrize("activation", ["relu", "tanh", "gelu"])
def test_lanes_add_up_to_the_batch(activation: str, monkeypatch: pytest.MonkeyPatch) -> None:
    network = mlp((20, 30, 10), activation=activation, bias_variance=0.5)
    lanes = simulate(network, networks=2, batch=300, dtype="float64")
    monkeypatch.setattr(portions, "_ROWS", 300)
    whole = simulate(network, networks=2, batch=300, dtype="float64")
    for name in (*FORWARD, "log10_gradient"):
        # 9000 numbers are added in another order.
        assert getattr(lanes, name) == pytest.approx(getattr(whole, name), rel=1e-11), name


@pytest.mark.parametrize("activation", ["linear", "relu", "tanh"])
@pytest.mark.parametrize("powers", [(0, 300, 0), (-300, 0, -20), (300, -300, 280), (0, 900, -900)])
def test_lanes_of_any_magnitude_add_up(activation: str, powers: tuple[int, ...]) -> None:
    """Three lanes of 128, 128 and 44 inputs, each as large as it likes, against one by one."""
    network = mlp((20, 30, 10), activation=activation)
    rows = np.random.default_rng(1).normal(size=(300, 20))
    parts = [slice(0, 128), slice(128, 256), slice(256, 300)]
    for part, power in zip(parts, powers, strict=True):
        rows[part] = np.ldexp(rows[part], power)
    whole = simulate(network, networks=1, inputs=rows, dtype="float64", backward=False)
    alone = [
        simulate(network, networks=1, inputs=rows[part], dtype="float64", backward=False)
        for part in parts
    ]
    shares = np.array([128, 128, 44]) / 300
    q = [np.log10(share) + one.log10_q[0] for share, one in zip(shares, alone, strict=True)]
    top = np.max(q, axis=0)
    expected = top + np.log10(np.sum(10.0 ** (q - top), axis=0))
    assert whole.log10_q[0] == pytest.approx(expected, rel=1e-12)
    peaks = np.max([one.log10_peak[0] for one in alone], axis=0)
    assert whole.log10_peak[0] == pytest.approx(peaks, rel=1e-12)
    for name in ("activation_mean", "activation_second_moment", "saturated"):
        mean = sum(s * getattr(one, name)[0] for s, one in zip(shares, alone, strict=True))
        assert getattr(whole, name)[0] == pytest.approx(mean, rel=1e-10, abs=1e-300), name
    dead = np.min([one.dead[0] for one in alone], axis=0)
    assert np.all(whole.dead[0] <= dead)
    assert np.all(np.abs(whole.correlation) <= 1)


@pytest.mark.parametrize("activation", ["linear", "leaky_relu", "tanh"])
@pytest.mark.parametrize("scale", [1.0, 1e2, 1e-2, 1e8])
def test_networks_that_go_together_do_not_meet(
    activation: str, scale: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Layers of one unit: 10^12 to some networks is 10^9 to others, so not all leave plain float32.
    network = mlp((1,) * 14, activation=activation, initializer=VarianceScaling(scale))
    together = simulate(network, networks=30, batch=5)
    monkeypatch.setattr(portions, "_TOGETHER", 1)
    assert_same(together, simulate(network, networks=30, batch=5))


def test_watching_changes_nothing() -> None:
    alone = simulate(NETWORK, networks=3, seed=1, threads=1)
    watched = simulate(NETWORK, networks=3, seed=1, check=lambda: None, progress=lambda *_: None)
    assert_same(alone, watched)


def test_more_networks_leave_the_first_ones_alone() -> None:
    few, many = (simulate(NETWORK, networks=count, seed=2) for count in (3, 8))
    for name in (*FORWARD, "log10_gradient"):
        assert np.array_equal(getattr(few, name), getattr(many, name)[:3])
    assert len(np.unique(many.log10_q[:, 0])) == 8


def test_more_layers_leave_the_first_ones_alone() -> None:
    shallow = simulate(NETWORK, networks=3, seed=2)
    deeper = mlp((*NETWORK.widths, 9), activation="tanh", bias_variance=0.1)
    deep = simulate(deeper, networks=3, seed=2)
    for name in FORWARD:
        assert np.array_equal(getattr(shallow, name), getattr(deep, name)[:, :3])


def test_a_seed_gives_its_own_networks() -> None:
    assert_same(simulate(NETWORK, seed=3), simulate(NETWORK, seed=3))
    results = [simulate(NETWORK, networks=1, seed=seed) for seed in (0, 1, 2**64 - 1)]
    assert len({float(result.log10_q[0, 0]) for result in results}) == 3


def test_an_initializers_own_seed_is_not_used() -> None:
    seeded = (mlp((9, 9), initializer=VarianceScaling(2.0, seed=seed)) for seed in (None, 5))
    one, other = (simulate(network, networks=2) for network in seeded)
    assert np.array_equal(one.log10_q, other.log10_q)
    assert one.log10_q[0, 0] != one.log10_q[1, 0]


def test_laws_of_one_seed_are_coupled() -> None:
    # The same quantiles of two laws: nearly the same networks.
    laws = ("truncated_normal", "untruncated_normal")
    a, b = (
        simulate(mlp((50, 50), initializer=VarianceScaling(2.0, distribution=law)), networks=40)
        for law in laws
    )
    assert np.corrcoef(a.log10_q[:, 0], b.log10_q[:, 0])[0, 1] > 0.9


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_kernels_drawn_again_are_the_same(dtype: str, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = simulate(NETWORK, networks=2, dtype=dtype)
    monkeypatch.setattr(portions, "KEPT_WEIGHTS", 0)
    assert_same(kept, simulate(NETWORK, networks=2, dtype=dtype))


def test_progress_ends_at_the_total() -> None:
    for backward, total in ((True, 5 * 3 * 2), (False, 5 * 3)):
        seen: list[tuple[int, int]] = []
        places: set[int] = set()

        def progress(
            done: int,
            total: int,
            seen: list[tuple[int, int]] = seen,
            places: set[int] = places,
        ) -> None:
            seen.append((done, total))
            places.add(threading.get_ident())

        simulate(NETWORK, networks=5, progress=progress, backward=backward)
        done = [step for step, _ in seen]
        assert done == sorted(done)
        assert seen[-1] == (total, total)
        assert {whole for _, whole in seen} == {total}
        assert places == {threading.get_ident()}


def long_network() -> Network:
    """Some 20 million weights, 80 ms a layer with its product: seconds in all."""
    return mlp((2048,) * 6)


@pytest.mark.alone
def test_check_is_called_every_20_ms() -> None:
    calls = [time.perf_counter()]
    simulate(long_network(), networks=1, batch=64, check=lambda: calls.append(time.perf_counter()))
    gaps = [later - sooner for sooner, later in pairwise(calls)]
    # The median and a generous worst: other programs may hold the cores.
    assert np.median(gaps) < 0.020
    assert max(gaps) < 0.5
    assert len(gaps) > 10


class Stop(Exception):
    """What a caller raises to cancel."""


@pytest.mark.alone
def test_cancelling_is_quick() -> None:
    raised: list[float] = []
    start = time.perf_counter()

    def check() -> None:
        if time.perf_counter() - start > 0.1:
            raised.append(time.perf_counter())
            raise Stop

    before = threading.active_count()
    with pytest.raises(Stop):
        simulate(long_network(), networks=50, batch=64, check=check)
    assert time.perf_counter() - raised[0] < 0.3
    assert threading.active_count() == before


def test_progress_may_cancel_too() -> None:
    def progress(done: int, total: int) -> None:
        raise Stop

    with pytest.raises(Stop):
        simulate(NETWORK, progress=progress)


def blas_threads() -> list[int]:
    return [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]


def test_blas_runs_on_one_thread_and_is_given_back() -> None:
    _blas._controller.cache_clear()  # it knows the libraries that were loaded when it was made
    with threadpool_limits(limits=2, user_api="blas"):
        before = blas_threads()
        during: list[int] = []
        simulate(NETWORK, check=lambda: during.extend(blas_threads()))
        assert set(during) == {1}
        assert blas_threads() == before

        def check() -> None:
            raise Stop

        with pytest.raises(Stop):
            simulate(NETWORK, check=check)
        assert blas_threads() == before


@pytest.mark.parametrize("kept", [True, False], ids=["kept", "drawn-again"])
def test_memory_is_as_documented(kept: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    width, depth, batch = 500, 10, 300
    network = mlp((width,) * (depth + 1))
    if not kept:
        monkeypatch.setattr(portions, "KEPT_WEIGHTS", 0)
    monkeypatch.setattr(quantiles, "_SHELF", quantiles.Shelf(0))
    simulate(mlp((4, 4)), networks=1, threads=1)  # scratch and lazy imports
    tracemalloc.start()
    try:
        simulate(network, networks=3, batch=batch, threads=1)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    kernels = depth * width * width if kept else 0
    held = 4 * (batch * (depth + 1) * width + kernels)
    temporaries = 4 * (5 * batch * width + width * width)
    # Statistics convert 2^16 numbers at a time to float64, twice.
    assert peak < held + temporaries + 16 * 2**16
    assert peak > 0.8 * held


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"networks": 0}, r"networks must be an integer in \[1, 1e\+06\]; got 0"),
        ({"networks": 2.5}, "networks must be an integer .*; got 2.5"),
        ({"batch": 0}, r"batch must be an integer in \[1, 1e\+07\]; got 0"),
        ({"batch": True}, "batch must be an integer .*; got True"),
        ({"seed": -1}, "seed must be an integer .*; got -1"),
        ({"seed": 2**64}, "seed must be an integer .*; got 18446744073709551616"),
        ({"engine": "weight"}, "engine must be one of .*; got 'weight'. Did you mean 'weights'"),
        ({"dtype": "float16"}, "dtype must be one of 'float32', 'float64'; got 'float16'"),
        ({"threads": 0}, "threads must be an integer, at least 1, or None; got 0"),
        ({"inputs": np.ones((3, 5))}, r"inputs must have shape \(batch, 20\), .*; got \(3, 5\)"),
        ({"inputs": np.ones(20)}, r"inputs must have shape \(batch, 20\), .*; got \(20,\)"),
        ({"inputs": np.ones((0, 20))}, r"inputs must have shape \(batch, 20\), .*; got \(0, 20\)"),
        ({"inputs": [[np.nan] * 20]}, r"inputs must be finite in float32; got \[\[nan, "),
        ({"inputs": [[1e39] * 20]}, r"inputs must be finite in float32; got \[\[1e\+39, "),
        ({"inputs": [["a"] * 20]}, r"inputs must be an array of numbers; got \[\['a', "),
        ({"inputs": [[1.0], [1.0, 2.0]]}, r"inputs must be an array of numbers; got \[\[1.0\], "),
        ({"inputs": [[1j] * 20]}, r"inputs must be an array of numbers; got \[\[1j, "),
    ],
)
def test_messages(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        simulate(NETWORK, **arguments)


@pytest.mark.parametrize(
    ("scale", "std"), [(9e30, r"3e\+15"), (9e-32, "3e-16")], ids=["large", "small"]
)
def test_weights_that_float32_does_not_hold(scale: float, std: str) -> None:
    network = mlp((1, 1, 4), initializer=VarianceScaling(scale))
    with pytest.raises(ValueError, match=rf"initializer must give weights of a std .*; got {std}"):
        simulate(network)


def test_the_message_names_the_layer_that_is_out_of_range() -> None:
    network = mlp((1, 10**6), initializer=VarianceScaling(1e-29, "fan_out"))
    with pytest.raises(ValueError, match=r"got 3.16228e-18\. Choose a scale nearer to 1"):
        simulate(network)


def test_biases_that_float32_does_not_hold() -> None:
    with pytest.raises(ValueError, match=r"bias_variance must be at most 1e\+30, .*; got 1e\+80"):
        simulate(mlp((4, 4), bias_variance=1e80))


def test_a_seed_is_kept_as_an_int() -> None:
    result = simulate(mlp((4, 4)), networks=1, seed=np.int64(3))  # type: ignore[arg-type]  # taken
    assert type(result.seed) is int
    assert result.seed == 3
