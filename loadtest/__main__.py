"""`make loadtest`: Locust scenarios against a running `make run`, on this machine only, bounded in people and time.

`python -m loadtest [rush|day|hanging ...]`: the release of numbers at seven, a mixed day, and one hospital that hangs
while two hundred residents wait for it. Each prints Locust's own table; `hanging` compares the other pages' p95 with
those beside the same crowd at a hospital that answers.

`python -m loadtest performance` needs no `make run`: on a district of its own that holds a year of bookings fifty
people are at work; their times are held against the targets and written to docs/performance.zh.md (some six minutes).
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
LOOPBACK = {"localhost", "127.0.0.1", "::1"}
MOST_RESIDENTS, LONGEST_SECONDS = 300, 900
PERFORMANCE_SECONDS = 30  # less shows nothing
ARRIVAL_SECONDS = 60  # two hundred people sign in, have their names checked and book
HANGING = "lanting"  # owns its numbers: who books there waits for its answer


def main() -> int:
    """Run the scenarios asked for, one after the other."""
    options = _options()
    for address in (options.hub, options.sandbox):
        if urlsplit(address).hostname not in LOOPBACK:
            print(f"{address}: load is only ever put on this machine", file=sys.stderr)
            return 2
    scenarios: dict[str, Callable[[argparse.Namespace], int]] = {
        "rush": _rush,
        "day": _day,
        "hanging": _hanging,
        "performance": _performance,
    }
    return max(scenarios[name](options) for name in options.scenarios or ("rush", "day", "hanging"))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m loadtest", description=__doc__)
    parser.add_argument("scenarios", nargs="*", choices=["rush", "day", "hanging", "performance", []])
    parser.add_argument("--hub", default=f"http://localhost:{os.environ.get('HUB_PORT', '8000')}")
    parser.add_argument("--sandbox", default=f"http://127.0.0.1:{os.environ.get('HUB_SANDBOX_PORT', '8100')}")
    parser.add_argument("--residents", type=int, default=100, help=f"at most {MOST_RESIDENTS}")
    parser.add_argument("--rushing", type=int, default=2000, help="residents in the rush")
    parser.add_argument("--numbers", type=int, default=100, help="numbers they want")
    parser.add_argument("--waiting", type=int, default=200, help="residents at the hanging hospital")
    parser.add_argument("--seconds", type=int, default=60, help=f"of each scenario, at most {LONGEST_SECONDS}")
    parser.add_argument("--bookings", type=int, default=1_000_000, help="of a year, for `performance`")
    parser.add_argument("--report", type=Path, default=ROOT / "docs" / "performance.zh.md")
    options = parser.parse_args()
    options.residents = min(options.residents, MOST_RESIDENTS)
    options.waiting = min(options.waiting, MOST_RESIDENTS)
    options.seconds = min(options.seconds, LONGEST_SECONDS)
    return options


def _rush(options: argparse.Namespace) -> int:
    """Thousands want the numbers of one session at the same moment, in a district of its own (loadtest/rush.py)."""
    command = [sys.executable, "-m", "hub.embedded", "with-services", "bench"]
    command += [sys.executable, "-m", "loadtest.bench", "--only", "r"]
    command += ["--residents", str(options.rushing), "--numbers", str(options.numbers)]
    return subprocess.run(command, check=False).returncode


def _day(options: argparse.Namespace) -> int:
    """Looking around, booking, paying, cancelling, as people do."""
    return _locust(options, ["Day"], options.residents)


def _hanging(options: argparse.Namespace) -> int:
    """The same readers alone, beside a crowd whose hospital answers, and beside such a crowd whose hospital hangs.

    The crowd costs the same in both: what it adds to the other pages' times when its hospital hangs is the hospital's.
    """
    count, arrival = 20 + options.waiting, ARRIVAL_SECONDS
    crowd = ["Reader", "Waiting"]
    with tempfile.TemporaryDirectory() as directory:
        alone, answered, hung = (Path(directory) / name for name in ("alone", "answered", "hung"))
        worst = _locust(options, ["Reader"], 20, csv_prefix=alone)
        first = 2000 + secrets.randbelow(2000)  # of the register, whose first belong to the demo's own day
        worst |= _locust(options, crowd, count, csv_prefix=answered, arrival=arrival, first=first)
        _switch(options, "POST")
        try:
            worst |= _locust(options, crowd, count, csv_prefix=hung, arrival=arrival, first=first + 2 * options.waiting)
        finally:
            _switch(options, "DELETE")
        columns = [_p95(prefix) for prefix in (alone, answered, hung)]
    print(f"\np95 of the other pages, ms: alone, {options.waiting} residents at {HANGING} which answers, which hangs:")
    for page in sorted(columns[0]):
        print(f"  {page:<28}" + "".join(f" {column.get(page, '-'):>8}" for column in columns))
    return worst


def _performance(options: argparse.Namespace) -> int:
    """Fifty people of all kinds at once, on a district of its own; each kind of work against its target."""
    bench = [sys.executable, "-m", "hub.embedded", "with-services", "performance"]
    measure = [sys.executable, "-m", "loadtest.capacity", "--report", str(options.report)]
    measure += ["--seconds", str(max(options.seconds, PERFORMANCE_SECONDS)), "--bookings", str(options.bookings)]
    return subprocess.run([*bench, *measure], cwd=ROOT, check=False).returncode


def _locust(
    options: argparse.Namespace,
    users: list[str],
    count: int,
    *,
    csv_prefix: Path | None = None,
    arrival: int = 0,
    first: int | None = None,
) -> int:
    command = [sys.executable, "-m", "locust", "-f", str(HERE / "residents.py"), *users, "--headless", "--only-summary"]
    command += ["--host", options.hub, "--users", str(count), "--spawn-rate", "20", "--stop-timeout", "10"]
    command += ["--run-time", f"{options.seconds + arrival}s"]
    if csv_prefix is not None:
        command += ["--csv", str(csv_prefix)]
    env = {**os.environ, "LOADTEST_SANDBOX": options.sandbox, "LOADTEST_WAITING": str(options.waiting)}
    if first is not None:
        env["LOADTEST_FIRST"] = str(first)
    print(f"\n== {', '.join(users)}: {count} residents, {options.seconds} s", flush=True)
    return subprocess.run(command, env={**env, "LOADTEST_HANGING": HANGING}, check=False).returncode


def _switch(options: argparse.Namespace, method: str) -> None:
    """Let the hospital's system take requests and never answer (F7), or behave again."""
    url = f"{options.sandbox}/api/parties/his-{HANGING}/switches/hang"
    body = json.dumps({"value": True}).encode() if method == "POST" else None
    request = Request(url, data=body, method=method, headers={"Content-Type": "application/json"})
    with urlopen(request, timeout=10):
        return


def _p95(prefix: Path) -> dict[str, str]:
    with Path(f"{prefix}_stats.csv").open(encoding="utf-8", newline="") as file:
        return {row["Name"]: row["95%"] for row in csv.DictReader(file) if row["Name"].startswith("read: ")}


if __name__ == "__main__":
    sys.exit(main())
