"""改约 with a real HIS and a real channel: the new number first, the old one after, and the money of both."""

from __future__ import annotations

from uuid import UUID

import pytest

from hub import clock
from hub.errors import NotFound
from hub.outbox.relay import drain
from regional_services.booking import moving, services
from regional_services.booking.errors import CannotCancel, CannotReschedule
from regional_services.booking.models import Moving, Reservation, Settlement, State
from regional_services.booking.moving import NewPlace
from regional_services.booking.selectors import BookingView
from regional_services.booking.verify import verify_hospital
from regional_services.catalog.models import CatalogSession
from regional_services.payments import selectors as payments
from regional_services.payments import verification
from tests.booking import world
from tests.crash.lives import AT_ONCE
from tests.flow.conftest import District
from tests.portal.desks import text_of
from tests.security.matrix.examples import resident_browser


def other_session(booking: BookingView, fee_fen: int | None = None) -> UUID:
    """Another session of the booking's department with something free; at this price, wherever the HIS has it so."""
    rows = CatalogSession.objects.filter(
        institution_code=booking.institution_code, department_id=booking.department_id, free__gt=0
    ).exclude(session_id=booking.session_id)
    rows = rows.filter(date__gt=clock.today())
    if fee_fen is not None:
        rows = rows.filter(fee_fen=fee_fen)
    found: UUID = rows.order_by("date", "session_id").values_list("session_id", flat=True)[0]
    return found


def place(code: str, session: UUID) -> NewPlace:
    """Its first free number."""
    number = world.free_numbers(code, session)[0]
    return NewPlace(session_id=session, number_id=number.id, starts_at=number.start, ends_at=number.end)


def _movable(code: str) -> UUID:
    """A session with another at its price in its department: earlier tests have booked in the hospital's own books."""
    for one in world.for_adults(code):
        alike = CatalogSession.objects.filter(
            institution_code=code, department_id=one.department_id, fee_fen=one.fee_fen, free__gte=world.ROOMY
        )
        others = alike.filter(date__gt=clock.today()).exclude(session_id=one.session_id)
        if others.exists() and len(world.free_numbers(code, one.session_id)) >= world.ROOMY:
            return one.session_id
    raise AssertionError(f"nothing is left to move to at {code}")


def _paid(district: District, code: str = "alpha") -> tuple[BookingView, world.Resident]:
    who = world.resident()
    booking = district.book(code, _movable(code), who)
    district.pay(booking, who)
    booking = district.booking(booking.id)
    assert (booking.state, booking.settlement, booking.his) == (State.BOOKED, Settlement.PAID, "registered")
    return booking, who


def _move(district: District, old: BookingView, who: world.Resident, session: UUID) -> BookingView:
    asked = moving.reschedule(
        actor=who.actor,
        booking_id=old.id,
        place=place(old.institution_code, session),
        command=world.command("booking.reschedule"),
    )
    drain()
    return district.booking(asked.id)


def _his_states(district: District, booking: BookingView) -> list[object]:
    return [row["state"] for row in district.registrations(booking.institution_code, booking.id)]


def _assert_sound(code: str) -> None:
    assert verify_hospital(code, quiet=AT_ONCE) == []
    assert list(verification.differences(code)) == []


@pytest.mark.parametrize("code", ["alpha", "beta"])
def test_the_same_price_moves_without_paying_again_and_the_hospital_knows_both(district: District, code: str) -> None:
    old, who = _paid(district, code)
    new = _move(district, old, who, other_session(old, old.list_fee_fen))
    left = district.booking(old.id)
    assert (new.state, new.settlement, new.moving) == (State.BOOKED, Settlement.PAID, Moving.TAKEN)
    assert (left.state, left.settlement, left.replaced_by) == (State.CANCELLED, Settlement.MOVED, new.id)
    assert new.order_id is None
    assert (_his_states(district, old), _his_states(district, new)) == (["cancelled"], ["paid"])
    assert list(Reservation.objects.filter(active=True).values_list("booking_id", flat=True)) == [new.id]
    titles = [message.title for message in world.messages_of(who)]
    assert "改约成功" in titles
    assert "预约已结束" not in titles
    services.cancel_booking(actor=who.actor, booking_id=new.id, reason="时间有变化")
    drain()
    district.deliver()
    drain()
    assert district.booking(new.id).settlement is Settlement.REFUNDED
    _assert_sound(code)


