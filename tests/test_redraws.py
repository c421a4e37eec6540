"""Ten other draws behind the charts: which they are, what they cost, how they are shown."""

import json
import math
from base64 import b64decode
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import numpy as np
import pytest
from plotly.io import to_json
from streamlit.testing.v1 import AppTest

from dashboard import budget as limits
from dashboard import compute, gathering
from dashboard.budget import within_budget
from dashboard.experiment import DEFAULT, STATISTICS, Experiment
from dashboard.figures.signal import signal_figure
from dashboard.figures.theme import faint
from dashboard.figures.weights import weights_figure
from dashboard.frames import signal_frame, weights_frame
from dashboard.notice import Notice
from dashboard.words.redraws import redrawn_signals_sentence, redrawn_weights_sentence
from dashboard.words.signal import signal_sentence
from dashboard.words.weights import weights_sentence
from vscore.initializers import RandomNormal, VarianceScaling, Zeros
from vscore.layers import Dense
from vscore.meanfield import predict
from vscore.networks import Network, mlp, recurrent
from vscore.propagation import Propagation, simulate
from vscore.sampling import WeightSample, sample
from vscore.verdicts import verdict

APP = Path(__file__).resolve().parent.parent / "dashboard" / "app.py"
WITH = replace(DEFAULT, redraws=True)
SHAPE = (300, 120)
NETWORK = mlp((16,) * 5, initializer=VarianceScaling(1.0))


def drawn(seed: int) -> WeightSample:
    return sample(VarianceScaling(1.0, "fan_avg", "uniform", seed=seed), SHAPE, bins=40)


def run(seed: int, network: Network = NETWORK, batch: int = 8) -> Propagation:
    return simulate(network, networks=3, batch=batch, seed=seed)


def array(values: Any) -> Any:
    """Numbers of a figure's JSON, written out or encoded."""
    if isinstance(values, dict):
        return np.frombuffer(b64decode(values["bdata"]), values["dtype"])
    return np.asarray(values)


# Which, and at what cost


