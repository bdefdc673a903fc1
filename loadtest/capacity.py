"""`python -m loadtest performance`: fifty people at work on a district that holds a year of bookings.

Run by `hub.embedded with-services`, on services of its own that are gone afterwards; a running demo is not touched.
The report is docs/performance.zh.md, or where `--report` says.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from loadtest import performance, volume
from loadtest.database import Database
from loadtest.district import HOST, ROOT, District

DAYS, NUMBERS_PER_HALF_HOUR = 3, 8
_YEAR_ANEW = "from regional_services.statistics.services import refresh; refresh(366)"
RESIDENTS = Path(__file__).resolve().parent / "residents.py"


def main() -> int:
    """Make the district, fill it, put the people to work, write; 1 when a requirement was missed."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # what was started is stopped also then
    options = _options()
    district = District(Path(os.environ["HUB_VAR"]))
    try:
        bookings, anew = _prepare(district, options.bookings)
        with tempfile.TemporaryDirectory() as directory:
            prefix = Path(directory) / "performance"
            worst = _people(district, prefix, options.seconds)
            measured = performance.measured(Path(f"{prefix}_stats.csv"))
    finally:
        district.stop_all()
    text, missed = performance.report(measured, seconds=options.seconds, bookings=bookings, anew=anew)
    options.report.write_text(text, encoding="utf-8")
    print(text)
    for title in missed:
        print(f"missed: {title}", file=sys.stderr)
    return max(worst, 1 if missed else 0)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m loadtest performance", description=__doc__)
    parser.add_argument("--seconds", type=int, default=120, help="how long fifty people work")
    parser.add_argument("--bookings", type=int, default=1_000_000, help="bookings of the last year in the database")
    parser.add_argument("--report", type=Path, default=ROOT / "docs" / "performance.zh.md")
    return parser.parse_args()


def _prepare(district: District, bookings: int) -> tuple[int, float]:
    """26 hospitals with what their systems told them, and a year of bookings; how many, and the seconds of a year's
    statistics computed anew from all of them."""
    print("== the district is made", flush=True)
    district.manage("migrate_hub")
    district.manage("seed_demo")
    district.manage("collectstatic", "--noinput", "-v0")  # the staff's pages name files that are collected
    database = Database(district.var)
    district.configure_sandbox(days=DAYS, per_slot=NUMBERS_PER_HALF_HOUR)
    district.start_sandbox()
    district.manage("onboard_demo_merchants")
    district.manage("onboard_demo_messages")
    district.start_web()
    district.start_relay()
    database.drained(600, calm=5)
    print(f"== {bookings} bookings of a year are written", flush=True)
    count, seconds = volume.fill(database, bookings)
    begun = time.monotonic()
    district.manage("shell", "-c", _YEAR_ANEW)
    anew = time.monotonic() - begun
    print(f"== {count} bookings in {seconds:.0f} s, a year of statistics anew in {anew:.0f} s", flush=True)
    return count, anew


def _people(district: District, prefix: Path, seconds: int) -> int:
    origin = f"http://localhost:{district.web_port}"  # staff sign in on the hub's own name
    command = [sys.executable, "-m", "locust", "-f", str(RESIDENTS), "Reader", "Manager", "Day", "--headless"]
    command += [
        "--only-summary",
        "--host",
        origin,
        "--users",
        str(performance.USERS),
        "--spawn-rate",
        "20",
    ]
    command += ["--stop-timeout", "10", "--run-time", f"{seconds}s", "--csv", str(prefix)]
    env = {
        **os.environ,
        "LOADTEST_SANDBOX": f"http://{HOST}:{district.sandbox_port}",
        "LOADTEST_ACCOUNTS": str(district.var / "demo_accounts.json"),
    }
    print(f"== {performance.USERS} people work for {seconds} s", flush=True)
    return subprocess.run(command, env=env, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
