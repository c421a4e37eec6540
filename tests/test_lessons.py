"""The lessons: what they expect comes out by other roads; scores; what a lesson needs."""

import re
from collections.abc import Callable, Mapping
from itertools import pairwise
from math import inf, log10, pi, sqrt
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import integrate, special, stats

from dashboard import lessons
from dashboard.budget import within_budget
from dashboard.course.lesson import Lesson, Teacher
from dashboard.course.measures import Finding, Simulated
from dashboard.course.questions import Choice, Number, Option, Question, Sketch, Slip
from dashboard.course.state import Coursework
from dashboard.experiment import DEFAULT
from dashboard.finding import find
from dashboard.guide.glossary import GLOSSARY
from dashboard.lessons import LESSONS
from dashboard.links import encode, parse
from dashboard.registry import PAGES
from dashboard.words.lessons import answer_words, score_sentence, table_rows, total_sentence

Array = NDArray[np.float64]

# What must come out, by closed forms, scipy and plain NumPy: nothing here asks vscore.

NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(200)
WEIGHTS = WEIGHTS / WEIGHTS.sum()


def mean(f: Callable[[Array], Array], q: float) -> float:
    """E f(z), z ~ N(0, q)."""
    return float(WEIGHTS @ f(sqrt(q) * NODES))


def lengths(phi: Callable[[Array], Array], scale: float, bias: float, depth: int) -> list[float]:
    """Mean z^2 at layers 1 to depth, for inputs of mean square 1."""
    q = [scale + bias]
    while len(q) < depth:
        q.append(scale * mean(lambda z: phi(z) ** 2, q[-1]) + bias)
    return q


def correlation(scale: float, bias: float, layer: int) -> float:
    """Of two independent inputs' z in a tanh network, by a grid of 200 x 200 nodes."""
    q, c = scale + bias, bias / (scale + bias)
    for _ in range(layer - 1):
        first = sqrt(q) * NODES[:, None]
        second = c * first + sqrt(1 - c * c) * sqrt(q) * NODES[None, :]
        both = WEIGHTS @ (np.tanh(first) * np.tanh(second)) @ WEIGHTS
        longer = scale * mean(lambda z: np.tanh(z) ** 2, q) + bias
        q, c = longer, (scale * float(both) + bias) / longer
    return c


def tanh_gradient(scale: float, bias: float, depth: int) -> float:
    """log10 of the gradient at layer 1 over that at the last."""
    q = lengths(np.tanh, scale, bias, depth)[:-1]
    return sum(log10(scale * mean(lambda z: 1 / np.cosh(z) ** 4, each)) for each in q)


def gelu(z: Array) -> Array:
    found: Array = z * special.ndtr(z)
    return found


def relu_unit_variance(layer: int) -> float:
    """2 (1 - c) by the arc-cosine map (Cho and Saul 2009), from independent inputs."""
    c = 0.0
    for _ in range(layer - 1):
        c = (sqrt(1 - c * c) + c * (pi - np.arccos(c))) / pi
    return 2 * (1 - c)


def overflowing_layer(networks: int = 4) -> float:
    """Where the largest |z| of 16 inputs leaves float32, in NumPy's float64."""
    random, found = np.random.default_rng(1), []
    for _ in range(networks):
        h = random.standard_normal((16, 256))
        for layer in range(1, 60):
            z = h @ random.standard_normal((256, 256))
            if np.abs(z).max() > np.finfo(np.float32).max:
                found.append(layer)
                break
            h = np.maximum(z, 0)
    return float(np.mean(found))


