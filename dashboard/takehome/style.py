"""How a report looks: light and dark by the reader's system, on phones, on paper."""

STYLE = """
:root { color-scheme: light dark; --ink: #1b1f24; --faint: #5b636c; --grid: #d5dae0;
  --paper: #fff; --box: #f3f5f7; --link: #0072b2; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8ebee; --faint: #a3abb3; --grid: #3a424a;
  --paper: #14171a; --box: #1f2429; --link: #56b4e9; } }
* { box-sizing: border-box; }
body { margin: 0; color: var(--ink); background: var(--paper);
  font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 76rem; margin: 1.5rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; line-height: 1.25; overflow-wrap: anywhere; }
h2 { margin: 2.5rem 0 0.5rem; font-size: 1.3rem; } h3 { margin: 1.5rem 0 0.5rem; }
p { overflow-wrap: anywhere; } a { color: var(--link); }
.verdict { padding: 0.7rem 1rem; border-radius: 0.5rem; background: var(--box); }
.charts { display: grid; gap: 1.5rem;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 30rem), 1fr)); }
figure { margin: 0; min-width: 0; } figcaption { color: var(--faint); font-size: 0.875rem; }
.js-plotly-plot text { fill: currentColor !important; }
.js-plotly-plot .hoverlayer text { fill: revert-layer !important; }
dl { margin: 0.5rem 0; } dt { color: var(--faint); font-size: 0.875rem; }
dd { margin: 0; overflow-wrap: anywhere; }
.numbers { display: flex; flex-wrap: wrap; gap: 0.5rem 2.5rem; } .numbers dd { font-size: 1.4rem; }
.specs dd { white-space: pre-wrap; font-family: ui-monospace, monospace; font-size: 0.875rem; }
footer { margin-top: 2rem; border-top: 1px solid var(--grid); }
.scroll { overflow-x: auto; } math { padding: 0.5rem 0; font-size: 1.15rem; }
details { margin: 0.5rem 0; } summary { cursor: pointer; padding: 0.25rem 0; }
table { border-collapse: collapse; font-size: 0.85rem; }
th, td { padding: 0.15rem 0.7rem; text-align: right; border-bottom: 1px solid var(--grid);
  font-variant-numeric: tabular-nums; white-space: nowrap; }
@media print { :root { --ink: #000; --faint: #444; --paper: #fff; --box: #eee; }
  figure, tr { break-inside: avoid; } }
"""
