"""One setting's charts, on axes that hold those of all."""

from collections.abc import Sequence

from dashboard.figures.compared.signals import axes_of, stacked, track_traces, tracks_of
from dashboard.figures.compared.weights import bars_and_curve, weight_ranges
from dashboard.figures.marks import MARKS
from dashboard.figures.theme import THEORY, Figure, axis, coloured, label, layout
from dashboard.outcomes import Outcome

_HEIGHT = 480


def column_figure(outcome: Outcome, outcomes: Sequence[Outcome], statistic: str = "q") -> Figure:
    """One setting's weights, signal and gradient, on axes that hold those of all."""
    pairs = [tracks_of(each, statistic) for each in outcomes]
    forward, backward = ([pair[way] for pair in pairs] for way in (0, 1))
    own_forward, own_backward = tracks_of(outcome, statistic)
    span, top = weight_ranges(outcomes)
    mark = MARKS[outcome.letter]
    weights = [{**t, "xaxis": "x3", "yaxis": "y3"} for t in bars_and_curve(outcome, top)]
    return {
        "data": [
            *weights,
            *track_traces(outcome, own_forward, THEORY, "", spread=True),
            *track_traces(outcome, own_backward, THEORY, "2", spread=True),
        ],
        "layout": layout(
            uirevision=axes_of(outcomes, statistic),
            **stacked(outcomes, forward, backward, [0.36, 0.6], [0, 0.24], ticks=4),
            height=_HEIGHT,
            margin={"l": 40, "r": 6, "t": 28, "b": 40},
            xaxis3=axis("", range=span, nticks=4, anchor="y3"),
            yaxis3=axis("", range=[0, top], nticks=4, anchor="x3", domain=[0.75, 1]),
            annotations=[
                label(
                    f"{coloured(mark.glyph, mark.colour)} <b>{outcome.letter}</b>: weights", 0, 1.01
                ),
                label("signal", 0, 0.605),
                label("gradient", 0, 0.245),
            ],
        ),
    }
