"""Fans: how a framework counts a kernel's fans, and what its initializer does to the layer."""

from collections.abc import Sequence

import streamlit as st

from dashboard import compute, frames
from dashboard.axes import CONVENTION_NAMES, axes_of, default_name
from dashboard.controls.inspector import choose_convention, choose_tensor
from dashboard.experiment import Experiment
from dashboard.figures.boxes import boxes_html
from dashboard.guide.labels import linked
from dashboard.links.setting import initializer_name
from dashboard.queueing import Waiting
from dashboard.views.code import show_code
from dashboard.views.gains import show_gains
from dashboard.views.parts import Progress, show_data
from dashboard.words.fans import (
    effect_sentence,
    fans_briefly,
    fans_rows,
    fans_verdict,
    measured_words,
    restored,
)
from dashboard.words.numbers import figure, times, title
from dashboard.words.plain import escaped
from vscore._typing import Convention
from vscore.effects import KernelEffect
from vscore.initializers import Initializer
from vscore.layers import Kernel, Layer, RawKernel

_BOXES = {"✓": st.success, "↓": st.warning, "↑": st.error}

_HEAD = (
    f"| Unit-variance input | {linked('std', 'std of weights')} | output variance: predicted "
    "| measured | gradient variance: predicted | measured |\n|:--|--:|--:|--:|--:|--:|\n"
)


def render(experiment: Experiment) -> str:
    """Draw the page for the selected setting of an experiment; how right its fans are."""
    setting = experiment.chosen
    if experiment.handout.present:
        return _inspect(setting, setting.layer, setting.drawn_kernel, "inspector")
    choose_convention(setting)
    said = _inspect(setting, setting.layer, setting.drawn_kernel, "inspector")
    _custom(setting)
    show_data(
        "All layers at a glance: each framework's default", frames.layers_frame, setting, "layers"
    )
    show_gains(setting)
    show_code(setting)
    return said


def _custom(setting: Experiment) -> None:
    """A kernel whose shape and axes are chosen here, under the same initializer."""
    section = st.expander(
        "Any kernel: choose its shape and axes", on_change="rerun", key="custom_kernel"
    )
    if section.open:
        with section:
            choose_tensor(setting)
            layer = setting.tensor.layer
            _inspect(setting, layer, layer.kernels[0], "custom_inspector")


def _inspect(setting: Experiment, layer: Layer, kernel: Kernel, key: str) -> str:
    """The kernel's picture, the verdict, its fans, and what is measured; in words, the fans."""
    with st.container(key=key, gap="small"):
        _picture(layer, kernel, setting.convention)
        place = st.empty()
        waiting = Progress(place).waiting
        try:
            chosen = _effect(setting, layer, kernel, setting.initializer, waiting)
            usual = _effect(setting, layer, kernel, None, waiting)
        except ValueError as error:
            st.info(escaped(str(error)), icon=":material/info:")
            return ""
        icon, verdict = fans_verdict(chosen)
        _BOXES[icon](f"**{icon}** {escaped(verdict)}")
        _fans(chosen)
        better = restored(chosen)
        rows = [(title(initializer_name(setting.initializer)), chosen)]
        if better is not None:
            name = f"the same, scale {figure(better.scale, 4)}"
            rows.append((name, _effect(setting, layer, kernel, better, waiting)))
        place.empty()
        name = default_name(layer, kernel, setting.convention)
        with st.container(key=f"{key}_measured", gap="small"):
            _measured([*rows, (f"default, {name}", usual)])
        return fans_briefly(chosen)


def _effect(
    setting: Experiment,
    layer: Layer,
    kernel: Kernel,
    initializer: Initializer | None,
    waiting: Waiting,
) -> KernelEffect:
    convention: Convention = setting.convention  # type: ignore[assignment]  # a key of its table
    found = compute.effect(layer, initializer, convention, setting.seed, waiting=waiting)
    return next(each for each in found.kernels if each.kernel.name == kernel.name)


def _picture(layer: Layer, kernel: Kernel, convention: str) -> None:
    """The framework's own tensor; Keras' where the framework has none."""
    held = convention if axes_of(layer, kernel, convention) else "keras"
    axes = axes_of(layer, kernel, held)
    shape = times(tuple(axis.size for axis in axes))
    name = "A kernel" if isinstance(layer, RawKernel) else f"{layer.kind}, {kernel.name}"
    st.subheader(f"{name} in {CONVENTION_NAMES[held]}: {shape}", anchor=False)
    st.html(boxes_html(axes))


def _fans(effect: KernelEffect) -> None:
    """The products, as counted and as they are; why they differ."""
    rows = "\n".join(
        f"| {linked(name, name)} | {' | '.join(cells)} |" for name, *cells in fans_rows(effect)
    )
    st.markdown(f"| fan | counted | really summed | so |\n|:--|:--|:--|:--|\n{rows}")
    if effect.causes:
        st.caption("  \n".join(escaped(cause.sentence) for cause in effect.causes))


def _measured(rows: Sequence[tuple[str, KernelEffect]]) -> None:
    """A row an initializer: std, and variances predicted and measured."""
    lines = []
    for name, effect in rows:
        output, gradient = measured_words(effect.output), measured_words(effect.gradient)
        lines.append(
            f"| {escaped(name)} | {' | '.join((figure(effect.std), *output, *gradient))} |"
        )
    st.markdown(_HEAD + "\n".join(lines))
    st.caption(escaped(effect_sentence(rows[0][1])))
