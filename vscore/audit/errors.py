"""The error for a file that cannot be used."""


class AuditError(ValueError):
    """A file that is no weights file, is damaged, or asks for more than it should."""
