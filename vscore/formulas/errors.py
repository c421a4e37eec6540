"""The error that points at a character."""


class FormulaError(ValueError):
    """A formula that cannot be read or used.

    Attributes
    ----------
    reason : str
        What is wrong, and what is allowed.
    formula : str
    position : int
        Index of the character that the reason is about; the length of the formula where
        something is missing at its end.
    """

    def __init__(self, reason: str, formula: str, position: int) -> None:
        self.reason = reason
        self.formula = formula
        self.position = position
        super().__init__(f"{reason}\n  {_printable(formula)}\n  {' ' * position}^")

    def __reduce__(self) -> tuple[type["FormulaError"], tuple[str, str, int]]:
        return FormulaError, (self.reason, self.formula, self.position)


def _printable(text: str) -> str:
    """One character for each, so that the caret stays under its own."""
    return "".join(character if character.isprintable() else "?" for character in text)
