"""The phase map in words: order or chaos, how far a signal gets, what was simulated."""

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np

from dashboard.phases import Cobweb, Landscape, Place, Point, is_on_map
from dashboard.surveys import BATCH, DEPTH, NETWORKS, POINTS, WIDTH, Survey
from dashboard.words.numbers import figure, plural
from vscore._typing import FloatArray
from vscore.propagation import Propagation

_ROUNDING = 1e-6
_CRITICAL = 0.01
"""Within a hundredth of 1, a factor a layer is called critical."""

_ENDLESS = 1e9
"""Layers: a factor is 1 within rounding."""

_FLOAT32 = 38.5
"""log10 of float32's largest number."""

_TRAINABLE = 6
"""Depth scales that a network may be deep (Schoenholz et al. 2017, section 5)."""


def phase_of(place: Place) -> str:
    """Vanishing, growing, critical, ordered or chaotic."""
    if abs(place.chi_1 - 1) <= _CRITICAL:
        return "critical"
    if place.q_star == 0:
        return "vanishing"
    if math.isinf(place.q_star):
        return "growing"
    return "chaotic" if place.chi_1 > 1 else "ordered"


def headline(place: Place, point: Point) -> str:
    """What a deep network does at one point, and about how many layers a signal survives."""
    name = phase_of(place)
    where = f"σw² = {figure(point.sigma_w2, 4)}, σb² = {figure(point.sigma_b2, 4)}"
    chi = figure(place.chi_1)
    return f"{name.capitalize()} at {where}: {_HAPPENS[name](place)} Gradients: × {chi} a layer."


def _vanishing(place: Place) -> str:
    return (
        f"the length q falls to 0, by {figure(place.chi_1)} a layer. "
        f"A signal survives about {_layers(place.xi)}."
    )


def _growing(place: Place) -> str:
    layers = _FLOAT32 * 2 / math.log10(place.chi_1)
    return (
        f"the length q grows without bound, by {figure(place.chi_1)} a layer in the end: float32 "
        f"lasts about {_layers(layers)}."
    )


def _critical(place: Place) -> str:
    if place.xi >= _ENDLESS:
        limits = {0.0: "q falls to 0, but ever more slowly", math.inf: "q grows ever more slowly"}
        return f"χ₁ = 1: {limits.get(place.q_star, 'q stays')}, and gradients stay."
    return f"χ₁ is close to 1. A signal survives about {_layers(place.xi)}."


def _ordered(place: Place) -> str:
    return (
        f"q goes to {figure(place.q_star)}, and all inputs become parallel. A signal survives "
        f"about {_layers(place.xi)}; up to {_layers(_TRAINABLE * place.xi)} have been trained."
    )


def _chaotic(place: Place) -> str:
    return (
        f"q goes to {figure(place.q_star)}, and nearby inputs part until their correlation is "
        f"{figure(place.c_star)}. A signal survives about {_layers(place.xi)}; up to "
        f"{_layers(_TRAINABLE * place.xi)} have been trained."
    )


_HAPPENS: Mapping[str, Callable[[Place], str]] = MappingProxyType(
    {
        "vanishing": _vanishing,
        "growing": _growing,
        "critical": _critical,
        "ordered": _ordered,
        "chaotic": _chaotic,
    }
)


def briefly(place: Place) -> str:
    """The outcome for the status line."""
    return f"{phase_of(place)}, gradient {figure(place.chi_1)} times a layer"


def map_sentence(found: Landscape, quantity: str, point: Point | None) -> str:
    """What the map shows, in words: also its description."""
    activation = found.phases.activation.label
    shares = _shares(found.phases.chi_1)
    here = "" if point is None else f" {_whereabouts(point)}"
    return (
        f"{activation}, very wide layers: {_MEANS[quantity]}. {_line_sentence(found)} "
        f"Of the map {shares[0]} lies in order (χ₁ < 1), {shares[1]} in chaos or growth.{here}"
    )


