"""One measure over a grid of experiments: on one core, all cores or a cluster."""

from vscore.sweeps.axis import Axis
from vscore.sweeps.cost import Cost, estimate
from vscore.sweeps.executors import SweepError
from vscore.sweeps.experiment import Experiment
from vscore.sweeps.grid import Grid
from vscore.sweeps.measures import MEASURES, Measure
from vscore.sweeps.result import Failure, Sweep
from vscore.sweeps.run import EXECUTORS, sweep
from vscore.sweeps.settings import SETTINGS

__all__ = [
    "EXECUTORS",
    "MEASURES",
    "SETTINGS",
    "Axis",
    "Cost",
    "Experiment",
    "Failure",
    "Grid",
    "Measure",
    "Sweep",
    "SweepError",
    "estimate",
    "sweep",
]
