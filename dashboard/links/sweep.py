"""What the Sweep page asks, as words of a link and back.

`x` and `y` name the settings that change, and head their groups: what each goes over has other
defaults for another setting. `measure` heads `source`.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from dashboard.links.reader import Reader, number
from dashboard.links.word import Word
from dashboard.sweeps import POINTS, USUAL, Choice, Plan, Range, Span, parameter_of, plain, sources
from vscore.sweeps import MEASURES

NONE = "none"
"""The second axis where there is none."""

_SCALES = {False: "linear", True: "log"}

_OF_AN_AXIS = ("", "_from", "_to", "_points", "_spacing", "_names")

SWEEP_WORDS = (*(f"{axis}{each}" for axis in "xy" for each in _OF_AN_AXIS), "measure", "source")
"""All of them."""

_USUAL = Plan()


def spell_sweep(plan: Plan) -> tuple[Word, ...]:
    """Every word of a plan."""
    return (
        Word("x", plan.x.name, _USUAL.x.name),
        *_span_words("x", plan.x),
        Word("y", NONE if plan.y is None else plan.y.name, NONE),
        *(() if plan.y is None else _span_words("y", plan.y)),
        Word("measure", plan.measure, _USUAL.measure),
        Word("source", plan.source, MEASURES[plan.measure].source, "measure"),
    )


def parse_sweep(reader: Reader) -> Plan:
    """The plan that the pairs name; those it knows are taken."""
    x = _parse_span(reader, "x", reader.take_name("x", _USUAL.x.name, USUAL))
    named = reader.take("y", NONE, lambda text: _second(text, x.name))
    y = None if named == NONE else _parse_span(reader, "y", named)
    measure = reader.take_name("measure", _USUAL.measure, MEASURES)
    source = reader.take("source", MEASURES[measure].source, lambda text: _source(measure, text))
    return Plan(x, y, measure, source)


def _second(text: str, first: str) -> str:
    if text == NONE:
        return text
    if text not in USUAL:
        raise ValueError(f"must be {NONE!r} or one of the settings that x may be")
    if text == first:
        raise ValueError("must differ from x")
    return text


def _source(measure: str, text: str) -> str:
    known = sources(measure)
    if text not in known:
        raise ValueError(f"must be {' or '.join(known)} for this measure")
    return text


def _span_words(axis: str, span: Span) -> Iterator[Word]:
    usual = USUAL[span.name]
    if isinstance(span, Choice):
        assert isinstance(usual, Choice)
        yield Word(f"{axis}_names", ".".join(span.names), ".".join(usual.names), axis)
        return
    assert isinstance(usual, Range)
    for end, value, other in (
        ("from", plain(span.low), plain(usual.low)),
        ("to", plain(span.high), plain(usual.high)),
        ("points", str(span.points), str(usual.points)),
        ("spacing", _SCALES[span.log], _SCALES[usual.log]),
    ):
        yield Word(f"{axis}_{end}", value, other, axis)


def _parse_span(reader: Reader, axis: str, name: str) -> Span:
    usual = USUAL[name]
    if isinstance(usual, Choice):
        return _parse_choice(reader, axis, usual)
    return _parse_range(reader, axis, usual)


def _parse_choice(reader: Reader, axis: str, usual: Choice) -> Choice:
    found: Choice = reader.take(
        f"{axis}_names", usual, lambda text: Choice(usual.name, tuple(text.split(".")))
    )
    return found


def _parse_range(reader: Reader, axis: str, usual: Range) -> Range:
    """What is given of a range; its ends are the usual ones where they do not go together."""
    end = partial(number, parameter_of(usual.name))
    low, high = (
        reader.take(f"{axis}_from", usual.low, end),
        reader.take(f"{axis}_to", usual.high, end),
    )
    points = reader.take(f"{axis}_points", usual.points, partial(number, POINTS))
    scale = reader.take_name(f"{axis}_spacing", _SCALES[usual.log], tuple(_SCALES.values()))
    try:
        return Range(usual.name, low, high, points, scale == _SCALES[True])
    except ValueError as error:
        reader.note(f"{axis}_from", f"{plain(low)} to {plain(high)}", str(error))
        return replace(usual, points=points)
