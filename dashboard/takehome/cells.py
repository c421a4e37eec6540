"""The code of a notebook, cell by cell, for one setting."""

from collections.abc import Iterator, Mapping

import numpy as np

from dashboard.experiment import REDRAWS, Experiment
from dashboard.results import Results
from dashboard.takehome.source import source
from dashboard.tracks import forward_track, gradient_track
from vscore._typing import FloatArray

_DRAWING = """
print("fan_in", drawn.fans.fan_in, "fan_out", drawn.fans.fan_out)
print("std meant", drawn.density.std)
print("std drawn", drawn.std, "+-", drawn.std_error)
if drawn.fit is not None:
    print("p of the fit", drawn.fit.p)
"""

_BARS = """
figure = go.Figure()
figure.add_bar(x=(drawn.edges[1:] + drawn.edges[:-1]) / 2, y=drawn.heights, name="drawn")
"""

_DENSITY = """
x = np.linspace(drawn.edges[0], drawn.edges[-1], 241)
figure.add_scatter(x=x, y=drawn.density.pdf(x), name="exact density")
"""

_FAINT = (
    "for redraw in redraws:",
    '    figure.add_scatter(x=layers, y=redraw, line_color="lightgrey", showlegend=False)',
)

_LINES = """
layers = np.arange(1, network.depth + 1)
figure = go.Figure()
"""


def setting_cells(setting: Experiment) -> Iterator[str]:
    """The specs, written out."""
    names = [kernel.name for kernel in setting.layer.kernels]
    place = names.index(setting.drawn_kernel.name)
    yield (
        f"layer = {source(setting.layer)}\n"
        f"kernel = layer.kernels[{place}]  # {names[place]}\n"
        f"initializer = {source(setting.drawn_initializer.with_seed(None))}\n"
        f"seed = {setting.seed}"
    )
    yield f"network = {source(setting.network)}"


def drawing(results: Results) -> str:
    """Draw the weights, print their numbers, show their histogram."""
    bins = len(results.sample.counts)
    code = (
        f"drawn = sample(initializer.with_seed(seed), kernel.shape, bins={bins}){_DRAWING}{_BARS}"
    )
    density = _DENSITY.lstrip() if results.sample.density.std > 0 else ""
    return f'{code}{density}figure.update_layout(xaxis_title="weight w", bargap=0)'


def simulation(setting: Experiment, results: Results) -> str:
    """Simulate and predict, print a row a layer, show the lines."""
    forward = forward_track(results.measured, results.predicted, setting.statistic)
    arguments = f"networks={setting.networks}, batch={setting.batch}"
    arguments += f', engine="{results.measured.engine}"'
    series = _series(setting, results)
    size = "log10 " if forward.logarithmic else ""
    heads = [forward.unit, *(size + n if "signal" in n else f"log10 {n}" for n in series)]
    return "\n".join(
        [
            f"measured = simulate(network, {arguments}, seed=seed)",
            *(["predicted = predict(network)"] if results.predicted is not None else []),
            *(f"{name} = {code}" for name, code in series.items()),
            f'print("{", ".join(heads)}")',
            f"for row in zip(range(1, network.depth + 1), {', '.join(series)}):",
            "    print(*row)",
            *_redraws(setting, results, arguments),
            _LINES.strip(),
            *(_FAINT if setting.redraws else ()),
            *(f'figure.add_scatter(x=layers, y={name}, name="{name}")' for name in series),
            f'figure.update_layout(xaxis_title="{forward.unit}")',
        ]
    )


def _series(setting: Experiment, results: Results) -> dict[str, str]:
    """What is printed and drawn: names, and the code that makes them."""
    statistic, predicted = setting.statistic, results.predicted
    series = {
        "signal": _forward("measured", setting, results),
        "gradient": "mean_log10(measured.log10_gradient)",
    }
    track = forward_track(results.measured, predicted, statistic)
    if track.theory is not None:
        code = f"predicted.{'log10_q' if statistic == 'q' else statistic}"
        plain = statistic == "q" or not track.logarithmic
        series["signal_theory"] = code if plain else f"np.log10({code})"
    if predicted is not None:
        series["gradient_theory"] = "predicted.log10_gradient"
    return series


def comparison(setting: Experiment, results: Results) -> str:
    """The page's numbers, and how far these are from them."""
    forward = forward_track(results.measured, None, setting.statistic).centre
    page = {
        "std drawn": (repr(results.sample.std), "drawn.std"),
        "signal": (_numbers(forward), "signal"),
        "gradient": (_numbers(gradient_track(results.measured, None).centre), "gradient"),
    }
    shown = "".join(f'    "{name}": {number},\n' for name, (number, _) in page.items())
    here = ", ".join(f'"{name}": {code}' for name, (_, code) in page.items())
    return (
        f"# What the page showed; another processor may differ in the last digits.\n"
        f"page = {{\n{shown}}}\n"
        f"here = {{{here}}}\n"
        "for name, number in page.items():\n"
        "    same = np.array_equal(here[name], number, equal_nan=True)\n"
        '    print(name, "as on the page" if same else "differs from the page")'
    )


def _forward(of: str, setting: Experiment, results: Results) -> str:
    """The expression of what is followed forward: log10 of a mean, or the mean itself."""
    statistic = setting.statistic
    if statistic == "q":
        return f"mean_log10({of}.log10_q)"
    if forward_track(results.measured, None, statistic).logarithmic:
        return f"mean_log10(np.log10({of}.{statistic}))"
    return f"{of}.{statistic}.mean(axis=0)"


def _redraws(setting: Experiment, results: Results, arguments: str) -> list[str]:
    """Simulate with the next seeds, and print between what they end."""
    if not setting.redraws:
        return []
    return [
        "redraws = []",
        f"for n in range(1, {REDRAWS + 1}):",
        f"    other = simulate(network, {arguments}, seed=seed + n)",
        f"    redraws.append({_forward('other', setting, results)})",
        "ends = [redraw[-1] for redraw in redraws]",
        'print("redraws end between", min(ends), "and", max(ends))',
    ]


_SPECIAL: Mapping[str, str] = {"inf": "np.inf", "-inf": "-np.inf", "nan": "np.nan"}


def _numbers(values: FloatArray) -> str:
    """A list of float64 in full."""
    texts = (repr(value) for value in np.asarray(values, float).tolist())
    return f"[{', '.join(_SPECIAL.get(text, text) for text in texts)}]"
