"""The languages of the hub: which one a request speaks, and state words that are said in it.

Chinese words stand in the source and are the message ids (gettext); `portal/locale/en` holds the English ones and
`python -m tools.language` keeps it in step. Work outside a request speaks Chinese.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from django.apps import apps
from django.conf import settings
from django.db import models
from django.http import HttpRequest, HttpResponseBase
from django.utils import dateformat, translation
from django.utils.cache import patch_vary_headers

COOKIE = "language"
_WEEKDAYS = "一二三四五六日"


def said(words: str) -> str:
    """Words of the source in the language of the request; words that no catalogue knows stay as they are."""
    return translation.gettext(words) if words else words


def day(value: date) -> str:
    """`11月20日 周五`."""
    return translation.gettext("%(month)s月%(day)s日 周%(weekday)s") % {
        "month": value.month,
        "day": value.day,
        "weekday": _WEEKDAYS[value.weekday()],
        "short": dateformat.format(value, "D j M"),
    }


class TextChoices(models.TextChoices):
    """States whose `label` is said in the reader's language."""

    @property
    def label(self) -> str:
        """The words of this state; while models are being defined, those of the source."""
        words = str(self._label_)
        return said(words) if apps.models_ready else words


class LanguageMiddleware:
    """Pages speak the language chosen by the switch, else Chinese; the API also heeds `Accept-Language`.

    A browser's own setting doesn't choose a page's language: the machines of hospitals are set up in English as often
    as not, and their staff read Chinese.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer one request in its language."""
        language = _wanted(request)
        with translation.override(language):
            request.LANGUAGE_CODE = language
            response = self.get_response(request)
            response.headers.setdefault("Content-Language", language)
        patch_vary_headers(response, ("Cookie", "Accept-Language") if _is_api(request) else ("Cookie",))
        return response


def _wanted(request: HttpRequest) -> str:
    chosen = request.COOKIES.get(COOKIE, "")
    if chosen in dict(settings.LANGUAGES):
        return chosen
    return translation.get_language_from_request(request) if _is_api(request) else settings.LANGUAGE_CODE


def _is_api(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")
