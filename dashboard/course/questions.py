"""The kinds of question. Pure.

An answer is kept as text: what links hold, in one spelling. Each kind has `read`, which makes it a
value and refuses what its control could not have given; `write`, which makes a value its text;
`points`, how good it is; and `why`, how people come to it where it is wrong.
"""

from typing import TypeAlias

from dashboard.course.choice import LETTERS, Choice, Option
from dashboard.course.number import Number, Slip
from dashboard.course.points import MOST_POINTS
from dashboard.course.sketch import Sketch

__all__ = ["LETTERS", "MOST_POINTS", "Choice", "Number", "Option", "Question", "Sketch", "Slip"]

Question: TypeAlias = Number | Choice | Sketch
