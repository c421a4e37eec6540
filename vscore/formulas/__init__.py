"""A typed activation: text such as "x * sigmoid(1.702 * x)" read by a small grammar of our own.

Nothing is ever evaluated as Python: a parser builds a tree of numbers, x and named functions, each
with its exact derivative; what the grammar does not have cannot be written.
"""

from vscore.formulas.errors import FormulaError

__all__ = ["FormulaError"]
