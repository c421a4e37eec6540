"""Ours, the others and the physical limit side by side: `python -m tests.bench [row ...]`.

Contenders take turns, so that a machine that slows down slows all of them, and a ratio is the
median of the ratios of single rounds, of which the quieter half count. What is not installed is
named and left out. `python -m tests.bench.guard` watches the ratios that need nobody else.
"""
