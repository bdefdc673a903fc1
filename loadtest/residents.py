"""Locust's people: residents of the fictional register who use the public API as an app would, and district staff."""

from __future__ import annotations

import itertools
import json
import os
import random
import re
import secrets
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlsplit

import gevent
import gevent.lock
import pyotp
import requests
from locust import HttpUser, between, events, task
from locust.env import Environment
from locust.exception import StopUser
from locust.runners import Runner

API = "/api/resident/v1"
SANDBOX = os.environ.get("LOADTEST_SANDBOX", "http://127.0.0.1:8100")
HANGING = os.environ.get("LOADTEST_HANGING", "lanting")
WAITING = int(os.environ.get("LOADTEST_WAITING", "200"))
LOOK_AGAIN = 8.0  # seconds: who waits long for a hospital is asked by the hub to look every 10 (`Retry-After`)
FIRST_PERSON = 2000  # the earlier ones of the register belong to the demo's own day
# Refusals that a rush is made of: somebody was faster, or this person holds another number already.
LOST = frozenset(
    {
        *("scheduling.number_taken", "scheduling.number_busy", "booking.time_taken", "booking.day_limit"),
        *("appointments.already_booked", "appointments.day_limit", "appointments.open_limit"),
        *("appointments.place_raced",),
    }
)
GONE = frozenset({"payments.order_not_payable", "payments.too_many_attempts"})  # it ran out before it was paid
ENDED = frozenset({"failed", "closed"})
NONE: frozenset[str] = frozenset()
_serial = itertools.count(int(os.environ.get("LOADTEST_FIRST", FIRST_PERSON + secrets.randbelow(2000))))
_staff_door = gevent.lock.BoundedSemaphore(1)
_staff_cookies: dict[str, str] = {}


def _fail_on_errors(environment: Environment, **_: Any) -> None:
    """An error that is no refusal fails the run."""
    runner: Runner | None = environment.runner
    if runner is not None and runner.stats.total.num_failures:
        environment.process_exit_code = 1


events.quitting.add_listener(_fail_on_errors)  # type: ignore[no-untyped-call]


def _outside(offset: int, path: str, **query: str) -> Any:
    """A party of the sandbox: their ports follow the control page's."""
    place = urlsplit(SANDBOX)
    address = f"http://{place.hostname}:{(place.port or 8100) + offset}{path}"
    return requests.get(address, params=query, timeout=10).json()


def _adult() -> dict[str, str]:
    """The next of the fictional register who needs no guardian."""
    while True:
        [human] = _outside(4, "/demo/persons", start=str(next(_serial)), count="1")["persons"]
        if int(human["document_number"][6:10]) <= datetime.now(UTC).year - 19:
            return dict(human)


def _pay_at_cashier(prepay_id: str) -> None:
    """The payer's part, at the channel's own page: no request of the hub's."""
    place = urlsplit(SANDBOX)
    address = f"http://{place.hostname}:{(place.port or 8100) + 1}/cashier/pay"
    requests.post(address, json={"prepay_id": prepay_id}, timeout=10).raise_for_status()


