"""Where a message leads: a short address for what leaves the house, the page itself for who is signed in."""

from __future__ import annotations

import string
from uuid import UUID

from django.conf import settings

from hub.errors import NotFound
from regional_services.notifications.catalogue import Kind

_DIGITS = string.digits + string.ascii_uppercase + string.ascii_lowercase
_LENGTH = 22  # of 128 bits in base 62


def short(message_id: UUID) -> str:
    """The address an SMS has room for; it opens the message for its own account only."""
    return f"{settings.PUBLIC_ORIGIN}/m/{code_of(message_id)}"


def code_of(message_id: UUID) -> str:
    """The id in 22 letters and digits."""
    number, code = message_id.int, ""
    for _ in range(_LENGTH):
        number, place = divmod(number, len(_DIGITS))
        code = _DIGITS[place] + code
    return code


def message_of(code: str) -> UUID:
    """The message of a code; NotFound for what is none."""
    number = 0
    for letter in code:
        place = _DIGITS.find(letter)
        if place < 0 or len(code) != _LENGTH:
            raise NotFound
        number = number * len(_DIGITS) + place
    if number >= 1 << 128:
        raise NotFound
    return UUID(int=number)


def page_of(kind: Kind, subject: UUID) -> str:
    """The page a message is about."""
    return kind.page.format(subject=subject)
