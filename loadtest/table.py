"""The one table that a bench prints: what was measured, the figure, the aim beside it."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Row:
    """One line; `met` is None where there is no aim."""

    key: str
    what: str
    figure: str
    aim: str = ""
    met: bool | None = None


@dataclass
class Table:
    """Lines in the order in which they were measured, printed as they come and once more together."""

    rows: list[Row] = field(default_factory=list)

    def add(self, key: str, what: str, figure: str, aim: str = "", met: bool | None = None) -> None:
        """Note a line."""
        row = Row(key, what, figure, aim, met)
        self.rows.append(row)
        print(f"  {_line(row, (4, 62, 34))}", flush=True)

    def text(self) -> str:
        """All lines, aligned."""
        widths = (
            4,
            *(max((_width(getattr(row, name)) for row in self.rows), default=0) for name in ("what", "figure")),
        )
        return "\n".join(_line(row, widths) for row in self.rows)

    def missed(self) -> list[Row]:
        """Lines whose aim was not reached."""
        return [row for row in self.rows if row.met is False]


def _line(row: Row, widths: tuple[int, ...]) -> str:
    mark = {True: "yes", False: "NO", None: ""}[row.met]
    cells = (row.key, row.what, row.figure)
    padded = [text + " " * max(0, width - _width(text)) for text, width in zip(cells, widths, strict=True)]
    return "  ".join([*padded, row.aim, mark]).rstrip()


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)
