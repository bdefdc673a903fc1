"""What can be booked, and by whom: residents with tokens, numbers as the public API lists them."""

from __future__ import annotations

import json
from collections import defaultdict, deque
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from loadtest.client import Job, posting
from loadtest.district import MEASURED, District, listed

ZONE = ZoneInfo("Asia/Shanghai")  # the district's days
Number = dict[str, Any]
Resident = dict[str, str]


class Stock:
    """Numbers of the measured hospitals and residents who book one each."""

    def __init__(self, district: District) -> None:
        self._district = district
        self._api = f"{district.origin}/api/resident/v1"
        today = datetime.now(ZONE).date()
        first, *later = (today + timedelta(days=ahead) for ahead in range(1, 4))
        self._first = {code: deque(self._read(code, [first])) for code in MEASURED}
        self._later = {code: deque(self._read(code, later)) for code in MEASURED}
        self._known: dict[str, deque[Resident]] = defaultdict(deque)
        self._fresh: deque[Resident] = deque()

    def residents_for(self, count: int) -> None:
        """New residents with fresh tokens (they last ten minutes); earlier ones stay at home."""
        out = self._district.var / "residents.json"
        self._district.manage("seed_bench", "--residents", str(count), "--out", str(out))
        self._fresh = deque(json.loads(out.read_text()))
        self._known.clear()

    def fresh(self, count: int) -> list[Resident]:
        """So many of the new residents, who book by themselves."""
        return [self._fresh.popleft() for _ in range(count)]

    def bookings(self, count: int, *hospitals: str) -> list[Job]:
        """First bookings at the hospitals in turn, each of another resident and number."""
        return [self._first_booking(hospitals[index % len(hospitals)]) for index in range(count)]

    def again(self, count: int, *hospitals: str) -> list[Job]:
        """Second bookings of residents who booked at the same hospital before, for another day."""
        return [self._second_booking(hospitals[index % len(hospitals)]) for index in range(count)]

    def known(self, hospital: str) -> Resident:
        """Somebody who booked at this hospital."""
        return self._known[hospital][0]

    def _first_booking(self, hospital: str) -> Job:
        who = self._fresh.popleft()
        self._known[hospital].append(who)
        return self._booking(hospital, who, self._first[hospital].popleft())

    def _second_booking(self, hospital: str) -> Job:
        return self._booking(hospital, self._known[hospital].popleft(), self._later[hospital].popleft())

    def _booking(self, hospital: str, who: Resident, number: Number) -> Job:
        wish = {
            "institution": hospital,
            "person_id": who["person"],
            "session_id": number["session"],
            "number_id": number["id"],
            "starts_at": number["start"],
            "ends_at": number["end"],
        }
        return posting(f"{self._api}/bookings", who["token"], wish)

    def _read(self, hospital: str, days: list[date]) -> Iterator[Number]:
        """The free numbers of these days, one of each session in turn, as people come to many doctors."""
        found: list[list[Number]] = []
        for department in listed(f"{self._api}/institutions/{hospital}/departments"):
            if department["service"] != "outpatient":
                continue  # for people of a certain age only
            for session in listed(f"{self._api}/sessions?department={department['id']}"):
                if session["date"] in map(str, days) and session["state"] == "open":
                    items = listed(f"{self._api}/sessions/{session['id']}/numbers")
                    found.append([{**item, "session": session["id"]} for item in items if item["is_free"]])
        while any(found):
            for queue in found:
                if queue:
                    yield queue.pop()
