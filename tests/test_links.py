"""Links: what is written is read back, and whatever else comes in does no harm."""

import math
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.budget import within_budget
from dashboard.course.questions import Choice, Number, Question, Sketch
from dashboard.course.state import Coursework
from dashboard.experiment import DEFAULT, Experiment
from dashboard.handout import CONTROLS, Handout
from dashboard.lessons import LESSONS
from dashboard.links import encode, parse
from dashboard.links.setting import INITIALIZER_NAMES, initializer_name, own_fields
from dashboard.notice import Notice
from dashboard.sweeps import BOUNDS, OFFERED, Plan, Range, Span, parameter_of, sources
from dashboard.sweeps import Choice as Names
from dashboard.tensor import Tensor
from dashboard.training import Training
from vscore.activations import ACTIVATIONS, Activation
from vscore.initializers import (
    INITIALIZERS,
    Initializer,
    Orthogonal,
    RandomNormal,
    RandomUniform,
    TruncatedNormal,
    VarianceScaling,
    Zeros,
)
from vscore.layers import (
    GRU,
    LAYERS,
    LSTM,
    Conv1D,
    Conv2D,
    Conv3D,
    Dense,
    DepthwiseConv2D,
    Layer,
    MultiHeadAttention,
)
from vscore.parameters import PARAMETERS
from vscore.sweeps import MEASURES

MODES = ("fan_in", "fan_out", "fan_avg", "fan_geo_avg")
LAWS = ("truncated_normal", "untruncated_normal", "uniform")
NETWORK = ("depth", "width", "networks", "batch", "seed", "bias_variance", "image_size", "taper")

# By hand: the names that a link may give, besides those of layers, initializers and activations.
NAMES: Mapping[str, tuple[str, ...]] = {
    "family": ("dense", "convolutional", "recurrent"),
    "padding": ("circular", "same"),
    "cell": ("simple_rnn", "lstm", "gru"),
    "recurrent": (
        "glorot_normal",
        "glorot_uniform",
        "he_normal",
        "he_uniform",
        "lecun_normal",
        "lecun_uniform",
        "torch_default",
        "random_normal",
        "truncated_normal",
        "random_uniform",
        "orthogonal",
        "zeros",
    ),
    "statistic": (
        "q",
        "unit_variance",
        "activation_second_moment",
        "activation_variance",
        "activation_mean",
        "correlation",
        "saturated",
        "dead",
    ),
    "convention": ("keras", "keras<3.15", "torch", "jax"),
    "phase": ("chi_1", "xi", "q_star", "c_star"),
}


def number(name: str) -> st.SearchStrategy[float]:
    """A number that the control of this name can show."""
    parameter = PARAMETERS[name]
    low, high = parameter.shown
    if parameter.integer:
        return st.integers(int(low), int(high))
    return st.one_of(st.sampled_from((low, high)), st.floats(low, high))


@st.composite
def layers(draw: st.DrawFn) -> Layer:
    kind = draw(st.sampled_from(sorted(LAYERS)))
    usual = LAYERS[kind]()
    values: dict[str, Any] = {}
    for field in own_fields(usual):
        default = getattr(usual, field.name)
        one = number(field.name)
        values[field.name] = draw(
            st.tuples(*[one] * len(default)) if isinstance(default, tuple) else one
        )
    if "groups" in values:
        common = math.gcd(values["input_channels"], values["filters"])
        values["groups"] = draw(st.sampled_from([g for g in range(1, 65) if common % g == 0]))
    return replace(usual, **values)


def initializers() -> st.SearchStrategy[Initializer]:
    limits = st.tuples(number("minval"), number("maxval")).map(sorted)
    return st.one_of(
        st.sampled_from([INITIALIZERS[name] for name in INITIALIZER_NAMES[:-1]]),
        st.builds(VarianceScaling, number("scale"), st.sampled_from(MODES), st.sampled_from(LAWS)),
        st.builds(RandomNormal, number("mean"), number("stddev")),
        st.builds(TruncatedNormal, number("mean"), number("stddev")),
        limits.map(lambda ends: RandomUniform(ends[0], ends[1])),
        st.builds(Orthogonal, number("gain")),
    )


def activations() -> st.SearchStrategy[Activation]:
    return st.one_of(
        st.sampled_from(list(ACTIVATIONS.values())),
        st.builds(Activation, st.just("leaky_relu"), number("slope")),
    )


LINE = st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=200)


def handouts() -> st.SearchStrategy[Handout]:
    names = st.lists(st.sampled_from(sorted(CONTROLS))).map(tuple)
    return st.builds(Handout, LINE, LINE, names, names, st.sampled_from(("", "weights", "signal")))


