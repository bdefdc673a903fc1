"""The price is this person's: asked of the hospital with the hold, shown, frozen on the order, never charged unseen."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from importlib import import_module
from uuid import UUID

import pytest
from django.conf import settings
from django.test import Client, RequestFactory

from hub import clock
from hub.accounts import steps as accounts
from hub.accounts import tokens
from hub.accounts.models import SignInMethod, User
from hub.accounts.results import Client as Device
from hub.outbox.relay import drain
from hub.tenancy.scope import REGION, hospital
from hub.work import work
from institution_connectors.catalog import services as connectors
from institution_connectors.catalog.selectors import profile
from institution_connectors.contracts.operations import Operation
from portal.resident.views import bookings as pages
from regional_services.booking import services
from regional_services.booking.models import His, Pricing, Settlement, State
from regional_services.booking.selectors import BookingView
from regional_services.booking.verify import verify_hospital
from regional_services.payments import selectors as payments
from tenants.appointments.models import Appointment
from tests.booking import world
from tests.booking.world import Resident
from tests.connectors.conftest import ACTOR
from tests.flow.conftest import District

NOW = timedelta(0)
ELDER = date(1950, 3, 1)
WHY = "65岁以上老人优惠"


def _differences() -> list[object]:
    return [*verify_hospital("alpha", quiet=NOW), *verify_hospital("beta", quiet=NOW)]


def _over_http(client: Client, who: Resident, booking_id: UUID) -> dict[str, object]:
    """The booking as the resident's app reads it."""
    assert who.actor.id is not None
    with work(REGION, actor=world.SETUP) as unit:
        user = User.objects.get(id=who.actor.id)
        device = Device(binding="b" * 32, device="d" * 32)
        signed_in = accounts.open_sign_in(unit, user=user, method=SignInMethod.PHONE, client=device, new_account=True)
    token, _ = tokens.issue_access(tokens.AccessClaims(user.id, signed_in.sign_in_id, "", False))
    answer = client.get(f"/api/resident/v1/bookings/{booking_id}", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200, answer.content
    return dict(answer.json())


def _page(who: Resident, view: BookingView) -> str:
    """The moving part of the booking's page."""
    request = RequestFactory().get(f"/bookings/{view.id}/live")
    request.actor = who.actor  # type: ignore[attr-defined]
    request.session = import_module(settings.SESSION_ENGINE).SessionStore()
    return pages.live(request, view.id).content.decode()


@pytest.mark.parametrize("code", ["alpha", "beta"])
def test_an_elder_is_asked_the_price_the_hospital_quotes_and_pays_that(
    code: str, district: District, client: Client
) -> None:
    who = world.resident(born=ELDER)
    asked = world.book(code, world.open_session(code), who)
    assert (asked.state, asked.pricing, asked.order_id) == (State.LOCKING, Pricing.AWAITED, None)
    drain()
    quoted = district.booking(asked.id)
    assert (quoted.state, quoted.pricing) == (State.AWAITING_PAYMENT, Pricing.QUOTED)
    assert (quoted.fee_fen, quoted.discount) == (quoted.list_fee_fen // 2, WHY)
    order = payments.order_of_booking(quoted.id)
    assert order is not None
    assert order.amount_fen == quoted.fee_fen
    told = _over_http(client, who, quoted.id)
    assert (told["fee_fen"], told["list_fee_fen"], told["discount"]) == (quoted.fee_fen, quoted.list_fee_fen, WHY)
    assert WHY in _page(who, quoted)
    district.pay(quoted, who)
    after = district.booking(quoted.id)
    assert (after.state, after.settlement, after.his) == (State.BOOKED, Settlement.PAID, His.REGISTERED)
    [known] = district.registrations(code, quoted.id)
    assert known["state"] == "paid"
    assert known["fee_fen"] == quoted.fee_fen
    assert _differences() == []


def test_others_pay_the_list_price_and_see_that_it_was_quoted(district: District) -> None:
    booking = district.book("alpha", world.open_session("alpha"), world.resident())
    assert (booking.pricing, booking.fee_fen, booking.discount) == (Pricing.QUOTED, booking.list_fee_fen, "")


def test_a_price_of_nothing_books_at_once(district: District) -> None:
    session, who = world.open_session("alpha"), world.resident()
    district.his["alpha"].switch("price_change", -1_000_000)
    booking = district.book("alpha", session, who)
    assert (booking.state, booking.settlement, booking.fee_fen) == (State.BOOKED, Settlement.FREE, 0)
    assert booking.order_id is None
    assert booking.his is His.REGISTERED
    assert _differences() == []


def test_the_order_lives_no_longer_than_the_quote(district: District) -> None:
    world.limit("alpha", pay_minutes=90, hold_minutes=120)
    booking = district.book("alpha", world.open_session("alpha"), world.resident())
    order = payments.order_of_booking(booking.id)
    assert order is not None
    assert order.deadline == booking.pay_deadline == booking.quote_valid_until
    assert booking.quote_valid_until is not None
    assert booking.quote_valid_until - clock.now() < timedelta(minutes=31)


def test_a_hospital_that_does_not_quote_in_time_is_booked_at_the_list_price(district: District) -> None:
    """The patience ends; the answer that comes after it changes nothing."""
    who = world.resident(born=ELDER)
    booking = world.book("alpha", world.open_session("alpha"), who)
    with clock.shifted(timedelta(seconds=7)):
        services.sweep()
        assert district.booking(booking.id).state is State.LOCKING
    with clock.shifted(timedelta(seconds=9)):
        services.sweep()
    listed = district.booking(booking.id)
    assert (listed.state, listed.pricing) == (State.AWAITING_PAYMENT, Pricing.UNANSWERED)
    assert listed.fee_fen == listed.list_fee_fen
    assert "医院未及时核价，按挂牌价" in _page(who, listed)
    drain()
    after = district.booking(booking.id)
    assert (after.fee_fen, after.pricing) == (listed.fee_fen, Pricing.UNANSWERED)


def test_a_lock_without_an_answer_is_not_taken_for_a_price(district: District) -> None:
    """Where the HIS locks first, nobody may pay before the lock, whatever the patience for the price is."""
    booking = world.book("beta", world.open_session("beta"), world.resident())
    with clock.shifted(timedelta(minutes=1)):
        services.sweep()
    assert district.booking(booking.id).state is State.LOCKING
    with clock.shifted(timedelta(minutes=3)):
        services.sweep()
        drain(outside=False)
    assert district.booking(booking.id).state is State.FAILED


def test_a_hospital_that_refuses_to_quote_is_booked_at_the_list_price(district: District) -> None:
    district.his["alpha"].switch("maintenance", True, only=("quote_fee",))
    booking = world.book("alpha", world.open_session("alpha"), world.resident())
    for _ in range(3):
        drain()
        with clock.shifted(timedelta(seconds=30)):
            drain()
    after = district.booking(booking.id)
    assert (after.state, after.pricing) == (State.AWAITING_PAYMENT, Pricing.UNANSWERED)
    assert after.order_id is not None


def test_a_price_that_changed_is_refunded_told_and_offered_anew(district: District) -> None:
    """Never a silent charge: the money is back before the resident agrees to another price."""
    who, session = world.resident(), world.open_session("alpha")
    booking = district.book("alpha", session, who)
    district.his["alpha"].switch("price_change", 500)
    district.pay(booking, who)
    district.deliver()
    drain()
    after = district.booking(booking.id)
    assert (after.state, after.settlement) == (State.FAILED, Settlement.REFUNDED)
    assert after.refusal == "price_changed"
    assert any("挂号费用已变化" in message.text for message in world.messages_of(who))
    again = f"/hospitals/alpha/sessions/{session}/numbers/{after.number_id}"
    assert again in _page(who, after)
    assert _differences() == []
    number = next(row for row in world.free_numbers("alpha", session) if row.id == after.number_id)
    renewed = district.book("alpha", session, who, number)
    assert renewed.fee_fen == booking.fee_fen + 500
    district.pay(renewed, who)
    assert district.booking(renewed.id).his is His.REGISTERED
    assert _differences() == []


def test_who_cancels_while_the_hospital_is_asked_owes_nothing(district: District) -> None:
    who = world.resident(born=ELDER)
    booking = world.book("alpha", world.open_session("alpha"), who)
    services.cancel_booking(actor=who.actor, booking_id=booking.id, reason="时间有变化")
    drain()
    after = district.booking(booking.id)
    assert (after.state, after.order_id) == (State.CANCELLED, None)
    assert _differences() == []


def test_an_answer_that_overtakes_the_hold_is_not_lost(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process died between the hold and its order; the hospital's price does what was left undone."""
    who, session, real = world.resident(born=ELDER), world.open_session("alpha"), services._hold

    def crash(*arguments: object) -> object:
        real(*arguments)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(services, "_hold", crash)
        with pytest.raises(KeyboardInterrupt):
            world.book("alpha", session, who)
    drain()
    with hospital("alpha", read_only=True):
        held = Appointment.objects.get()
    assert held.quoted_fen == held.fee_fen // 2
    overtaken = district.booking(held.id)
    assert (overtaken.state, overtaken.fee_fen) == (State.AWAITING_PAYMENT, held.quoted_fen)
    with clock.shifted(timedelta(seconds=6)):
        services.sweep()
        drain()
    after = district.booking(held.id)
    assert (after.state, after.fee_fen, after.sequence) == (State.AWAITING_PAYMENT, held.quoted_fen, held.sequence)


def test_without_the_capability_nobody_is_asked(district: District) -> None:
    """The negative control: an elder books at list price at once, and the hospital refuses what he paid."""
    known = profile("alpha")
    connectors.put_connector(
        actor=ACTOR, profile=replace(known, capabilities=known.capabilities - {Operation.QUOTE_FEE})
    )
    who = world.resident(born=ELDER)
    booking = world.book("alpha", world.open_session("alpha"), who)
    assert (booking.state, booking.pricing) == (State.AWAITING_PAYMENT, Pricing.LIST)
    district.pay(booking, who)
    district.deliver()
    drain()
    after = district.booking(booking.id)
    assert (after.state, after.settlement, after.refusal) == (State.FAILED, Settlement.REFUNDED, "price_changed")