def lstm_gradient(steps: int = 50, units: int = 64, batch: int = 16) -> Array:
    """log10 of the mean square gradient at h by step, one LSTM in NumPy; gates i, f, c, o."""
    random = np.random.default_rng(2)
    limit = sqrt(6 / (units + 4 * units))
    kernel = random.uniform(-limit, limit, (units, 4 * units))
    recurrent = np.linalg.qr(random.standard_normal((4 * units, units)))[0].T
    bias = np.repeat([0.0, 1.0, 0.0, 0.0], units)
    h = c = np.zeros((batch, units))
    kept = []
    for _ in range(steps):
        z = random.standard_normal((batch, units)) @ kernel + h @ recurrent + bias
        i, f, g, o = np.split(z, 4, axis=1)
        i, f, g, o = special.expit(i), special.expit(f), np.tanh(g), special.expit(o)
        before, c = c, f * c + i * g
        kept.append((i, f, g, o, before, c))
        h = o * np.tanh(c)
    dh, dc, found = random.standard_normal((batch, units)), np.zeros((batch, units)), []
    for i, f, g, o, before, c in reversed(kept):
        found.append(log10(np.square(dh).mean()))
        t = np.tanh(c)
        dc = dc + dh * o * (1 - t * t)
        dz = np.hstack(
            [dc * g * i * (1 - i), dc * before * f * (1 - f), dc * i * (1 - g * g),
             dh * t * o * (1 - o)]
        )  # fmt: skip
        dh, dc = dz @ recurrent.T, dc * f
    return np.array(found[::-1])


def span(width: int) -> float:
    """Highest over lowest of 64 log-normal networks of 30 layers, as the mean range has it."""
    low_to_high = integrate.quad(
        lambda x: 1 - special.ndtr(x) ** 64 - special.ndtr(-x) ** 64, -9, 9
    )[0]
    return float(np.exp(low_to_high * sqrt(5 * 30 / width)))


CUT = float(stats.truncnorm(-2, 2).std())
FUNNEL = [256, 181, 128, 91, 64, 45, 32]
LAYERS = np.array([1, 5, 10, 20])
COUNT = 784 * 256

# By question: the expected number, and how far the simulator may be: relative, or "log10 ...".
# Derived where marked: ReLU's ln q has std sqrt(5 L / n) a network (Hanin and Nica 2018), so the
# mean of k networks is off by 5 std / sqrt(k) at most, once in two million.
EXPECTED: Mapping[str, tuple[tuple[float | Array, float], ...]] = {
    "zeros": ((0.0, 0.0), (0.5, 5 * sqrt(0.25 / 102)), (1.0, 0.0)),
    "too-small-too-large": (
        (256 * 0.01**2 / 2, 0.0128 * 5 * sqrt(5 * 19 / 256 / 8) / 19),
        (log10(256) + (LAYERS - 1) * log10(128), 5 * sqrt(5 * 20 / 256 / 8) / np.log(10)),
        (overflowing_layer(), 1.0),
    ),
    # 64 inputs and about as many units: mean square off by about sqrt(2 / 64 + 2 / 32).
    "why-fan-in": (
        (784.0, 784 * 0.5),
        (1 / 28, 5 / 28 / sqrt(2 * COUNT)),
        (1568 * 0.0357**2, 1.0),
    ),
    "relu-halves": (
        (0.5, 0.03),
        (0.5 - 1 / (2 * pi), 0.03),
        (-(LAYERS - 1) * log10(2), 5 * sqrt(5 * 20 / 256 / 16) / np.log(10)),
        (2.0, 2 * 5 * sqrt(5 * 19 / 256 / 16) / 19),
    ),
    # Sum of 1 / n over the layers takes the place of L / n: exp of 5 sqrt(5 * 0.09 / 64).
    "forward-or-backward": (
        (1.0, 0.5),
        (32 / 181, 0.5 * 32 / 181),
        (181 / 32, 0.5 * 181 / 32),
        (float(np.prod([2 * n / (n + m) for n, m in pairwise(FUNNEL[1:])])),
         1.1),
    ),
    "shape-of-the-law": (
        (sqrt(3), 1e-3),
        (float(stats.norm.isf((1 - 0.5 ** (1 / COUNT)) / 2)), 1.2),
        (2.0, 2 * 5 * sqrt(5 * 20 / 256 / 16)),
    ),
    "the-cut": (
        (CUT, 5 * CUT / sqrt(COUNT)),
        (CUT**40, CUT**40 * 5 * sqrt(2 * 20 / 256 / 16)),
        (2 / CUT, 1e-3),
    ),
    "receptive-field": ((576.0, 288.0), (9 / 576, 4.5 / 576), (1 / 8, 1 / 16)),
    "lstm-gates": (
        (2 / 3, 1 / 3),
        (1 / 4, 1 / 8),
        (lstm_gradient()[[0, 19, 29, 39, 49]], 1.0),
    ),
    # The range of 64 numbers has a std of 0.8 of theirs; three of those.
    "width-depth-luck": (
        (span(32), 0.995 * span(32)),
        (span(128), 0.95 * span(128)),
        (span(32), 0.995 * span(32)),
    ),
    "edge-of-chaos": (
        (correlation(0.5, 0.05, 30), 1e-3),
        (correlation(4.0, 0.05, 30), 0.1),
        (tanh_gradient(0.5, 0.05, 40), 0.5),
        (tanh_gradient(1.75, 0.05, 40), 0.3),
    ),
    "myths": (
        (lengths(np.tanh, 1.0, 0.0, 50)[-1], 0.003),
        (log10(lengths(gelu, 2.0, 0.0, 50)[-1]), 2.0),
        (10 ** tanh_gradient(2.0, 0.0, 50), 30.0),
        (relu_unit_variance(20), 0.1),
    ),
}  # fmt: skip
QUESTIONS = [
    pytest.param(slug, index, id=f"{slug}-{index + 1}")
    for slug, lesson in LESSONS.items()
    for index in range(len(lesson.questions))
]


