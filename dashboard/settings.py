"""The settings the dashboard is served with: one file, in force wherever it is started from.

Streamlit looks for `.streamlit/config.toml` in the working folder, in the home folder and beside
the script. The project's own file is applied on top of those, so that a stray file elsewhere
cannot reopen what it closes.
"""

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

from streamlit import config

PACKAGE = Path(__file__).resolve().parent

WILDCARDS = ("0.0.0.0", "::")
"""Addresses that mean: every address of this machine."""


def settings_file() -> Path:
    """The file in force: inside the package in an installed wheel, beside it in a checkout."""
    installed = PACKAGE / ".streamlit" / "config.toml"
    return installed if installed.is_file() else PACKAGE.parent / ".streamlit" / "config.toml"


def read_settings(file: Path) -> dict[str, object]:
    """The file's options by Streamlit's dotted names, as "theme.dark.textColor".

    The table `[vscore]` is left out: it is our own (`dashboard.options`).
    """
    tables = tomllib.loads(file.read_text("utf-8"))
    tables.pop("vscore", None)
    return dict(_flatten(tables))


def _flatten(table: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, object]]:
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _flatten(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def apply_settings(address: str, port: int) -> None:
    """Put the file's settings in force, for a server at this address and port.

    Parameters
    ----------
    address : str
        What the server listens on. Its name joins those under which websockets are accepted;
        a wildcard accepts every name, since a machine on a network has many.
    port : int
        The port, which Streamlit shows in the addresses it prints.
    """
    settings = read_settings(settings_file())
    hosts = settings["server.allowedHosts"]
    assert isinstance(hosts, list)
    settings["server.allowedHosts"] = ["*"] if address in WILDCARDS else [*hosts, address]
    settings["server.address"] = address
    settings["server.port"] = port
    config.get_config_options(force_reparse=True, options_from_flags=settings)
