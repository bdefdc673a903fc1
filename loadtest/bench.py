"""`make bench`: the measures of the main job, from one run on one machine, in one table (docs/bench.md explains them).

`python -m hub.embedded with-services bench python -m loadtest.bench` starts it on durable services of its own.
`--only a,g` runs some of the measures, `--full` also those that take many minutes.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

from loadtest import booking, onboarding, pages, rush
from loadtest.database import Database
from loadtest.district import District
from loadtest.processor import pace
from loadtest.setting import Setting
from loadtest.stock import Stock
from loadtest.table import Table

DAYS, NUMBERS_PER_HALF_HOUR = 4, 40
MEASURES: dict[str, Callable[[Setting], None]] = {
    "g": booking.statements,
    "a": booking.throughput,
    "c": pages.lists,
    "e": booking.steady,
    "f": onboarding.schemas,
    "r": rush.release,
}


def main() -> int:
    """Make the district, measure, print; 1 when an aim was missed."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # what was started is stopped also then
    options = _options()
    var = Path(os.environ["HUB_VAR"])
    district, table = District(var), Table()
    print(f"load before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors", flush=True)
    try:
        setting = _prepare(district, table, options)
        for key in MEASURES:
            if key in options.only:
                before = pace()
                MEASURES[key](setting)
                table.add(
                    key, "the same arithmetic before and after, processor time", f"{before:.0f} / {pace():.0f} ms"
                )
    finally:
        district.stop_all()
    load = f"load after: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors"
    print(f"\n{time.strftime('%Y-%m-%d %H:%M')}, {load}\n\n{table.text()}", flush=True)
    for row in table.missed():
        print(f"missed: ({row.key}) {row.what}: {row.figure}, aim {row.aim}", file=sys.stderr)
    return 1 if table.missed() else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    usual = ",".join(key for key in MEASURES if key != "r")  # the rush is `make loadtest`'s
    parser.add_argument("--only", default=usual, help="which measures: some of " + ",".join(MEASURES))
    parser.add_argument("--bookings", type=int, default=1500, help="bookings in each measured run")
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--residents", type=int, default=2000, help="in the rush")
    parser.add_argument("--numbers", type=int, default=100, help="they want")
    parser.add_argument("--full", action="store_true", help="also 1,000 schemas")
    options = parser.parse_args()
    options.only = set(options.only.split(","))
    return options


def _prepare(district: District, table: Table, options: argparse.Namespace) -> Setting:
    """26 hospitals with what their systems told them, and nobody at work but the web processes."""
    began = time.monotonic()
    district.manage("migrate_hub")
    migrated = time.monotonic()
    district.manage("seed_demo")
    table.add("", "26 hospitals, migrated / made and seeded", f"{migrated - began:.0f} s / {_since(migrated)}")
    database = Database(district.var)
    district.configure_sandbox(days=DAYS, per_slot=NUMBERS_PER_HALF_HOUR)
    synced = time.monotonic()
    district.start_sandbox()
    district.manage("onboard_demo_merchants")
    district.start_web()
    district.start_relay()
    database.drained(600, calm=8)
    numbers = database.value("SELECT sum(free) FROM regional_catalog_catalogsession")
    table.add("", "schedules of 26 systems taken over", f"{numbers} numbers, {_since(synced)}")
    district.stop("relay")
    stock = Stock(district)
    database.settle()
    return Setting(district, database, stock, table, options)


def _since(start: float) -> str:
    return f"{time.monotonic() - start:.0f} s"


if __name__ == "__main__":
    sys.exit(main())
