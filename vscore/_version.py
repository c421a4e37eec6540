"""The version, here alone: the package's metadata reads it too."""

__version__ = "0.1.0"
