"""Administrators of the district at their pages: accounts, roles, audit, stopped deliveries; each only his own part."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import connections
from django.test import Client

from hub import clock
from hub.accounts import services
from hub.actor import system_actor
from hub.audit.selectors import Search, entries_of
from hub.ids import uuid7
from hub.journal.region import tasks
from hub.outbox.relay import drain
from hub.security.roles import Role
from hub.tenancy.scope import REGION, region
from hub.work import work
from tenants.registry.events import OnboardingDue
from tests.accounts.people import make_staff
from tests.booking.world import register_institution
from tests.portal.desks import browser_of, desk_of, sent_to_workers, text_of

ADMINISTRATORS = (Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN)


def made(browser: Client, login_name: str = "li.na") -> str:
    """An account made on the page; its address."""
    page = text_of(browser.post("/district/accounts/new", {"login_name": login_name, "display_name": "李娜"}))
    found = re.search(r"/district/accounts/[0-9a-f-]{36}", page)
    assert found, page
    return found[0]


def actions(search: Search | None = None) -> list[str]:
    return [entry.action for entry in entries_of(REGION, search or Search())]


def test_an_account_needs_two_administrators(committed: None) -> None:
    system, security = desk_of(Role.SYSTEM_ADMIN), desk_of(Role.SECURITY_ADMIN)
    here = made(system)
    assert "尚无角色" in text_of(system.get(here))
    assert system.post(f"{here}/grant", {"role": "operations"}).status_code == 403
    assert security.post("/district/accounts/new", {"login_name": "x", "display_name": "x"}).status_code == 403
    assert security.post(f"{here}/grant", {"role": "operations"}).status_code == 302
    assert "平台运营" in text_of(security.get(here))
    assert "accounts.role_granted" in actions()


def test_the_first_staff_of_a_hospital_get_their_role_from_the_district(alpha: str) -> None:
    register_institution(alpha)
    system, security = desk_of(Role.SYSTEM_ADMIN), desk_of(Role.SECURITY_ADMIN)
    here = made(system)
    wrong = text_of(security.post(f"{here}/grant", {"role": "hospital_manager"}, follow=True))
    assert "不能授予给" in wrong
    page = text_of(security.post(f"{here}/grant", {"role": "hospital_manager", "institution": alpha}, follow=True))
    assert "医院管理" in page
    assert "由所在机构的管理员停用" in page
    assert "li.na" not in text_of(system.get("/district/accounts")), "no longer one of the district's own"
    unknown = security.post(f"{here}/grant", {"role": "reception", "institution": "nowhere"}, follow=True)
    assert "没有找到该医疗机构" in text_of(unknown)
    gone = text_of(security.post(f"{here}/end", {"role": "hospital_manager", "institution": alpha}, follow=True))
    assert "尚无角色" in gone


@pytest.mark.parametrize("role", ["audit_admin", "system_admin", "operations", "doctor"])
def test_forbidden_combinations_are_refused_in_words(committed: None, role: str) -> None:
    security = desk_of(Role.SECURITY_ADMIN)
    other = make_staff("other", roles=(Role.SECURITY_ADMIN,))
    here = f"/district/accounts/{other.account.user_id}"
    refused = text_of(security.post(f"{here}/grant", {"role": role}, follow=True))
    assert any(words in refused for words in ("由同一人担任", "不能授予给"))
    assert "accounts.role_granted" not in actions(Search(actor_name="张伟"))


def test_nobody_gives_himself_a_role(committed: None) -> None:
    member = make_staff("wang", roles=(Role.SECURITY_ADMIN,))
    own = f"/district/accounts/{member.account.user_id}"
    page = text_of(browser_of(member).post(f"{own}/grant", {"role": "operations"}, follow=True))
    assert "不能给自己授予角色" in page


def test_disabling_ends_the_sessions_at_once(committed: None) -> None:
    member = make_staff("zhao", roles=(Role.OPERATIONS,))
    his, system = browser_of(member), desk_of(Role.SYSTEM_ADMIN)
    assert his.get("/district/").status_code == 200
    here = f"/district/accounts/{member.account.user_id}"
    assert system.post(f"{here}/manage", {"act": "disable"}).status_code == 302
    assert his.get("/district/")["Location"].startswith("/desk/signin")
    assert "停用" in text_of(system.get(here))
    system.post(f"{here}/manage", {"act": "enable"})
    assert his.get("/district/").status_code == 302, "the old session stays ended"


def test_an_account_ends_with_its_day(committed: None) -> None:
    member = make_staff("vendor", roles=(Role.OPERATIONS,))
    his, system = browser_of(member), desk_of(Role.SYSTEM_ADMIN)
    here = f"/district/accounts/{member.account.user_id}"
    assert system.post(f"{here}/expiry", {"until": clock.today().isoformat()}).status_code == 302
    assert his.get("/district/").status_code == 200
    system.post(f"{here}/expiry", {"until": (clock.today() - timedelta(days=1)).isoformat()})
    assert his.get("/district/").status_code == 302
    assert "已过期" in text_of(system.get(here))
    assert "请填写日期" in text_of(system.post(f"{here}/expiry", {"until": "soon"}, follow=True))


def test_sessions_are_revoked_by_the_security_administrator(committed: None) -> None:
    member = make_staff("qian", roles=(Role.OPERATIONS,))
    his, security = browser_of(member), desk_of(Role.SECURITY_ADMIN)
    here = f"/district/accounts/{member.account.user_id}"
    assert security.post(f"{here}/unlock", {"act": "signout"}).status_code == 302
    assert his.get("/district/")["Location"].startswith("/desk/signin")


def test_a_login_name_is_never_given_twice(committed: None) -> None:
    system = desk_of(Role.SYSTEM_ADMIN)
    made(system)
    again = system.post("/district/accounts/new", {"login_name": "LI.NA", "display_name": "李娜"})
    assert (again.status_code, "已被使用" in text_of(again)) == (409, True)


def test_administrators_begin_at_their_own_page_and_see_no_business(committed: None) -> None:
    for role in ADMINISTRATORS:
        browser = desk_of(role)
        assert browser.get("/district/")["Location"] == "/district/accounts"
        page = text_of(browser.get("/district/accounts"))
        assert "/district/institutions" not in page
        assert ("/district/audit" in page) == (role is Role.AUDIT_ADMIN)


def test_the_audit_is_searched_and_the_search_recorded(committed: None) -> None:
    services.create_staff(actor=system_actor("seed"), login_name="a", display_name="甲")
    auditor = desk_of(Role.AUDIT_ADMIN)
    found = text_of(auditor.get("/district/audit", {"action": "accounts.staff", "actor": "seed"}))
    assert "accounts.staff_created" in found
    assert "accounts.sign_in" not in found.split("<tbody>")[1]
    none = text_of(auditor.get("/district/audit", {"until": (clock.today() - timedelta(days=1)).isoformat()}))
    assert "没有这样的记录" in none
    assert actions().count("audit.searched") == 2


def test_the_audit_is_paged(committed: None) -> None:
    with work(REGION, actor=system_actor("many")) as unit:
        for number in range(70):
            unit.audit("test.noted", target=f"thing:{number}")
    auditor = desk_of(Role.AUDIT_ADMIN)
    first = text_of(auditor.get("/district/audit", {"action": "test."}))
    address = re.search(r'href="(\?[^"]*before=\d+[^"]*)"', first)
    assert address
    second = text_of(auditor.get("/district/audit" + address[1].replace("&amp;", "&")))
    shown = [set(re.findall(r"thing:\d+", page)) for page in (first, second)]
    assert (len(shown[0]), len(shown[1]), shown[0] & shown[1]) == (50, 20, set())


def verified(auditor: Client) -> str:
    """Ask for a verification, let the worker do it; its page."""
    address = auditor.post("/district/audit/verify")["Location"]
    assert "等待校验" in text_of(auditor.get(address))
    tasks.check_audit(address.rsplit("/", 1)[1])
    return text_of(auditor.get(address))


def test_a_verification_is_handed_to_a_worker(committed: None) -> None:
    desk_of(Role.AUDIT_ADMIN).post("/district/audit/verify")
    drain()
    assert sent_to_workers() == ["audit.check"]


def test_verifying_runs_beside_the_page_and_names_what_was_altered(committed: None) -> None:
    auditor = desk_of(Role.AUDIT_ADMIN)
    drain()
    assert "完好" in verified(auditor)
    with connections["owner"].cursor() as cursor:
        cursor.execute("UPDATE region_audit SET actor_name = '别人' WHERE id = (SELECT min(id) FROM region_audit)")
    page = verified(auditor)
    assert "发现问题" in page
    assert "记录被改动" in page
    assert actions().count("audit.verified") == 2


@pytest.mark.parametrize("role", [Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.OPERATIONS, Role.REVIEWER])
def test_only_the_auditor_reads_the_audit(committed: None, role: Role) -> None:
    browser = desk_of(role)
    assert browser.get("/district/audit").status_code == 403
    assert browser.post("/district/audit/verify").status_code == 403


def dead_letter() -> int:
    with work(REGION, actor=system_actor("test")) as unit:
        unit.publish(OnboardingDue(code="nowhere"))
        unit.audit("test.published", target="test")
    with region(), connections["default"].cursor() as cursor:
        cursor.execute(
            "UPDATE region_outbox SET state = 'dead', attempts = 9, finished_at = now(), last_error = '对方没有应答'"
            " WHERE name = 'registry.onboarding_due' RETURNING id"
        )
        return int(cursor.fetchone()[0])


def test_a_stopped_delivery_is_replayed_with_a_reason(committed: None) -> None:
    letter, operator = dead_letter(), desk_of(Role.OPERATIONS)
    assert "对方没有应答" in text_of(operator.get("/district/letters"))
    here = f"/district/letters/{letter}/replay"
    assert "请填写原因" in text_of(operator.post(here, {"reason": ""}, follow=True))
    assert "已重新投递" in text_of(operator.post(here, {"reason": "对方已修复"}, follow=True))
    assert "没有停止的消息" in text_of(operator.get("/district/letters"))
    entry = entries_of(REGION, Search(action="outbox.replayed"))[0]
    assert (entry.reason, entry.target) == ("对方已修复", f"outbox:{letter}")
    assert desk_of(Role.AUDIT_ADMIN).post(here, {"reason": "x"}).status_code == 403


def test_strangers_get_nowhere(alpha: str, client: Client) -> None:
    """Nobody, and a hospital's own administrators."""
    member = make_staff("someone", roles=(Role.OPERATIONS,))
    here = f"/district/accounts/{member.account.user_id}"
    pages = ("/district/accounts", here, "/district/accounts/new", "/district/audit", "/district/letters")
    acts = tuple(f"{here}/{act}" for act in ("grant", "end", "manage", "unlock", "expiry"))
    acts = (*acts, "/district/audit/verify", "/district/letters/1/replay")
    for page in (*pages, f"/district/audit/checks/{uuid7()}"):
        assert client.get(page)["Location"].startswith("/desk/signin")
    for act in acts:
        assert client.post(act, {"role": "operations"})["Location"].startswith("/desk/signin")
    change = {"role": "security_admin", "act": "disable", "until": "", "reason": "x"}
    for role in (*ADMINISTRATORS, Role.HOSPITAL_IT, Role.HOSPITAL_MANAGER):
        theirs = desk_of(role, hospital=alpha)
        assert [page for page in pages if theirs.get(page).status_code != 403] == []
        assert [
            act for act in (*acts, "/district/letters/1/replay") if theirs.post(act, change).status_code != 403
        ] == []
    assert "accounts.disabled" not in actions()
