"""The sandbox's internet hospital tells the hub over HTTP, and what it tells twice is counted once."""

from __future__ import annotations

import time
from pathlib import Path

import httpx
import pytest

from hub.security.keyring import ring
from hub.tenancy.scope import region
from regional_services.doctors import selectors
from regional_services.doctors.api import INTERNET_HOSPITAL_SECRET
from tests.doctors.conftest import SECRET, SHEN, Town
from tests.harness.live import serving
from tests.harness.outside import HOST, Outside, free_port


@pytest.mark.requirement("JA-DOCREC-04")
def test_events_of_the_sandbox_reach_the_doctors_page(town: Town, tmp_path: Path) -> None:
    ring().put_secret(INTERNET_HOSPITAL_SECRET, SECRET.encode())
    hub, own = free_port(), free_port()
    party = {"internet_hospital": {"port": own, "secret": SECRET}}
    with serving(HOST, hub) as address:
        outside = Outside(tmp_path, hub_url=address, parties=party)
        try:
            outside.board("internet-hospital").switch("twice")
            control = f"http://{HOST}:{own}/control/doctor-events"
            told = [{"type": kind, "doctor_code": SHEN} for kind in ("enquiry", "enquiry", "consultation")]
            httpx.post(control, json={"events": [*told, {"type": "enquiry", "doctor_code": "D000"}]}).raise_for_status()
            end = time.monotonic() + 15
            while httpx.get(control).json()["waiting"] and time.monotonic() < end:
                time.sleep(0.1)
            latest = httpx.get(control).json()["latest"]
        finally:
            outside.stop()
    assert sorted(one["outcome"] for one in latest) == ["refused", "taken", "taken", "taken"]
    with region(read_only=True):
        figures = selectors.figures(town.shen)
    assert (figures.enquiries, figures.consultations) == (2, 1)
