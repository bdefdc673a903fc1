"""What makes an answer unusable."""

from __future__ import annotations


class Unreadable(ValueError):
    """A document that is not what the dialect says; the text tells where, without personal data."""


class Incomplete(ValueError):
    """A successful answer without a fact its result needs (F3)."""


class NotCarried(ValueError):
    """Something of the request that this hospital's fields can't hold (practice 3)."""
