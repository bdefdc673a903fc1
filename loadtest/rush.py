"""The release of numbers: thousands of residents in the waiting room of one hospital, and the rest of the hub at work.

The crowd is coroutines in this process, so that the load costs little of the machine it shares with the hub. A resident
does what his page does: joins before the release, asks for his place when he is told to, chooses a number when it is
his turn, tries another when somebody was faster, and stops when he has one or is told that none is left.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import cycle
from typing import Any

import aiohttp

from loadtest.client import percentile, posting
from loadtest.district import ON_DAY, QUIET, District, listed
from loadtest.setting import Setting
from loadtest.stock import Resident

ADMITTED_PER_SECOND = 15  # two processors carry some thirty bookings a second to their hospitals (`bench`, e)
READS_PER_SECOND, CALM_SECONDS = 12, 20
JOINS_PER_SECOND = 60
LONGEST_WAIT = 60
PLACE_WITHIN, SLOWER_AT_MOST = 5.0, 1.2
OUTCOME_WITHIN = 5.0  # seconds after the last number can have been taken
MOST_NUMBERS = 100  # of a page


@dataclass
class Told:
    """What the crowd learnt, in seconds after the release."""

    place: list[float] = field(default_factory=list)
    outcome: list[float] = field(default_factory=list)
    ends: Counter[str] = field(default_factory=Counter)
    trouble: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class Release:
    """One session's numbers, opened at an instant."""

    code: str
    session: str
    at: float
    api: str


def release(setting: Setting) -> None:
    """(r) Residents for numbers at one instant; readers before and meanwhile; nothing sold twice."""
    people, numbers = setting.options.residents, setting.options.numbers
    setting.stock.residents_for(people)
    crowd = setting.stock.fresh(people)
    setting.district.start_events()
    reads = _addresses(setting.district)
    calm: list[float] = []
    asyncio.run(_reading(reads, calm, CALM_SECONDS))
    found = _prepare(setting, numbers, at=time.time() + people / JOINS_PER_SECOND + 15)
    busy: list[float] = []
    told = asyncio.run(_rush(found, crowd, reads, busy))
    _report(setting, found, told, calm, busy)


def _prepare(setting: Setting, numbers: int, *, at: float) -> Release:
    """Hold back one session of a hospital until then, with so many numbers, and open the hospital's waiting room."""
    database, district = setting.database, setting.district
    schema = database.schema_of(ON_DAY)
    numbers_of = f"{schema}.scheduling_number"
    session = database.value(
        f"SELECT session_id FROM {numbers_of} WHERE state = 'free' AND starts_at > now() + interval '1 day'"
        " GROUP BY 1 HAVING count(*) >= %s LIMIT 1",
        [numbers],
    )
    instant = datetime.fromtimestamp(at, UTC)
    database.change(
        f"UPDATE {numbers_of} SET state = 'withdrawn' WHERE session_id = %s AND id NOT IN (SELECT id FROM {numbers_of}"
        " WHERE session_id = %s AND state = 'free' ORDER BY sequence LIMIT %s)",
        [session, session, numbers],
    )
    database.change(f"UPDATE {schema}.scheduling_session SET release_at = %s WHERE id = %s", [instant, session])
    database.change(
        "UPDATE regional_catalog_catalogsession SET release_at = %s WHERE session_id = %s", [instant, session]
    )
    database.change(
        "UPDATE registry_institution SET rush_open_minutes = 10, rush_per_second = %s WHERE code = %s",
        [ADMITTED_PER_SECOND, ON_DAY],
    )
    opened = district.manage("open_rooms")
    if not opened.startswith("1 "):
        raise RuntimeError(f"no waiting room was opened: {opened}")
    return Release(code=ON_DAY, session=str(session), at=at, api=f"{district.origin}/api/resident/v1")


async def _rush(found: Release, crowd: list[Resident], reads: Callable[[], str], busy: list[float]) -> Told:
    told = Told()
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=60)) as http:
        places: dict[str, dict[str, Any]] = {}
        looked: dict[str, float] = {}

        async def join(index: int, who: Resident) -> None:
            await asyncio.sleep(index / JOINS_PER_SECOND)
            body = json.dumps({"session_id": found.session})
            status, answer = await _ask(http, "POST", f"{found.api}/institutions/{found.code}/line", who, body)
            if status == 200:
                places[who["account"]] = answer
                looked[who["account"]] = time.time()
            else:
                told.trouble[f"join {status} {answer.get('code', '')}"] += 1

        await asyncio.gather(*(join(index, who) for index, who in enumerate(crowd)))
        left = found.at - time.time()
        print(f"  {len(places)} have a place, {left:.0f} s before the release", flush=True)
        reading = asyncio.ensure_future(
            _reading(reads, busy, left + LONGEST_WAIT, begin=left - 2, until=told_by(told, crowd))
        )
        await asyncio.gather(
            *(
                _resident(http, found, who, places[who["account"]], looked[who["account"]], told)
                for who in crowd
                if who["account"] in places
            )
        )
        await reading
    return told


def told_by(told: Told, crowd: list[Resident]) -> Callable[[], bool]:
    """Whether everybody knows."""
    return lambda: len(told.outcome) >= len(crowd) - sum(told.trouble.values())