def question_of(slug: str, index: int) -> Question:
    return LESSONS[slug].questions[index]


def test_every_question_has_an_expected_answer() -> None:
    assert {slug: len(each) for slug, each in EXPECTED.items()} == {
        slug: len(lesson.questions) for slug, lesson in LESSONS.items()
    }
    assert len(LESSONS) >= 10


@pytest.mark.parametrize(("slug", "index"), QUESTIONS)
def test_simulator_and_theory_agree_with_other_roads(slug: str, index: int) -> None:
    expected, room = EXPECTED[slug][index]
    found = find(question_of(slug, index).measure)
    assert np.abs(found.mean - expected).max() <= room
    if found.theory is not None:
        # Of where float32 ends theory knows the mean of z^2 only, not the largest z.
        mean_only = (slug, index) == ("too-small-too-large", 2)
        limit = 1.0 if mean_only else 1e-3 * np.abs(expected) + 1e-9
        assert (np.abs(found.theory - expected) <= limit).all()


@pytest.mark.parametrize(("slug", "index"), QUESTIONS)
def test_what_is_right_gets_all_points_and_slips_do_not(slug: str, index: int) -> None:
    question, found = question_of(slug, index), find(question_of(slug, index).measure)
    assert question.points(right_answer(slug, index), found) == 10
    match question:
        case Number():
            for slip in question.slips:
                text = question.write(slip.value)
                assert question.points(text, found) <= 5, slip.words
                assert score_sentence(question, text, found).endswith(slip.words)
        case Choice():
            assert found.theory is not None
            values = (found.mean[0], found.theory[0])
            assert len({question.right(float(value)) for value in values}) == 1
            assert sum(question.points(letter, found) for letter in "abc") == 10
            for letter, option in zip("abc", question.options, strict=True):
                said = score_sentence(question, letter, found)
                assert said.endswith(option.why or "Right.")
        case Sketch():
            flat = question.write([question.start] * len(question.places))
            assert question.points(flat, found) < 5
            assert score_sentence(question, flat, found).endswith(question.flat)


def right_answer(slug: str, index: int) -> str:
    """What the table above says, as a link holds it."""
    question, expected = question_of(slug, index), EXPECTED[slug][index][0]
    match question:
        case Number():
            return question.write(min(max(float(expected), question.low), question.high))
        case Choice():
            return question.write(question.right(float(expected)))
        case Sketch():
            nearest = [min(question.powers, key=lambda p, x=x: abs(p - x)) for x in expected]  # type: ignore[misc,union-attr]  # an array
            return question.write(nearest)


