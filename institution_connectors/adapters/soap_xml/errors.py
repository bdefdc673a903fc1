"""What makes an answer unusable."""

from __future__ import annotations


class Unreadable(ValueError):
    """A document of the hospital that is not what the dialect says; the text tells where, without personal data."""


class Incomplete(ValueError):
    """A successful answer without a fact its result needs (F3)."""
