"""Lists as CSV files: one way to make them, so that no export forgets what a cell must not be."""

from __future__ import annotations

import csv
from collections.abc import Iterable

from django.http import HttpResponse
from django.utils.translation import gettext

from hub import clock
from hub.actor import Actor
from hub.documents.sheets import cell


class Sheet:
    """A CSV file on its way: `answer` is what the view returns."""

    def __init__(self, filename: str) -> None:
        self.answer = HttpResponse(content_type="text/csv; charset=utf-8")
        self.answer["Content-Disposition"] = f'attachment; filename="{filename}"'
        self.answer.write("\ufeff")  # spreadsheet programs take UTF-8 only with it
        self._writer = csv.writer(self.answer)

    def row(self, cells: Iterable[object]) -> None:
        """Add a line."""
        self._writer.writerow([cell(one) for one in cells])


def begun(actor: Actor, number: str, filename: str) -> Sheet:
    """A sheet whose first line says who took it when, under a number the audit knows."""
    sheet = Sheet(filename)
    sheet.row(
        [
            gettext("导出编号 %(number)s") % {"number": number},
            gettext("导出人 %(name)s") % {"name": actor.name},
            f"{clock.local(clock.now()):%Y-%m-%d %H:%M:%S}",
        ]
    )
    return sheet