@st.composite
def tensors(draw: st.DrawFn) -> Tensor:
    """Of any rank; a size of 1 beside large ones, so that few are too large."""
    shape = draw(st.lists(st.sampled_from((1, 2, 3, 7, 16)), min_size=1, max_size=6))
    shape[0] = draw(st.integers(1, 64))
    parts = st.text("siob", min_size=len(shape), max_size=len(shape))
    return Tensor(tuple(shape), draw(parts))


def trainings() -> st.SearchStrategy[Training]:
    return st.builds(
        Training,
        data=st.sampled_from(("spirals", "rings", "checkerboard", "xor", "digits")),
        optimizer=st.sampled_from(("sgd", "adam")),
        rate=st.floats(1e-4, 10.0),
        epochs=st.integers(5, 100),
        hidden=st.integers(1, 12),
        neurons=st.integers(2, 64),
    )


@st.composite
def spans(draw: st.DrawFn, *names: str) -> Span:
    """Anything that an axis can go over, but for these names."""
    name = draw(st.sampled_from(sorted({*BOUNDS, *OFFERED} - set(names))))
    if name in OFFERED:
        return Names(name, tuple(draw(st.sets(st.sampled_from(OFFERED[name]), min_size=1))))
    parameter = parameter_of(name)
    low, high = parameter.shown
    value = st.integers(int(low), int(high)) if parameter.integer else st.floats(low, high)
    first, last = sorted(draw(st.lists(value, min_size=2, max_size=2, unique=True)))
    return Range(name, first, last, draw(st.integers(2, 60)), first > 0 and draw(st.booleans()))


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    x = draw(spans())
    measure = draw(st.sampled_from(sorted(MEASURES)))
    y = draw(st.one_of(st.none(), spans(x.name)))
    return Plan(x, y, measure, draw(st.sampled_from(sources(measure))))


@st.composite
def alone(draw: st.DrawFn) -> Experiment:
    """Anything that the controls can be set to."""
    layer = draw(layers())
    return Experiment(
        layer=layer,
        kernel=draw(st.sampled_from([kernel.name for kernel in layer.kernels])),
        initializer=draw(initializers()),
        activation=draw(activations()),
        **{name: draw(number(name)) for name in NETWORK},  # type: ignore[arg-type]  # by name
        **{name: draw(st.sampled_from(names)) for name, names in NAMES.items()},  # type: ignore[arg-type]  # by name
        redraws=draw(st.booleans()),
        formula=draw(st.one_of(st.just(""), LINE)),
        tensor=draw(tensors()),
        training=draw(trainings()),
        sweep=draw(plans()),
    )


@st.composite
def variations(draw: st.DrawFn, setting: Experiment) -> Experiment:
    """A setting that shares some of another's fields, as copies do."""
    other = draw(alone())
    names = ("initializer", "activation", "depth", "width", "family", "taper", "recurrent")
    kept = draw(st.lists(st.sampled_from((*names, "layer"))))
    values: dict[str, Any] = {name: getattr(setting, name) for name in kept}
    if "layer" in values:
        values["kernel"] = setting.kernel
    return replace(other, **values)


def answer(question: Question) -> st.SearchStrategy[str]:
    """Anything that the question's control can be set to."""
    match question:
        case Number():
            return st.floats(question.low, question.high).map(question.write)
        case Choice():
            return st.integers(0, len(question.options) - 1).map(question.write)
        case Sketch():
            size = len(question.places)
            powers = st.lists(st.sampled_from(question.powers), min_size=size, max_size=size)
            return powers.map(question.write)


@st.composite
def courseworks(draw: st.DrawFn) -> Coursework:
    """A lesson that is open, or none, and the first answers of some."""
    begun = draw(st.lists(st.sampled_from(list(LESSONS)), unique=True, max_size=3))
    answers = []
    for slug in begun:
        questions = LESSONS[slug].questions
        count = draw(st.integers(1, len(questions)))
        answers.append((slug, tuple(draw(answer(each)) for each in questions[:count])))
    return Coursework(draw(st.sampled_from(["", *LESSONS])), tuple(answers))


@st.composite
def experiments(draw: st.DrawFn) -> Experiment:
    """One to four settings, and what a teacher may say."""
    first = draw(alone())
    others = draw(st.lists(st.one_of(st.just(first), variations(first)), max_size=3))
    selected = draw(st.integers(0, len(others)))
    wished = replace(
        first,
        others=tuple(others),
        selected=selected,
        handout=draw(handouts()),
        coursework=draw(courseworks()),
    )
    return within_budget(wished)[0]


@given(experiments())
def test_round_trip(experiment: Experiment) -> None:
    assert parse(encode(experiment)) == (experiment, ())


