"""What a visitor has before him: Streamlit's elements, read."""

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Widget:
    """How one kind of widget travels.

    Attributes
    ----------
    field : str
        Of Streamlit's `WidgetState`.
    shown : callable
        From the element to the value that it brings along.
    """

    field: str
    shown: Callable[[Any], Any]


WIDGETS: Mapping[str, Widget] = {
    "slider": Widget("", lambda slider: list(slider.raw_value) or list(slider.value)),
    "number_input": Widget("double_value", lambda number: number.value),
    "selectbox": Widget("string_value", lambda box: box.raw_value),
    "text_input": Widget("string_value", lambda text: text.value),
    "checkbox": Widget("bool_value", lambda box: box.value),
    "button_group": Widget("string_array_value", lambda group: list(group.raw_values)),
    "button": Widget("trigger_value", lambda button: None),
    "expandable": Widget("bool_value", lambda section: None),
}

CHART = "vscore.chart"
"""The component that draws our figures."""

WORDS = ("alert", "exception", "heading", "markdown", "text")


@dataclass(frozen=True, slots=True)
class Page:
    """The elements after the last complete run.

    Attributes
    ----------
    elements : tuple of (str, element)
        Kind and element, in the order of the page; the sidebar's last.
    inputs : mapping of str to object
        What each widget shows, by its label; lists where Streamlit has them.
    query : str
        The address, from behind the question mark.
    arrivals : tuple of (tuple of int, str)
        Place and kind of each element that the last run sent, in the order in which they came; the
        first number is 0 in the page's middle, 1 in its sidebar.
    """

    elements: tuple[tuple[str, Any], ...] = ()
    inputs: Mapping[str, Any] = field(default_factory=dict)
    query: str = ""
    arrivals: tuple[tuple[tuple[int, ...], str], ...] = ()

    @property
    def errors(self) -> list[str]:
        """Exceptions that the page shows."""
        return [f"{each.type}: {each.message}" for each in self.of("exception")]

    @property
    def boxes(self) -> list[str]:
        """The coloured boxes' texts, as Markdown."""
        return [each.body for each in self.of("alert")]

    @property
    def texts(self) -> list[str]:
        """All that is written on the page but in widgets and charts, as Markdown."""
        found = (element for kind, element in self.elements if kind in WORDS)
        return [getattr(each, "body", "") or getattr(each, "message", "") for each in found]

    @property
    def sentences(self) -> list[str]:
        """What each chart says of itself, numbers included."""
        return [chart["alt"] for chart in self._charts()]

    @property
    def charts(self) -> list[Any]:
        """The figures, their numbers as arrays."""
        return [_unpacked(chart["figure"]) for chart in self._charts()]

    def _charts(self) -> Iterator[Any]:
        """What our own component draws."""
        components = self.of("bidi_component")
        return (json.loads(each.json)[0] for each in components if each.component_name == CHART)

    def of(self, kind: str) -> Iterator[Any]:
        """All elements of a kind."""
        return (element for name, element in self.elements if name == kind)

    def widget(self, name: str) -> tuple[str, Any]:
        """Kind and element of the widget with this label, or key.

        Raises
        ------
        LookupError
            If there is none, naming those that there are.
        """
        found = list(widgets(self.elements))
        for kind, widget in found:
            if name == widget.label or widget.id.endswith(f"-{name}"):
                return kind, widget
        raise LookupError(f"no widget {name!r}; there are {', '.join(w.label for _, w in found)}")


def widgets(elements: tuple[tuple[str, Any], ...]) -> Iterator[tuple[str, Any]]:
    """Those elements that a visitor can set."""
    return ((kind, each) for kind, each in elements if kind in WIDGETS and each.id)


def sent_as(kind: str, value: Any) -> tuple[str, Any]:
    """Field and content of the `WidgetState` that carries a value."""
    if kind == "slider":
        values = value if isinstance(value, list) else [value]
        words = isinstance(values[0], str)
        return ("string_array_value" if words else "double_array_value", values)
    return WIDGETS[kind].field, value


def _unpacked(value: Any) -> Any:
    """A figure with its typed arrays read, in Plotly's spelling of them."""
    match value:
        case {"dtype": str(name), "bdata": str(raw)}:
            flat: NDArray[Any] = np.frombuffer(base64.b64decode(raw), np.dtype(name))
            shape = [int(n) for n in value.get("shape", "-1").split(",")]
            return flat.reshape(shape)
        case dict():
            return {name: _unpacked(part) for name, part in value.items()}
        case list():
            return [_unpacked(part) for part in value]
        case _:
            return value
