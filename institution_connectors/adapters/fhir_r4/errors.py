"""What makes a resource unusable: each names the element (a FHIRPath) and a code of FHIR's issue types."""

from __future__ import annotations


class Problem(ValueError):
    """A resource that is not what the dialect says; the text holds no personal data.

    `code` is one of FHIR's issue types (required, structure, value, code-invalid, not-supported, invariant).
    """

    def __init__(self, code: str, expression: str, text: str) -> None:
        super().__init__(f"{expression}: {text}")
        self.code, self.expression, self.text = code, expression, text


class Unreadable(Problem):
    """An element of the wrong kind, or with a value nobody agreed on."""


class Incomplete(Problem):
    """An answer without an element its result needs (F3)."""

    def __init__(self, expression: str, text: str = "is missing") -> None:
        super().__init__("required", expression, text)


class NotCarried(ValueError):
    """Something of the request that this hospital's fields can't hold (practice 3)."""
