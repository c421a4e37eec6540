"""What every file says of itself: which experiment, which seed, made with which versions."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from dashboard.course.state import Coursework
from dashboard.experiment import Experiment
from dashboard.handout import Handout
from dashboard.links import encode
from vscore import __version__


def link(experiment: Experiment) -> str:
    """The experiment as the end of an address: "?v=1&depth=50"."""
    return f"?{encode(experiment)}"


def numbers_of(experiment: Experiment) -> Experiment:
    """What an experiment's numbers depend on: no words, answers or selection."""
    return replace(experiment, handout=Handout(), coursework=Coursework(), selected=0)


def digest(experiment: Experiment) -> str:
    """Ten characters that another experiment's link hardly shares: 40 bits of its SHA-256."""
    return hashlib.sha256(encode(experiment).encode()).hexdigest()[:10]


def file_name(stem: str, experiment: Experiment, suffix: str) -> str:
    """A name that tells experiments apart: "weights-3f2a91c04d.csv".

    Streamlit tells large files apart by length, beginning, middle, end and name.
    """
    return f"{stem}-{digest(experiment)}.{suffix}"


def versions() -> Mapping[str, str]:
    """The packages that the numbers come from."""
    return {"vscore": __version__, "numpy": np.__version__}
