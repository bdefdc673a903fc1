"""A referred booking lives on at the other hospital: whoever referred sees, and is told, what becomes of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

from hub import clock
from hub.actor import Actor
from hub.outbox.relay import drain
from hub.security.roles import Role
from hub.tenancy.scope import region
from regional_services.booking import moving, services
from regional_services.booking.models import Booking
from regional_services.booking.models import State as BookingState
from regional_services.booking.verify import verify_hospital
from regional_services.catalog import referable
from regional_services.catalog.referable import Opening
from regional_services.referrals import selectors
from regional_services.referrals.models import State
from regional_services.referrals.selectors import ReceivedView, ReferralView, Wanted
from tenants.scheduling.models import Channel
from tests.accounts.people import make_staff
from tests.booking import world
from tests.crash.lives import AT_ONCE
from tests.flow.conftest import District
from tests.flow.test_moving import other_session, place
from tests.portal.desks import browser_of, desk_of, text_of
from tests.queueing.world import staff
from tests.referrals.test_referrals import keep_a_share, refer, signed


@dataclass(frozen=True)
class Sent:
    """Somebody beta referred to alpha."""

    who: world.Resident
    id: UUID

    @property
    def here(self) -> ReferralView:
        """The row beta's staff see."""
        return selectors.own_referral(staff("beta", Role.DOCTOR), "beta", self.id)

    @property
    def there(self) -> ReceivedView:
        """The row alpha's staff see."""
        rows = selectors.received(staff("alpha", Role.DOCTOR), "alpha", Wanted(person_ids=(self.who.person_id,)))
        [row] = [row for row in rows if row.booking_id == self.id]
        return row


def _send(district: District, doctor: Actor, session: UUID, at: int) -> Sent:
    """A patient of beta's, referred to the share's time of that place."""
    who = world.resident()
    known = district.book("beta", world.open_session("beta"), who)
    services.cancel_booking(actor=who.actor, booking_id=known.id, reason="家庭医生建议转诊")
    drain()  # until beta's own system has let go, it is still an appointment of his, and may overlap the new one
    made = refer("beta", signed("beta", who), session, at=at, actor=doctor)
    drain()
    with clock.shifted(timedelta(minutes=1)):  # alpha's own system has answered meanwhile
        drain()
    return Sent(who, made)


def _opening() -> Opening:
    """A session of alpha's with room in its share, and another of its department with room at the same price."""
    with region(read_only=True):
        found = referable.openings(besides="beta", code="alpha")
        sessions = {row.session_id: row for row in world.for_adults("alpha").filter(free__gte=world.ROOMY)}
    alike = Counter((row.department_id, row.fee_fen) for row in sessions.values())
    return next(
        row
        for row in found
        if len(row.starts) > 3
        and (one := sessions.get(row.session_id)) is not None
        and alike[one.department_id, one.fee_fen] > 1
    )


def test_who_referred_hears_what_becomes_of_the_booking(district: District) -> None:
    member = make_staff("doc.beta", hospital="beta", roles=(Role.DOCTOR,))
    doctor = replace(staff("beta", Role.DOCTOR), id=member.account.user_id)
    with clock.shifted(timedelta(minutes=3)):  # the catalogue was read two minutes ahead of time
        keep_a_share("alpha", 50)
    opening = _opening()
    gone, moved, stopped = (_send(district, doctor, opening.session_id, at) for at in (1, 2, 3))
    for at, one in enumerate((gone, moved, stopped), start=1):
        assert (one.here.state, one.here.reason) == (State.DONE, "")
        assert one.there.state is State.DONE
        assert one.here.starts_at == one.there.starts_at == opening.starts[at], "the time the doctor chose"
        assert district.booking(one.id).channel == Channel.FAMILY
    reminders = browser_of(member)
    assert "您转诊到" not in text_of(reminders.get("/desk/reminders"))

    services.cancel_booking(actor=gone.who.actor, booking_id=gone.id, reason="家里有事，不便对医生说")
    drain()
    assert (gone.here.state, gone.there.state) == (State.CANCELLED, State.CANCELLED)
    assert gone.here.reason == "", "why he cancels is between him and that hospital"
    told = text_of(reminders.get("/desk/reminders"))
    assert "的预约已取消。请联系患者" in told
    assert "不便对医生说" not in told
    assert "不便对医生说" not in text_of(reminders.get(f"/workspace/referrals/{gone.id}"))

    old = district.booking(moved.id)
    asked = moving.reschedule(
        actor=moved.who.actor,
        booking_id=moved.id,
        place=place("alpha", other_session(old, old.list_fee_fen)),
        command=world.command("booking.reschedule"),
    )
    drain()
    assert moved.there.current_id == moved.id, "until the new one stands"
    district.pay(district.booking(asked.id), moved.who)  # his own number is paid first, as anybody's there
    assert district.booking(moved.id).state is BookingState.CANCELLED
    new = district.booking(asked.id)
    assert (moved.here.state, moved.here.reason, moved.here.starts_at) == (State.DONE, "患者已改约", new.starts_at)
    assert (moved.there.current_id, moved.there.starts_at) == (new.id, new.starts_at)
    shown = text_of(desk_of(Role.DOCTOR, hospital="alpha").get(f"/workspace/appointments/{new.id}"))
    assert "李敏" in shown, "the words of who referred go along"

    world.stop_session("alpha", opening.session_id)
    drain()
    assert (stopped.here.state, stopped.here.reason) == (State.STOPPED, "医生外出会诊")
    assert stopped.there.state is State.STOPPED
    assert (moved.here.state, moved.here.reason) == (State.DONE, "患者已改约")
    services.cancel_booking(actor=moved.who.actor, booking_id=new.id, reason="时间有变化")
    drain()
    assert (moved.here.state, moved.there.state) == (State.CANCELLED, State.CANCELLED)
    told = text_of(reminders.get("/desk/reminders"))
    assert (told.count("的预约已取消。"), told.count("的预约医院停诊，医生外出会诊。")) == (2, 1)
    assert verify_hospital("alpha", quiet=AT_ONCE) == []
    with region(read_only=True):
        assert Booking.objects.filter(institution_code="alpha", state=BookingState.BOOKED).count() == 0
