"""What the dashboard promises to everyone who uses it, where it falls short, and what it keeps.

Each line of `HOLDS`, `KEYS` and `STORED` is tested.
"""

from dataclasses import dataclass

AIM = (
    "The aim is [WCAG 2.2](https://www.w3.org/TR/WCAG22/), level AA. The tests of this dashboard "
    "check what can be checked by a program, in Chromium; no one has yet audited it with a screen "
    "reader."
)

HOLDS = (
    "Every control can be reached and used by the keyboard alone, and shows where the keyboard is.",
    "Each page has a title of its own, headings in order, and a link that skips the controls.",
    "After each change one line is read aloud: what has changed, and what came of it.",
    "Under each chart stands a sentence with its numbers, which a screen reader reads for the "
    "chart. All its values are in a table and a CSV file under *Data*.",
    "Text has a contrast of 4.5 to 1 or more and lines 3 to 1 or more, in light and dark.",
    "Series differ by shape or dashes besides colour, and their colours can be told apart with "
    "protanopia, deuteranopia and tritanopia.",
    "With text at 200 %, and on a screen 320 pixels wide, nothing is cut and only tables of data "
    "scroll sideways.",
    "Nothing moves where your system asks for less motion.",
)

KEYS = (
    (
        "Tab, Shift + Tab",
        "to the next control, and back; the first Tab offers to skip the controls",
    ),
    ("Left, Right", "move a slider, and choose among buttons in a row"),
    ("Up, Down", "change a number, and move in a list"),
    ("Letters", "search in a list; Enter takes what is marked"),
    ("Enter, Space", "press a button, open or close a section"),
    ("Escape", "closes a list or a dialog, and goes back to where it was opened"),
)
"""A key, and what it does."""


@dataclass(frozen=True, slots=True)
class Gap:
    """What does not hold: what, why, and what helps instead."""

    what: str
    why: str
    instead: str


GAPS = (
    Gap(
        "A chart's points cannot be visited one by one, and zooming takes a mouse or a finger.",
        "Plotly draws pictures.",
        "The sentence below it; the table under *Data*.",
    ),
    Gap(
        "A table under *Data* is painted: screen readers get the cells that are in sight.",
        "It is Streamlit's own.",
        "Its CSV file.",
    ),
    Gap(
        "The link of the page in sight is bold and shaded, but not marked for screen readers.",
        "Streamlit's links leave no way to do it.",
        "The window's title and the first heading.",
    ),
    Gap(
        "A verdict that warns is read at once, and once more in short by the line.",
        "Streamlit makes every warning an alert.",
        "",
    ),
    Gap(
        "Bars of histograms and redraws have less than 3 to 1 against the page.",
        "They lie under the lines that matter.",
        "The numbers in the sentence and the table.",
    ),
    Gap(
        "Help behind a question mark appears beside it, and cannot be kept in sight.",
        "It is Streamlit's own.",
        "Each word that it links to is on the Guide page, in the glossary.",
    ),
)

STORED = (
    "**Your settings** are in the address of the page, and nowhere else: keep the address to keep "
    "them.",
    "**The server** forgets a page when it is closed; where a connection was lost, after five "
    "minutes.",
    "**Its log** holds errors only: no addresses and no names of visits.",
    "**Nothing is asked of any other host**, and nothing about you is counted or sent.",
    "**Two cookies**, each a random number that ends with the browser: `_streamlit_xsrf` keeps "
    "other sites from acting for you, `vscore_place` keeps your place when the server is full. "
    "The browser also remembers the theme (light or dark).",
)

WHOM_TO_TELL = (
    "Something in your way? Tell whoever gave you this address: a teacher, as a rule. Say which "
    "page, which control, and what you use to read or steer it."
)
