"""The sandbox's day: a doctor of the demo signs in at his workspace and calls, as a person at a browser would."""

from __future__ import annotations

import asyncio
import random
import re
from contextvars import ContextVar
from datetime import UTC, datetime

import pytest
from pytest_django.fixtures import Settings

from hub import clock
from hub.outbox.relay import drain
from hub.security.roles import Role
from sandbox.day.doctors import Doctor
from tenants.queueing import timekeeping
from tenants.queueing.models import EntryState
from tests.accounts.people import StaffMember, make_staff
from tests.harness.live import serving
from tests.harness.outside import HOST, free_port
from tests.queueing.world import Clinic, at_clinic, clinic

STANDING = {EntryState.WAITING, EntryState.CALLED, EntryState.INSIDE}


def test_the_demos_doctor_sees_everybody_who_came(
    alpha: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Name, password, second factor, then round after round: in, seen, the next; who does not come is passed."""
    port = free_port()
    settings.PUBLIC_ORIGIN = f"http://localhost:{port}"
    member = make_staff(f"{alpha}.caller", hospital=alpha, roles=(Role.DOCTOR,))
    day = clinic(alpha, 3)
    with at_clinic(8):
        by = clock.now() - datetime.now(UTC)
    with monkeypatch.context() as moved, serving(HOST, port):
        # The threads that serve pages live on the visit day as well, and so does the doctor's authenticator.
        moved.setattr(clock, "_shift", ContextVar("shift", default=by))
        moved.setattr("sandbox.day.doctors._code", lambda _secret: member.totp())
        timekeeping.enter_day(alpha)
        day.arrive(0, 1, 2)
        said = asyncio.run(_rounds(day, member, f"http://localhost:{port}"))
        drain(outside=False)
        assert all(day.entry(index).state not in STANDING for index in range(3)), said
        assert sum(day.entry(index).state is EntryState.DONE for index in range(3)) >= 1
        assert re.search(r"answer", " ".join(said))


async def _rounds(day: Clinic, member: StaffMember, hub: str) -> list[str]:
    account = member.account
    dice = random.Random(3)
    async with Doctor.browser() as browser:
        doctor = Doctor(browser, hub, day.code, account.login_name, account.password, account.totp_secret or "")
        return [await doctor.act(dice) for _ in range(16)]
