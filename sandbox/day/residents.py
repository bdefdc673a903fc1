"""Fictional residents who use the hub's public API as any app would.

They sign in by phone code (read from the SMS gateway's screen), have their names checked, look around, book, pay at the
channel's cashier, cancel, and check in when their visit is today.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import secrets
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import aiohttp

from sandbox.his.clock import ZONE
from sandbox.outside.people import Human, person

FIRST_RESIDENT = 500  # the first five hundred of the register are left to people who try things by hand
CODE_TRIES, READY_TRIES = 80, 60
# So many are ill today, and so many of those go where the hub's own pages call; the others plan ahead, anywhere.
TODAY, NEARBY = 0.7, 0.4


class Refused(Exception):
    """The hub refused; the text carries its code."""


@dataclass(slots=True)
class Outside:
    """Where the parties outside the hub are."""

    hub: str
    sms: str
    cashier: str


@dataclass
class Resident:
    """One fictional resident with a phone of his own."""

    human: Human
    http: aiohttp.ClientSession
    outside: Outside
    device: str = field(default_factory=lambda: secrets.token_hex(16))
    token: str = ""
    refresh_token: str = ""
    person_id: str = ""
    bookings: dict[str, dict[str, Any]] = field(default_factory=dict)
    nearby: tuple[str, ...] = ()
    here: set[str] = field(default_factory=set)

    async def call(self, method: str, path: str, body: Mapping[str, Any] | None = None, **query: str) -> Any:
        """One request of the public API; Refused with the problem's code when it says no."""
        headers = {"Idempotency-Key": secrets.token_hex(16), "X-Device-ID": self.device}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        url = f"{self.outside.hub}/api/resident/v1/{path}"
        async with self.http.request(method, url, json=body, params=query, headers=headers) as answer:
            data = await answer.json(content_type=None) if answer.status != 204 else {}
            if answer.status == 401 and self.token:
                self.token = ""
            if answer.status >= 400:
                raise Refused(f"{method} {path}: {answer.status} {(data or {}).get('code', '')}")
            return data

    async def rows(self, path: str, **query: str) -> list[dict[str, Any]]:
        """A list, page by page to its end."""
        items: list[dict[str, Any]] = []
        while True:
            found = await self.call("GET", path, None, **query)
            if isinstance(found, list):
                return found
            items += found["items"]
            if not found["next"]:
                return items
            query = {**query, "cursor": found["next"]}

    async def settle_in(self) -> None:
        """Sign in, and be somebody with a checked name."""
        if not self.token and not await self._renewed():
            await self._sign_in()
        if not self.person_id:
            await self._become_somebody()

    async def _renewed(self) -> bool:
        """New tokens for the old ones: a message for every ten minutes of a day would be refused, rightly."""
        if not self.refresh_token:
            return False
        try:
            self._keep(await self.call("POST", "auth/tokens/refresh", {"refresh_token": self.refresh_token}))
        except Refused:
            self.refresh_token = ""
        return bool(self.token)

    def _keep(self, tokens: dict[str, Any]) -> None:
        self.token, self.refresh_token = tokens["access_token"], tokens["refresh_token"]

    async def _sign_in(self) -> None:
        asked = {"phone": self.human.phone, "purpose": "sign_in", "device_id": self.device}
        since = time.time()
        await self.call("POST", "auth/codes", asked)
        for _ in range(CODE_TRIES):
            await asyncio.sleep(0.25)
            code = await self._newest_code(since)
            if code:
                break
        else:
            raise Refused("no code came")
        grant = {"grant": "phone", "phone": self.human.phone, "code": code, "device_id": self.device}
        self._keep(await self.call("POST", "auth/tokens", grant))

    async def _newest_code(self, since: float) -> str:
        query = {"to": f"+86{self.human.phone}", "limit": "1"}
        async with self.http.get(f"{self.outside.sms}/control/sms", params=query) as answer:
            found = (await answer.json())["messages"]
        return str(found[0]["params"].get("code", "")) if found and found[0]["received"] >= since else ""

    async def _become_somebody(self) -> None:
        if not await self.rows("persons"):
            form = {
                "kind": "self",
                "name": self.human.name,
                "document_type": "01",
                "document_number": self.human.document_number,
                "phone": self.human.phone,
                "consents": ["service_use", "hospital_sharing"],
            }
            await self.call("POST", "persons", form)
        for _ in range(READY_TRIES):
            people = await self.rows("persons")
            if people and people[0]["standing"] == "verified":
                self.person_id = people[0]["id"]
                return
            await asyncio.sleep(0.5)
        raise Refused("the name was not confirmed")

    async def act(self, dice: random.Random) -> str:
        """One act: pay what waits, now and then cancel or check in, else book something."""
        await self.settle_in()
        waiting = [b for b in self.bookings.values() if b["state"] == "awaiting_payment"]
        if waiting and dice.random() < 0.85:
            return await self._pay(dice.choice(waiting))
        standing = [b for b in self.bookings.values() if b["state"] == "booked" and b["id"] not in self.here]
        due = [b for b in standing if b["visit_date"] == _today() and b["settlement"] in {"paid", "free"}]
        if due and dice.random() < 0.8:
            return await self._check_in(dice.choice(due))
        if standing and dice.random() < 0.1:
            return await self._cancel(dice.choice(standing))
        return await self._book(dice)

    async def _book(self, dice: random.Random) -> str:
        hospitals = [h for h in await self.rows("institutions") if h["free"]]
        if not hospitals:
            return "no numbers anywhere"
        close = [h for h in hospitals if h["code"] in self.nearby]
        hospital = dice.choice(close if close and dice.random() < NEARBY else hospitals)
        departments = await self.rows(f"institutions/{hospital['code']}/departments")
        open_departments = [d for d in departments if d["free"] and d.get("service", "outpatient") == "outpatient"]
        if not open_departments:
            return "no numbers here"
        department = dice.choice(open_departments)
        sessions = await self.rows("sessions", department=department["id"])
        with_numbers = [s for s in sessions if s["free"] and s["state"] == "open"]
        if not with_numbers:
            return "no numbers here"
        of_today = [s for s in with_numbers if s["date"] == _today()]
        session = dice.choice(of_today if of_today and dice.random() < TODAY else with_numbers[:6])
        numbers = await self.rows(f"sessions/{session['id']}/numbers")
        free = [n for n in numbers if n["is_free"]]
        if not free:
            return "too late"
        number = dice.choice(free)
        wish = {
            "institution": hospital["code"],
            "person_id": self.person_id,
            "session_id": session["id"],
            "number_id": number["id"],
            "starts_at": number["start"],
            "ends_at": number["end"],
        }
        booking = await self._settled(await self.call("POST", "bookings", wish))
        return f"booked {booking['slot']} at {hospital['code']}: {booking['state']}"

    async def _settled(self, booking: dict[str, Any]) -> dict[str, Any]:
        """Wait, as a page would, until nothing moves by itself any more."""
        for _ in range(READY_TRIES):
            self.bookings[booking["id"]] = booking
            if booking["settled"]:
                break
            await asyncio.sleep(0.5)
            booking = await self.call("GET", f"bookings/{booking['id']}")
        return booking

    async def _pay(self, booking: dict[str, Any]) -> str:
        order = booking["order_id"]
        attempt = await self.call("POST", f"orders/{order}/attempts", {"channel": "wechat"})
        for _ in range(READY_TRIES):
            if attempt["ready"] or attempt["state"] in {"failed", "closed"}:
                break
            await asyncio.sleep(0.25)
            attempt = await self.call("GET", f"attempts/{attempt['id']}")
        if not attempt["ready"]:
            await self._settled(await self.call("GET", f"bookings/{booking['id']}"))
            return f"could not pay: {attempt['state']}"
        prepay = attempt["pay_url"].split("prepay_id=", 1)[-1].split("&", 1)[0]
        async with self.http.post(f"{self.outside.cashier}/cashier/pay", json={"prepay_id": prepay}) as paid:
            if paid.status >= 400:
                return f"the cashier refused: {await paid.text()}"
        for _ in range(READY_TRIES):
            await asyncio.sleep(0.5)
            booking = await self.call("GET", f"bookings/{booking['id']}")
            if booking["state"] != "awaiting_payment":
                break
        settled = await self._settled(booking)
        return f"paid {settled['slot']}: {settled['state']}"

    async def _cancel(self, booking: dict[str, Any]) -> str:
        view = await self.call("POST", f"bookings/{booking['id']}/cancel", {"reason": "时间有变化"})
        settled = await self._settled(view)
        return f"cancelled {settled['slot']}: {settled['state']}, {settled['settlement']}"

    async def _check_in(self, booking: dict[str, Any]) -> str:
        self.here.add(booking["id"])  # once; who is refused asks at the desk
        await self.call("POST", f"bookings/{booking['id']}/check-in")
        return f"checked in {booking['slot']}"


def _today() -> str:
    """The district's day."""
    return str(datetime.now(ZONE).date())


def adults() -> Iterator[Human]:
    """Residents who need no guardian, one after the other."""
    for index in itertools.count(FIRST_RESIDENT):
        human = person(index)
        if int(human.document_number[6:10]) <= datetime.now(UTC).year - 19:
            yield human