@settings(max_examples=30)  # a link is read once for each of its words
@given(experiments())
def test_only_what_differs_is_written(experiment: Experiment) -> None:
    pairs = parse_qsl(encode(experiment))
    for name, text in pairs[1:]:
        if text == "variance_scaling":  # the default is one too, under its own name
            continue
        last = "abcd"[int(text) - 1] if name == "settings" else "-"
        if any(key.startswith(f"{last}.") for key, _ in pairs):
            continue  # the last setting's own words say that it is there
        rest = [pair for pair in pairs if pair[0] != name]
        assert parse(urlencode(rest)) != (experiment, ()), f"{name}={text} says nothing"


def test_a_minus_zero_is_a_zero() -> None:
    setting = replace(DEFAULT, initializer=RandomNormal(mean=-0.0, stddev=0.3))
    assert "mean" not in encode(setting)


def test_every_field_of_an_experiment_is_in_its_link() -> None:
    """A field that is added must be drawn above."""
    specs = {"layer", "kernel", "initializer", "activation"}
    specs |= {"redraws", "others", "selected", "handout", "coursework"}
    specs |= {"formula", "tensor", "training", "sweep"}
    assert {field.name for field in fields(Experiment)} == {*specs, *NETWORK, *NAMES}


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, values in NAMES.items() for value in values]
)
def test_names_are_written_as_they_are(name: str, value: str) -> None:
    experiment, notices = parse(f"v=1&{name}={value}")
    assert notices == ()
    assert getattr(experiment, name) == value
    usual = {"family": "dense", "padding": "circular", "cell": "lstm", "recurrent": "orthogonal",
             "statistic": "q", "convention": "keras", "phase": "chi_1"}[name]  # fmt: skip
    text = value.replace("<", "%3C")
    assert encode(experiment) == ("v=1" if value == usual else f"v=1&{name}={text}")


def test_default_is_only_a_version() -> None:
    assert encode(DEFAULT) == "v=1"
    assert parse("") == parse("v=1") == (DEFAULT, ())


@pytest.mark.parametrize("name", INITIALIZER_NAMES[:-1])
def test_initializers_keep_their_names(name: str) -> None:
    assert initializer_name(INITIALIZERS[name]) == name
    assert parse(f"init={name}") == (replace(DEFAULT, initializer=INITIALIZERS[name]), ())


def test_custom_initializers_are_named_by_their_class() -> None:
    assert initializer_name(VarianceScaling(3.0)) == "variance_scaling"
    assert initializer_name(RandomNormal(0.5, 2.0)) == "random_normal"
    assert initializer_name(TruncatedNormal(0.5, 2.0)) == "truncated_normal"
    assert initializer_name(RandomUniform(0.0, 2.0)) == "random_uniform"
    assert initializer_name(Orthogonal(2.0)) == "orthogonal"


def test_values_are_written_plainly() -> None:
    experiment = Experiment(
        layer=Conv2D(8, 16, (3, 5), (2, 1), 4),
        initializer=VarianceScaling(0.5, "fan_avg", "uniform"),
        activation=Activation("leaky_relu", 0.01),
        depth=50,
        bias_variance=1.0,
        family="recurrent",
        image_size=32,
        padding="same",
        cell="gru",
        recurrent="glorot_uniform",
        statistic="dead",
        convention="jax",
        phase="xi",
        formula="x * sigmoid(1.702 * x)",
        tensor=Tensor((4, 5, 8, 16), "bsio"),
        training=Training("digits", "adam", 0.01, 60, 4, 48),
        sweep=Plan(
            Range("depth", 2, 60, 30),
            Names("activation", ("tanh", "relu")),
            "correlation",
            "predicted",
        ),
    )
    assert encode(experiment) == (
        "v=1&layer=Conv2D&input_channels=8&filters=16&kernel_size=3x5&strides=2x1&groups=4"
        "&init=variance_scaling&scale=0.5&mode=fan_avg&distribution=uniform"
        "&act=leaky_relu&slope=0.01&family=recurrent&padding=same&cell=gru&statistic=dead"
        "&convention=jax&phase=xi&recurrent=glorot_uniform&depth=50&bias_variance=1&image_size=32"
        "&formula=x+%2A+sigmoid%281.702+%2A+x%29&tensor=4b5s8i16o"
        "&data=digits&optimizer=adam&rate=0.01&epochs=60&hidden=4&neurons=48"
        "&x=depth&x_from=2&x_to=60&x_points=30&y=activation&y_names=relu.tanh"
        "&measure=correlation&source=predicted"
    )


