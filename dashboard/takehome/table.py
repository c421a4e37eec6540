"""A chart's data as CSV that a spreadsheet and `pandas.read_csv` both open without being told how.

What the file is stands in its last columns, the same in every row, so that the header is the first
line and files of a whole class can be stacked and still be told apart.
"""

from dashboard.experiment import Experiment
from dashboard.frames.tables import Frame
from dashboard.takehome.provenance import link, numbers_of, versions


def csv(frame: Frame, experiment: Experiment) -> bytes:
    r"""The table with the columns link, seed, vscore and numpy added.

    UTF-8 with the byte order mark without which Excel reads "z²" as "zÂ²", commas, \n. Numbers
    are written as the shortest text that reads back to the same float64.

    Parameters
    ----------
    frame : DataFrame
    experiment : Experiment
        One setting, or the comparison that the table is of.
    """
    shown = numbers_of(experiment)
    made = frame.assign(link=link(shown), seed=shown.seed, **versions())
    return made.to_csv(index=False, lineterminator="\n").encode("utf-8-sig")
