"""Stable, vanishing or exploding: a simulation and its theory in one verdict, and what to do.

A deep network needs two things of its initializer (He et al. 2015, section 2.2; Schoenholz et al.
2017): a pre-activation's second moment q that keeps its size from layer to layer, and a gradient
that keeps its size on the way back.
"""

from vscore.verdicts.advice import Suggestion, name_of, suggest
from vscore.verdicts.chance import Luck, luck
from vscore.verdicts.flow import Flow, Kind, unit_of
from vscore.verdicts.formats import FormatRange, format_ranges
from vscore.verdicts.judgement import Verdict, verdict

__all__ = [
    "Flow",
    "FormatRange",
    "Kind",
    "Luck",
    "Suggestion",
    "Verdict",
    "format_ranges",
    "luck",
    "name_of",
    "suggest",
    "unit_of",
    "verdict",
]
