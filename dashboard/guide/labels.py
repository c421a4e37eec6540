"""Which term explains a label: of a control, an axis, a number on a page.

A name that is a term's slug needs no entry. Links open the guide in a tab of its own, so that the
page in sight keeps everything.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from dashboard.guide.glossary import GLOSSARY

LABELS: Mapping[str, str] = MappingProxyType(
    {
        # Controls and parameters, by the names that links use.
        "init": "initializer",
        "family": "network",
        "act": "activation",
        "bias_variance": "bias",
        "networks": "network",
        "redraws": "redraw",
        "settings": "setting",
        "stddev": "std",
        "minval": "limits",
        "maxval": "limits",
        "value": "constant",
        "input_dim": "inputs",
        "output_dim": "output_size",
        "input_channels": "channels",
        "strides": "stride",
        "num_heads": "heads",
        "key_dim": "key_size",
        "formula": "activation",
        "tensor": "axis",
        "epochs": "epoch",
        "neurons": "units",
        "learning_rate": "rate",
        "dataset": "data",
        "recurrent_initializer": "recurrent",
        # What is followed from layer to layer.
        "activation_second_moment": "second_moment",
        "activation_variance": "pooled",
        "activation_mean": "mean",
        # Sections of the sidebar.
        "Layer": "layer",
        "Initializer": "initializer",
        "Deep network": "network",
        # Numbers, as they are written.
        "std meant": "std",
        "std drawn": "std",
        "rms gain": "rms_gain",
        "std gain": "std_gain",
        "backward gain": "backward_gain",
        "E φ(z)": "mean",
        "E φ(z)²": "second_moment",
        "E φ'(z)²": "gradient",
        "forward scale": "scale",
        "backward scale": "scale",
        "PyTorch's gain": "gain",
        "guide_n": "n",
        "guide_scale": "scale",
        "phase_sigma_w2": "weight_variance",
        "phase_sigma_b2": "bias",
    }
)
"""A name to its term's slug, where they differ."""


CHARTS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "weights": ("density", "std"),
        "signal": ("q", "gradient", "theory", "band"),
        "ridge": ("activation",),
        "shares": ("correlation", "saturated", "dead"),
        "column": ("density", "q", "gradient"),
        "training": ("loss", "accuracy", "epoch"),
        "training_pace": ("gradient", "activation", "variance", "epoch"),
        "training_layers": ("gradient", "activation", "variance", "layer"),
        "border": ("data", "accuracy"),
        "phase_map": ("chi", "edge", "depth_scale", "fixed_point"),
        "phase_network": ("q", "correlation", "theory"),
        "sweep": ("sweep", "theory"),
        "cobweb": ("fixed_point", "q", "correlation"),
        "lesson_weights": ("density", "std"),
        "lesson_signal": ("q", "gradient", "theory", "band"),
        "law": ("density", "truncated", "normal", "uniform"),
        "worked_kernel": ("density", "std"),
        "worked_shares": ("softmax",),
        "worked_entropy": ("entropy", "scale", "logit"),
    }
)
"""The terms of each chart's axes and lines, by the chart's key as far as its colon."""


DIFFERENCES = ("fan_in", "fan_out", "n", "std", "fit", "q", "gradient", "overflow")
"""The terms of the comparison's table."""


def term_of(name: str) -> str:
    """The slug of the term that explains a name.

    Raises
    ------
    KeyError
        If no term does.
    """
    return GLOSSARY[LABELS.get(name, name)].slug


def address_of(slug: str) -> str:
    """A term's address, from any page."""
    return f"guide?term={slug}"


def linked(name: str, words: str = "") -> str:
    """Markdown: the words, or the term's slug, as a link to what explains a name."""
    slug = term_of(name)
    return f"[{words or slug}]({address_of(slug)})"


def explained(name: str, text: str | None = None) -> str:
    """Markdown for help: a text, and the link to its term."""
    return f"{text} {linked(name)}" if text else linked(name)


def terms_line(names: Iterable[str]) -> str:
    """Markdown: links to the terms of some names, each once."""
    slugs = dict.fromkeys(map(term_of, names))
    return " · ".join(linked(slug) for slug in slugs)
