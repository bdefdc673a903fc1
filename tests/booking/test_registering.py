"""去挂号 out of the record of bookings: offered where it can be done, said why where it can't (JA-APPT-04)."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from django.test import Client

from hub import clock
from hub.outbox.relay import drain
from hub.tenancy.scope import region
from regional_services.booking.models import Booking
from regional_services.booking.selectors import BookingView
from tenants.registry.functions import ONLINE_REGISTRATION
from tenants.registry.models import Institution, Switch
from tenants.registry.selectors import forget
from tests.booking import world
from tests.portal.desks import text_of
from tests.security.matrix.examples import merchant, resident_browser, resident_token


def _line(page: str, booking: BookingView) -> str:
    """What the record says of one booking."""
    return page.split(f'href="/bookings/{booking.id}"')[1].split("</section>")[0]


def _told(browser: Client, who: world.Resident, booking: BookingView) -> tuple[bool, str]:
    """The same by the interface."""
    rows = browser.get("/api/resident/v1/bookings", headers={"Authorization": f"Bearer {resident_token(who)}"}).json()[
        "items"
    ]
    row = next(one for one in rows if one["id"] == str(booking.id))
    return row["may_register"], row["why_not_register"]


@pytest.mark.requirement("JA-APPT-04")
def test_the_record_registers_what_it_can_and_says_why_of_the_rest(alpha: str, beta: str) -> None:
    """One resident at a hospital that registers on the day, and at one where paying is registering."""
    on_day = world.open_for_booking(alpha, 4, fee_fen=2500, pay_on_day=True)
    at_once = world.open_for_booking(beta, 4, fee_fen=1800)
    merchant(alpha)
    merchant(beta)
    who, stranger = world.resident(), world.resident()
    visit = world.book(alpha, on_day, who)
    later = world.book(beta, at_once, who, world.free_numbers(beta, at_once)[3])
    drain(outside=False)
    browser = resident_browser(who)

    record = text_of(browser.get("/bookings"))
    assert "/register" not in record
    assert "请在就诊当天" in _line(record, visit)
    assert f"/bookings/{later.id}/pay" in _line(record, later)
    assert _told(browser, who, visit) == (False, f"请在就诊当天（{visit.visit_date:%m月%d日}）办理线上挂号。")

    with clock.shifted(visit.starts_at - timedelta(hours=1) - clock.now()):
        browser = resident_browser(who)
        record = text_of(browser.get("/bookings"))
        action = f'action="/bookings/{visit.id}/register"'
        assert action in _line(record, visit)
        assert "去挂号 ¥25.00" in _line(record, visit)
        assert _told(browser, who, visit) == (True, "")
        _switch(alpha, on=False)
        shut = text_of(browser.get("/bookings"))
        assert action not in shut
        assert "没有开通线上挂号" in _line(shut, visit)
        browser.post(f"/bookings/{visit.id}/register", {"form_key": world.command().key})
        assert _order(visit) is None, "what the record does not offer is not done either"
        _switch(alpha, on=True)
        assert resident_browser(stranger).post(f"/bookings/{visit.id}/register", follow=True).status_code == 404
        assert _order(visit) is None
        assert action not in text_of(resident_browser(stranger).get("/bookings"))
        asked = browser.post(f"/bookings/{visit.id}/register", {"form_key": world.command().key})
        assert asked["Location"] == f"/bookings/{visit.id}/pay"
        assert _order(visit) is not None
    with clock.shifted(visit.starts_at - timedelta(minutes=5) - clock.now()):
        late = text_of(resident_browser(who).get("/bookings"))
        assert action not in late
        assert "已过线上挂号截止时间" in _line(late, visit)


def _switch(code: str, *, on: bool) -> None:
    """The district switches online registration of this hospital."""
    with region():
        Switch.objects.update_or_create(
            institution_id=Institution.objects.values_list("pk", flat=True).get(code=code),
            function=ONLINE_REGISTRATION,
            defaults={"is_on": on, "changed_at": clock.now(), "changed_by": "布置"},
        )
    forget()


def _order(booking: BookingView) -> UUID | None:
    with region(read_only=True):
        order: UUID | None = Booking.objects.values_list("order_id", flat=True).get(id=booking.id)
    return order