class Api(HttpUser):
    """Calls with a token and a key; lists whether they are paged or whole."""

    abstract = True
    token = ""
    again = 1.0  # seconds after which the hub wants to be asked again

    def call(self, method: str, path: str, body: Any = None, *, name: str, expected: frozenset[str] = NONE) -> Any:
        """One request under a name of the table; refusals that are expected count as answers."""
        headers = {"Idempotency-Key": secrets.token_hex(16), "X-Device-ID": "loadtest"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        with self.client.request(
            method, API + path, json=body, headers=headers, name=name, catch_response=True
        ) as answer:
            self.again = float(answer.headers.get("Retry-After", "1"))
            found = answer.json() if answer.content else {}
            if answer.status_code >= 400 and found.get("code") in expected:
                answer.success()
                return None
            return found if answer.ok else None

    def rows(self, path: str, *, name: str) -> list[dict[str, Any]]:
        """A list, page by page to its end."""
        found, items = self.call("GET", path, name=name), []
        while isinstance(found, dict) and "items" in found:
            items += found["items"]
            if not found["next"]:
                return items
            joint = "&" if "?" in path else "?"
            found = self.call("GET", f"{path}{joint}cursor={found['next']}", name=name)
        return items + list(found or [])


class Reader(Api):
    """Looks around and never signs in; the pages whose speed is compared."""

    wait_time = between(1, 3)
    fixed_count = 20

    @task
    def look_around(self) -> None:
        """Institutions, a search, a department, its sessions, the numbers of one."""
        self.rows(f"/search?q={random.choice(('NK', '内科', '中医', '儿'))}", name="read: search")
        hospitals = [h for h in self.rows("/institutions", name="read: institutions") if h["code"] != HANGING]
        if not hospitals:
            return
        code = random.choice(hospitals)["code"]
        departments = self.rows(f"/institutions/{code}/departments", name="read: departments")
        if not departments:
            return
        department = random.choice(departments)["id"]
        sessions = self.rows(f"/sessions?department={department}", name="read: sessions")
        if sessions:
            self.rows(f"/sessions/{random.choice(sessions)['id']}/numbers", name="read: numbers")


class Signed(Api):
    """Somebody with a phone, a checked name and a token."""

    abstract = True
    person_id = ""

    def on_start(self) -> None:
        """Sign in by a code and have the name checked."""
        human = _adult()
        phone, device = human["phone"], secrets.token_hex(16)
        asked = {"phone": phone, "purpose": "sign_in", "device_id": device}
        before = self._last_message(phone)
        self.call("POST", "/auth/codes", asked, name="sign in: code")
        grant = {"grant": "phone", "phone": phone, "code": self._code(phone, before), "device_id": device}
        tokens = self.call("POST", "/auth/tokens", grant, name="sign in: token")
        if tokens is None:
            raise StopUser
        self.token = tokens["access_token"]
        self._be_somebody(human)

    def _code(self, phone: str, before: list[Any]) -> str:
        for _ in range(120):
            found = self._last_message(phone)
            if found and found != before and found[0]["params"].get("code"):
                return str(found[0]["params"]["code"])
            gevent.sleep(0.5)
        raise StopUser

    @staticmethod
    def _last_message(phone: str) -> list[Any]:
        found: list[Any] = _outside(3, "/control/sms", to=f"+86{phone}", limit="1")["messages"]
        return found

    def _be_somebody(self, human: dict[str, str]) -> None:
        form = {
            "kind": "self",
            "name": human["name"],
            "document_type": "01",
            "document_number": human["document_number"],
            "phone": human["phone"],
            "consents": ["service_use", "hospital_sharing"],
        }
        if not self.rows("/persons", name="people"):
            self.call("POST", "/persons", form, name="real name")
        for looked in range(60):
            people = self.rows("/persons", name="people")
            if people and people[0]["standing"] == "verified":
                self.person_id = people[0]["id"]
                return
            gevent.sleep(min(0.5 + looked / 2, 4.0))
        raise StopUser

    def book(self, hospital: str, session: str, number: dict[str, Any]) -> Any:
        """Ask for one number; None when somebody was faster."""
        wish = {
            "institution": hospital,
            "person_id": self.person_id,
            "session_id": session,
            "number_id": number["id"],
            "starts_at": number["start"],
            "ends_at": number["end"],
        }
        return self.call("POST", "/bookings", wish, name="book", expected=LOST)

    def some_number(self, hospital: str) -> tuple[str, dict[str, Any]] | None:
        """A session of a hospital and one of its free numbers."""
        departments = [
            d
            for d in self.rows(f"/institutions/{hospital}/departments", name="departments")
            if d["free"] and d["service"] == "outpatient"  # others are for people of a certain age
        ]
        if not departments:
            return None
        department = random.choice(departments)["id"]
        sessions = [s for s in self.rows(f"/sessions?department={department}", name="sessions") if s["free"]]
        if not sessions:
            return None
        session = random.choice(sessions)["id"]
        free = [n for n in self.rows(f"/sessions/{session}/numbers", name="numbers") if n["is_free"]]
        return (session, random.choice(free)) if free else None


class Day(Signed):
    """A mixed day."""

    wait_time = between(1, 5)

    def on_start(self) -> None:
        """Nothing booked yet."""
        super().on_start()
        self.bookings: list[dict[str, Any]] = []

    @task(6)
    def look(self) -> None:
        """Look around."""
        hospitals = self.rows("/institutions", name="institutions")
        if hospitals:
            self.some_number(random.choice(hospitals)["code"])

    @task(3)
    def book_one(self) -> None:
        """Book somewhere."""
        hospitals = [h for h in self.rows("/institutions", name="institutions") if h["free"]]
        if not hospitals:
            return
        hospital = random.choice(hospitals)["code"]
        found = self.some_number(hospital)
        booking = self.book(hospital, *found) if found else None
        if booking:
            self.bookings.append(booking)

    @task(3)
    def pay(self) -> None:
        """Pay what waits to be paid, at the channel's cashier."""
        waiting = next(
            (b for b in self.rows("/bookings", name="my bookings") if b["state"] == "awaiting_payment"), None
        )
        if waiting is None:
            return
        started = self.call(
            "POST", f"/orders/{waiting['order_id']}/attempts", {"channel": "wechat"}, name="pay: start", expected=GONE
        )
        attempt = self._until(lambda: self._attempt(started), lambda found: found["ready"] or found["state"] in ENDED)
        if attempt is None or not attempt["ready"]:
            return
        prepay = attempt["pay_url"].split("prepay_id=", 1)[-1].split("&", 1)[0]
        _pay_at_cashier(prepay)
        path = f"/bookings/{waiting['id']}"
        self._until(
            lambda: self.call("GET", path, name="pay: wait"), lambda found: found["state"] != "awaiting_payment"
        )

    def _attempt(self, started: Any) -> Any:
        return started and self.call("GET", f"/attempts/{started['id']}", name="pay: attempt")

    def _until(self, look: Callable[[], Any], done: Callable[[Any], bool]) -> Any:
        """Look twice a second, half a minute long."""
        for _ in range(60):
            found = look()
            if found is None or done(found):
                return found
            gevent.sleep(0.5)
        return None

    @task(2)
    def my_bookings(self) -> None:
        """The list of what one has."""
        self.rows("/bookings", name="my bookings")

    @task(1)
    def cancel(self) -> None:
        """Give one back, where it can be given back."""
        if self.bookings:
            booking = self.bookings.pop()
            path, refused = f"/bookings/{booking['id']}/cancel", frozenset({"booking.cannot_cancel"})
            self.call("POST", path, {"reason": "时间有变化"}, name="cancel", expected=refused)


class Waiting(Signed):
    """Books at the hospital that may hang, and looks at the booking again and again.

    What is counted begins anew when all of them wait: their arrival is load of its own, whoever hangs.
    """

    fixed_count = WAITING
    booking_id = ""
    in_line: ClassVar[set[str]] = set()

    def wait_time(self) -> float:
        """As the hub said, and no oftener than beside a hospital that answers."""
        return max(self.again, LOOK_AGAIN)

    @task
    def wait(self) -> None:
        """Ask once, then poll."""
        if self.booking_id:
            self.call("GET", f"/bookings/{self.booking_id}", name="waiting: poll")
            return
        found = self.some_number(HANGING)
        booking = self.book(HANGING, *found) if found else None
        if booking:
            self.booking_id = booking["id"]
            self.in_line.add(self.booking_id)
            if len(self.in_line) == WAITING:
                print(f"all {WAITING} wait", flush=True)
                self.environment.stats.clear_all()


class Manager(HttpUser):
    """A member of the district's staff at his desk: lists, statistics, an export of a whole year."""

    wait_time = between(1, 4)
    fixed_count = 5

    def on_start(self) -> None:
        """Sign in with password and second factor, as the page asks; a code is good once, so they come one by one."""
        known = json.loads(Path(os.environ["LOADTEST_ACCOUNTS"]).read_text(encoding="utf-8"))
        me = next(row for row in known if row.get("login_name") == "ops")
        with _staff_door:
            if not _staff_cookies:
                self._post("/desk/signin", {"login_name": me["login_name"], "password": me["password"]})
                self._post("/desk/signin/totp", {"code": pyotp.TOTP(me["totp_secret"]).now()})
                _staff_cookies.update({name: value or "" for name, value in self.client.cookies.get_dict().items()})
        self.client.cookies.update(_staff_cookies)

    def _post(self, path: str, fields: dict[str, str]) -> None:
        page = self.client.get(path, name="staff: sign in").text
        hidden = dict(re.findall(r'name="(csrfmiddlewaretoken|form_key)" value="([^"]*)"', page))
        self.client.post(path, {**fields, **hidden}, name="staff: sign in")

    @task(3)
    def statistics(self) -> None:
        """All institutions over a month."""
        self.client.get("/district/statistics", name="statistics: month, all institutions")

    @task(2)
    def analysis(self) -> None:
        """The course of a year."""
        first = f"{date.today() - timedelta(days=365)}"
        self.client.get(f"/district/statistics.json?since={first}", name="analysis: course of a year")

    @task(3)
    def institutions(self) -> None:
        """Institutions with figures, lights and what is left."""
        self.client.get("/district/institutions", name="complex: institutions with figures")

    @task(1)
    def everything(self) -> None:
        """The largest there is: every institution on every day of a year."""
        first = f"{date.today() - timedelta(days=365)}"
        self.client.get(f"/district/statistics.csv?since={first}", name="largest: export of a year")
        self.client.get(f"/district/statistics/bookings?since={first}", name="largest: bookings of a year")
