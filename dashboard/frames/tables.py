"""Tables, and pandas only once there is one: it takes a quarter of a server's start to import."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    import pandas

Frame: TypeAlias = "pandas.DataFrame"


def table(columns: Mapping[str, Any]) -> Frame:
    """A table of columns by their names."""
    import pandas

    return pandas.DataFrame(columns)


def stacked(frames: Sequence[Frame]) -> Frame:
    """Tables of the same columns, one under the other."""
    import pandas

    return pandas.concat(frames, ignore_index=True)
