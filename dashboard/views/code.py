"""The experiment as a program for each framework, to copy."""

from collections.abc import Mapping
from types import MappingProxyType

import streamlit as st

from dashboard.experiment import Experiment
from dashboard.words.plain import escaped
from vscore.export import EXPORTERS, export_code
from vscore.export import Experiment as Exported

PARTS: Mapping[str, str] = MappingProxyType({"layer": "The layer", "network": "The deep network"})
"""What can be written, by the key of its choice."""

_LANGUAGE = "python"


def show_code(experiment: Experiment) -> None:
    """A closed section with a tab a framework; all settings of a comparison in one program."""
    title = f"Code: {', '.join(exporter.label for exporter in EXPORTERS.values())}"
    section = st.expander(title, on_change="rerun", key="code", icon=":material/code:")
    if not section.open:
        return
    if st.session_state.get("code_part") is None:
        st.session_state["code_part"] = "layer"
    with section:
        part = st.segmented_control(
            "Write",
            tuple(PARTS),
            key="code_part",
            required=True,
            format_func=PARTS.__getitem__,
            label_visibility="collapsed",
        )
        assert part is not None, "it is required"
        labels = [exporter.label for exporter in EXPORTERS.values()]
        tabs = st.tabs(labels, on_change="rerun", key="code_framework")
        for framework, tab in zip(EXPORTERS, tabs, strict=True):
            if tab.open:
                with tab:
                    _show(experiment, part, framework)


def _show(experiment: Experiment, part: str, framework: str) -> None:
    """The program, or in words why there is none."""
    try:
        code = export_code(exported(experiment, part), framework)
    except ValueError as error:
        st.warning(escaped(str(error)), icon=":material/info:")
        return
    st.code(code, language=_LANGUAGE)


def exported(experiment: Experiment, part: str) -> Exported | list[Exported]:
    """What `export_code` is asked for: one setting, or a list that it labels A, B, ...

    Parameters
    ----------
    experiment : Experiment
    part : str
        A key of `PARTS`.
    """
    of = _network if part == "network" else _layer
    settings = [of(setting) for setting in experiment.settings]
    return settings if experiment.others else settings[0]


def _network(setting: Experiment) -> Exported:
    return setting.network


def _layer(setting: Experiment) -> Exported:
    """The drawn kernel starts as chosen; with the layer's first one all that start like it do."""
    name = setting.drawn_kernel.name
    if name == setting.layer.kernels[0].name:
        return setting.layer, setting.initializer
    return setting.layer, {name: setting.initializer}
