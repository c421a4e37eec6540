"""The sidebar's sections: a heading stands where the link leaves something under it."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import streamlit as st

from dashboard.controls.widgets import is_hidden
from dashboard.experiment import Experiment
from dashboard.guide.labels import linked
from dashboard.kernels import kernels_of
from dashboard.links.setting import own_fields
from vscore.initializers import VarianceScaling


def _layer(setting: Experiment) -> tuple[str, ...]:
    return ("layer", "kernel") if len(kernels_of(setting.layer)) > 1 else ("layer",)


def _initializer(setting: Experiment) -> tuple[str, ...]:
    if isinstance(setting.initializer, VarianceScaling):
        return ("init", "scale", "mode", "distribution", "seed")
    return ("init", "scale", "seed") if own_fields(setting.initializer) else ("init", "seed")


_OF_EVERY_FAMILY = (
    "family",
    "depth",
    "width",
    "networks",
    "batch",
    "bias_variance",
    "statistic",
)
_OF_FAMILY: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "dense": ("act", "taper"),
        "convolutional": ("act", "padding", "image_size", "taper"),
        "recurrent": ("cell", "recurrent"),
    }
)


def _network(setting: Experiment) -> tuple[str, ...]:
    return (*_OF_EVERY_FAMILY, *_OF_FAMILY[setting.family])


SECTIONS: Mapping[str, Callable[[Experiment], tuple[str, ...]]] = MappingProxyType(
    {"Layer": _layer, "Initializer": _initializer, "Deep network": _network}
)
"""Which controls each section asks for, in a setting: keys of `CONTROLS`."""


def show_sidebar_heading(setting: Experiment) -> None:
    """The heading over the sections' own, unless all of them are hidden; not seen."""
    if all(is_hidden(name) for controls in SECTIONS.values() for name in controls(setting)):
        return
    with st.container(key="controls_heading"):
        st.html("<h2>Controls</h2>")


def show_heading(section: str, setting: Experiment) -> None:
    """A section's heading, unless all its controls are hidden.

    Parameters
    ----------
    section : str
        A key of `SECTIONS`.
    setting : Experiment
        The setting that the link opened. It is enough: what the section asks for changes by hand
        only where one of its controls is in sight.
    """
    if not all(map(is_hidden, SECTIONS[section](setting))):
        st.subheader(section, anchor=False, help=linked(section))
