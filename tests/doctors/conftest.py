"""Two hospitals that share a doctor, a resident who follows, and the internet hospital's pen."""

from __future__ import annotations

import hmac
import itertools
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import pytest
from django.test import Client

from hub import clock
from hub.outbox.relay import drain
from hub.security.keyring import ring
from institution_connectors.contracts.results import Doctors
from regional_services.doctors.api import INTERNET_HOSPITAL_SECRET
from tenants.directory import services as directory
from tenants.directory.practitioners import practitioner_of
from tests.booking import world
from tests.scheduling.builders import SYNC, departments, doctors, open_session

SECRET = "internet-hospital-test-secret"
SHEN, LU = "D310100000001", "D310100000002"
CODES = {"D1": SHEN, "D2": LU}
Event = dict[str, Any]
_serial = itertools.count(1)


@dataclass(frozen=True)
class Town:
    """Shen works in the first department of both hospitals, Lu in both departments of alpha only."""

    alpha: str
    beta: str
    shen: UUID
    lu: UUID


@pytest.fixture
def town(alpha: str, beta: str) -> Town:
    """Numbers at alpha only: three of Shen's, tomorrow."""
    world.register_institution(alpha)
    world.register_institution(beta)
    for code, told in ((alpha, ("D1", "D2")), (beta, ("D1",))):
        directory.apply_departments(code, departments("心血管内科", "精神心理科"), actor=SYNC)
        rows = tuple(
            replace(row, insurance_code=CODES[row.code], introduction=f"{row.name}的简介")
            for row in doctors().doctors
            if row.code in told
        )
        directory.apply_doctors(code, Doctors(doctors=rows, total=len(rows)), actor=SYNC)
    open_session(alpha, 3)
    drain()
    return Town(alpha, beta, practitioner_of(SHEN), practitioner_of(LU))


def event(kind: str, code: str = SHEN, **more: object) -> Event:
    """An event of now under a number of its own."""
    return {
        "id": f"e{next(_serial)}",
        "type": kind,
        "doctor_code": code,
        "at": clock.now().isoformat(),
        **more,
    }


@pytest.fixture
def tell(client: Client) -> Callable[..., Any]:
    """The internet hospital sends a batch; the receipts, or the refusing answer."""
    ring().put_secret(INTERNET_HOSPITAL_SECRET, SECRET.encode())

    def send(*events: Event, secret: str = SECRET, status: int = 200) -> Any:
        body = json.dumps({"incarnation": "1", "events": events}).encode()
        answer = client.post(
            "/api/provider/v1/internet-hospital/events",
            body,
            content_type="application/json",
            headers={"X-Signature": hmac.digest(secret.encode(), body, "sha256").hex()},
        )
        assert answer.status_code == status, answer.content.decode()
        return answer.json()["receipts"] if status == 200 else answer.json()

    return send
