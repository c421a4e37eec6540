"""A link is an experiment: `encode` writes one as a query string, `parse` reads it back.

Only what differs from the default is written, after a version; of settings B to D, only what
differs from A. Whatever cannot be used is replaced by its default, with a `Notice` that says which
value and why; nothing in a link can raise.
"""

from dataclasses import replace
from functools import lru_cache
from urllib.parse import urlencode

from dashboard.budget import PREFIXES, within_budget
from dashboard.experiment import LETTERS, SHARED, Experiment
from dashboard.handout import CHARTS, CONTROLS, Handout, check_text
from dashboard.links.coursework import parse_coursework, spell_coursework
from dashboard.links.reader import Reader, read
from dashboard.links.setting import TRAINING_WORDS, inherited, parse_setting, spell, spell_beside
from dashboard.links.sweep import SWEEP_WORDS
from dashboard.notice import Notice
from vscore.parameters import check_choice

VERSION = "1"

__all__ = ["VERSION", "encode", "parse"]

_RECENT = 16
"""Links kept, read and written: a run of a page asks for its own several times."""


@lru_cache(_RECENT)
def parse(query: str) -> tuple[Experiment, tuple[Notice, ...]]:
    """The experiment that a query string names, inside all bounds and the budget.

    Parameters
    ----------
    query : str
        Without the question mark. Any text at all.

    Returns
    -------
    experiment : Experiment
    notices : tuple of Notice
        What could not be used, and why.
    """
    reader = read(query)
    reader.take_name("v", VERSION, (VERSION,))
    handout, coursework = _parse_handout(reader), parse_coursework(reader)
    beside = [reader.split(prefix) for prefix in PREFIXES[1:]]
    count = _count(reader, beside)
    selected = reader.take("setting", 0, lambda text: _letter(text, count))
    redraws = reader.take_name("redraws", "off", ("on", "off")) == "on"
    first = parse_setting(reader)
    reader.finish()
    others = tuple(_parse_beside(pairs, first) for pairs in beside[: count - 1])
    asked = replace(
        first,
        others=others,
        selected=selected,
        redraws=redraws,
        handout=handout,
        coursework=coursework,
    )
    experiment, over_budget = within_budget(asked)
    return experiment, (*reader.notices, *over_budget)


@lru_cache(_RECENT)
def encode(experiment: Experiment) -> str:
    """The query string of an experiment: `parse(encode(x))[0] == x`.

    Raises
    ------
    ValueError
        If the initializer is of a kind that links have no name for.
    """
    first, *others = experiment.settings
    pairs = {"v": VERSION}
    pairs |= {word.name: word.text for word in spell(first) if word.text != word.usual}
    if others:
        pairs["settings"] = str(len(experiment.settings))
    for prefix, setting in zip(PREFIXES[1:], others, strict=False):
        pairs |= {prefix + name: text for name, text in spell_beside(setting, first).items()}
    if experiment.selected:
        pairs["setting"] = LETTERS[experiment.selected].lower()
    if experiment.redraws:
        pairs["redraws"] = "on"
    pairs |= _spell_handout(experiment.handout)
    return urlencode(pairs | spell_coursework(experiment.coursework))


def _count(reader: Reader, beside: list[Reader]) -> int:
    """How many settings there are: as many as is said, and at least as many as are described."""
    said = reader.take_name("settings", "1", ("1", "2", "3", "4"))
    described = max((n for n, pairs in enumerate(beside, 2) if pairs.pairs), default=1)
    return max(int(said), described)


def _letter(text: str, count: int) -> int:
    letters = LETTERS[:count].lower()
    return letters.index(check_choice("setting", text, letters))


def _parse_beside(reader: Reader, first: Experiment) -> Experiment:
    """A setting as its own pairs say, and otherwise as A."""
    for name in (*SHARED, *TRAINING_WORDS, *SWEEP_WORDS):
        if name in reader.pairs:
            reader.note(name, reader.pairs.pop(name), "all settings have A's")
    given = inherited(reader.pairs, first)
    borrowed = {name: text for name, text in given.items() if name not in reader.pairs}
    reader.pairs.update(borrowed)
    setting = parse_setting(reader)
    for name in borrowed:  # such as a slope, where this setting's activation has none
        reader.pairs.pop(name, None)
    reader.finish()
    return setting


def _parse_handout(reader: Reader) -> Handout:
    return Handout(
        title=reader.take("title", "", lambda text: check_text("title", text)),
        question=reader.take("question", "", lambda text: check_text("question", text)),
        locked=reader.take("lock", (), lambda text: _controls("lock", text)),
        hidden=reader.take("hide", (), lambda text: _controls("hide", text)),
        present=reader.take_name("present", "", tuple(CHARTS)),
    )


def _controls(argument: str, text: str) -> tuple[str, ...]:
    """Names joined by points, or all."""
    if text == "all":
        return tuple(CONTROLS)
    return tuple(check_choice(argument, name, CONTROLS) for name in text.split("."))


def _spell_handout(handout: Handout) -> dict[str, str]:
    pairs = {
        "title": handout.title,
        "question": handout.question,
        "lock": _joined(handout.locked),
        "hide": _joined(handout.hidden),
        "present": handout.present,
    }
    return {name: text for name, text in pairs.items() if text}


def _joined(names: tuple[str, ...]) -> str:
    return "all" if names == tuple(CONTROLS) else ".".join(names)