# Scores, by hand


def found(*values: float, theory: float | None = None) -> Finding:
    row = None if theory is None else np.array([theory])
    return Finding(np.array(values, np.float64).reshape(-1, 1), row)


MEASURE = LESSONS["relu-halves"].questions[0].measure
FACTOR = Number(
    "x",
    "",
    MEASURE,
    0.001,
    1000,
    4,
    "",
    slips=(Slip(8, "Eight."), Slip(2.5, "Near."), Slip(2, "Right.")),
)
DIFFERENCE = Number("x", "", MEASURE, -10, 10, 2, "", by_factor=False)
WHYS = ("Flat.", "Steep.", "Turned.", "Shifted.")
CURVE = Sketch("x", "", MEASURE, (1, 5), -4, 4, 2, "mean z²", "", *WHYS)


@pytest.mark.parametrize(
    ("question", "text", "points", "words"),
    [
        (FACTOR, "2", 10, "Right."),
        (FACTOR, "2.1", 10, "Right."),  # 5 %
        (FACTOR, "1.9", 10, "Right."),  # between simulator and theory
        # (log 2 - log 1.05) / (log 4 - log 1.05) = 0.482: 5 left of 10.
        (FACTOR, "4", 5, "Off by a factor of 2: too large. Why: see below."),
        (FACTOR, "0.925", 5, "Off by a factor of 2: too small. Why: see below."),
        # log 1.25 / log 4 would leave 8, but half is the most for a slip.
        (FACTOR, "2.5", 5, "Off by a factor of 1.25: too large. Near."),
        (FACTOR, "8", 0, "Off by a factor of 4: too large. Eight."),
        (FACTOR, "1000", 0, "Off by a factor of 500: too large. Why: see below."),
        (DIFFERENCE, "2.2", 10, "Right."),
        # (1.1 - 0.2) / (2 - 0.2) = 0.5
        (DIFFERENCE, "3.1", 5, "Off by 1.1: too large. Why: see below."),
        (DIFFERENCE, "-1", 0, "Off by 2.85: too small. Why: see below."),
    ],
)
def test_scores_of_numbers(question: Number, text: str, points: int, words: str) -> None:
    given = found(1.8, 1.9, theory=2.0)
    assert question.points(text, given) == points
    assert score_sentence(question, text, given) == f"{points} of 10 points. {words}"


def test_what_is_found_may_be_nothing() -> None:
    assert FACTOR.points("2", found(0.0)) == 0


@pytest.mark.parametrize(
    ("text", "points", "words"),
    [
        ("0_-1", 10, "Right."),
        # Off by 0 and 2.2: 1.1 on average. (1.1 - 0.2) / 1.8 = 0.5.
        ("0_1.5", 5, "Off by 1.1 powers of ten on average, most at layer 5: 2.2 above. Turned."),
        ("-4_-4", 0, "Off by 3.5 powers of ten on average, most at layer 1: 4 below. Shifted."),
        # 0.3 and 1.5 off, and then 0 and 3: 1.5 on average, (1.5 - 0.2) / 1.8 = 0.72.
        ("0_-4", 3, "Off by 1.5 powers of ten on average, most at layer 5: 3 below. Steep."),
    ],
)
def test_scores_of_sketches(text: str, points: int, words: str) -> None:
    given = Finding(np.array([[0.0, -0.7], [0.0, -0.7]]), np.array([0.0, -1.0]))
    assert CURVE.points(text, given) == points
    assert score_sentence(CURVE, text, given) == f"{points} of 10 points. {words}"
    assert table_rows(CURVE, text, given)[0] == ("layer", "You", "Simulator", "Theory")