def _refunded_fen(district: District, *bookings: BookingView) -> int:
    """What the channel gave back for the payments of these bookings."""
    attempts = [payments.settling_attempt(booking.order_id) for booking in bookings if booking.order_id]
    return sum(refund["fen"] for paid in attempts if paid for refund in district.parties.refunds(paid.out_trade_no))


def test_a_dearer_number_asks_the_difference_and_a_cheaper_one_gives_it_back(district: District) -> None:
    old, who = _paid(district)
    district.his["alpha"].switch("price_change", 700)
    new = _move(district, old, who, other_session(old, old.list_fee_fen))
    assert (new.state, new.due_fen) == (State.AWAITING_PAYMENT, 700)
    home = " ".join(text_of(resident_browser(who).get("/")).split())
    assert "去支付 ¥7.00" in home, "what is still due, not the whole price"
    assert district.booking(old.id).state is State.BOOKED
    with pytest.raises(CannotCancel):
        services.cancel_booking(actor=who.actor, booking_id=old.id, reason="时间有变化")
    district.pay(new, who)
    new = district.booking(new.id)
    assert (new.state, new.settlement, new.moving) == (State.BOOKED, Settlement.PAID, Moving.TAKEN)
    [registered] = district.registrations("alpha", new.id)
    assert (registered["fee_fen"], registered["state"]) == (old.fee_fen + 700, "paid")
    district.his["alpha"].switch("price_change", -200)
    last = _move(district, new, who, other_session(new, old.list_fee_fen))
    district.deliver()
    drain()
    last = district.booking(last.id)
    assert (last.state, last.moving) == (State.BOOKED, Moving.TAKEN)
    assert last.fee_fen == old.fee_fen - 200
    assert _refunded_fen(district, old, new) == 900
    with pytest.raises(CannotReschedule, match="2"):
        _move(district, last, who, other_session(last))
    services.cancel_booking(actor=who.actor, booking_id=last.id, reason="时间有变化")
    drain()
    district.deliver(2)
    drain()
    assert district.booking(last.id).settlement is Settlement.REFUNDED
    assert _refunded_fen(district, old, new) == old.fee_fen + 700
    _assert_sound("alpha")


def test_whatever_fails_leaves_the_old_number_and_its_money(district: District) -> None:
    old, who = _paid(district)
    with pytest.raises(NotFound):
        moving.reschedule(
            actor=world.resident().actor,
            booking_id=old.id,
            place=place("alpha", other_session(old)),
            command=world.command("booking.reschedule"),
        )
    with pytest.raises(CannotReschedule):
        _move(district, old, who, old.session_id)
    his = district.his["alpha"]
    his.switch("reject", "号源已停用", only=["register"])
    refused = _move(district, old, who, other_session(old, old.list_fee_fen))
    assert (refused.state, refused.settlement, refused.moving) == (State.FAILED, Settlement.MOVED, Moving.UNDONE)
    his.all_off()
    his.switch("reject", "已取号，不能退", times=1, only=["cancel_registration"])
    undone = _move(district, old, who, other_session(old, old.list_fee_fen))
    assert (undone.state, undone.settlement, undone.moving) == (State.FAILED, Settlement.MOVED, Moving.UNDONE)
    assert _his_states(district, undone) == ["cancelled"]
    stands = district.booking(old.id)
    assert (stands.state, stands.settlement, stands.replaced_by) == (State.BOOKED, Settlement.PAID, None)
    assert _his_states(district, old) == ["paid"]
    world.limit("alpha", reschedule_until_minutes=60 * 24 * 60)
    with pytest.raises(CannotReschedule, match="窗口"):
        _move(district, old, who, other_session(old))
    _assert_sound("alpha")
