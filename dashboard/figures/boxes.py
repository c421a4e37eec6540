"""A kernel's axes as labelled boxes in a row: HTML of our own names and numbers only."""

from collections.abc import Mapping, Sequence
from html import escape
from math import log2
from types import MappingProxyType

from dashboard.axes import Axis

COLOURS: Mapping[str, str] = MappingProxyType(
    {
        "spatial": "#56B4E9",
        "in": "#E69F00",
        "out": "#CC79A7",
        "gate": "#F0E442",
        "head": "#009E73",
        "batch": "#808489",
    }
)
"""Okabe and Ito's, one a role; each box also says its role."""


def boxes_html(axes: Sequence[Axis]) -> str:
    """The boxes, joined by times signs; each says size, name and role."""
    signs = '<span class="times" aria-hidden="true">×</span>'
    return f'<div class="axes" role="list">{signs.join(map(_box, axes))}</div>'


def _box(axis: Axis) -> str:
    colour = COLOURS[axis.role]
    width = 4.2 + 0.35 * log2(axis.size)  # a large axis looks larger, and 16 384 is no poster
    role = "" if axis.role == axis.name else f"<small>{escape(axis.role)}</small>"
    grouped = f"{axis.size:,}".replace(",", "\u202f")
    detail = f"<small>{escape(axis.detail)}</small>" if axis.detail else ""
    return (
        f'<div class="axis" role="listitem" style="border-color: {colour}; '
        f'background-color: {colour}2b; min-width: {width:.1f}rem">'
        f"<b>{grouped}</b>{detail}<span>{escape(axis.name)}</span>{role}</div>"
    )
