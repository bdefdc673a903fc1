"""Missed visits in a browser: a resident reads why and objects, on a phone and in large type; a desk decides."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from hub.security.roles import Role
from regional_services.noshow import counting, services
from tests.accounts.people import make_staff
from tests.booking import world
from tests.harness.browser import chromium, visitor
from tests.harness.live import serving
from tests.harness.outside import HOST, free_port
from tests.noshow.test_noshow import missed, seen, staff
from tests.portal.desks import browser_of
from tests.security.matrix.examples import resident_browser

pytestmark = pytest.mark.browser


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
        assert phone.troubles + elder.troubles + wide.troubles == []
