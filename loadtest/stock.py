"""What can be booked, and by whom: residents with tokens, numbers as the public API lists them."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from loadtest.client import Job, posting
from loadtest.district import ON_DAY, PAYING, District, fetch

Number = dict[str, Any]


class Stock:
    """Numbers of the two measured hospitals and residents who book one each."""

    def __init__(self, district: District) -> None:
        self._district = district
        self._api = f"{district.origin}/api/resident/v1"
        self.numbers = {code: deque(self._read(code)) for code in (PAYING, ON_DAY)}
        self.residents: deque[dict[str, str]] = deque()

    def residents_for(self, count: int) -> None:
        """New residents with fresh tokens (they last ten minutes)."""
        out = self._district.var / "residents.json"
        self._district.manage("seed_bench", "--residents", str(count), "--out", str(out))
        self.residents = deque(json.loads(out.read_text()))

    def bookings(self, count: int, *hospitals: str) -> list[Job]:
        """Bookings at the hospitals in turn, each of another resident and number."""
        return [self.booking(hospitals[index % len(hospitals)]) for index in range(count)]

    def booking(self, hospital: str) -> Job:
        """One booking."""
        return posting(f"{self._api}/bookings", *self.wish(hospital))

    def wish(self, hospital: str) -> tuple[str, dict[str, Any]]:
        """A token and what its bearer asks for."""
        who, number = self.residents.popleft(), self.numbers[hospital].popleft()
        return who["token"], {
            "institution": hospital,
            "person_id": who["person"],
            "session_id": number["session"],
            "number_id": number["id"],
            "starts_at": number["start"],
            "ends_at": number["end"],
        }

    def _read(self, hospital: str) -> Iterator[Number]:
        """The free numbers from tomorrow on, one of each session in turn, as people come to many doctors."""
        found: list[list[Number]] = []
        tomorrow = (datetime.now().astimezone() + timedelta(days=1)).date().isoformat()
        for department in fetch(f"{self._api}/institutions/{hospital}/departments")["items"]:
            sessions = fetch(f"{self._api}/sessions?department={department['id']}&limit=100")["items"]
            for session in sessions:
                if session["date"] > tomorrow and session["state"] == "open":
                    items = fetch(f"{self._api}/sessions/{session['id']}/numbers")["items"]
                    found.append([{**item, "session": session["id"]} for item in items if item["is_free"]])
        while any(found):
            for queue in found:
                if queue:
                    yield queue.pop()