GOLDEN_1 = {
    "v=1": DEFAULT,
    "v=1&init=glorot_uniform&act=tanh": Experiment(
        initializer=VarianceScaling(1.0, "fan_avg", "uniform"), activation=Activation("tanh")
    ),
    "v=1&input_dim=300&units=120&seed=7": Experiment(layer=Dense(300, 120), seed=7),
    "v=1&layer=Conv2D&kernel_size=3x5&strides=2x1&groups=4": Experiment(
        layer=Conv2D(64, 128, (3, 5), (2, 1), 4)
    ),
    "v=1&layer=LSTM&kernel=recurrent_kernel&init=orthogonal&gain=0.5": Experiment(
        layer=LSTM(128, 64), kernel="recurrent_kernel", initializer=Orthogonal(0.5)
    ),
    "v=1&layer=MultiHeadAttention&kernel=output_kernel&num_heads=4&key_dim=32": Experiment(
        layer=MultiHeadAttention(512, 4, 32), kernel="output_kernel"
    ),
    "v=1&init=variance_scaling&scale=1.5&mode=fan_geo_avg&distribution=untruncated_normal": (
        Experiment(initializer=VarianceScaling(1.5, "fan_geo_avg", "untruncated_normal"))
    ),
    "v=1&init=random_normal&stddev=1&mean=0.25&act=leaky_relu&slope=0.3": Experiment(
        initializer=RandomNormal(0.25, 1.0), activation=Activation("leaky_relu", 0.3)
    ),
    "v=1&init=random_uniform&minval=-1&maxval=0.5&depth=100&width=64&networks=32&batch=16": (
        Experiment(initializer=RandomUniform(-1.0, 0.5), depth=100, width=64, networks=32, batch=16)
    ),
    "v=1&layer=DepthwiseConv2D&depth_multiplier=2&init=zeros&bias_variance=0.05": Experiment(
        layer=DepthwiseConv2D(64, (3, 3), (1, 1), 2), initializer=Zeros(), bias_variance=0.05
    ),
    "v=1&family=convolutional&padding=same&image_size=9&width=16&networks=4&batch=8": Experiment(
        family="convolutional", padding="same", image_size=9, width=16, networks=4, batch=8
    ),
    "v=1&family=recurrent&cell=simple_rnn&recurrent=he_normal&depth=50&statistic=correlation": (
        Experiment(
            family="recurrent",
            cell="simple_rnn",
            recurrent="he_normal",
            depth=50,
            statistic="correlation",
        )
    ),
}


GLOROT = VarianceScaling(1.0, "fan_avg", "uniform")
GOLDEN_COMPARISONS = {
    "v=1&settings=2": Experiment(others=(DEFAULT,)),
    "v=1&settings=3&b.init=glorot_uniform&c.act=tanh&setting=c": Experiment(
        others=(Experiment(initializer=GLOROT), Experiment(activation=Activation("tanh"))),
        selected=2,
    ),
    # B has A's scale and law, not A's mode; C another initializer, so nothing of A's.
    "v=1&init=variance_scaling&scale=3&distribution=uniform&seed=4&settings=3&b.mode=fan_out"
    "&c.init=glorot_uniform": Experiment(
        initializer=VarianceScaling(3.0, "fan_in", "uniform"),
        seed=4,
        others=(
            Experiment(initializer=VarianceScaling(3.0, "fan_out", "uniform")),
            Experiment(initializer=GLOROT),
        ),
    ),
    "v=1&layer=Conv2D&filters=32&settings=3&b.layer=Conv1D&c.input_channels=8": Experiment(
        layer=Conv2D(64, 32),
        others=(Experiment(layer=Conv1D()), Experiment(layer=Conv2D(8, 32))),
    ),
    "v=1&act=leaky_relu&slope=0.3&settings=2&b.act=relu": Experiment(
        activation=Activation("leaky_relu", 0.3), others=(DEFAULT,)
    ),
    "v=1&redraws=on": Experiment(redraws=True),
    "v=1&taper=0.25": Experiment(taper=0.25),
    "v=1&title=Week+3&question=Where+does+it+vanish%3F&lock=scale.mode&hide=layer.kernel"
    "&present=signal": Experiment(
        handout=Handout(
            "Week 3", "Where does it vanish?", ("scale", "mode"), ("layer", "kernel"), "signal"
        )
    ),
    "v=1&lock=all": Experiment(handout=Handout(locked=tuple(CONTROLS))),
    "v=1&layer=LSTM&convention=torch": Experiment(layer=LSTM(128, 64), convention="torch"),
    "v=1&convention=keras%3C3.15&settings=2&b.layer=MultiHeadAttention": Experiment(
        convention="keras<3.15",
        others=(Experiment(layer=MultiHeadAttention(), kernel="query_kernel"),),
    ),
    "v=1&formula=max%280%2C+x%29%2A%2A2": Experiment(formula="max(0, x)**2"),
    "v=1&tensor=16b9i24o": Experiment(tensor=Tensor((16, 9, 24), "bio")),
    "v=1&data=xor&rate=0.5": Experiment(training=Training("xor", rate=0.5)),
}


