"""The page for who comes when every place is taken."""

import functools

RETRY = 5
"""s. About how often the page asks whether a place is free."""

SCRIPT = """
const line = document.querySelector("[role=status]");
const say = text => { if (line.textContent !== text) line.textContent = text; };
const lookLater = () => setTimeout(look, (4 + 2 * Math.random()) * 1000);
async function look() {
  try {
    const answer = await fetch(location.href, { method: "HEAD", cache: "no-store" });
    if (answer.ok) { location.reload(); return; }
    say("Waiting for a place.");
  } catch { say("The dashboard does not answer. Still trying."); }
  lookLater();
}
lookLater();
"""
"""Loads the same address again when a place is free. Nothing moves until then, and a screen reader
is told of changes only. Not all who wait ask at the same moment."""

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>The room is full</title>
<style>
:root {{ color-scheme: light dark; --paper: #FFFFFF; --ink: #1B1F24; --link: #0072B2; }}
@media (prefers-color-scheme: dark) {{
  :root {{ --paper: #14171A; --ink: #E8EBEE; --link: #56B4E9; }}
}}
body {{ margin: 0; background: var(--paper); color: var(--ink);
  font: 1.125rem/1.6 "Source Sans", system-ui, sans-serif; }}
main {{ max-width: 34rem; margin: 0 auto; padding: 12vh 1.5rem 2rem; }}
h1 {{ font-size: 2rem; line-height: 1.2; }}
a {{ color: var(--link); }}
</style>
</head>
<body>
<main>
<h1>The room is full</h1>
<p>{all_taken}</p>
<p>Keep this page open: it looks every few seconds, and opens your link as soon as somebody leaves.
Or <a href="">look now</a>.</p>
<p role="status">Waiting for a place.</p>
</main>
<script>{script}</script>
</body>
</html>
"""


@functools.cache
def waiting_page(limit: int) -> str:
    """The page: it says how many may be in, and comes in by itself, under the same address."""
    one = "This dashboard has one place, and it is taken."
    more = f"This dashboard has places for {limit} people at a time, and all are taken."
    return _PAGE.format(all_taken=one if limit == 1 else more, script=SCRIPT)
