"""What the hospital tells of a visit: it ended, its medicine waits or is on its way (practice 15)."""

from __future__ import annotations

import pytest

from hub.outbox.events import RunsIn, handles
from hub.outbox.relay import drain
from hub.work import Unit
from institution_connectors.exchange import polling
from regional_services.booking import services
from regional_services.booking.errors import CannotCancel
from regional_services.booking.models import Settlement, State
from regional_services.booking.selectors import BookingView
from regional_services.notifications.models import Message
from regional_services.notifications.selectors import message_views
from tenants.appointments.events import VisitEnded
from tests.booking import world
from tests.booking.world import Resident
from tests.flow.conftest import District
from tests.flow.test_whole_flow import _differences

ENDED: list[VisitEnded] = []


@handles(VisitEnded, runs_in=RunsIn.REGION)
def note_end(event: VisitEnded, unit: Unit) -> None:
    """What a survey room will hear."""
    unit.audit("test.visit_ended", target=f"booking:{event.booking_id}")
    ENDED.append(event)


def _registered(district: District) -> tuple[BookingView, Resident, str]:
    who = world.resident()
    booking = district.book("alpha", world.open_session("alpha"), who)
    district.pay(booking, who)
    return booking, who, str(district.registrations("alpha", booking.id)[0]["his_number"])


def _hear(district: District) -> None:
    """The hub asks what went on in visits, and follows it."""
    polling.poll_visits("alpha")
    drain()


def _texts(who: Resident, kind: str) -> list[str]:
    rows = Message.objects.filter(person_id=who.person_id, kind=kind)
    return [view.text for view in message_views(list(rows))]


@pytest.mark.requirement("JA-APPT-25")
def test_a_visit_ends_and_its_booking_is_fulfilled(district: District) -> None:
    booking, who, his_number = _registered(district)
    ENDED.clear()
    for _ in range(2):  # a HIS that says it twice is heard once
        district.his["alpha"].act("end_visit", his_number=his_number)
        _hear(district)
    after = district.booking(booking.id)
    assert (after.state, after.settlement) == (State.FULFILLED, Settlement.PAID)
    [ended] = [event for event in ENDED if event.booking_id == booking.id]
    assert (ended.hospital, ended.person_id) == ("alpha", who.person_id)
    assert len(_texts(who, "survey.invited")) == 1
    with pytest.raises(CannotCancel):
        services.cancel_booking(actor=who.actor, booking_id=booking.id, reason="晚了")
    assert _differences() == []


@pytest.mark.requirement("JA-APPT-21")
def test_medicine_to_collect_brings_one_reminder_that_names_the_place(district: District) -> None:
    with_medicine, without = _registered(district), _registered(district)
    his = district.his["alpha"]
    for _, _, number in (with_medicine, without):
        his.act("end_visit", his_number=number)
    for _ in range(2):
        his.act(
            "medicine_ready", his_number=with_medicine[2], window="3号窗口", place="门诊药房", dispensing_number="D1"
        )
        _hear(district)
    [text] = _texts(with_medicine[1], "visit.medicine_ready")
    assert "门诊药房3号窗口" in text
    assert _texts(without[1], "visit.medicine_ready") == []


@pytest.mark.requirement("JA-APPT-23")
def test_dispatched_medicine_brings_one_message_with_the_shipment(district: District) -> None:
    by_courier, at_window = _registered(district), _registered(district)
    his = district.his["alpha"]
    his.act("medicine_ready", his_number=at_window[2], window="3号窗口")
    for _ in range(2):
        his.act("dispatch_medicine", his_number=by_courier[2], carrier="顺丰速运", tracking_number="SF001")
        _hear(district)
    [text] = _texts(by_courier[1], "visit.medicine_dispatched")
    assert "顺丰速运" in text
    assert "SF001" in text
    assert _texts(at_window[1], "visit.medicine_dispatched") == []


@pytest.mark.requirement("JA-APPT-25")
def test_nothing_is_told_of_a_booking_that_was_given_back(district: District) -> None:
    booking, who, his_number = _registered(district)
    services.cancel_booking(actor=who.actor, booking_id=booking.id, reason="时间有变化")
    drain()
    his = district.his["alpha"]
    his.act("end_visit", his_number=his_number)
    his.act("medicine_ready", his_number=his_number)
    _hear(district)
    assert district.booking(booking.id).state is State.CANCELLED
    assert _texts(who, "visit.medicine_ready") == []
    assert _texts(who, "survey.invited") == []


def test_a_restored_his_that_counts_its_events_anew_is_still_heard(district: District) -> None:
    first, second = _registered(district), _registered(district)
    his = district.his["alpha"]
    his.act("backup")
    his.act("end_visit", his_number=first[2])
    _hear(district)
    his.act("restore")
    his.act("end_visit", his_number=second[2])  # under the number the first one had
    _hear(district)
    assert district.booking(second[0].id).state is State.FULFILLED
