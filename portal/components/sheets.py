"""Lists as CSV files: one way to make them, so that no export forgets what a cell must not be."""

from __future__ import annotations

import csv
from collections.abc import Iterable

from django.http import HttpResponse

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
