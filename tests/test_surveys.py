"""The simulated map: inside theory's bands as often as it should be, its own seeds, going on."""

import math
from dataclasses import replace

import numpy as np
import pytest

from dashboard import jobs
from dashboard.frames import survey_frame
from dashboard.jobs import Job
from dashboard.surveys import BIASES, ORDER, POINTS, WEIGHTS, Survey, SurveyTask
from dashboard.words.phase import survey_sentence
from tests.patience import until
from tests.sampled import sampled
from vscore.activations import ACTIVATIONS

pytestmark = pytest.mark.usefixtures("no_training_left")


class Enough(Exception):
    pass


def surveyed(kind: str, seed: int = 0, most: int = len(POINTS)) -> Survey:
    """The first points of a map."""
    found: list[Survey] = []

    def publish(survey: Survey) -> None:
        found.append(survey)
        if survey.done == most:
            raise Enough

    with pytest.raises(Enough):
        SurveyTask(ACTIVATIONS[kind], seed).run(None, lambda: None, publish)
    assert [survey.done for survey in found] == list(range(1, most + 1))
    return found[-1]


def test_every_point_has_its_turn() -> None:
    assert sorted(ORDER) == list(range(len(POINTS)))
    assert len(POINTS) == len(WEIGHTS) * len(BIASES) == 91


@pytest.mark.parametrize("kind", sampled(1, ["tanh", "relu"]))
def test_nearly_all_points_are_inside_their_bands(kind: str) -> None:
    """Of 91 at 95 %, at least 78 but for 1 in 100 000; and not simply all, of both."""
    survey = surveyed(kind)
    assert survey.finished
    assert np.nansum(survey.q_inside) >= 78
    assert np.nansum(survey.chi_inside) >= 78
    assert np.nansum(survey.q_inside) + np.nansum(survey.chi_inside) < 182


def test_relu_s_gradients_fall_by_half_the_weight_variance() -> None:
    """At any length. Eight layers' mean, of 4 networks: log10 within 0.1 a layer."""
    survey = surveyed("relu", most=40)
    expected = np.log10([weight / 2 for weight, _ in POINTS])
    known = survey.known
    assert known.sum() == 40
    assert survey.log10_chi_predicted[known] == pytest.approx(expected[known])
    assert survey.log10_chi[known] == pytest.approx(expected[known], abs=0.1)


def test_lengths_are_predicted_by_the_map_s_own_steps() -> None:
    """q_1 = sigma_w2 + sigma_b2, then q -> sigma_w2 q / 2 + sigma_b2, 15 times."""
    survey = surveyed("relu", most=5)
    for point in ORDER[:5]:
        weight, bias = POINTS[point]
        q = weight + bias
        for _ in range(15):
            q = weight * q / 2 + bias
        assert survey.log10_q_predicted[point] == pytest.approx(math.log10(q))


def test_a_seed_gives_every_point_numbers_of_its_own() -> None:
    one, same, other = (surveyed("tanh", seed, 3) for seed in (1, 1, 2))
    known = one.known
    np.testing.assert_array_equal(one.log10_q, same.log10_q)
    assert not np.isin(other.log10_q[known], one.log10_q[known]).any()


def test_a_survey_goes_on_where_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    before = surveyed("tanh", most=88)
    marked = replace(before, correlation=np.where(before.known, 0.25, np.nan))
    found: list[Survey] = []
    SurveyTask(ACTIVATIONS["tanh"], 0).run(marked, lambda: None, found.append)
    assert [survey.done for survey in found] == [89, 90, 91]
    assert (found[-1].correlation == 0.25).sum() == 88  # none of them simulated again


def test_a_job_does_it() -> None:
    work: Job[Survey] = jobs.survey(SurveyTask(ACTIVATIONS["hard_tanh"], 5))
    assert work is jobs.survey(SurveyTask(ACTIVATIONS["hard_tanh"], 5))
    until(lambda: work.watch() is not None and work.finished, 60)
    assert work.latest is not None
    frame = survey_frame(work.latest)
    assert len(frame) == 91
    assert frame["sigma_w2"].tolist()[:8] == [0.3] * 7 + [0.6]
    assert not frame["log10 q at the last layer, measured"].isna().any()


def test_what_was_simulated_in_words() -> None:
    survey = surveyed("relu", most=10)
    told = replace(survey, q_inside=np.where(survey.known, 1.0, np.nan))
    assert survey_sentence(told, "q_star") == (
        "10 of 91 points simulated (4 networks, 64 wide and 16 deep, 4 inputs). "
        "Inside theory's 95 % band: q at the last layer, at 10 of 10."
    )
    nothing = replace(survey, chi_inside=np.full(91, np.nan))
    assert survey_sentence(nothing, "chi_1").endswith("4 inputs).")
    assert "two inputs have the correlation that a square shows" in survey_sentence(told, "c_star")
