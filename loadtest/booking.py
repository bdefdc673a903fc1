"""The booking path: statements, throughput against pgbench, latency, drain, and how soon the hospital knows."""

from __future__ import annotations

import asyncio
import json
import os
import time
from datetime import datetime

import aiohttp

from loadtest.client import Job, Outcome, crowd, percentile, steadily
from loadtest.district import ON_DAY, PAYING, QUIET
from loadtest.processor import Use, spent_by, used
from loadtest.replay import Capture, Captured, Replay, Replayed, captured
from loadtest.setting import Setting

WARM_UP = 60
STEADY_PER_SECOND, STEADY_SECONDS = 20, 20
STEADY_WARM_UP = 300  # the relay runs for days usually; a new one plans each statement for each connection first
KINDS = {PAYING: "paid inside the hold", ON_DAY: "paid on the visit day"}


def statements(setting: Setting) -> None:
    """(g) What one booking costs the database, of a patient the hospital knows and of one it does not."""
    _warm(setting)
    for hospital, kind in KINDS.items():
        first, again = _two_bookings(setting, hospital)
        most = "<= 25" if hospital == PAYING else ""
        met = again <= 25 if most else None
        setting.table.add("g", f"statements a booking, {kind}", f"{again} ({first} on a first visit)", most, met)


def throughput(setting: Setting) -> None:
    """(a), (b) Bookings a second with nobody else at work, the same statements by pgbench, then all at work."""
    options, database, table = setting.options, setting.database, setting.table
    _warm(setting)
    samples = [_sample(setting, hospital) for hospital in KINDS]
    setting.stock.residents_for(options.bookings)
    _acquaint(setting, options.bookings)
    database.settle()
    jobs, outcomes = setting.stock.again(options.bookings, *KINDS), []
    use = used(
        setting.district.pid("web"),
        database.data_directory,
        lambda: outcomes.append(crowd(jobs, clients=options.clients)),
    )
    [idle] = outcomes
    _report(setting, "relay and HIS idle", idle)
    _report_use(setting, use)
    _replay(setting, samples, idle, use)
    setting.district.start_relay()
    database.drained(900)
    database.settle()
    setting.stock.residents_for(options.bookings)
    begun = time.monotonic()
    busy = crowd(setting.stock.bookings(options.bookings, *KINDS), clients=options.clients)
    waiting = database.waiting()
    database.drained(900)
    total = time.monotonic() - begun
    _report(setting, "relay and HIS at work, first visits", busy)
    drained = f"{total - busy.seconds:.1f} s for {waiting}"
    table.add("a", "then until nothing waits any more", drained)
    table.add("a", "from the first tap until the last HIS knows", f"{options.bookings / total:.0f} bookings/s")
    setting.district.stop("relay")


