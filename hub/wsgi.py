"""The web process."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import Any

from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse

from hub import garbage

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hub.settings")
_django = get_wsgi_application()
garbage.look_seldom()


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Django's answer; one that is there as a whole goes to the server as a list.

    The server passes on a list at once and takes turns with a thread for anything else, which cost a tenth of a
    request's processor time.
    """
    response = _django(environ, start_response)
    if not isinstance(response, HttpResponse):
        return response  # a stream
    body = [response.content]
    response.close()
    return body
