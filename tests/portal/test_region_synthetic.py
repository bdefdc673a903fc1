"""The synthetic resident on pages: the district's record, a red tile, a hospital's own view, its night report."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from hub import clock
from hub.security.roles import Role
from hub.tenancy.scope import region
from regional_services.statistics.models import HospitalHealth
from regional_services.synthetic.models import Service, SyntheticDay, SyntheticRun, SyntheticState
from tests.booking.world import register_institution
from tests.portal.desks import desk_of, text_of


@pytest.fixture
def visited(alpha: str, beta: str) -> None:
    """Alpha's last visit failed, beta's went well; both connectors are green."""
    now = clock.now()
    for code, good in ((alpha, True), (beta, True)):
        register_institution(code)
        with region():
            HospitalHealth.objects.create(
                institution_code=code, at=now, reachable=True, calls=9, failed=0, unknown=0, waiting=0, dead_letters=0
            )
            failed = {} if code == beta else {"failed_step": "confirm", "reason": "医院没有登记，等了 60 秒"}
            good = code == beta
            SyntheticState.objects.create(
                institution_code=code,
                due_at=now,
                depth="full",
                ran_at=now,
                ok=good,
                since=now,
                duration_ms=4200,
                **failed,
            )
            SyntheticRun.objects.create(
                institution_code=code, started_at=now - timedelta(seconds=5), ended_at=now, depth="full", ok=good,
                steps=[{"name": "look", "ms": 40, "problem": ""}], **failed,
            )  # fmt: skip
            SyntheticDay.objects.create(
                institution_code=code, day=clock.today(), service=Service.BOOKING, runs=100, failed=0 if good else 2,
                down_seconds=0 if good else 5400,
            )  # fmt: skip


def test_a_failed_visit_is_red_on_the_wall_though_the_connector_is_green(visited: None) -> None:
    operator = desk_of(Role.OPERATIONS)
    wall = text_of(operator.get("/district/screen/hospitals"))
    assert "巡检失败：医院登记" in wall
    assert wall.count('class="bad" href="/district/institutions/alpha"') == 1
    assert 'class="ok" href="/district/institutions/beta"' in wall
    assert "alpha" in text_of(operator.get("/district/institutions", {"light": "bad"}))


def test_the_record_tells_availability_and_downtime_and_leaves_as_csv(visited: None) -> None:
    operator = desk_of(Role.OPERATIONS)
    page = text_of(operator.get("/district/synthetic"))
    assert ("98.00%" in page, "99.00%" in page, "1 小时 30 分" in page) == (True, True, True)
    assert "云栖区beta医院" not in text_of(operator.get("/district/synthetic", {"only": "failed"}))
    sheet = operator.get("/district/synthetic.csv").content.decode("utf-8-sig")
    assert "alpha,预约,100,2,5400,98.000" in sheet
    assert "全区,预约,200,2,5400,99.000" in sheet


def test_one_pauses_with_a_reason_and_the_tile_is_no_alarm(visited: None, alpha: str) -> None:
    operator = desk_of(Role.OPERATIONS)
    operator.post(f"/district/synthetic/{alpha}/pause", {"reason": " "})
    assert "请填写暂停的原因" in text_of(operator.get(f"/district/synthetic/{alpha}"))
    operator.post(f"/district/synthetic/{alpha}/pause", {"reason": "HIS 升级"})
    assert "HIS 升级" in text_of(operator.get(f"/district/synthetic/{alpha}"))
    assert "巡检失败" not in text_of(operator.get("/district/screen/hospitals"))
    operator.post(f"/district/synthetic/{alpha}/resume")
    with region(read_only=True):
        assert SyntheticState.objects.get(institution_code=alpha).paused_at is None
    assert operator.post("/district/synthetic/nowhere/pause", {"reason": "x"}).status_code == 404


def test_a_hospital_sees_its_own_visits_and_its_night_tells_of_failures(visited: None, alpha: str, beta: str) -> None:
    engineer = desk_of(Role.HOSPITAL_IT, hospital=alpha)
    own = text_of(engineer.get("/workspace/synthetic"))
    assert "医院没有登记，等了 60 秒" in own
    assert "现在仍失败" in text_of(engineer.get("/workspace/night"))
    neighbour = desk_of(Role.HOSPITAL_IT, hospital=beta)
    assert "医院没有登记" not in text_of(neighbour.get("/workspace/synthetic"))
    assert "平台巡检整夜正常" in text_of(neighbour.get("/workspace/night"))
    neighbour.post("/workspace/synthetic/pause", {"reason": "停机"})
    with region(read_only=True):
        paused = dict(SyntheticState.objects.values_list("institution_code", "paused_reason"))
    assert paused == {alpha: "", beta: "停机"}


def test_who_may_not_is_refused(visited: None, alpha: str, client: Client) -> None:
    reviewer = desk_of(Role.REVIEWER)
    assert reviewer.get("/district/synthetic").status_code == 200
    assert reviewer.post(f"/district/synthetic/{alpha}/pause", {"reason": "x"}).status_code == 403
    assert desk_of(Role.AUDIT_ADMIN).get("/district/synthetic").status_code == 403
    assert desk_of(Role.HOSPITAL_IT, hospital=alpha).get("/district/synthetic").status_code == 403
    assert desk_of(Role.RECEPTION, hospital=alpha).get("/workspace/synthetic").status_code == 403
    assert client.get("/district/synthetic").status_code == 302
