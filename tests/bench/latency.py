"""From a key press on a slider to two new charts: the Explore page against a page that only draws.

    python tests/bench/latency.py [--moves 20]

prints the medians and their ratios. A bare page shows the same figures without computing them,
so the ratio is what computing, words and a full sidebar cost. There are two: one draws by our own
component, as the Explore page does, the other by `st.plotly_chart`. Each page is served by the
same server in a process of its own, and their moves alternate, so that a busy machine slows all.
"""

import argparse
import contextlib
import os
import pickle
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
BARE_PAGE = Path(__file__).with_name("bare_page.py")
SCALES = (
    *(0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8),
    *(1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0),
    *(10.0, 15.0, 20.0, 30.0, 40.0, 50.0),
)
"""The slider's steps from the scale at which the pages are opened."""

SETTLE = 300
"""Milliseconds of rest between two moves."""

DRAWN_BY = ("ours", "streamlit")
"""What draws the charts of the bare pages: our own component, or `st.plotly_chart`."""

SERVE = """
import sys
from pathlib import Path
from dashboard import server
listener = server.listen("127.0.0.1", 0)
url = server.url("127.0.0.1", listener.getsockname()[1])
server.serve(listener, "127.0.0.1", ready=lambda: print(url, flush=True), script=Path(sys.argv[1]))
"""

# The time runs from the key's own time stamp to the first frame in which both charts show other
# numbers than before, so nothing of the measuring process is in it.
CHARTS = """
    const charts = () => [...document.querySelectorAll(".js-plotly-plot")].map(chart =>
        chart._fullData && chart.querySelector(".trace")
            ? chart._fullData.map(t => [...t.x, ...t.y].join()).join("|")
            : null);
"""
DRAWN = (
    f"() => {{ {CHARTS} const now = charts(); return now.length === 2 && !now.includes(null); }}"
)
ARM = f"""
() => {{
    {CHARTS}
    const before = charts();
    const slider = [...document.querySelectorAll("input[type=range]")].find(
        input => input.getAttribute("aria-label") === "Scale");
    slider.focus();
    window.move = new Promise((resolve, reject) => slider.addEventListener("keydown", event => {{
        const look = () => {{
            const now = charts();
            const spent = performance.now() - event.timeStamp;
            if (now.length === 2 && now.every((text, i) => text !== null && text !== before[i]))
                resolve(spent);
            else if (spent > 15000) reject(new Error("the charts did not change"));
            else requestAnimationFrame(look);
        }};
        requestAnimationFrame(look);
    }}, {{once: true, capture: true}}));
}}
"""


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds of each move, on the Explore page and on the bare ones."""

    explore: tuple[float, ...]
    bare: Mapping[str, tuple[float, ...]]

    def ratio(self, drawn_by: str) -> float:
        """The Explore page's median over that of the bare page drawn so."""
        return statistics.median(self.explore) / statistics.median(self.bare[drawn_by])

    def __str__(self) -> str:
        lines = [_line("explore", self.explore)]
        for name, times in self.bare.items():
            lines.append(f"{_line(f'bare, {name}', times)}; ratio {self.ratio(name):.2f}")
        return "\n".join(lines)


def _line(name: str, times: tuple[float, ...]) -> str:
    return (
        f"{name:15} median {statistics.median(times):5.0f} ms, "
        f"from {min(times):.0f} to {max(times):.0f}, {len(times)} moves"
    )


def prepare(file: Path) -> None:
    """Write the figures that the Explore page shows at each of `SCALES`."""
    from dashboard.compute import BINS
    from dashboard.experiment import DEFAULT
    from dashboard.figures.signal import signal_figure
    from dashboard.figures.weights import weights_figure
    from vscore.initializers import VarianceScaling
    from vscore.meanfield import predict
    from vscore.propagation import simulate
    from vscore.sampling import sample

    figures = []
    for scale in SCALES:
        initializer = VarianceScaling(scale, seed=DEFAULT.seed)
        chosen = replace(DEFAULT, initializer=initializer)
        measured = simulate(chosen.network, networks=chosen.networks, batch=chosen.batch)
        weights = weights_figure(sample(initializer, chosen.drawn_kernel.shape, bins=BINS))
        figures.append((scale, weights, signal_figure(measured, predict(chosen.network))))
    file.write_bytes(pickle.dumps(figures))