def test_redraws_are_what_pressing_redraw_ten_times_shows() -> None:
    assert replace(WITH, seed=5).redraw_seeds == (6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
    assert DEFAULT.redraw_seeds == ()
    assert (DEFAULT.draws, WITH.draws) == (1, 11)
    assert WITH.cost == 11 * DEFAULT.cost


def test_simulation_and_its_redraws_share_the_budget() -> None:
    """20 layers of 512^2 weights at 5.28 ns are 27.7 ms: 289 fit 8 s, so 26 of eleven."""
    asked = replace(WITH, width=512, networks=60)
    affordable, notices = within_budget(asked)
    assert affordable == replace(asked, networks=26)
    reason = "a network this size takes too long; 26 is the most that fits with ten redraws"
    assert notices == (Notice("networks", "60", reason),)
    without = replace(asked, redraws=False)
    assert within_budget(without) == (without, ())


def test_kernel_and_its_redraws_share_the_budget() -> None:
    asked = replace(WITH, layer=Dense(8192, 1000))
    affordable, (notice,) = within_budget(asked)
    assert affordable.layer == Dense(6100, 1000)  # 2^26 / 11 / 1000 = 6100.8
    assert notice.reason == (
        "the kernel would hold over 6 million weights; 6100 is the most that fits with ten redraws"
    )


@pytest.fixture
def _no_session(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compute, "pause", lambda: None)


@pytest.mark.usefixtures("_no_session")
def test_redraws_are_the_core_s_and_cached_one_by_one() -> None:
    initializer = RandomNormal()
    kernels = compute.redrawn_weights(initializer, (30, 20), (4, 9))
    assert [each.std for each in kernels] == [
        pytest.approx(float(RandomNormal(seed=seed)((30, 20)).astype(float).std()))
        for seed in (4, 9)
    ]
    assert compute.weights(RandomNormal(seed=9), (30, 20)) is kernels[1]
    signals = compute.redrawn_signals(NETWORK, 3, 8, (4, 9))
    for seed, each in zip((4, 9), signals, strict=True):
        np.testing.assert_array_equal(each.log10_q, run(seed).log10_q)
    assert compute.signal(NETWORK, 3, 8, 4) is signals[0]


@pytest.mark.usefixtures("_no_session")
def test_progress_counts_over_all_redraws() -> None:
    network = mlp((15,) * 5)  # nobody has asked for it before
    seen: list[tuple[int, int]] = []
    compute.redrawn_signals(network, 2, 4, (1, 2, 3), lambda *at: seen.append(at))
    done, totals = [at for at, _ in seen], {total for _, total in seen}
    assert totals == {3 * 2 * 4 * 2}  # redraws x networks x layers x there and back
    assert done == sorted(done)
    assert done[-1] == 48


def test_redraws_can_be_cancelled(monkeypatch: pytest.MonkeyPatch) -> None:
    class Stopped(Exception):
        pass

    def stop() -> None:
        raise Stopped

    monkeypatch.setattr(compute, "pause", stop)
    with pytest.raises(Stopped):
        compute.redrawn_signals(mlp((14,) * 5), 2, 4, (1, 2, 3))
    with pytest.raises(Stopped):
        compute.redrawn_weights(RandomNormal(), (31, 20), (1, 2))


@pytest.mark.usefixtures("_no_session")
@pytest.mark.parametrize("redraws", [False, True])
def test_results_of_a_setting(redraws: bool) -> None:
    setting = Experiment(depth=3, width=12, networks=2, batch=4, seed=3, redraws=redraws)
    setting = replace(setting, layer=Dense(30, 20))
    (found,) = gathering.results(setting)
    assert found.sample is compute.weights(setting.initializer.with_seed(3), (30, 20))
    assert found.measured is compute.signal(setting.network, 2, 4, 3)
    assert found.histograms is compute.histograms(found.measured)
    assert found.predicted is not None
    seeds = list(range(4, 14)) if redraws else []
    assert [each.seed for each in found.redrawn_weights] == seeds
    assert [each.seed for each in found.redrawn_signals] == seeds


@pytest.mark.usefixtures("_no_session")
def test_results_of_a_comparison_are_on_the_same_random_numbers() -> None:
    """As the page compares: a normal law alone needs no weights, beside a cut one it does."""
    normal = replace(
        Experiment(layer=Dense(30, 20), depth=2, width=1024, networks=1, batch=1),
        initializer=VarianceScaling(2.0, "fan_in", "untruncated_normal"),
    )
    both = replace(normal, others=(replace(normal, initializer=VarianceScaling(2.0)),))
    assert [each.measured.engine for each in gathering.results(normal)] == ["gram"]
    assert [each.measured.engine for each in gathering.results(both)] == ["weights"] * 2


# Drawn


def test_outlines_stand_behind_the_histogram() -> None:
    first, *others = map(drawn, range(4))
    figure = json.loads(str(to_json(weights_figure(first, others), validate=False)))
    names = [trace["name"] for trace in figure["data"]]
    assert names == [f"redraw, seed {n}" for n in (1, 2, 3)] + ["drawn", "exact density"]
    limit = math.sqrt(3 / 210)
    edges = np.linspace(-limit, limit, 41)
    for seed, outline in zip((1, 2, 3), figure["data"], strict=False):
        weights = VarianceScaling(1.0, "fan_avg", "uniform", seed=seed)(SHAPE)
        counts, _ = np.histogram(weights, edges)
        expected = counts / 36_000 / (limit / 20)
        np.testing.assert_allclose(array(outline["y"]), expected, atol=0.0012)  # one weight's bar
        np.testing.assert_allclose(array(outline["x"]), (edges[1:] + edges[:-1]) / 2, rtol=1e-5)
        assert outline["line"] == {"color": "rgba(0, 114, 178, 0.5)", "width": 1, "shape": "hvh"}
    assert any(note["text"].endswith(" 3 redraws") for note in figure["layout"]["annotations"])


def test_tallest_outline_is_inside_the_axis() -> None:
    few = [sample(VarianceScaling(1.0, seed=seed), (6, 5), bins=10) for seed in range(11)]
    tallest = max(float(each.heights.max()) for each in few)
    assert tallest > float(few[0].heights.max())
    assert weights_figure(few[0], few[1:])["layout"]["yaxis"]["range"][1] > tallest


def test_a_constant_has_no_redraws() -> None:
    zeros = sample(Zeros(), (3, 4))
    assert weights_figure(zeros, [zeros] * 10) == weights_figure(zeros)
    assert redrawn_weights_sentence([zeros] * 10) == ""


def test_lines_stand_behind_signal_and_gradient() -> None:
    others = [run(seed) for seed in (7, 8)]
    figure = signal_figure(run(6), predict(NETWORK), "q", others)
    names = [trace["name"] for trace in figure["data"]]
    panel = ["redraw, seed 7", "redraw, seed 8"]
    half = len(names) // 2
    assert names[:2] == names[half : half + 2] == panel
    assert names[half - 1] == names[-1] == "measured"
    for other, above, below in zip(
        others, figure["data"][:2], figure["data"][half : half + 2], strict=True
    ):
        gradient = other.gradient_second_moment
        assert gradient is not None
        np.testing.assert_allclose(10 ** above["y"], other.q.mean(axis=0))
        np.testing.assert_allclose(10 ** below["y"], gradient.mean(axis=0))
        assert above["x"].tolist() == [1, 2, 3, 4]
        assert (above["yaxis"], below["yaxis"]) == ("y", "y2")
    assert any(note["text"].endswith(" 2 redraws") for note in figure["layout"]["annotations"])


def test_axes_take_the_swarm_in() -> None:
    louder = run(1, replace(NETWORK, initializer=VarianceScaling(50.0)))
    figure = signal_figure(run(0), predict(NETWORK), "q", [louder])
    for name, values in (("yaxis", louder.log10_q), ("yaxis2", louder.log10_gradient)):
        assert values is not None
        mean = np.log10(np.mean(10**values, axis=0))
        assert figure["layout"][name]["range"][1] > mean.max()
        assert signal_figure(run(0), None)["layout"][name]["range"][1] < mean.max()


@pytest.mark.parametrize("statistic", STATISTICS)
def test_every_statistic_has_its_swarm(statistic: str) -> None:
    figure = signal_figure(run(6), predict(NETWORK), statistic, [run(7)])
    values = run(7).q if statistic == "q" else getattr(run(7), statistic)
    line = figure["data"][0]["y"]
    linear = statistic in {"activation_mean", "correlation", "saturated", "dead"}
    np.testing.assert_allclose(line if linear else 10**line, values.mean(axis=0))


def test_faint_is_the_same_colour_let_through() -> None:
    assert faint("#D55E00") == "rgba(213, 94, 0, 0.5)"


# Told


def test_weights_sentence_says_how_far_the_standard_deviations_lie_apart() -> None:
    stds = [float(VarianceScaling(1.0, "fan_avg", "uniform", s)(SHAPE).std()) for s in (1, 2, 3)]
    said = f"Faint: 3 redraws, of standard deviations from {min(stds):.4g} to {max(stds):.4g}."
    others = [drawn(seed) for seed in (1, 2, 3)]
    assert redrawn_weights_sentence(others) == said
    assert weights_sentence(drawn(0), others) == f"{weights_sentence(drawn(0))} {said}"
    assert redrawn_weights_sentence([]) == ""


def test_signal_sentence_says_between_what_they_end() -> None:
    others = [run(seed) for seed in (7, 8, 9)]
    ends = [float(each.q.mean(axis=0)[-1]) for each in others]
    starts = [float((10 ** np.asarray(each.log10_gradient)).mean(axis=0)[0]) for each in others]
    said = (
        "Faint: 3 redraws, each the mean over its networks. They end between "
        f"{min(ends):.3g} and {max(ends):.3g} at layer 4, their gradients between "
        f"{min(starts):.3g} and {max(starts):.3g} at layer 1."
    )
    assert redrawn_signals_sentence(others) == said
    judged = verdict(run(6), predict(NETWORK))
    assert said in signal_sentence(run(6), judged, None, others)
    assert redrawn_signals_sentence([]) == ""


def test_sizes_past_any_float_are_powers_of_ten() -> None:
    huge = mlp((16,) * 101, activation="linear", initializer=RandomNormal(0.0, 1e4))
    said = redrawn_signals_sentence([run(1, huge), run(2, huge)])
    assert "They end between 10⁹" in said  # 16 * 1e8 a layer: 10^920
    assert "inf" not in said
    assert "∞" not in said


def test_recurrent_networks_end_at_steps_and_linear_statistics_have_no_power() -> None:
    cells = recurrent("lstm", input_dim=4, units=4, steps=3)
    others = [run(1, cells), run(2, cells)]
    ends = [float(each.correlation[:, -1].mean()) for each in others]
    low, high = (f"{end:.3g}".replace("-", "−") for end in (min(ends), max(ends)))
    said = redrawn_signals_sentence(others, "correlation")
    assert f"They end between {low} and {high} at step 3" in said


def test_one_input_alone_has_no_correlation_to_tell() -> None:
    assert redrawn_signals_sentence([run(1, batch=1)], "correlation") == ""


# As tables


def test_tables_hold_the_redraws() -> None:
    table = weights_frame(drawn(0), [drawn(1), drawn(2)])
    assert list(table)[-2:] == ["redraw 1, density", "redraw 2, density"]
    np.testing.assert_allclose(table["redraw 2, density"], drawn(2).heights)
    lines = signal_frame(run(0), None, "q", [run(1), run(2)])
    for name, values in (
        ("log10 signal: mean z²", run(2).q),
        ("log10 gradient: mean (∂L/∂z)²", run(2).gradient_second_moment),
    ):
        assert values is not None
        column = lines[f"{name}, redraw 2"]
        np.testing.assert_allclose(10 ** column.to_numpy(), values.mean(axis=0))


# On the page


def opened(query: str) -> AppTest:
    page = AppTest.from_file(str(APP), default_timeout=30)
    for name, text in parse_qsl(query, keep_blank_values=True):
        page.query_params[name] = text
    return page.run()


SMALL = "input_dim=30&units=20&depth=3&width=16&networks=2&batch=4"


def swarm(page: AppTest) -> list[int]:
    """How many redraws each chart shows."""
    figures = [json.loads(chart.proto.spec) for chart in page.get("plotly_chart")]
    return [sum(t["name"].startswith("redraw") for t in each["data"]) for each in figures]


def test_toggle_shows_the_swarm_and_the_link_holds_it() -> None:
    page = opened(SMALL)
    assert swarm(page) == [0, 0]
    page.toggle(key="redraws").set_value(True).run()
    assert not page.exception
    assert swarm(page) == [10, 20]
    assert "".join(page.query_params["redraws"]) == "on"
    assert all("10 redraws" in chart.proto.alt for chart in page.get("plotly_chart"))
    copied = opened(f"v=1&{SMALL}&redraws=on")
    assert [chart.proto.spec for chart in copied.get("plotly_chart")] == [
        chart.proto.spec for chart in page.get("plotly_chart")
    ]
    page.toggle(key="redraws").set_value(False).run()
    assert swarm(page) == [0, 0]
    assert "redraws" not in page.query_params


def test_swarm_over_budget_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    # 3 x 16^2 weights at 4.32 ns: 3.3 us a network, so 27.4 of eleven take 1 ms.
    monkeypatch.setattr(limits, "LARGEST_SIMULATION", 1e6)
    page = opened(f"{SMALL.replace('networks=2', 'networks=64')}&redraws=on")
    (notice,) = [box.value for box in page.warning if not box.value.startswith("**")]
    assert "27 is the most that fits with ten redraws" in notice
