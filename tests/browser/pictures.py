"""Take the README's pictures of the app as it is: `python tests/browser/pictures.py`."""

import subprocess
import sys
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

FOLDER = Path(__file__).parents[2] / ".pictures"

PICTURES = (
    ("explore-light", "", (1280, 720), "light"),
    ("explore-dark", "?init=glorot_uniform&depth=50", (1280, 720), "dark"),
    ("exploding", "?init=random_normal&stddev=1&depth=60", (1280, 720), "light"),
    ("phone", "?act=tanh&init=glorot_normal", (390, 844), "light"),
    ("compare", "compare", (1280, 720), "light"),
    ("train", "train?epochs=20", (1280, 720), "light"),
    ("fans", "fans?layer=LSTM", (1280, 720), "light"),
    ("phase", "phase?act=tanh&init=variance_scaling&scale=1.5", (1280, 720), "light"),
    ("lesson", "lessons?lesson=relu-halves&answers.relu-halves=0.5", (1280, 720), "light"),
    (
        "presentation",
        "?act=tanh&present=signal&title=Week+3&question=Where+does+the+gradient+vanish%3F",
        (1280, 720),
        "light",
    ),
)

READY = {"train": "text=Done: ", "fans": ".axes", "lesson": "text=Simulator"}
"""What a page has when it is complete; else a chart."""


def take(browser: Browser, url: str, name: str, size: tuple[int, int], scheme: str) -> None:
    """One picture of the page once both charts are drawn."""
    page = browser.new_page(
        viewport={"width": size[0], "height": size[1]},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    page.goto(url)
    page.locator(READY.get(name, ".js-plotly-plot .main-svg")).first.wait_for(timeout=60_000)
    page.wait_for_timeout(1500)  # fonts and the sidebar's slide
    page.screenshot(path=FOLDER / f"{name}.png")
    page.close()


def main() -> None:
    """Start a dashboard, take every picture, stop it."""
    command = [sys.executable, "-m", "dashboard", "--no-browser", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        address = server.stdout.readline().split(" at ")[1].split(" ")[0]
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path="/usr/bin/chromium",
                args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
            )
            for name, path, size, scheme in PICTURES:
                take(browser, f"{address}/{path}", name, size, scheme)
            browser.close()
        server.terminate()


if __name__ == "__main__":
    main()
