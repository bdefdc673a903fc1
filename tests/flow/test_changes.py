"""A paid visit with another doctor: who stays gets the difference, who leaves gets all of it, and the books agree."""

from __future__ import annotations

from uuid import UUID

import pytest

from hub.actor import Actor, ActorKind
from hub.errors import NotFound
from hub.ids import uuid7
from hub.outbox.relay import drain
from hub.security.permissions import permissions_of
from hub.security.roles import Role
from regional_services.booking import changes
from regional_services.booking.changes import AlreadyAnswered
from regional_services.booking.models import BookingChange, Settlement, State
from regional_services.payments import verification
from tenants.scheduling import services
from tenants.scheduling.altering import Change
from tests.booking import world
from tests.flow.conftest import District


def _manager() -> Actor:
    return Actor(
        kind=ActorKind.STAFF,
        id=uuid7(),
        name="门办",
        institution="alpha",
        permissions=permissions_of([Role.HOSPITAL_MANAGER]),
    )


def _paid(district: District, session: UUID) -> tuple[UUID, world.Resident]:
    who = world.resident()
    booking = district.book("alpha", session, who)
    district.pay(booking, who)
    assert district.booking(booking.id).settlement is Settlement.PAID
    return booking.id, who


def test_a_cheaper_substitute_gives_the_difference_back_and_lets_people_leave(district: District) -> None:
    session = world.open_session("alpha")
    stays, stayer = _paid(district, session)
    leaves, leaver = _paid(district, session)
    fee = district.booking(stays).fee_fen
    change = Change(doctor_name="替诊医生", registration_level="普通", fee_fen=fee - 1000, room="替诊室")
    services.alter_session(actor=_manager(), hospital="alpha", session_id=session, change=change, reason="医生会诊")
    drain()
    asked = changes.open_change(stays)
    assert asked is not None
    assert (asked.difference_fen, asked.doctor_name) == (1000, "替诊医生")
    assert any("可接受或免费退出" in message.text for message in world.messages_of(stayer))
    with pytest.raises(NotFound):
        changes.answer(actor=leaver.actor, booking_id=stays, stay=True)
    changes.answer(actor=stayer.actor, booking_id=stays, stay=True)
    changes.answer(actor=leaver.actor, booking_id=leaves, stay=False)
    drain()
    district.deliver(2)
    drain()
    with pytest.raises(AlreadyAnswered):
        changes.answer(actor=stayer.actor, booking_id=stays, stay=False)
    assert district.booking(stays).state is State.BOOKED
    assert district.booking(stays).settlement is Settlement.PAID
    assert district.booking(leaves).state is State.CANCELLED
    assert district.booking(leaves).settlement is Settlement.REFUNDED
    assert sorted(BookingChange.objects.values_list("state", flat=True)) == ["left", "stayed"]
    assert list(verification.differences("alpha")) == []