def test_scores_of_choices() -> None:
    options = (Option("Less", 0, 1, "Why less?"), Option("More", 1, inf))
    question = Choice("x", "", MEASURE, options, "")
    assert score_sentence(question, "b", found(2)) == "10 of 10 points. Right."
    assert score_sentence(question, "a", found(2)) == '0 of 10 points. Right is: "More". Why less?'
    with pytest.raises(ValueError, match=re.escape("options must cover what is measured")):
        question.right(-1)


def test_totals() -> None:
    assert total_sentence([10, 10]) == "20 of 20 points: you foresaw all of it."
    assert total_sentence([0, 0]) == "0 of 20 points. All questions were equally hard for you."
    assert total_sentence([3, 10, 3]).endswith("Questions 1 and 3 were the hardest for you.")
    assert total_sentence([10, 3, 5]) == "18 of 30 points. Question 2 was the hardest for you."


@pytest.mark.parametrize(
    ("question", "text", "words"),
    [(FACTOR, "0.5", "0.5"), (FACTOR, "0.001", "0.001"), (CURVE, "-4_0.5", "10⁻⁴, 3.16")],
)
def test_answers_in_words(question: Question, text: str, words: str) -> None:
    said = answer_words(question, text)
    assert said in (words, words.replace("10⁻⁴", "0.0001"))


@pytest.mark.parametrize(
    ("question", "text", "reason"),
    [
        (FACTOR, "", "must be a number"),
        (FACTOR, "nan", "must be a number"),
        (FACTOR, "1_0", "must be a number"),
        (FACTOR, "٣", "must be a number"),
        (FACTOR, "0", "must be from 0.001 to 1000"),
        (FACTOR, "1e400", "must be from 0.001 to 1000"),
        (CURVE, "0", "must be 2 powers of ten from -4 to 4, joined by _"),
        (CURVE, "0_0.25", "must be 2 powers of ten from -4 to 4, joined by _"),
        (LESSONS["forward-or-backward"].questions[0], "", "must be one of a, b, c"),
        (LESSONS["forward-or-backward"].questions[0], "ab", "must be one of a, b, c"),
    ],
)
def test_answers_that_cannot_be(question: Question, text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(reason)}$"):
        question.read(text)


# What a lesson needs


@pytest.mark.parametrize("lesson", LESSONS.values(), ids=list(LESSONS))
def test_a_lesson_is_whole(lesson: Lesson) -> None:
    paths = {page.path for page in PAGES}
    assert {each.page for each in lesson.next} <= paths
    assert len(lesson.next) >= 2
    note = lesson.teacher
    texts = [lesson.title, lesson.goal, lesson.setting, note.minutes, note.usual, note.room]
    for question in lesson.questions:
        texts += [question.label, question.prompt, question.explanation]
    assert all(text.strip() == text and text for text in texts)
    shown = [each.experiment for each in lesson.next]
    shown += [question.measure.experiment for question in lesson.questions]
    for each in shown:
        assert within_budget(each) == (each, ())
        assert parse(encode(each)) == (each, ())
        # Cells have activations of their own, so the pages ask for none and keep none.
        assert each.family != "recurrent" or each.activation == DEFAULT.activation


# What is said in lessons that is no everyday word, and the term that explains it.
JARGON = {
    r"\bz²|\bz\b": "preactivation",
    r"ReLU|tanh|[Ss]igmoid|GELU": "activation",
    r"\bbias": "bias",
    r"gradient": "gradient",
    r"epoch": "epoch",
    r"[Vv]ariance(?!Scaling)": "variance",
    r"standard deviation": "std",
    r"second moment": "second_moment",
    r"fan_in": "fan_in",
    r"fan_out": "fan_out",
    r"\bmode\b|fan_avg": "mode",
    r"\bscale\b": "scale",
    r"LeCun": "lecun",
    r"Glorot|Xavier": "glorot",
    r"\bHe(?:'s)?\b(?! et al)": "he",
    r"uniform law|uniform weights|weights are uniform": "uniform",
    r"goodness of fit": "fit",
    r"kernel": "kernel",
    r"depthwise|Depthwise": "depthwise",
    r"transposed|Transpose": "transposed",
    r"stride": "stride",
    r"channel": "channels",
    r"recurrent": "recurrent",
    r"\bgate": "gate",
    r"orthogonal": "orthogonal",
    r"correlation": "correlation",
    r"edge of chaos": "edge",
    r"chi\b": "chi",
    r"float32": "overflow",
}


