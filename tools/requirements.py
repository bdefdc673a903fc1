"""`make requirements`: rows proven by tests, of all rows, per area."""

from __future__ import annotations

import sys
from collections import Counter

from tools.catalogue import claims, rows


def main() -> int:
    """Print the table; unknown ids are an error (`make check` refuses them too)."""
    known = rows()
    made = claims()
    unknown = sorted({claim.row for claim in made} - set(known))
    proven = {claim.row for claim in made if not claim.skipped and claim.row in known}
    total = Counter((row.document, row.area) for row in known.values())
    done = Counter((known[row].document, known[row].area) for row in proven)
    width = max(len(area) for _, area in total)
    for document, area in sorted(total):
        if done[document, area]:
            print(f"{document:3} {area:{width}} {done[document, area]:4} / {total[document, area]}")
    without = sum(1 for key in total if not done[key])
    print(f"{'':3} {f'areas without a proven row: {without}':{width}}")
    for document in sorted({row.document for row in known.values()}):
        all_rows = sum(number for key, number in total.items() if key[0] == document)
        proven_rows = sum(number for key, number in done.items() if key[0] == document)
        print(f"{document:3} {'total':{width}} {proven_rows:4} / {all_rows}")
    print(f"{'':3} {'all documents':{width}} {len(proven):4} / {len(known)}")
    for row in unknown:
        print(f"unknown row named by a test: {row}", file=sys.stderr)
    return 1 if unknown else 0


if __name__ == "__main__":
    sys.exit(main())
