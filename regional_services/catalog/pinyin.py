"""Chinese names as people type them on a small keyboard: 心血管内科 is XXGNK, or xinxueguanneike."""

from __future__ import annotations

from functools import lru_cache

from pypinyin import Style, lazy_pinyin


@lru_cache(maxsize=8192)
def initials(name: str) -> str:
    """First letters of each character's pinyin, other letters and digits as they are, upper case."""
    return _joined(lazy_pinyin(name, style=Style.FIRST_LETTER)).upper()[:60]


@lru_cache(maxsize=8192)
def letters(name: str) -> str:
    """The whole pinyin without tones or spaces, lower case."""
    return _joined(lazy_pinyin(name)).lower()[:360]


def is_typed(text: str) -> bool:
    """Whether a search is in Latin letters, so that it may be pinyin or initials."""
    return text.isascii() and text.isalpha()


def sounds_like(name: str, typed: str) -> bool:
    """Whether letters typed are the initials or the pinyin a name begins with."""
    return initials(name).startswith(typed.upper()) or letters(name).startswith(typed.lower())


def _joined(parts: list[str]) -> str:
    return "".join(letter for letter in "".join(parts) if letter.isalnum())
