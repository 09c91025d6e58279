"""Tingyin (听音): a real-time monitor for two-party calls."""

__version__ = "0.1.0"
