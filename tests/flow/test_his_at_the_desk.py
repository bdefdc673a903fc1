"""What a hospital's own system says, at its people's desks: a substitute it tells of, and an appointment compared."""

from __future__ import annotations

from datetime import timedelta

from hub import clock
from hub.outbox.relay import drain
from hub.security.roles import Role
from hub.tenancy.scope import hospital
from institution_connectors.exchange import polling
from regional_services.booking import changes
from regional_services.booking.models import Settlement
from tenants.scheduling.models import Session
from tests.booking import world
from tests.flow.conftest import District
from tests.portal.desks import desk_of, text_of


def test_the_his_tells_a_substitute_and_forgets_a_registration(district: District) -> None:
    his, who = district.his["alpha"], world.resident()
    session = world.open_session("alpha")
    booking = district.book("alpha", session, who)
    district.pay(booking, who)
    with hospital("alpha", read_only=True):
        row = Session.objects.get(id=session)
    told = his.act("substitute", schedule_code=row.his_code, place="替诊室", fee_fen=booking.fee_fen - 500)
    with clock.shifted(timedelta(minutes=3)):  # the district heard of its sessions two minutes ahead of now
        polling.poll_schedules("alpha", first_day=row.date, last_day=row.date)
        drain()
    asked = changes.open_change(booking.id)
    assert asked is not None
    assert (asked.doctor_name, asked.difference_fen) == (told["doctor_name"], 500)
    assert asked.place.endswith("替诊室")
    assert any("可接受或免费退出" in message.text for message in world.messages_of(who))
    manager = desk_of(Role.HOSPITAL_MANAGER, Role.HOSPITAL_IT, hospital="alpha")
    assert told["doctor_name"] in text_of(manager.get(f"/workspace/sessions/{session}"))
    changes.answer(actor=who.actor, booking_id=booking.id, stay=True)
    drain()
    district.deliver()
    drain()
    assert district.booking(booking.id).settlement is Settlement.PAID

    here = f"/workspace/appointments/{booking.id}"
    manager.post(f"{here}/compare")
    assert "正在等医院系统回答" in text_of(manager.get(here))
    drain()
    agreed = text_of(manager.get(here))
    assert "已登记”。一致" in agreed
    his.act("forget", hub_number=district.appointment("alpha", booking.id).hub_number)
    manager.post(f"{here}/compare")
    drain()
    differs = text_of(manager.get(here))
    assert "没有这个登记" in differs
    assert "不一致，请信息科处理" in differs
    assert district.appointment("alpha", booking.id).his_state == "registered", "comparing changes nothing"
    stranger = desk_of(Role.RECEPTION, hospital="beta")
    assert stranger.post(f"{here}/compare", follow=True).status_code == 404
