"""In a browser: a resident reads of missed visits and objects, a desk decides, the district looks at scalpers."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from hub import tallies, waiting_room
from hub.security.roles import Role
from hub.tenancy.scope import region
from regional_services.booking.models import Booking
from regional_services.fairness import noting
from regional_services.fairness.kinds import Kind
from regional_services.noshow import counting, services
from tests.accounts.people import make_staff
from tests.booking import world
from tests.harness.browser import Visitor, chromium, visitor
from tests.harness.live import serving
from tests.harness.outside import HOST, free_port
from tests.noshow.test_noshow import missed, seen, staff
from tests.portal.desks import browser_of
from tests.security.matrix.examples import resident_browser

pytestmark = pytest.mark.browser


def _district(window: Visitor, code: str, account: str, troubles: list[str]) -> None:
    """Operations sees who waits where, holds an account, and follows a booking by its number."""
    operator = browser_of(make_staff("ops", roles=(Role.OPERATIONS,))).cookies["sessionid"].value
    window.context.add_cookies([{"name": "sessionid", "value": operator, "url": window.base}])
    waiting_room.open_room(code, waiting_room.Terms(rate=2, most=2))
    for index in range(5):
        waiting_room.join(code, f"p{index}", "s")
    notes = (
        tallies.Note(kind=Kind.SWAPS, subject=f"account:{account}", count=2),
        tallies.Note(kind=Kind.ADDRESS, subject="address:203.0.113.7", count=72),
    )
    noting.note(code, notes, refused="")
    window.go("/district/rush")
    window.look("district-rush")
    window.page.get_by_text("处置", exact=True).nth(2).click()
    window.page.get_by_label("理由").last.fill("疑似倒号，待电话核实")
    window.look("district-rush-decide")
    window.page.get_by_role("button", name="待核验，暂停预约").last.click()
    expect(window.page.get_by_text("已处置，马上生效。")).to_be_visible()
    window.look("district-rush-held")
    with region(read_only=True):
        number = Booking.objects.filter(account_id=account).values_list("number", flat=True)[0]
    window.go(f"/district/orders?number={number}")
    window.look("district-orders")
    troubles += window.troubles


def test_a_blocked_resident_reads_why_and_objects_and_the_desk_decides(alpha: str) -> None:
    session = world.open_for_booking(alpha, 8, fee_fen=0)
    manager = staff(Role.HOSPITAL_MANAGER, alpha)
    services.set_rule(actor=manager, count="2", window_days="90", block_days="60")
    who = world.resident()
    for days_ago in (2, 1):
        missed(alpha, session, who, days_ago)
        seen(alpha, session, days_ago)
    assert counting.count_missed() == 2
    free = world.free_numbers(alpha, session)[0]
    resident = resident_browser(who).cookies["sessionid"].value
    desk = browser_of(make_staff("manager.alpha", hospital=alpha, roles=(Role.HOSPITAL_MANAGER,)))
    port = free_port()
    address, desks = f"http://localhost:{port}", f"http://{alpha}.localhost:{port}"
    with serving(HOST, port), chromium() as browser:
        phone, elder = (visitor(browser, address, elder=large) for large in (False, True))
        wide = visitor(browser, desks, desk=True)
        for window in (phone, elder):
            window.context.add_cookies([{"name": "sessionid", "value": resident, "url": address}])
        wide.context.add_cookies([{"name": "sessionid", "value": desk.cookies["sessionid"].value, "url": desks}])
        for size, window in (("phone", phone), ("elder", elder)):
            window.go(f"/hospitals/{alpha}/sessions/{session}/numbers/{free.id}")
            notice = window.page.get_by_role("link", name="多次预约后没有就诊，暂停线上预约到")
            expect(notice).to_contain_text("可到医院窗口挂号")
            expect(notice).to_have_attribute("href", "/me/no-shows")
            expect(window.page.get_by_text("实名核验后才能提交")).to_have_count(0)  # it is not what he waits for
            window.look(f"resident-noshow-confirm-{size}")
            window.go("/me/no-shows")
            window.look(f"resident-noshow-{size}")
        phone.page.get_by_text("我要申诉").first.click()
        phone.page.get_by_label("说明原因").first.fill("当天临时住院，有出院小结")
        phone.page.get_by_role("button", name="提交申诉").first.click()
        expect(phone.page.get_by_text("申诉中")).to_be_visible()
        wide.go("/workspace/no-shows?state=appealed")
        wide.page.get_by_text("办理").click()
        wide.look("desk-noshow-appeal")
        wide.page.get_by_label("理由").fill("核实住院记录")
        wide.page.get_by_role("button", name="申诉成立").click()
        expect(wide.page.get_by_text("已办结，居民立即可以看到。")).to_be_visible()
        wide.go("/workspace/no-shows")
        wide.look("desk-noshow")
        _district(visitor(browser, address, desk=True), alpha, str(who.actor.id), phone.troubles)
        assert phone.troubles + elder.troubles + wide.troubles == []
