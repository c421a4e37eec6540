"""The engine "gram" against drawn weights: the same law, and what it promises beside.

Laws are compared by two-sample Kolmogorov-Smirnov tests of numbers of single networks: magnitudes
of signal and gradient, and their sums and differences, which see how the two go together. p > 1e-4
each, so a right engine fails one of the 78 comparisons once in 130 choices of the seeds, which are
fixed; the last test of that part shows that a wrong engine fails.
"""

import subprocess
import sys
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from tests.sampled import sampled
from vscore._streams import Stream
from vscore._typing import AnyArray
from vscore._workers import Monitor
from vscore.initializers import INITIALIZERS, Initializer, Orthogonal, RandomNormal, VarianceScaling
from vscore.networks import DenseNetwork, convnet, mlp, recurrent
from vscore.propagation import Propagation, engines, gram, simulate
from vscore.propagation.engines import choose_engine, has_gaussian_weights
from vscore.propagation.gram import GramRun
from vscore.propagation.scaled import Scaled, derivative, scaled
from vscore.propagation.statistics import FORWARD

Array = NDArray[np.float64]

GAUSSIAN = VarianceScaling(2.0, "fan_in", "untruncated_normal")
LECUN = replace(GAUSSIAN, scale=1.0)
NETWORKS = {"weights": 8000, "gram": 1000}
ALPHA = 1e-4

ROWS = np.random.default_rng(7).normal(size=(3, 6))

SETTINGS: dict[str, tuple[DenseNetwork, dict[str, Any]]] = {
    "rectangular": (mlp((3, 5, 2, 4), initializer=GAUSSIAN, activation="leaky_relu"), {"batch": 8}),
    "batch greater than width": (
        mlp((3, 4, 5, 3), activation="tanh", initializer=LECUN),
        {"batch": 11},
    ),
    "gelu": (mlp((3, 3, 3, 3), activation="gelu", initializer=GAUSSIAN), {"batch": 8}),
    "equal and zero rows": (
        mlp((6, 9, 7), activation="tanh", initializer=GAUSSIAN),
        {"inputs": np.array([ROWS[0], ROWS[1], ROWS[0], 0 * ROWS[0], -2 * ROWS[1]])},
    ),
    "biases": (
        mlp((6, 3, 4, 3), initializer=GAUSSIAN, bias_variance=0.5),
        {"inputs": np.random.default_rng(3).normal(size=(10, 6))},
    ),
    "deep": (mlp((9,) * 6, initializer=GAUSSIAN), {"batch": 2}),
    "relu, few inputs": (mlp((12, 7, 11), initializer=GAUSSIAN), {"batch": 3}),
    "one input": (mlp((5, 6, 5), activation="linear", initializer=LECUN), {"batch": 1}),
}

QUICK = "rectangular"


def simulated(name: str, engine: str, seed: int) -> Propagation:
    network, arguments = SETTINGS[name]
    return simulate(
        network, networks=NETWORKS[engine], engine=engine, seed=seed, threads=1, **arguments
    )


def numbers(result: Propagation) -> dict[str, Array]:
    """What is compared, one number a network; nothing is infinite."""
    assert result.log10_gradient is not None
    # A dead network's -inf is a large negative number here, so that sums of two are numbers.
    q, g = (np.maximum(each, -50.0) for each in (result.log10_q, result.log10_gradient))
    onward, back = q[:, -1] - q[:, -2], g[:, -2] - g[:, -1]  # what one matrix does each way
    found = {
        "first q": q[:, 0],
        "last q": q[:, -1],
        "first gradient": g[:, 0],
        "last step back": back,
        "last step, both ways": onward + back,
        "last step, forward against back": onward - back,
        "q and gradient": q[:, -1] + g[:, 0],
        "q against gradient": q[:, -1] - g[:, 0],
        "last correlation": result.correlation[:, -1],
        "last correlation and gradient": result.correlation[:, -1] + g[:, 0],
    }
    return {key: each for key, each in found.items() if not np.isnan(each).any()}


@cache
def weights_numbers(name: str) -> dict[str, Array]:
    return numbers(simulated(name, "weights", seed=1))