@pytest.mark.parametrize("link", GOLDEN_COMPARISONS)
def test_old_comparisons_and_handouts_keep_their_meaning(link: str) -> None:
    assert parse(link) == (GOLDEN_COMPARISONS[link], ())
    assert encode(GOLDEN_COMPARISONS[link]) == link


def test_a_described_setting_need_not_be_counted() -> None:
    assert parse("c.act=tanh")[0] == Experiment(
        others=(DEFAULT, Experiment(activation=Activation("tanh")))
    )


def test_all_settings_have_the_same_seed_and_inputs() -> None:
    other = Experiment(seed=3, batch=2, networks=1, statistic="dead", redraws=True, depth=5)
    first, second = Experiment(seed=7, others=(other,)).settings
    assert second == replace(first, depth=5)


def test_streamlit_s_own_words_are_left_to_it() -> None:
    assert parse("v=1&embed=true&embed_options=dark_theme") == (DEFAULT, ())


def test_settings_share_the_budget() -> None:
    # A network is 100 x 1024^2 x (4 + 0.08 x 64) ns = 0.956 s; each setting has 8 s / 2.
    link = "depth=100&width=1024&networks=64&batch=64&settings=2&b.depth=1"
    experiment, notices = parse(link)
    assert [setting.networks for setting in experiment.settings] == [4, 4]
    assert [notice.setting for notice in notices] == ["networks"]


@pytest.mark.parametrize("link", GOLDEN_1)
def test_old_links_keep_their_meaning(link: str) -> None:
    """Links of version 1 are in slides and mails: what they open may not change."""
    meant = GOLDEN_1[link]
    if "kernel=" not in link:  # the first of a layer's kernels needs no name
        meant = replace(meant, kernel=meant.layer.kernels[0].name)
    assert parse(link) == (meant, ())


def test_one_size_stands_for_every_axis() -> None:
    assert parse("layer=Conv3D&kernel_size=5")[0].layer == Conv3D(64, 128, (5, 5, 5))


# What cannot be used


