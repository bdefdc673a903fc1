"""`python -m tools.checklist`: the security checklist (MLPS level 3), each row with the tests that prove it.

Rows stand in `docs/security-checklist.csv`; a test names one by `@pytest.mark.control("CES1-09/15")`. A row without a
test says why not yet. `make check` refuses a row with neither, an unknown row, and a table other than the one made.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator

from tools.catalogue import ROOT, Claim, claims

SOURCE = ROOT / "docs" / "security-checklist.csv"
TABLE = ROOT / "docs" / "security-checklist.md"
_HEAD = """# Security checklist

Made by `python -m tools.checklist` out of `docs/security-checklist.csv` and the tests' `control` marks, never by hand.
Units are those of GB/T 28448-2019 (CES1-nn) or clauses of GB/T 22239-2019; the number after the slash is the row.

"""


def _rows() -> list[dict[str, str]]:
    with SOURCE.open(encoding="utf-8", newline="") as source:
        return list(csv.DictReader(source))


def _proofs() -> dict[str, list[Claim]]:
    found: dict[str, list[Claim]] = {}
    for claim in claims("control"):
        if not claim.skipped:
            found.setdefault(claim.row, []).append(claim)
    return found


def table() -> str:
    """The document as it should stand."""
    proofs, rows = _proofs(), _rows()
    proven = sum(1 for row in rows if proofs.get(row["id"]))
    open_rows = sum(1 for row in rows if not proofs.get(row["id"]))
    lines = [
        f"{proven} of {len(rows)} rows are proven by tests, at least in part; {open_rows} say why not yet.",
        "",
        "| row | area | control | proven by | not yet, because |",
        "|--|--|--|--|--|",
    ]
    for row in rows:
        tests = "<br>".join(f"`{name}`" for name in sorted({claim.test for claim in proofs.get(row["id"], [])}))
        lines.append(f"| {row['id']} | {row['area']} | {row['control']} | {tests} | {row['not_yet']} |")
    return _HEAD + "\n".join(lines) + "\n"


def problems() -> Iterator[str]:
    """What is wrong with the checklist."""
    known, proofs = {row["id"]: row for row in _rows()}, _proofs()
    yield from (f"{row} is no row of the checklist: {proofs[row][0].test}" for row in sorted(set(proofs) - set(known)))
    for name, row in known.items():
        if name not in proofs and not row["not_yet"]:
            yield f"{name} has neither a test nor a reason"
    if not TABLE.exists() or TABLE.read_text(encoding="utf-8") != table():
        yield "docs/security-checklist.md is not up to date: run `python -m tools.checklist`"


if __name__ == "__main__":
    TABLE.write_text(table(), encoding="utf-8")
    sys.exit("\n".join(problems()) or 0)
