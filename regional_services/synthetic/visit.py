"""One visit of the synthetic resident: the public API, step by step, each timed; it ends with nothing held."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx
from django.utils.translation import gettext

from hub.ids import uuid7
from regional_services.synthetic.models import Depth, StepName
from regional_services.synthetic.plans import SPARE, Plan

API = "/api/resident/v1"
POLL_SECONDS = 1.0
_MOVING = frozenset({"new", "locking", "confirming", "closing", "cancelling"})
_HELD = frozenset({"booked", "awaiting_payment"})
_TIMEOUT = httpx.Timeout(10.0, connect=3.0)
Row = dict[str, Any]


class StepFailed(Exception):
    """A step did not do what a resident would expect; the text is for people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step with its time; `problem` is empty when it went well."""

    name: StepName
    ms: int
    problem: str


@dataclass(slots=True)
class Visit:
    """What was met at one hospital."""

    plan: Plan
    steps: list[Step] = field(default_factory=list)

    @property
    def failed(self) -> Step | None:
        """The step that ended the visit, if one did."""
        return next((step for step in self.steps if step.problem), None)

    @contextmanager
    def step(self, name: StepName) -> Iterator[None]:
        """Time a step and note how it ended."""
        begun, problem = time.monotonic(), ""
        try:
            yield
        except StepFailed as failure:
            problem = str(failure)
            raise
        except (httpx.HTTPError, KeyError, ValueError) as failure:
            problem = f"平台没有正常应答（{type(failure).__name__}）"
            raise StepFailed(problem) from failure
        finally:
            self.steps.append(Step(name=name, ms=round((time.monotonic() - begun) * 1000), problem=problem[:200]))


class Resident:
    """The synthetic resident at the public API with an access token, good for longer than a visit."""

    def __init__(self, origin: str, token: str, *, patience: float) -> None:
        signed = {"Authorization": f"Bearer {token}"}
        self._http = httpx.Client(base_url=origin + API, timeout=_TIMEOUT, trust_env=False, headers=signed)
        self._patience = patience

    def close(self) -> None:
        """Give the connections back."""
        self._http.close()

    def go(self, plan: Plan, left: Sequence[UUID]) -> Visit:
        """Visit one hospital; `left` are bookings an earlier visit could not end."""
        visit, booked = Visit(plan), ""
        try:
            if left:
                with visit.step(StepName.CLEAN):
                    for booking_id in left:
                        self._cancel(str(booking_id))
            with visit.step(StepName.LOOK):
                session = self._session(plan)
            with visit.step(StepName.NUMBERS):
                number = self._number(session)
            if plan.depth == Depth.SEARCH:
                return visit
            with visit.step(StepName.HOLD):
                booked = self._book(plan, session, number)
                self._held(plan, booked)
            if plan.depth == Depth.FULL:
                with visit.step(StepName.CONFIRM):
                    self._until(booked, lambda row: row["his"] == "registered", "医院没有登记")
            with visit.step(StepName.CANCEL):
                self._cancel(booked)
                booked = ""
            with visit.step(StepName.RELEASE):
                self._released(session, number)
        except StepFailed:
            if booked:
                self._give_up(booked)
        return visit

    # -- the steps

    def _session(self, plan: Plan) -> Row:
        departments = self._get(f"/institutions/{plan.hospital}/departments")
        if plan.department:
            wanted = [row for row in departments if row["code"] == plan.department]
            if not wanted:
                raise StepFailed(gettext("没有为巡检保留的科室 %(department)s") % {"department": plan.department})
        else:
            outpatient = [row for row in departments if row["service"] == "outpatient"]
            wanted = sorted(outpatient, key=lambda row: -int(row["free"]))[:3]
        for department in wanted:
            sessions = [row for row in self._get("/sessions", department=department["id"]) if row["state"] == "open"]
            spare = SPARE if plan.depth == Depth.LOCK else 1
            fitting = [row for row in sessions if row["free"] >= spare and (plan.depth != Depth.LOCK or row["fee_fen"])]
            if fitting:
                return fitting[-1]  # the furthest day: the number nobody would miss
            if sessions and plan.depth == Depth.SEARCH:
                return sessions[-1]
        raise StepFailed("没有可查的排班" if plan.depth == Depth.SEARCH else "没有可用于巡检的空号")

    def _number(self, session: Row) -> Row:
        numbers = self._get(f"/sessions/{session['id']}/numbers")
        free = [row for row in numbers if row["is_free"]]
        if not numbers:
            raise StepFailed("排班下没有号")
        return free[-1] if free else numbers[-1]

    def _book(self, plan: Plan, session: Row, number: Row) -> str:
        wish = {
            "institution": plan.hospital,
            "person_id": str(plan.person_id),
            "session_id": session["id"],
            "number_id": number["id"],
            "starts_at": number["start"],
            "ends_at": number["end"],
        }
        return str(self._send("POST", "/bookings", wish)["id"])

    def _held(self, plan: Plan, booking_id: str) -> None:
        wanted = "booked" if plan.depth == Depth.FULL else "awaiting_payment"
        row = self._until(booking_id, lambda row: row["state"] not in _MOVING, "医院没有应答")
        if row["state"] not in _HELD:
            raise StepFailed(gettext("未约上：%(row)s") % {"row": row["reason"] or row["state"]})
        if row["state"] != wanted:
            raise StepFailed(gettext("预约停在“%(row)s”") % {"row": row["state"]})

    def _cancel(self, booking_id: str) -> None:
        row = self._read(booking_id)
        if row["state"] in _HELD or row["state"] == "locking":
            self._send("POST", f"/bookings/{booking_id}/cancel", {"reason": "平台巡检"})
        row = self._until(booking_id, lambda row: row["state"] not in _MOVING, "退号没有结果")
        if row["state"] in _HELD:
            raise StepFailed(gettext("没有退掉：%(row)s") % {"row": row["reason"]})

    def _released(self, session: Row, number: Row) -> None:
        end = time.monotonic() + self._patience
        while time.monotonic() < end:
            rows = self._get(f"/sessions/{session['id']}/numbers")
            if any(row["id"] == number["id"] and row["is_free"] for row in rows):
                return
            time.sleep(POLL_SECONDS)
        raise StepFailed("号没有放回")

    def _give_up(self, booking_id: str) -> None:
        """Ask once that it be given back; if that fails too, the next visit begins with it."""
        with suppress(StepFailed, httpx.HTTPError, KeyError, ValueError):
            self._send("POST", f"/bookings/{booking_id}/cancel", {"reason": "平台巡检"})

    # -- the wire

    def _until(self, booking_id: str, good: Callable[[Row], bool], failure: str) -> Row:
        end = time.monotonic() + self._patience
        row = self._read(booking_id)
        while not good(row):
            if time.monotonic() > end:
                raise StepFailed(
                    gettext("%(failure)s，等了 %(patience)s 秒")
                    % {"failure": failure, "patience": f"{self._patience:.0f}"}
                )
            if row["state"] not in _MOVING | _HELD:
                raise StepFailed(
                    gettext("%(failure)s：%(row)s") % {"failure": failure, "row": row["reason"] or row["state"]}
                )
            time.sleep(POLL_SECONDS)
            row = self._read(booking_id)
        return row

    def _read(self, booking_id: str) -> Row:
        found: Row = self._checked(self._http.get(f"/bookings/{booking_id}"))
        return found

    def _get(self, path: str, **query: str) -> list[Row]:
        found = self._checked(self._http.get(path, params=query))
        return list(found["items"] if isinstance(found, dict) else found)

    def _send(self, method: str, path: str, body: Row) -> Row:
        headers = {"Idempotency-Key": uuid7().hex}
        found: Row = self._checked(self._http.request(method, path, json=body, headers=headers))
        return found

    def _checked(self, answer: httpx.Response) -> Any:
        if answer.is_success:
            return answer.json()
        problem = answer.json() if "json" in answer.headers.get("content-type", "") else {}
        raise StepFailed(
            str(
                problem.get("detail")
                or problem.get("title")
                or gettext("平台应答 %(status_code)s") % {"status_code": answer.status_code}
            )
        )