NOTICES = {
    "v=2": Notice("v", "2", "v must be one of '1'; got '2'"),
    "depth=ten": Notice("depth", "ten", "must be a whole number"),
    "depth=5.0": Notice("depth", "5.0", "must be a whole number"),
    "depth=1_0": Notice("depth", "1_0", "must be a whole number"),
    "depth=%D9%A1%D9%A2": Notice("depth", "١٢", "must be a whole number"),
    "depth=": Notice("depth", "", "must be a whole number"),
    "depth=101": Notice("depth", "101", "must be from 1 to 100"),
    "depth=-1": Notice("depth", "-1", "must be a whole number"),
    "scale=nan": Notice("scale", "nan", "must be a number"),
    "scale=-inf": Notice("scale", "-inf", "must be a number"),
    "scale=1e400": Notice("scale", "1e400", "must be from 0.01 to 100"),
    "scale=0": Notice("scale", "0", "must be from 0.01 to 100"),
    "seed=5%00": Notice("seed", "5\0", "must be a whole number"),
    "layer=LSTN": Notice(
        "layer",
        "LSTN",
        "layer must be one of 'Dense', 'Conv1D', 'Conv2D', 'Conv3D', 'Conv2DTranspose', "
        "'DepthwiseConv2D', 'SeparableConv2D', 'Embedding', 'SimpleRNN', 'LSTM', 'GRU', "
        "'MultiHeadAttention'; got 'LSTN'. Did you mean 'LSTM'?",
    ),
    "kernel=embeddings": Notice(
        "kernel", "embeddings", "kernel must be one of 'kernel'; got 'embeddings'"
    ),
    "mode=fan": Notice(
        "mode",
        "fan",
        "mode must be one of 'fan_in', 'fan_out', 'fan_avg', 'fan_geo_avg'; got 'fan'. "
        "Did you mean 'fan_in'?",
    ),
    "layer=Conv2D&kernel_size=3x3x3": Notice(
        "kernel_size", "3x3x3", "must be 2 numbers joined by x"
    ),
    "layer=Conv2D&groups=3": Notice(
        "layer",
        "Conv2D",
        "groups must divide input_channels and filters; got groups=3 with input_channels=64, "
        "filters=128: the nearest allowed value is 2",
    ),
    "init=random_uniform&minval=1": Notice(
        "init", "random_uniform", "maxval must be at least minval, 1.0; got 0.05"
    ),
    "slope=0.1": Notice("slope", "0.1", "there is no such setting here"),
    "course=" + "x" * 99: Notice("course", "x" * 32, "there is no such setting here"),
    "lesson=" + "x" * 99: Notice("lesson", "x" * 32, "there is no such lesson"),
    "answers.zeros=0~x": Notice("answers.zeros", "x", "answer 2 must be a number"),
    "answers.zeros=11": Notice("answers.zeros", "11", "answer 1 must be from 0 to 10"),
    "answers.zeros=0~1~1~1": Notice("answers.zeros", "0~1~1~1", "this lesson has 3 questions"),
    "answers.forward-or-backward=d": Notice(
        "answers.forward-or-backward", "d", "answer 1 must be one of a, b, c"
    ),
    "answers.relu-halves=1~1~0_1": Notice(
        "answers.relu-halves",
        "0_1",
        "answer 3 must be 4 powers of ten from -10 to 2, joined by _",
    ),
    "answers.none=1": Notice("answers.none", "1", "there is no such setting here"),
    "depth=3&depth=4": Notice("depth", "4", "given twice; the first is used"),
    "&".join(["a=1"] * 201): Notice("link", ("a=1&" * 8), "it has more than 200 settings"),
    "family=recurent": Notice(
        "family",
        "recurent",
        "family must be one of 'dense', 'convolutional', 'recurrent'; got 'recurent'. "
        "Did you mean 'recurrent'?",
    ),
    "padding=valid": Notice(
        "padding", "valid", "padding must be one of 'circular', 'same'; got 'valid'"
    ),
    "cell=LSTM": Notice(
        "cell", "LSTM", "cell must be one of 'simple_rnn', 'lstm', 'gru'; got 'LSTM'"
    ),
    "statistic=mean": Notice(
        "statistic",
        "mean",
        "statistic must be one of 'q', 'unit_variance', 'activation_second_moment', "
        "'activation_variance', 'activation_mean', 'correlation', 'saturated', 'dead'; got 'mean'",
    ),
    # It would need a scale, a mode and a law of its own.
    "recurrent=variance_scaling": Notice(
        "recurrent",
        "variance_scaling",
        "recurrent must be one of 'glorot_normal', 'glorot_uniform', 'he_normal', 'he_uniform', "
        "'lecun_normal', 'lecun_uniform', 'torch_default', 'random_normal', 'truncated_normal', "
        "'random_uniform', 'orthogonal', 'zeros'; got 'variance_scaling'",
    ),
    "image_size=2": Notice("image_size", "2", "must be from 3 to 32"),
    "image_size=33": Notice("image_size", "33", "must be from 3 to 32"),
    "image_size=9x9": Notice("image_size", "9x9", "must be a whole number"),
    # 100 x (1024 x 16 x (400 + 512) + 1e5) ns are 1.504 s a network, and its kernels of 1024 x 4096
    # each, one orthogonal, (4 + 4 + 0.25 x 1024) ns a weight, 1.107 s.
    "family=recurrent&width=1024&depth=100&batch=16&networks=64": Notice(
        "networks", "64", "a network this size takes too long; 3 is the most that fits"
    ),
    "width=1024&depth=100&networks=64": Notice(
        "networks", "64", "a network this size takes too long; 14 is the most that fits"
    ),
    "settings=5": Notice("settings", "5", "settings must be one of '1', '2', '3', '4'; got '5'"),
    "settings=2&setting=c": Notice("setting", "c", "setting must be one of 'a', 'b'; got 'c'"),
    "b.act=sin": Notice(
        "b.act", "sin", "act must be one of " + ", ".join(map(repr, ACTIVATIONS)) + "; got 'sin'"
    ),
    "b.seed=3": Notice("b.seed", "3", "all settings have A's"),
    "b.slope=0.1": Notice("b.slope", "0.1", "there is no such setting here"),
    "e.depth=3": Notice("e.depth", "3", "there is no such setting here"),
    "redraws=yes": Notice("redraws", "yes", "redraws must be one of 'on', 'off'; got 'yes'"),
    "title=" + "x" * 201: Notice(
        "title", "x" * 32, "title must have at most 200 characters; got 201"
    ),
    "question=a%0Ab": Notice(
        "question",
        "a\nb",
        "question must be plain text on one line, with no control characters",
    ),
    "lock=scales": Notice(
        "lock",
        "scales",
        "lock must be one of "
        + ", ".join(map(repr, CONTROLS))
        + "; got 'scales'. Did you mean 'scale'?",
    ),
    "convention=effective": Notice(
        "convention",
        "effective",
        "convention must be one of 'keras', 'keras<3.15', 'torch', 'jax'; got 'effective'",
    ),
    "phase=q": Notice(
        "phase", "q", "phase must be one of 'chi_1', 'xi', 'q_star', 'c_star'; got 'q'"
    ),
    "formula=" + "x" * 201: Notice(
        "formula", "x" * 32, "formula must have at most 200 characters; got 201"
    ),
    "formula=x%00": Notice(
        "formula", "x\0", "formula must be plain text on one line, with no control characters"
    ),
    "b.formula=x": Notice("b.formula", "x", "all settings have A's"),
    "b.rate=0.5": Notice("b.rate", "0.5", "all settings have A's"),
    **{
        f"tensor={text}": Notice(
            "tensor",
            text,
            "must be a size and a letter (s, i, o or b) for each axis, as 3s3s64i128o",
        )
        for text in ("", "3", "s3", "3s3", "3s-3i", "3S3i", "\u0663i3o", "3sx3i")
    },
    "data=moons": Notice(
        "data",
        "moons",
        "data must be one of 'spirals', 'rings', 'checkerboard', 'xor', 'digits'; got 'moons'",
    ),
    "epochs=101": Notice("epochs", "101", "must be from 5 to 100"),
    "neurons=2.5": Notice("neurons", "2.5", "must be a whole number"),
    "tensor=0s3i": Notice("tensor", "0s3i", "each axis must be from 1 to 65536; got 0"),
    "tensor=65537i": Notice("tensor", "65537i", "each axis must be from 1 to 65536; got 65537"),
    "tensor=65536i1025o": Notice(
        "tensor", "65536i1025o", "shape must have at most 67108864 weights; got 67174400"
    ),
    "tensor=1s1s1s1s1s1s1s": Notice(
        "tensor", "1s1s1s1s1s1s1s", "shape must have 1 to 6 axes; got 7"
    ),
    "tensor=3z": Notice("tensor", "3z", "part must be one of 's', 'i', 'o', 'b'; got 'z'"),
    "present=both": Notice(
        "present", "both", "present must be one of 'weights', 'signal'; got 'both'"
    ),
    "b.units=5&input_dim=16384&units=16384": Notice(
        "input_dim",
        "16384",
        "the kernel would hold over 34 million weights; 2048 is the most that fits",
    ),
    "input_dim=16384&units=16384": Notice(
        "input_dim",
        "16384",
        "the kernel would hold over 67 million weights; 4096 is the most that fits",
    ),
}


