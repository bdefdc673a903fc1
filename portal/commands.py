"""Forms as commands: each form carries a hidden key, so that a second tap or a reload repeats and does not do again."""

from __future__ import annotations

import hashlib

from django.http import HttpRequest

from hub.ids import uuid7
from hub.work import Command

FIELD = "form_key"


def new_key() -> str:
    """A key for a form about to be shown."""
    return uuid7().hex


def command_of(request: HttpRequest, name: str) -> Command:
    """The command of a posted form; a form without a key (an old page) gets one of its own and is done once."""
    key = request.POST.get(FIELD) or new_key()
    body = "&".join(
        f"{field}={value}"
        for field in sorted(request.POST)
        if field not in {FIELD, "csrfmiddlewaretoken"}
        for value in request.POST.getlist(field)
    )
    digest = hashlib.sha256(f"{request.path}\n{body}".encode()).hexdigest()
    return Command(name=name, key=key[:64], fingerprint=digest)
