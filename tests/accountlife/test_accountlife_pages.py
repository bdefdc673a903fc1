"""Merging, closing, the voucher and scanned codes in Chromium: residents on a phone, in large type, wide; the desks."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.db import connections
from playwright.sync_api import Browser

from hub import clock
from hub.outbox.relay import drain
from hub.security.roles import Role
from hub.tenancy.scope import region
from regional_services.accountlife.models import Closing
from regional_services.cards.models import Scan
from regional_services.insurance.models import Activation
from tests.accountlife.test_accountlife import PHONES, account, again, proven, with_phone
from tests.accounts.people import make_staff
from tests.booking import world
from tests.harness.browser import SIZES, chromium, visitor
from tests.harness.live import serving
from tests.harness.outside import HOST, free_port
from tests.portal.desks import browser_of, desk_of
from tests.security.matrix.examples import merchant, resident_browser

pytestmark = pytest.mark.browser


@pytest.mark.slow
def test_the_pages(alpha: str) -> None:
    session = world.open_for_booking(alpha, 4, fee_fen=2500)
    merchant(alpha)
    old = with_phone(world.resident(), PHONES[0])
    new = with_phone(again(old), PHONES[1])
    booking = world.book(alpha, session, old)
    drain(outside=False)
    merge_id = proven(new, PHONES[0])
    reception = make_staff("reception", hospital=alpha, roles=(Role.RECEPTION,))
    with region():
        Closing.objects.create(
            account_id=uuid4(), state="done", asked_at=clock.now(), due_at=clock.now(), ended_at=clock.now()
        )
        Activation.objects.create(
            number="EC0",
            account_id=account(old),
            person_id=old.person_id,
            booking_id=booking.id,
            state="rejected",
            reason="EC201 未查询到本市参保信息，请先办理参保登记",
            asked_at=clock.now(),
        )
        scan = Scan.objects.create(
            institution_code=alpha,
            scheme="health_card",
            code="",
            number="",
            state="refused",
            reason="二维码无效或已过期",
            asked_by=reception.account.user_id,
            asked_at=clock.now(),
        )
    keys = {
        "new": resident_browser(new).cookies["sessionid"].value,
        "old": resident_browser(old).cookies["sessionid"].value,
        "district": desk_of(Role.OPERATIONS).cookies["sessionid"].value,
        "desk": browser_of(reception).cookies["sessionid"].value,
    }
    connections.close_all()
    port = free_port()
    with serving(HOST, port), chromium() as browser:
        _look(browser, f"http://localhost:{port}", keys, str(merge_id), str(booking.id), alpha, str(scan.id))


def _look(
    browser: Browser, address: str, keys: dict[str, str], merge_id: str, booking_id: str, alpha: str, scan_id: str
) -> None:
    troubles: list[str] = []
    for size in SIZES:
        for who, pages in {
            "new": {"accounts": "/me/accounts", "merge": f"/me/accounts/{merge_id}", "close": "/me/close"},
            "old": {"close-blocked": "/me/close", "voucher": f"/bookings/{booking_id}/voucher", "people": "/me/people"},
        }.items():
            window = visitor(browser, address, elder=size == "elder", desk=size == "desk")
            window.context.add_cookies([{"name": "sessionid", "value": keys[who], "url": address}])
            for name, path in pages.items():
                window.go(path)
                window.look(f"resident-account-{name}-{size}")
            troubles += window.troubles
            window.context.close()
    hospital = address.replace("localhost", f"{alpha}.localhost")
    for base, key, pages in (
        (
            address,
            "district",
            {
                "merges": "/district/merges",
                "merge": f"/district/merges/{merge_id}",
                "find": "/district/merges/find",
                "closings": "/district/closings",
                "vouchers": "/district/vouchers",
            },
        ),
        (hospital, "desk", {"scan": f"/workspace/scan/{scan_id}"}),
    ):
        window = visitor(browser, base, desk=True)
        window.context.add_cookies([{"name": "sessionid", "value": keys[key], "url": base}])
        for name, path in pages.items():
            window.go(path)
            window.look(f"region-account-{name}")
        troubles += window.troubles
    assert troubles == []
