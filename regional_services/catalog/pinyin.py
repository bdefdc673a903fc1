"""Initials of Chinese names, for search by what people type on a small keyboard: 心血管内科 is XXGNK."""

from __future__ import annotations

from functools import lru_cache

from pypinyin import Style, lazy_pinyin


@lru_cache(maxsize=8192)
def initials(name: str) -> str:
    """First letters of each character's pinyin, other letters and digits as they are, upper case."""
    letters = "".join(lazy_pinyin(name, style=Style.FIRST_LETTER))
    return "".join(letter for letter in letters if letter.isalnum()).upper()[:60]