@pytest.mark.parametrize("link", NOTICES)
def test_notice_says_what_and_why(link: str) -> None:
    assert parse(link)[1] == (NOTICES[link],)


def test_a_bad_value_leaves_the_others_alone() -> None:
    experiment, notices = parse("v=1&depth=ten&width=64&act=sin&seed=3")
    assert experiment == replace(DEFAULT, width=64, seed=3)
    assert [notice.setting for notice in notices] == ["act", "depth"]


def test_sizes_that_do_not_fit_together_are_all_replaced() -> None:
    experiment, _ = parse("layer=Conv1D&filters=32&groups=5")
    assert experiment.layer == Conv1D()


HOSTILE = st.one_of(
    st.sampled_from(
        (
            "nan", "inf", "-inf", "1e400", "-1e400", "1e-400", "0", "-0", "9" * 25, "1" * 5000,
            "1_0", " 5", "5 ", "+5", "0x10", "1e3", "1.", ".5", "\u0661", "٣", "²", "5\0", "\0",
            "3x", "x", "3x3", "3x3x3x3", "x" * 300, "()", "[]", "{}", "None", "True", "null",
            "<script>alert(1)</script>", "<img src=//host/x onerror=alert(1)>", "javascript:1",
            "[a](https://host)", "![a](https://host/x.png)", "**b**", "$x$", "`c`", ":red[d]",
            "../../etc/passwd", "%", "%zz", "%ff", "&", "=", ";", "#", "?", "__class__", "kind",
            "normal", "NORMAL", "1", "2", "16384", "4096", "64",
            "3s3s64i128o", "9" * 99 + "s", "1s" * 99, "3s" * 5000, "x**x**x", "(" * 200, "x+" * 99,
        )
    ),
    st.text(max_size=40),
    st.floats().map(str),
    st.integers().map(str),
)  # fmt: skip
OWN_KEYS = ("layer", "kernel", "init", "act", "mode", "distribution", *NAMES, *PARAMETERS)
KEYS = st.one_of(
    st.sampled_from(OWN_KEYS),
    st.sampled_from(
        (
            *("v", "settings", "setting", "redraws", "title", "question", "lock", "hide"),
            *("present", "formula", "tensor"),
        )
    ),
    st.tuples(st.sampled_from("abcde"), st.sampled_from(OWN_KEYS)).map(".".join),
    st.text(max_size=20),
)
CHOICES = st.sampled_from(
    [("layer", kind) for kind in LAYERS]
    + [("init", name) for name in INITIALIZER_NAMES]
    + [("act", kind) for kind in ACTIVATIONS]
    + [("kernel", "recurrent_kernel"), ("units", "16384"), ("width", "1024"), ("depth", "100")]
    + [(name, value) for name, values in NAMES.items() for value in values]
    + [("image_size", "32"), ("image_size", "3")]
    + [("networks", "64"), ("batch", "512"), ("kernel_size", "15"), ("filters", "2048")]
    + [("settings", "4"), ("settings", "2"), ("setting", "b"), ("redraws", "on"), ("taper", "8")]
    + [("b.layer", "LSTM"), ("c.init", "orthogonal"), ("d.width", "1024"), ("b.units", "16384")]
    + [("lock", "all"), ("hide", "scale.mode"), ("present", "signal"), ("title", "x" * 200)]
)
QUERIES = st.one_of(
    st.lists(st.one_of(st.tuples(KEYS, HOSTILE), CHOICES), max_size=12).map(urlencode),
    st.lists(st.one_of(st.tuples(KEYS, HOSTILE), CHOICES), max_size=12).map(
        lambda pairs: "&".join(f"{name}={text}" for name, text in pairs)
    ),
    st.text(st.characters()),  # lone surrogates too
    st.text().map(quote),
)


