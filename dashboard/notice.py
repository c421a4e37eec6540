"""What a page says where something is not what was asked for. Pure data."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Notice:
    """Why something shown is not what was asked for: the setting, the value, the reason."""

    setting: str
    value: str
    reason: str