def p_values(name: str) -> dict[str, float]:
    """Of the gram engine that is registered, against weights."""
    drawn, gram = weights_numbers(name), numbers(simulated(name, "gram", seed=2))
    assert set(drawn) == set(gram)
    return {key: float(stats.ks_2samp(drawn[key], gram[key]).pvalue) for key in drawn}


@pytest.mark.parametrize(
    "name", [QUICK, *(pytest.param(k, marks=pytest.mark.slow) for k in SETTINGS if k != QUICK)]
)
def test_the_law_is_that_of_drawn_weights(name: str) -> None:
    found = p_values(name)
    assert len(found) == (10 if name != "one input" else 8)
    assert min(found.values()) > ALPHA, found


class Forgetful(GramRun):
    """A wrong engine: on its way back it has forgotten that X W = H."""

    def _pulled_back(
        self, layer: int, g: Scaled, normal: AnyArray, z: Scaled, fresh: AnyArray
    ) -> Scaled:
        other = RandomNormal(0.0, 1.0).draw(normal.shape, self._stream.child(9, layer))
        return super()._pulled_back(layer, g, other, z, fresh)


class Unconditioned(GramRun):
    """A wrong engine: on its way back all of W is random anew."""

    def _pulled_back(
        self, layer: int, g: Scaled, normal: AnyArray, z: Scaled, fresh: AnyArray
    ) -> Scaled:
        kernel = RandomNormal(0.0, self._stds[layer + 1]).draw(
            (z.values.shape[1], g.values.shape[1]), self._stream.child(9, layer)
        )
        return Scaled(g.values @ kernel.T * derivative(self.network.activation, z), g.exponent)