def steady(setting: Setting) -> None:
    """(d), (e) A quiet stream of bookings, at several hospitals that answer at once, and how soon they know."""
    district, database, table = setting.district, setting.database, setting.table
    count = STEADY_PER_SECOND * STEADY_SECONDS
    setting.stock.residents_for(count + STEADY_WARM_UP)
    district.start_relay()
    database.drained(300, calm=2)
    steadily(setting.stock.bookings(STEADY_WARM_UP, *QUIET), per_second=STEADY_PER_SECOND // 2)
    database.drained(120, calm=1)
    firsts = setting.stock.bookings(count, *QUIET)
    begun = database.value("SELECT clock_timestamp()")
    outcomes: list[Outcome] = []

    def stream() -> None:
        outcomes.append(steadily(firsts, per_second=STEADY_PER_SECOND))
        database.drained(120, calm=1)

    programs = {name: district.pid(name) for name in ("web", "relay", "sandbox")}
    spent = spent_by(programs, database.data_directory, stream)
    [outcome] = outcomes
    delays = _delays(setting, begun, "appointment.held", "appointment.registered")
    table.add("e", f"bookings at {STEADY_PER_SECOND}/s: p50 / p95 / p99", f"{outcome.percentiles()} ms")
    table.add("e", "errors", str(outcome.errors), "0", outcome.errors == 0)
    p50, p99 = percentile(delays, 0.5) * 1000, percentile(delays, 0.99) * 1000
    what = "booking committed until the HIS has it, first visits, p50 / p99"
    table.add("e", what, f"{p50:.0f} / {p99:.0f} ms", "p99 <= 1 s", p99 <= 1000)
    each = " + ".join(f"{name} {seconds / count * 1000:.1f}" for name, seconds in spent.items())
    table.add("e", "processor time of a booking from the tap to the HIS", f"{each} ms")
    begun = database.value("SELECT clock_timestamp()")
    steadily(setting.stock.again(count // 4, *QUIET), per_second=STEADY_PER_SECOND // 4)
    database.drained(120, calm=1)
    district.stop("relay")
    _report_asks(setting, begun)


def _report_asks(setting: Setting, begun: datetime) -> None:
    """The ask to register is committed with the entry `booked`. Its answer is stored with the ask (hospital's staff see
    it there), and a delivery later the booking says `registered`, which is what a resident sees."""
    stored = _answers(setting, begun)
    p50, p95 = percentile(stored, 0.50) * 1000, percentile(stored, 0.95) * 1000
    setting.table.add("d", "ask committed until its answer is stored, p50 / p95", f"{p50:.1f} / {p95:.1f} ms")
    delays = _delays(setting, begun, "appointment.booked", "appointment.registered")
    p50, p95 = percentile(delays, 0.50) * 1000, percentile(delays, 0.95) * 1000
    what = f"ask committed until the booking says so, {len(delays)} asks at {STEADY_PER_SECOND // 4}/s, p50 / p95"
    setting.table.add("d", what, f"{p50:.1f} / {p95:.1f} ms", "p95 <= 15 ms", p95 <= 15)


def _answers(setting: Setting, begun: datetime) -> list[float]:
    """Seconds from the commit of each ask to register until the commit of its answer."""
    query = """
    SELECT extract(epoch FROM pg_xact_commit_timestamp(x.xmin) - pg_xact_commit_timestamp(a.xmin))::float
    FROM {schema}.exchange_exchange x JOIN {schema}.hospital_audit a
        ON a.action = 'appointment.booked' AND a.target = replace(x.correlation, 'booking:', 'appointment:')
    WHERE x.operation = 'register' AND x.state = 'accepted' AND x.asked_at >= %s
    """
    return _of_all(setting, query, begun)


def _delays(setting: Setting, begun: datetime, first: str, second: str) -> list[float]:
    """Seconds between the commits of two entries about each appointment of a stream.

    Commit times are the server's own; audit entries are never updated, so their transaction is the one that did it.
    """
    query = """
    SELECT extract(epoch FROM pg_xact_commit_timestamp(b.xmin) - pg_xact_commit_timestamp(a.xmin))::float
    FROM {schema}.hospital_audit a JOIN {schema}.hospital_audit b ON b.target = a.target
    WHERE a.action = %s AND b.action = %s AND a.at >= %s
    """
    return _of_all(setting, query, first, second, begun)


def _of_all(setting: Setting, query: str, *parameters: object) -> list[float]:
    """What a query of one column finds in the schemas of the stream's hospitals."""
    schemas = [setting.database.schema_of(code) for code in QUIET]
    found = (setting.database.rows(query.format(schema=schema), parameters) for schema in schemas)
    return [value for rows in found for (value,) in rows]


def _warm(setting: Setting) -> None:
    """Caches, prepared plans, code paths: none of it belongs into a figure."""
    setting.stock.residents_for(WARM_UP + 20)
    crowd(setting.stock.bookings(WARM_UP, *KINDS), clients=8)


def _acquaint(setting: Setting, count: int) -> None:
    """Let the residents book once before, so that the hospitals know them as they know most who come."""
    outcome = crowd(setting.stock.bookings(count, *KINDS), clients=setting.options.clients)
    if outcome.errors:
        raise RuntimeError(f"first visits were refused: {outcome.refusals}")


def _two_bookings(setting: Setting, hospital: str) -> tuple[int, int]:
    """Statements of a first and of a second booking of one resident."""
    counts = []
    for job in _first_and_second(setting, hospital):
        setting.database.reset_counts()
        _one(job)
        counts.append(setting.database.statements())
    return counts[0], counts[1]


def _first_and_second(setting: Setting, hospital: str) -> list[Job]:
    first = setting.stock.bookings(1, hospital)
    return [*first, *setting.stock.again(1, hospital)]


def _sample(setting: Setting, hospital: str) -> Captured:
    """The statements of a known patient's booking."""
    first, second = _first_and_second(setting, hospital)
    _one(first)
    _one_unlogged(setting)
    with setting.database.logging_statements():
        capture = Capture(setting.database)
        booking = _one(second)
        time.sleep(0.3)
        logged = capture.statements()
    return captured(setting.database, hospital, logged, booking["id"])


def _one_unlogged(setting: Setting) -> None:
    """Lets the processes' caches of a few seconds be fresh for the booking that follows."""
    crowd(setting.stock.bookings(8, *KINDS), clients=8)


def _one(job: Job) -> dict[str, str]:
    async def ask() -> tuple[int, bytes]:
        async with aiohttp.ClientSession(headers={"Host": "localhost"}) as http:
            return await job(http)

    status, body = asyncio.run(ask())
    if status >= 400:
        raise RuntimeError(f"a booking was refused: {status} {body[:300]!r}")
    answer: dict[str, str] = json.loads(body)
    return answer


def _report(setting: Setting, how: str, outcome: Outcome) -> None:
    table, clients = setting.table, setting.options.clients
    aim, met = (">= 150/s", outcome.rate >= 150) if "idle" in how else ("", None)
    table.add("a", f"bookings/s, {clients} clients, {how}", f"{outcome.rate:.0f}/s", aim, met)
    table.add("a", f"errors, {how}", str(outcome.errors), "0", outcome.errors == 0)
    table.add("b", f"p50 / p95 / p99, {how}", f"{outcome.percentiles()} ms")
    if outcome.errors:
        print(f"  refusals: {dict(outcome.refusals)}", flush=True)


def _report_use(setting: Setting, use: Use) -> None:
    """Processor time is what a booking costs wherever it runs; the clock of a shared machine also counts others."""
    each = [1000 * seconds / setting.options.bookings for seconds in (use.web, use.database, use.driver)]
    what = "processor time a booking: web, database, driver"
    setting.table.add("a", what, " + ".join(f"{ms:.1f}" for ms in each) + " ms")
    carried = (os.cpu_count() or 1) * 1000 / sum(each)
    setting.table.add("a", "so this machine to itself could carry", f"{carried:.0f} bookings/s")


def _replay(setting: Setting, samples: list[Captured], outcome: Outcome, use: Use) -> None:
    clients = setting.options.clients
    each = max(20, 2 * setting.options.bookings // clients)
    replay = Replay(setting.database, setting.district.var)
    for sample in samples:
        replay.add(sample, clients=clients, each=each)
    setting.database.settle()
    results: list[Replayed] = []
    replayed = used(
        setting.district.pid("web"),
        setting.database.data_directory,
        lambda: results.append(replay.run(clients=clients, each=each)),
    )
    [found] = results
    ratio = outcome.rate / found.rate
    setting.table.add("a", "the same statements by pgbench", f"{found.rate:.0f}/s, mean {found.latency_ms:.0f} ms")
    setting.table.add("a", "bookings/s through the API to pgbench", f"{ratio:.2f}", ">= 0.25", ratio >= 0.25)
    own = replayed.total / (clients * each)
    by_processor = own / (use.total / setting.options.bookings)
    what = "the same by processor time (whoever else uses the machine)"
    setting.table.add("a", what, f"{by_processor:.2f} ({1000 * own:.1f} ms each)")
