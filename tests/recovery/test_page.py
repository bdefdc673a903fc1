"""The district's page of backups and returns: what it shows, who may look, who may confirm."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import Client
from playwright.sync_api import Browser

from hub import clock
from hub.actor import system_actor
from hub.recovery import hospitals, records, selectors
from hub.recovery.models import BackupKind
from hub.security.roles import Role
from hub.tenancy.scope import REGION
from hub.work import work
from regional_services.booking.models import Cause, Outcome, ResyncItem, ResyncState
from regional_services.booking.resync import reading, running
from tests.booking.world import book, open_for_booking, resident
from tests.harness import browser as browsers
from tests.harness.browser import visitor
from tests.harness.live import serving
from tests.harness.outside import HOST, free_port
from tests.portal.desks import desk_of, text_of

WHO = system_actor("运维 王工")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One browser for this file."""
    with browsers.chromium() as browser:
        yield browser


@pytest.fixture
def restored(alpha: str) -> str:
    """A hospital that was backed up, restored and compared; one line is left for a person."""
    session = open_for_booking(alpha, 4)
    book(alpha, session, resident())
    backup = hospitals.backup_hospital(alpha, actor=WHO)
    hospitals.restore_hospital(alpha, backup, actor=WHO, report=lambda _line: None)
    run_id = running.start(alpha, cause=Cause.HUB, since=clock.now(), actor=WHO)
    assert running.carry_on(run_id) is ResyncState.DONE
    with work(REGION, actor=WHO) as unit:
        ResyncItem.objects.create(
            institution_code=alpha, run_id=run_id, outcome=Outcome.HUMAN, at=unit.now,
            what="平台没有医院系统的登记 H0001（缴费单 无）",
        )  # fmt: skip
        unit.audit("probe.item", target="x")
    return alpha


@pytest.mark.browser
def test_who_may_look_and_who_may_confirm(restored: str, chromium: Browser) -> None:
    admin, operations = desk_of(Role.SYSTEM_ADMIN), desk_of(Role.OPERATIONS)
    stranger = desk_of(Role.HOSPITAL_MANAGER, hospital="beta")
    [backup], [drill], [run] = selectors.backups(limit=9), selectors.drills(limit=9), reading.runs()
    paths = ("/district/recovery", f"/district/recovery/restores/{drill.id}", f"/district/recovery/resyncs/{run.id}")
    for path in paths:
        assert admin.get(path).status_code == operations.get(path).status_code == 200
        assert stranger.get(path).status_code in {403, 404}
        assert Client(SERVER_NAME="localhost").get(path).status_code == 302
    confirm = (f"/district/recovery/backups/{backup.id}/confirm", f"/district/recovery/restores/{drill.id}/confirm")
    for path in confirm:
        assert operations.post(path).status_code == 403
        assert stranger.post(path).status_code in {403, 404}
        assert admin.post(path).status_code == 302
    assert selectors.drill(drill.id).confirmed_by
    assert selectors.backups(limit=1)[0].confirmed_by
    [left] = reading.open_items(restored, limit=9)
    close = f"/district/recovery/resyncs/{run.id}/items/{left.id}"
    assert admin.post(close, {"note": "已退号"}).status_code == 403
    assert "请写明" in text_of(operations.post(close, {"note": ""}, follow=True))
    assert "已电话联系患者" in text_of(operations.post(close, {"note": "已电话联系患者并退号"}, follow=True))
    assert reading.open_items(restored, limit=9) == []
    _looked_at(chromium, admin, paths)


def _looked_at(chromium: Browser, admin: Client, paths: tuple[str, ...]) -> None:
    port = free_port()
    with serving(HOST, port):
        address = f"http://localhost:{port}"
        person = visitor(chromium, address, desk=True)
        cookie = admin.cookies["sessionid"].value
        person.context.add_cookies([{"name": "sessionid", "value": cookie, "url": address}])
        for path, name in zip(paths, ("overview", "restore", "resync"), strict=True):
            person.go(path)
            person.look(f"district-recovery-{name}")


@pytest.mark.requirement("WX-SEC-03")
def test_a_failed_backup_is_red(committed: None) -> None:
    with pytest.raises(OSError, match="no room"), records.making(BackupKind.CLUSTER, REGION, actor=WHO):
        raise OSError("no room")
    page = text_of(desk_of(Role.OPERATIONS).get("/district/recovery"))
    assert "异常" in page
    assert "最近一次失败" in page
    [one] = [row for row in selectors.health() if row.kind is BackupKind.CLUSTER]
    assert one.is_red
