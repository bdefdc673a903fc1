"""Tables people bring along as CSV files: UTF-8 (with or without its mark) or GB 18030, with a heading line or none."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterator
from datetime import date

from hub.errors import InvalidInput


def rows(content: bytes | str, *, headings: Collection[str]) -> Iterator[tuple[int, list[str]]]:
    """Each line that says something, with its place from 1 and its cells stripped.

    A first line whose first cell is one of `headings` is left out. InvalidInput for bytes that are no text.
    """
    text = content if isinstance(content, str) else _decoded(content)
    for place, row in enumerate(csv.reader(io.StringIO(text)), start=1):
        cells = [cell.strip() for cell in row]
        if any(cells) and not (place == 1 and cells[0] in headings):
            yield place, cells


def day_of(text: str) -> date:
    """The day of a cell, as 2027-01-01, 2027-1-1 or with slashes; ValueError for anything else."""
    return date.fromisoformat("-".join(part.zfill(2) for part in text.replace("/", "-").split("-")))


def _decoded(content: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise InvalidInput("文件的编码不认识，请存为 UTF-8 的 CSV。")
