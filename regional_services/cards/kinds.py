"""Telling scanned codes apart by their shape. Pure."""

from __future__ import annotations

import re

from hub import words


class Scheme(words.TextChoices):
    """Whose code it is."""

    HEALTH_CARD = "health_card", "电子健康卡"
    INSURANCE = "insurance", "医保码"


# The health card's text is 64 hexadecimal digits, a colon and the kind (0 dynamic, 1 static); the insurance code has
# 28 signs, digits first.
_SHAPES = (
    (Scheme.HEALTH_CARD, re.compile(r"[0-9A-Fa-f]{64}:[01]")),
    (Scheme.INSURANCE, re.compile(r"\d{2}[0-9A-Za-z]{26}")),
)


def scheme_of(text: str) -> Scheme | None:
    """The scheme of a scanned text, or None where it is something else (a number, a name)."""
    tidy = text.strip()
    return next((scheme for scheme, shape in _SHAPES if shape.fullmatch(tidy)), None)
