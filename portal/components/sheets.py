"""Tables as files for spreadsheet programs."""

from __future__ import annotations

import csv
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext

from hub import clock
from hub.actor import Actor

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def plain(text: str) -> str:
    """A cell no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def begun(actor: Actor, number: str, name: str) -> tuple[HttpResponse, Any]:
    """A CSV answer whose first line says who took it when, under a number the audit knows."""
    answer = HttpResponse(content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.write("\ufeff")  # spreadsheet programs take UTF-8 only with it
    sheet = csv.writer(answer)
    sheet.writerow(
        [
            gettext("导出编号 %(number)s") % {"number": number},
            gettext("导出人 %(name)s") % {"name": actor.name},
            f"{clock.local(clock.now()):%Y-%m-%d %H:%M:%S}",
        ]
    )
    return answer, sheet
