"""List pages of the public API: what they cost the database and how fast they come."""

from __future__ import annotations

from itertools import cycle, islice

from loadtest.client import crowd, getting
from loadtest.district import PAYING, fetch, listed
from loadtest.setting import Setting

REQUESTS, CLIENTS = 300, 8


def lists(setting: Setting) -> None:
    """(c), (g) Each list alone: statements of one request, then a small crowd."""
    for name, (url, token) in addresses(setting).items():
        crowd([getting(url, token)] * 20, clients=4)  # both processes warm
        setting.database.reset_counts()
        crowd([getting(url, token)] * 10, clients=1)
        counted = setting.database.statements() / 10
        outcome = crowd(islice(cycle([getting(url, token)]), REQUESTS), clients=CLIENTS)
        figure = f"{outcome.rate:.0f}/s, {outcome.percentiles()} ms"
        setting.table.add("c", f"{name}: rate, p50 / p95 / p99", figure, "0 errors", outcome.errors == 0)
        setting.table.add("g", f"{name}: statements", f"{counted:.1f}")


def addresses(setting: Setting) -> dict[str, tuple[str, str]]:
    """The lists a resident walks through on the way to a booking, with a token where one is needed."""
    api = f"{setting.district.origin}/api/resident/v1"
    department = max(listed(f"{api}/institutions/{PAYING}/departments"), key=lambda item: item["free"])["id"]
    session = fetch(f"{api}/sessions?department={department}")["items"][-1]["id"]
    setting.stock.residents_for(4)
    jobs = setting.stock.bookings(4, PAYING)
    crowd(jobs, clients=1)
    token = setting.stock.known(PAYING)["token"]
    return {
        "institutions": (f"{api}/institutions", ""),
        "departments": (f"{api}/institutions/{PAYING}/departments", ""),
        "days": (f"{api}/departments/{department}/days", ""),
        "sessions": (f"{api}/sessions?department={department}", ""),
        "numbers of a session": (f"{api}/sessions/{session}/numbers", ""),
        "my bookings": (f"{api}/bookings", token),
    }
