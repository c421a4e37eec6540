"""An experiment as a Jupyter notebook that draws, simulates and predicts with vscore alone.

The specs are written out, so that a reader may change them. What the page showed stands in the
notebook too, and its last cell compares.
"""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from dashboard.experiment import LETTERS, STATISTICS, Experiment
from dashboard.results import Results
from dashboard.takehome.cells import comparison, drawing, setting_cells, simulation
from dashboard.takehome.provenance import link, versions
from dashboard.takehome.source import names_in
from dashboard.words.plain import escaped
from dashboard.words.signal import headline
from vscore.verdicts import verdict

_TITLE = "What weight initialization does to a network"


def notebook(experiment: Experiment, results: Sequence[Results], address: str = "") -> str:
    """The notebook as JSON, format 4.5, with no output yet.

    Parameters
    ----------
    experiment : Experiment
        One setting, or several.
    results : sequence of Results
        One for each of `experiment.settings`: the numbers to compare with.
    address : str, optional
        Where the page is served.
    """
    about = {"link": link(experiment), "seed": experiment.seed, **versions()}
    cells = [
        _cell(place, kind, text)
        for place, (kind, text) in enumerate(_cells(experiment, results, address), 1)
    ]
    metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
        "vscore": about,
    }
    whole = {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(whole, indent=1, ensure_ascii=False) + "\n"


def _cells(
    experiment: Experiment, results: Sequence[Results], address: str
) -> Iterator[tuple[str, str]]:
    """Kind and text of each cell."""
    settings = experiment.settings
    bodies = [
        [*setting_cells(each), drawing(found), simulation(each, found), comparison(each, found)]
        for each, found in zip(settings, results, strict=True)
    ]
    yield "markdown", _heading(experiment, address)
    yield "code", _imports([piece for body in bodies for piece in body])
    for letter, setting, found, body in zip(LETTERS, settings, results, bodies, strict=False):
        yield "markdown", _about(f"Setting {letter}" if len(settings) > 1 else "", setting, found)
        for piece in body:
            yield "code", piece


def _heading(experiment: Experiment, address: str) -> str:
    handout = experiment.handout
    where = link(experiment)
    if address.startswith(("http://", "https://")):
        where = address.partition("?")[0] + where
    made = ", ".join(f"{name} {version}" for name, version in versions().items())
    return "\n\n".join(
        filter(
            None,
            [
                f"# {escaped(handout.title or _TITLE)}",
                escaped(handout.question),
                f"Made with {made}, seed {experiment.seed}. The page: {escaped(where)}",
            ],
        )
    )


def _imports(code: Sequence[str]) -> str:
    names = names_in(code)
    quiet = ["", 'np.seterr(divide="ignore")  # log10 of 0 is -inf']
    return "\n".join(
        [
            "import numpy as np",
            "import plotly.graph_objects as go",
            "",
            "import vscore",
            f"from vscore import {', '.join(names)}",
            "from vscore.propagation import mean_log10",
            "",
            'print("vscore", vscore.__version__, "numpy", np.__version__)',
            *(quiet if any("np.log10(" in piece for piece in code) else []),
        ]
    )


def _about(heading: str, setting: Experiment, results: Results) -> str:
    judged = verdict(results.measured, results.predicted)
    parts = [
        f"## {heading or 'The experiment'}",
        escaped(headline(judged, results.measured)),
        f"Followed forward: {escaped(STATISTICS[setting.statistic])}.",
    ]
    return "\n\n".join(parts)


def _cell(place: int, kind: str, text: str) -> dict[str, Any]:
    cell: dict[str, Any] = {
        "cell_type": kind,
        "id": f"cell-{place}",
        "metadata": {},
        "source": text.splitlines(keepends=True),
    }
    return cell | ({"execution_count": None, "outputs": []} if kind == "code" else {})