@pytest.mark.parametrize("wrong", [Forgetful, Unconditioned])
@pytest.mark.parametrize("name", sampled(1, ["rectangular", "batch greater than width"]))
def test_a_wrong_engine_is_seen(
    name: str, wrong: type[GramRun], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(engines._ENGINES, ("mlp", "gram"), wrong)
    assert min(p_values(name).values()) < ALPHA


class Watched(GramRun):
    """Keeps what goes into each step back, and what comes out."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.steps: list[tuple[int, Scaled, Scaled, AnyArray, Scaled]] = []

    def _pulled_back(
        self, layer: int, g: Scaled, normal: AnyArray, z: Scaled, fresh: AnyArray
    ) -> Scaled:
        back = super()._pulled_back(layer, g, normal, z, fresh)
        self.steps.append((layer, z, g, normal, back))
        return back


@pytest.mark.parametrize("bias_variance", [0.0, 0.7])
@pytest.mark.parametrize(
    "rows",
    [ROWS, np.vstack([ROWS, ROWS[:1], 0 * ROWS[:1]]), np.random.default_rng(8).normal(size=(9, 6))],
    ids=["independent", "equal-and-zero", "more-than-the-width"],
)
def test_back_is_the_adjoint_of_forward(rows: Array, bias_variance: float) -> None:
    """<V W, G> = <V, D> for every V = A X, of which V W = A H is known: so H G^T = X D^T.

    Any W with X W = H is as good as another here: off the rows of X, V has nothing.
    """
    network = mlp(
        (6, 7, 5, 8), activation="linear", initializer=GAUSSIAN, bias_variance=bias_variance
    )
    run = Watched(network, Stream(5, (0,)), "float64", Monitor().tick)
    run.forward(rows)
    run.backward()
    assert [step[0] for step in run.steps] == [1, 0]
    for layer, z, g, normal, back in run.steps:
        x = z.values  # the next layer's inputs, as phi is the identity
        h = run._stds[layer + 1] * run._roots[layer + 1].root @ normal
        kernel = np.linalg.pinv(x) @ h
        assert x @ kernel == pytest.approx(h, rel=1e-10, abs=1e-10)
        forward, backward = h @ g.values.T, x @ back.values.T
        assert backward == pytest.approx(forward, rel=1e-10, abs=1e-10 * np.abs(forward).max())
        v = np.random.default_rng(layer).normal(size=(len(x), len(x))) @ x
        known = np.vdot(v @ kernel, g.values)
        assert np.vdot(v, back.values) == pytest.approx(known, rel=1e-9)


def drawn(run: GramRun, layer: int) -> tuple[AnyArray, AnyArray]:
    """Z and z of a layer."""
    (normal,) = run._normals([run._key(layer)])
    return normal, run._z(layer, normal).values


def test_z_is_the_same_when_drawn_again() -> None:
    network = mlp((6, 7, 5, 8), activation="gelu", initializer=GAUSSIAN, bias_variance=0.3)
    run = Watched(network, Stream(5, (0,)), "float32", Monitor().tick)
    rows = run.forward(ROWS.astype(np.float32))
    run.backward()
    for layer, z, *_ in run.steps:
        assert np.log10(np.mean(z.values.astype(np.float64) ** 2)) == pytest.approx(
            rows[layer]["log10_q"], rel=1e-12, abs=1e-12
        )
        assert np.array_equal(drawn(run, layer)[1], z.values)
    first, second = drawn(run, 0)[0], drawn(run, 1)[0]
    assert not np.array_equal(first[:, :5], second[:, :5])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_what_is_kept_is_what_would_be_drawn_again(
    dtype: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = mlp((6, 7, 5, 8), activation="gelu", initializer=GAUSSIAN, bias_variance=0.3)
    kept = simulate(network, networks=2, batch=9, engine="gram", dtype=dtype)
    monkeypatch.setattr(gram, "_KEPT", 9 * (7 + 5 + 8) - 1)
    again = simulate(network, networks=2, batch=9, engine="gram", dtype=dtype)
    assert np.array_equal(kept.log10_q, again.log10_q)
    assert kept.log10_gradient is not None
    assert again.log10_gradient is not None
    assert np.array_equal(kept.log10_gradient, again.log10_gradient)


def test_directions_that_inputs_lack_are_known() -> None:
    """Two of five rows are others' multiples and one is 0: equal z, and z = 0, exactly as near."""
    network, arguments = SETTINGS["equal and zero rows"]
    run = GramRun(network, Stream(1, (0,)), "float64", Monitor().tick)
    run.forward(arguments["inputs"])
    z = drawn(run, 0)[1]
    assert z[0] == pytest.approx(z[2], rel=1e-12)
    assert z[4] == pytest.approx(-2 * z[1], rel=1e-12)
    assert np.abs(z[3]).max() < 1e-6
    assert scaled(z).exponent == 0


def test_threads_and_watching_change_nothing() -> None:
    network, arguments = SETTINGS["biases"]
    alone = simulate(network, networks=5, engine="gram", threads=1, **arguments)
    for other in (
        simulate(network, networks=5, engine="gram", threads=3, **arguments),
        simulate(network, networks=5, engine="gram", check=lambda: None, **arguments),
    ):
        for name in (*FORWARD, "log10_gradient"):
            assert np.array_equal(getattr(alone, name), getattr(other, name)), name


@pytest.mark.parametrize("threads", [1, 2])
def test_what_is_drawn_together_is_what_each_draws_alone(
    threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Runs of one width, longer and shorter than a block, and widths that come again."""
    network = mlp((3, *(40,) * 9, 9, 9, 40), initializer=GAUSSIAN, bias_variance=0.2)

    def run() -> Propagation:
        return simulate(network, networks=1, batch=5, engine="gram", threads=threads)

    together = run()
    monkeypatch.setattr(gram, "BLOCK", 5 * 40 * 4)
    several = run()
    monkeypatch.setattr(gram, "BLOCK", 1)
    alone = run()
    for name in (*FORWARD, "log10_gradient"):
        assert np.array_equal(getattr(together, name), getattr(alone, name)), name
        assert np.array_equal(getattr(several, name), getattr(alone, name)), name


def test_more_networks_leave_the_first_ones_alone() -> None:
    network, arguments = SETTINGS["gelu"]
    few, many = (simulate(network, networks=n, engine="gram", **arguments) for n in (2, 5))
    assert np.array_equal(few.log10_q, many.log10_q[:2])
    assert len(np.unique(many.log10_q[:, 0])) == 5


@pytest.mark.parametrize("power", [-40, 40])
def test_a_gain_of_a_power_of_two_changes_no_digit(power: int) -> None:
    """To 10^+-500 in q, and back: only the exponents differ."""
    one, other = (
        simulate(
            mlp((9,) * 21, initializer=replace(GAUSSIAN, scale=2.0 * 4.0**k)),
            networks=2,
            batch=3,
            engine="gram",
        )
        for k in (0, power)
    )
    layers, a_layer = np.arange(1, 21), 2 * power * np.log10(2)
    assert other.log10_q == pytest.approx(one.log10_q + a_layer * layers, abs=1e-9)
    assert one.log10_gradient is not None
    assert other.log10_gradient == pytest.approx(
        one.log10_gradient + a_layer * (20 - layers), abs=1e-9
    )


@pytest.mark.parametrize("name", INITIALIZERS)
def test_approximate_for_all_but_gaussian_weights(name: str) -> None:
    initializer = INITIALIZERS[name]
    network = mlp((6, 7), initializer=initializer)
    law = getattr(initializer, "distribution", None)
    exact = law == "untruncated_normal" or name == "random_normal"
    assert has_gaussian_weights(network) == exact
    assert simulate(network, networks=1, engine="gram").approximate == (not exact)
    assert simulate(network, networks=1, engine="weights").approximate is False


@pytest.mark.parametrize(
    ("initializer", "exact"),
    [
        (RandomNormal(0.0, 0.1), True),
        (RandomNormal(0.1, 0.1), False),
        (Orthogonal(), False),
        (VarianceScaling(1.0, "fan_out", "untruncated_normal"), True),
        (VarianceScaling(1.0, "fan_out", "truncated_normal"), False),
    ],
    ids=repr,
)
def test_what_counts_as_gaussian(initializer: Initializer, exact: bool) -> None:
    network = mlp((2000, 2000), initializer=initializer)
    assert has_gaussian_weights(network) == exact
    assert choose_engine(network, 8) == ("gram" if exact else "weights")
    assert choose_engine(network, 8, "gram") == "gram"
    assert choose_engine(network, 8, "weights") == "weights"


@pytest.mark.parametrize(
    ("widths", "batch", "expected"),
    [((64,) * 5, 16, "weights"), ((4096,) * 5, 16, "gram"), ((256,) * 5, 512, "weights")],
)
def test_auto_takes_the_cheaper_engine(widths: tuple[int, ...], batch: int, expected: str) -> None:
    assert choose_engine(mlp(widths, initializer=GAUSSIAN), batch) == expected


@pytest.mark.parametrize("network", [convnet((3, 4)), recurrent("lstm")], ids=lambda n: n.kind)
def test_dense_networks_only(network: Any) -> None:
    message = (
        rf"engine must be 'auto' or 'weights' for a network of kind '{network.kind}'; got 'gram'"
    )
    with pytest.raises(ValueError, match=message):
        simulate(network, engine="gram")
    assert choose_engine(network, 8) == "weights"


def test_an_unknown_engine() -> None:
    with pytest.raises(
        ValueError, match=r"engine must be one of 'auto', 'weights', 'gram'; got 'g'"
    ):
        choose_engine(mlp(), 8, "g")


def cost(width: int, depth: int) -> tuple[float, float]:
    """Seconds, and MiB at the most, of a process that simulates one network on 4 inputs."""
    code = (
        "import time\n"
        "from pathlib import Path\n"
        "from vscore import VarianceScaling, mlp, simulate\n"
        "rule = VarianceScaling(2.0, 'fan_in', 'untruncated_normal')\n"
        f"network = mlp(({width},) * {depth + 1}, initializer=rule)\n"
        "start = time.perf_counter()\n"
        "result = simulate(network, networks=1, batch=4)\n"
        "seconds = time.perf_counter() - start\n"
        "assert result.engine == 'gram' and not result.approximate\n"
        # He ReLU: var of the log is about 5 / n a layer; this allows 20 standard deviations.
        f"assert abs(result.log10_gradient[0, 0]) < 20 * (5 * {depth} / (4 * {width})) ** 0.5\n"
        "text = Path('/proc/self/status').read_text()\n"
        "print(seconds, int(text.partition('VmHWM:')[2].split()[0]) / 1024)"
    )
    printed = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True
    ).stdout
    seconds, peak = map(float, printed.split())
    return seconds, peak


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
class TestCost:
    """Weights would take 4 bytes x width^2 a layer: 40 GB, and 4 TB."""

    def test_a_hundred_thousand_units(self) -> None:
        seconds, peak = cost(100_000, 10)
        assert seconds < 6
        assert peak < 300

    @pytest.mark.slow
    def test_a_million_units(self) -> None:
        seconds, peak = cost(1_000_000, 50)
        assert seconds < 60
        assert peak < 2000