async def _resident(
    http: aiohttp.ClientSession, found: Release, who: Resident, place: dict[str, Any], looked: float, told: Told
) -> None:
    knows_place, again, address = False, place["again_ms"], place["address"]
    while time.time() < found.at + LONGEST_WAIT:
        await asyncio.sleep(max(0.0, looked + again / 1000 - time.time()))
        looked = time.time()
        try:
            async with http.get(address) as answer:
                place = await answer.json(content_type=None)
        except (aiohttp.ClientError, TimeoutError, ValueError) as trouble:
            told.trouble[f"place {type(trouble).__name__}"] += 1
            continue
        again = place["again_ms"]
        if not knows_place and place["state"] != "before":
            knows_place = True
            told.place.append(time.time() - found.at)
        end = "full" if place["state"] in {"full", "open", "out"} else ""
        if place["state"] == "in":
            end = await _choose(http, found, who, told)
        if end:
            told.ends[end] += 1
            told.outcome.append(time.time() - found.at)
            return
    told.ends["never told"] += 1


async def _choose(http: aiohttp.ClientSession, found: Release, who: Resident, told: Told) -> str:
    """Inside: look at what is free and ask for one, until there is none."""
    for _ in range(20):
        page = f"{found.api}/sessions/{found.session}/numbers?limit={MOST_NUMBERS}"
        status, answer = await _ask(http, "GET", page, who)
        free = [number for number in answer.get("items", []) if number["is_free"]] if status == 200 else []
        if status == 200 and not free:
            await _ask(http, "DELETE", f"{found.api}/institutions/{found.code}/line", who)
            return "full"
        if not free:
            told.trouble[f"numbers {status}"] += 1
            continue
        number = random.choice(free)
        wish = {
            "institution": found.code,
            "person_id": who["person"],
            "session_id": found.session,
            "number_id": number["id"],
            "starts_at": number["start"],
            "ends_at": number["end"],
        }
        status, body = await posting(f"{found.api}/bookings", who["token"], wish)(http)
        if status < 300:
            return "booked"
        code = json.loads(body).get("code", "")
        if code not in {"scheduling.number_taken", "scheduling.number_busy"}:
            told.trouble[f"book {status} {code}"] += 1
            if code == "booking.wait_in_line":
                return ""
    return ""


async def _ask(
    http: aiohttp.ClientSession, method: str, url: str, who: Resident, body: str | None = None
) -> tuple[int, dict[str, Any]]:
    headers = {"Authorization": f"Bearer {who['token']}", "Content-Type": "application/json", "Host": "localhost"}
    async with http.request(method, url, data=body, headers=headers) as answer:
        found = await answer.json(content_type=None)
        return answer.status, found if isinstance(found, dict) else {"items": found}


async def _reading(
    reads: Callable[[], str],
    latencies: list[float],
    seconds: float,
    *,
    begin: float = 0.0,
    until: Callable[[], bool] | None = None,
) -> None:
    """Other pages at a steady pace, each latency kept; ends early when everybody in the rush knows."""
    await asyncio.sleep(max(0.0, begin))
    async with aiohttp.ClientSession(headers={"Host": "localhost"}) as http:
        started, jobs = time.monotonic(), []

        async def read() -> None:
            begun = time.monotonic()
            async with http.get(reads()) as answer:
                await answer.read()
            latencies.append(time.monotonic() - begun)

        while time.monotonic() - started < seconds - begin and not (until is not None and until()):
            jobs.append(asyncio.ensure_future(read()))
            await asyncio.sleep(1 / READS_PER_SECOND)
        await asyncio.gather(*jobs)


def _addresses(district: District) -> Callable[[], str]:
    """Lists of other hospitals, one after the other."""
    api = f"{district.origin}/api/resident/v1"
    other = QUIET[1]
    department = listed(f"{api}/institutions/{other}/departments")[0]["id"]
    pages = cycle(
        (f"{api}/institutions", f"{api}/institutions/{other}/departments", f"{api}/sessions?department={department}")
    )
    return lambda: next(pages)


def _report(setting: Setting, found: Release, told: Told, calm: list[float], busy: list[float]) -> None:
    table, schema, numbers = setting.table, setting.database.schema_of(found.code), setting.options.numbers
    people = setting.options.residents
    held = setting.database.rows(
        f"SELECT count(*), count(DISTINCT number_id) FROM {schema}.appointment"
        " WHERE session_id = %s AND state IN ('held', 'booked')",
        [found.session],
    )[0]
    sold = f"{held[0]} bookings of {held[1]} numbers, {dict(told.ends)}"
    table.add(
        "r", f"{people} residents for {numbers} numbers", sold, f"{numbers}, none twice", held == (numbers, numbers)
    )
    outcome_within = numbers / ADMITTED_PER_SECOND + OUTCOME_WITHIN
    for what, values, within in (("place", told.place, PLACE_WITHIN), ("outcome", told.outcome, outcome_within)):
        latest = max(values, default=float("nan"))
        figure = f"{percentile(values, 0.5):.1f} / {percentile(values, 0.95):.1f} / {latest:.1f} s of {len(values)}"
        met = len(values) == people and latest <= within
        table.add("r", f"told the {what} after the release, p50 / p95 / last", figure, f"last <= {within:.1f} s", met)
    before, after = percentile(calm, 0.95) * 1000, percentile(busy, 0.95) * 1000
    figure = f"{before:.0f} -> {after:.0f} ms ({len(calm)}, {len(busy)} reads)"
    table.add("r", "other pages' p95, before and meanwhile", figure, "<= +20 %", after <= before * SLOWER_AT_MOST)
    if told.trouble:
        print(f"  trouble: {dict(told.trouble)}", flush=True)