def _whereabouts(point: Point) -> str:
    if is_on_map(point):
        return f"The ring is at {_pair(point)}."
    return f"The present setting, {_pair(point)}, lies off this map."


_MEANS: Mapping[str, str] = MappingProxyType(
    {
        "chi_1": "blue where gradients vanish on their way back, orange where they explode",
        "xi": "the brighter, the more layers until what tells inputs apart has changed e-fold",
        "q_star": "the brighter, the larger the mean of z² in the end",
        "c_star": "the brighter, the more alike two inputs become in the end",
    }
)


def _line_sentence(found: Landscape) -> str:
    line = found.line
    if not len(line.q):
        return "There is no critical line here."
    if found.phases.activation.homogeneous:
        return f"The critical line, χ₁ = 1, is σw² = {figure(line.sigma_w2[0], 4)}."
    low, high = line.sigma_b2.argmin(), line.sigma_b2.argmax()
    ends = [Point(float(line.sigma_w2[i]), float(line.sigma_b2[i])) for i in (low, high)]
    dotted = "" if line.stable.all() else ", dotted where a deep network does not stay on it"
    return f"The critical line, χ₁ = 1, goes from {_pair(ends[0])} to {_pair(ends[1])}{dotted}."


def _pair(point: Point) -> str:
    return f"({figure(round(point.sigma_w2, 3))}, {figure(round(point.sigma_b2, 3))})"


def _shares(chi: FloatArray) -> tuple[str, str]:
    ordered = float(np.mean(chi < 1 - _ROUNDING))
    chaotic = float(np.mean(chi > 1 + _ROUNDING))
    return f"{ordered:.0%}".replace("%", " %"), f"{chaotic:.0%}".replace("%", " %")


def cobweb_sentence(web: Cobweb, what: str) -> str:
    """Under a cobweb: from where to where."""
    first, last, steps = figure(web.path[0]), figure(web.path[-1]), len(web.path) - 1
    end = "it has no limit" if math.isinf(web.end) else f"the limit is {figure(web.end)}"
    if abs(web.path[-1] - web.path[0]) <= _ROUNDING:
        end = "it stays what it is"
    name = {"q": "The length", "c": "The correlation of two inputs"}[what]
    return (
        f"{name} goes from {what} = {first} to {last} in {steps} layers; {end}. Each step goes up "
        "to the green map and across to the dashed line, where nothing changes."
    )


def network_sentence(measured: Propagation) -> str:
    """Under the simulated network: where length and correlation end, measured."""
    length = float(np.mean(measured.log10_q[:, -1]))
    correlation = float(np.nanmean(measured.correlation[:, -1])) if measured.batch > 1 else None
    alike = "" if correlation is None else f" and their correlation {figure(correlation)}"
    return (
        f"{plural(len(measured.log10_q), 'network')} of {measured.network.description}: at the "
        f"last layer q is {figure(10.0**length) if length < 300 else '∞'}{alike}."
    )


def survey_sentence(survey: Survey, quantity: str) -> str:
    """How much of what was simulated lies where theory has it."""
    nets = f"{NETWORKS} networks, {WIDTH} wide and {DEPTH} deep, {BATCH} inputs"
    done = f"{survey.done} of {len(POINTS)} points simulated ({nets})."
    if quantity == "c_star":
        return f"{done} After {DEPTH} layers two inputs have the correlation that a square shows."
    inside = survey.q_inside if quantity == "q_star" else survey.chi_inside
    judged = int(np.isfinite(inside).sum())
    if not judged:
        return done
    hit = int(np.nansum(inside))
    of = "q at the last layer" if quantity == "q_star" else "the gradient half-way back"
    return f"{done} Inside theory's 95 % band: {of}, at {hit} of {judged}."


def _layers(number: float) -> str:
    """About so many layers: two digits are enough."""
    if number >= 1e4:
        return "10\u202f000 layers or more"
    rounded = round(number) if number < 100 else round(number, -1)
    return plural(max(1, int(rounded)), "layer")
