"""Ours and the others side by side: `python -m tests.bench [suite ...]`; `--help` names them.

Contenders take turns, so that a machine that slows down slows all of them, and a ratio is the
median of the ratios of single rounds. Frameworks that are not installed are named and left out.
"""
