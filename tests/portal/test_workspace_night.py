"""The report of 07:00, running again with the difference, settings with history, comparing with the HIS."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from django.test import Client

from hub import clock
from hub.ids import uuid7
from hub.outbox.relay import drain
from hub.security.roles import Role
from hub.tenancy.scope import hospital
from hub.work import work
from institution_connectors.catalog import services as connectors
from institution_connectors.contracts import BookingMode, ConnectorProfile, Operation, Options, encode
from institution_connectors.contracts.requests import UnlockNumber
from institution_connectors.exchange.models import Exchange, State
from tenants.directory.models import CodeMapping, Department, FactChange
from tenants.nightly import services as nightly
from tenants.nightly import tasks
from tenants.nightly.models import NightReport
from tests.booking import world
from tests.connectors.conftest import ACTOR
from tests.portal.desks import desk_of, text_of
from tests.portal.workspace import audited, booked


def _failed(code: str, *, rerun_of: UUID | None = None, text: str = "号源不存在") -> UUID:
    """An ask the hospital refused."""
    made = uuid7()
    with work(code, actor=ACTOR) as unit:
        Exchange.objects.create(
            id=made,
            key=f"t:{made}",
            correlation="booking:x",
            operation=Operation.UNLOCK_NUMBER,
            hub_number=f"U{made.hex[:20].upper()}",
            state=State.REJECTED,
            reason="refused",
            his_code="E12",
            his_text=text,
            request=encode(UnlockNumber(hub_number="U0000001", lock_number="L0000001", lock_code="K1")),
            asked_at=unit.now,
            deadline=unit.now + timedelta(hours=1),
            ended_at=unit.now,
            rerun_of=rerun_of,
            attempts=1,
        )
        unit.audit("test.failed", target=f"exchange:{made}")
    return made


def test_the_report_is_stored_listed_printed_and_news_until_opened(alpha: str, beta: str) -> None:
    world.register_institution(alpha)
    world.register_institution(beta)
    engineer = desk_of(Role.HOSPITAL_IT, hospital=alpha)
    until_evening = clock.local(clock.now()).replace(hour=22, minute=0) - clock.local(clock.now())
    with clock.shifted(until_evening):
        failed = _failed(alpha)
    with clock.shifted(until_evening + timedelta(hours=10)):
        day = clock.today()
        tasks.make_report(hospital=alpha)
    assert f"/workspace/night/{day}" in text_of(engineer.get("/workspace/"))
    with hospital(alpha):
        Exchange.objects.all().delete()
    report = text_of(engineer.get(f"/workspace/night/{day}"))
    assert str(failed) in report, "stored, not computed anew"
    assert "data-print" in report
    assert f"/workspace/night/{day}" not in text_of(engineer.get("/workspace/"))
    assert f"/workspace/night/{day}" in text_of(engineer.get("/workspace/night"))
    assert engineer.get("/workspace/night/2020-01-01").status_code == 404
    assert desk_of(Role.HOSPITAL_IT, hospital=beta).get(f"/workspace/night/{day}").status_code == 404
    assert desk_of(Role.RECEPTION, hospital=alpha).get("/workspace/night").status_code == 403


def test_the_contact_is_told_by_a_short_message_once_a_day(alpha: str, monkeypatch: pytest.MonkeyPatch) -> None:
    world.register_institution(alpha)
    sent: list[tuple[str, str]] = []
    monkeypatch.setattr(
        "hub.accounts.outside.send_sms",
        lambda *, to, template, params, message_id: sent.append((to, params["text"])),
    )
    engineer = desk_of(Role.HOSPITAL_IT, hospital=alpha)
    refused = engineer.post("/workspace/night/contact", {"name": "李工", "phone": "12"}, follow=True)
    assert "11 位手机号" in text_of(refused)
    engineer.post("/workspace/night/contact", {"name": "李工", "phone": "13800001111"})
    nightly.make(alpha, clock.today())
    drain()
    drain()
    assert [to for to, _ in sent] == ["13800001111"]
    assert "夜间报告" in sent[0][1]
    with hospital(alpha, read_only=True):
        assert NightReport.objects.get().sms == "sent"
    assert "13800001111" not in text_of(engineer.get("/workspace/night"))


def test_a_message_run_again_shows_both_answers_side_by_side(alpha: str) -> None:
    world.register_institution(alpha)
    first = _failed(alpha)
    again = _failed(alpha, rerun_of=first, text="号源已停诊")
    engineer = desk_of(Role.HOSPITAL_IT, hospital=alpha)
    page = text_of(engineer.get(f"/workspace/messages/{again}"))
    assert "与第一次的答复对比" in page
    assert page.count("differs") == 1
    assert "号源不存在" in page
    assert "号源已停诊" in page
    assert str(again) in text_of(engineer.get(f"/workspace/messages/{first}"))
    with hospital(alpha, read_only=True):
        number = Exchange.objects.get(id=first).hub_number
    found = text_of(engineer.get("/workspace/messages", {"number": number}))
    assert str(first) in found
    assert str(again) not in found


def test_a_message_is_tried_at_the_hospitals_test_system_first(alpha: str) -> None:
    world.register_institution(alpha)
    first = _failed(alpha)
    engineer = desk_of(Role.HOSPITAL_IT, hospital=alpha)
    assert "先发测试环境" not in text_of(engineer.get(f"/workspace/messages/{first}"))
    profile = ConnectorProfile(
        hospital=alpha,
        dialect="rest_json",
        endpoint="http://127.0.0.1:9",
        mode=BookingMode.HUB_POOL,
        secret_ref="his.alpha",
        capabilities=frozenset(Operation),
        options=Options(extra={"test_endpoint": "http://127.0.0.1:10"}),
    )
    connectors.put_connector(actor=ACTOR, profile=profile)
    assert "先发测试环境" in text_of(engineer.get(f"/workspace/messages/{first}"))
    answer = engineer.post(f"/workspace/messages/{first}/rerun", {"reason": "先试", "where": "test"})
    fresh = UUID(answer["Location"].rsplit("/", 1)[-1])
    with hospital(alpha, read_only=True):
        row = Exchange.objects.get(id=fresh)
    assert (row.at_test, row.announce, row.rerun_of) == (True, False, first)
    assert row.correlation.startswith("test:"), "nothing of the booking hears of it"


@pytest.mark.requirement("BQ-ADMIN-04")
def test_an_introduction_and_a_notice_written_here_reach_residents_with_their_history(
    alpha: str, client: Client
) -> None:
    booking, _ = booked(alpha)
    manager, department = desk_of(Role.HOSPITAL_MANAGER, hospital=alpha), booking.department_id
    here = f"/workspace/facts/departments/{department}"
    form = {"own_intro": "本科擅长高血压。", "notice": "请带病历本。", "sensitivity": "", "service": "outpatient"}
    assert "居民马上看到" in text_of(manager.post(here, form, follow=True))
    page = text_of(manager.get(here))
    assert "请带病历本。" in page
    assert "更改记录" in page
    with hospital(alpha, read_only=True):
        assert FactChange.objects.count() == 2
        assert Department.objects.get(id=department).intro != "本科擅长高血压。", "the HIS's own words stay its own"
    drain(outside=False)
    session = f"/hospitals/{alpha}/sessions/{booking.session_id}"
    assert "请带病历本。" in text_of(client.get(session))
    manager.post("/workspace/facts/text", {"key": "booking", "text": "全院须知"})
    assert "全院须知" in text_of(client.get(session))
    receptionist = desk_of(Role.RECEPTION, hospital=alpha)
    assert receptionist.post(here, form).status_code == 403
    assert receptionist.post("/workspace/facts/text", {"key": "booking", "text": "x"}).status_code == 403
    assert audited(alpha, "directory.edited")


def test_a_code_means_something_else_from_a_day_on(alpha: str) -> None:
    booking, _ = booked(alpha)
    engineer = desk_of(Role.HOSPITAL_IT, hospital=alpha)
    with hospital(alpha, read_only=True):
        other = Department.objects.exclude(id=booking.department_id).get()
    tomorrow = clock.today() + timedelta(days=1)
    form = {"kind": "department", "his_code": "K1", "hub_id": str(other.id), "valid_from": tomorrow.isoformat()}
    assert "从生效日期起" in text_of(engineer.post("/workspace/facts/mappings/new", form, follow=True))
    with hospital(alpha, read_only=True):
        rows = list(CodeMapping.objects.filter(his_code="K1", kind="department").order_by("valid_from"))
    assert [(row.hub_id, row.valid_to) for row in rows] == [(booking.department_id, tomorrow), (other.id, None)]
    assert "已有对照" in text_of(engineer.post("/workspace/facts/mappings/new", form, follow=True))
    assert desk_of(Role.RECEPTION, hospital=alpha).post("/workspace/facts/mappings/new", form).status_code == 403


def test_dead_letters_are_found_by_matter_and_error(alpha: str) -> None:
    world.register_institution(alpha)
    engineer = desk_of(Role.HOSPITAL_IT, hospital=alpha)
    assert "没有这样的停止投递" in text_of(engineer.get("/workspace/dead", {"text": "nothing"}))
    assert "一切都送到了" in text_of(engineer.get("/workspace/dead"))