@pytest.mark.parametrize("lesson", LESSONS.values(), ids=list(LESSONS))
def test_every_hard_word_of_a_lesson_leads_to_the_glossary(lesson: Lesson) -> None:
    texts = [lesson.goal, lesson.setting]
    for question in lesson.questions:
        texts += [question.label, question.prompt, question.explanation]
    said = " ".join(texts)
    needed = {slug for word, slug in JARGON.items() if re.search(word, said)}
    assert needed - set(lesson.terms) == set()
    assert set(lesson.terms) <= set(GLOSSARY)
    assert len(set(lesson.terms)) == len(lesson.terms)


def test_a_new_file_alone_is_a_lesson(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = Path(lessons.__file__).with_name("zeros.py").read_text("utf-8")
    new = source.replace('slug="zeros"', 'slug="new"').replace("place=10", "place=11")
    (tmp_path / "a_new_one.py").write_text(new, "utf-8")
    monkeypatch.setattr(lessons, "__path__", [*lessons.__path__, str(tmp_path)])
    assert list(lessons.found())[:3] == ["zeros", "new", "too-small-too-large"]
    (tmp_path / "b_same.py").write_text(source, "utf-8")
    with pytest.raises(ValueError, match="slug must be another in each lesson; got "):
        lessons.found()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"slug": "New one"}, "slug must be lower-case words joined by hyphens"),
        ({"minutes": 12}, "minutes must be in [5, 10]; got 12"),
        ({"questions": ()}, "questions must be two to four; got 0"),
    ],
)
def test_a_lesson_that_cannot_be(change: Mapping[str, object], reason: str) -> None:
    given = {
        "slug": "new",
        "place": 1,
        "title": "",
        "goal": "",
        "minutes": 5,
        "setting": "",
        "terms": (),
        "questions": (FACTOR, FACTOR),
        "next": (),
        "teacher": Teacher("", "", ""),
    }
    with pytest.raises(ValueError, match=re.escape(reason)):
        Lesson(**{**given, **change})  # type: ignore[arg-type]  # by name


@pytest.mark.parametrize(("low", "reach"), [(0, 2), (1, 1)])
def test_a_number_that_cannot_be(low: float, reach: float) -> None:
    with pytest.raises(ValueError, match="reach must be a factor above 1, and low above 0"):
        Number("", "", MEASURE, low, 2, reach, "")


def test_progress() -> None:
    state = Coursework().with_answers("zeros", ("0",)).with_answers("myths", ("1", "0"))
    assert state.given("zeros") == ("0",)
    assert state.given("the-cut") == ()
    assert state.with_answers("zeros", ()).answers == (("myths", ("1", "0")),)
    assert encode(DEFAULT.with_settings((DEFAULT,))) == "v=1"


def test_links_hold_answers_in_one_spelling() -> None:
    shown, notices = parse("v=1&lesson=relu-halves&answers.relu-halves=0.50~3.4e-1~-0_-1_-3_-6")
    assert [notice.reason for notice in notices] == [
        "answer 3 must be 4 powers of ten from -10 to 2, joined by _"
    ]
    assert shown.coursework == Coursework("relu-halves", (("relu-halves", ("0.5", "0.34")),))
    assert encode(shown) == "v=1&lesson=relu-halves&answers.relu-halves=0.5~0.34"


def test_measures_follow_their_own_statistic() -> None:
    (question, *_) = LESSONS["edge-of-chaos"].questions
    assert isinstance(question.measure, Simulated)
    assert question.measure.experiment.statistic == "correlation"