def assert_harmless(experiment: Experiment) -> None:
    """Every number where its control shows it, the work affordable by an independent count."""
    assert len(experiment.settings) <= 4
    draws = 11 if experiment.redraws else 1
    for setting in experiment.settings:
        assert_in_bounds(setting)
        weights = math.prod(setting.drawn_kernel.shape)
        assert draws * weights * len(experiment.settings) <= 2**26
        work = draws * setting.networks * nanoseconds(setting)
        assert work * len(experiment.settings) <= 8e9
    handout = experiment.handout
    for text in (handout.title, handout.question):
        assert len(text) <= 200
        assert "\n" not in text
    assert {*handout.locked, *handout.hidden} <= CONTROLS.keys()


def assert_in_bounds(setting: Experiment) -> None:
    specs: tuple[Any, ...] = (setting.layer, setting.initializer, setting.activation, setting)
    for spec in specs:
        for name in {field.name for field in fields(spec)} & PARAMETERS.keys():
            low, high = PARAMETERS[name].shown
            value = getattr(spec, name)
            for one in value if isinstance(value, tuple) else (value,):
                assert one is None or low <= one <= high, name


def nanoseconds(setting: Experiment) -> float:
    """Of one network."""
    width, depth, batch = setting.width, setting.depth, setting.batch
    if setting.family == "recurrent":
        return depth * (1e5 + width * batch * (400 + 0.5 * width))
    narrowing: float = setting.taper
    ratios = [float(narrowing ** (k / depth)) for k in range(depth + 1)]
    widths = [max(1, round(width * ratio)) for ratio in ratios]
    weights = sum(widths[k] * widths[k + 1] for k in range(depth))
    if setting.family == "dense":
        return weights * (4 + 0.08 * batch)
    return 9 * weights * (4 + 0.12 * batch * setting.image_size**2)


@pytest.mark.slow
@settings(max_examples=10_000)
@given(QUERIES)
def test_ten_thousand_texts_open_something_harmless(query: str) -> None:
    experiment, _ = parse(query)
    assert_harmless(experiment)
    assert parse(encode(experiment)) == (experiment, ())


@pytest.mark.slow
@settings(max_examples=2_000)
@given(experiments())
def test_two_thousand_round_trips(experiment: Experiment) -> None:
    assert parse(encode(experiment)) == (experiment, ())
    assert_harmless(experiment)


@given(QUERIES)
def test_any_text_opens_something_harmless(query: str) -> None:
    experiment, notices = parse(query)
    assert_harmless(experiment)
    assert parse(encode(experiment)) == (experiment, ())
    for notice in notices:
        assert len(notice.setting) <= 32
        assert len(notice.value) <= 32
        assert notice.reason


@given(QUERIES)
def test_reading_twice_changes_nothing(query: str) -> None:
    once = encode(parse(query)[0])
    assert encode(parse(once)[0]) == once


def test_recurrent_kernel_is_cut_where_it_is_too_large() -> None:
    """The gates' input dimension is no part of this kernel, however large."""
    experiment, notices = parse("layer=GRU&kernel=recurrent_kernel&units=16384&input_dim=16384")
    assert experiment.layer == GRU(16384, 4729)  # 3 x 4729^2 <= 2^26 < 3 x 4730^2
    assert [notice.setting for notice in notices] == ["units"]