def measure(browser: Browser, explore: str, bare: Mapping[str, str], moves: int) -> Latency:
    """All pages' moves, by turns.

    Parameters
    ----------
    browser : Browser
    explore : str
        The Explore page's address.
    bare : mapping of str to str
        The bare pages' addresses, by what draws their charts.
    moves : int
        Of each page; at most one less than `SCALES`, so that no value comes twice.
    """
    pages = {"": opened(browser, explore)}
    pages |= {name: opened(browser, url) for name, url in bare.items()}
    times: dict[str, list[float]] = {name: [] for name in pages}
    for _ in range(moves):
        for name, page in pages.items():
            times[name].append(move(page))
    for page in pages.values():
        page.close()
    ours = tuple(times.pop(""))
    return Latency(ours, {name: tuple(spent) for name, spent in times.items()})


@contextlib.contextmanager
def bare_servers(figures: Path) -> Iterator[dict[str, str]]:
    """The bare pages' addresses, by what draws their charts; served as the dashboard is."""
    command = [sys.executable, "-c", SERVE, str(BARE_PAGE)]
    with contextlib.ExitStack() as stack:
        yield {name: stack.enter_context(serving(command, figures, name)) for name in DRAWN_BY}


@contextlib.contextmanager
def serving(command: list[str], figures: Path, drawn_by: str = "") -> Iterator[str]:
    """A server's address while this lasts."""
    from dashboard.__main__ import BLAS_THREADS

    environment = {
        **os.environ,
        **BLAS_THREADS,
        "PYTHONPATH": str(ROOT),
        "VSCORE_BENCH_FIGURES": str(figures),
        "VSCORE_BENCH_CHARTS": drawn_by,
    }
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            found = re.search(r"http://\S+", process.stdout.readline())
            assert found, "the server did not start"
            yield found.group()
        finally:
            process.terminate()


def opened(browser: Browser, url: str) -> Page:
    """A page at rest that shows two charts."""
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    page.goto(url)
    for _ in range(600):
        if page.evaluate(DRAWN):
            page.wait_for_timeout(2 * SETTLE)
            return page
        page.wait_for_timeout(50)
    raise AssertionError(f"no two charts at {url}")


def move(page: Page) -> float:
    """Milliseconds from a key on the slider to two new charts."""
    page.evaluate(ARM)
    page.keyboard.press("ArrowRight")
    spent = float(page.evaluate("() => window.move"))
    page.wait_for_timeout(SETTLE)
    return spent


@contextlib.contextmanager
def contest() -> Iterator[tuple[Browser, str, Mapping[str, str]]]:
    """A browser, the Explore page's address at the first scale, and the bare pages' by drawer."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        figures = Path(folder) / "figures.pickle"
        prepare(figures)
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        dashboard = [sys.executable, "-m", "dashboard", "--port", "0", "--no-browser"]
        with serving(dashboard, figures) as url, bare_servers(figures) as bare:
            yield browser, f"{url}/?v=1&init=variance_scaling&scale={SCALES[0]}", bare
        browser.close()


def run(moves: int) -> Latency:
    """Start all servers and a browser, and measure so many moves of each page."""
    with contest() as (browser, explore, bare):
        return measure(browser, explore, bare, moves)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Latency of a slider's move.")
    parser.add_argument("--moves", type=int, default=20, help=f"at most {len(SCALES) - 1}")
    print(run(parser.parse_args().moves))


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    main()
