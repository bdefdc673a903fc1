"""The district manages its institutions: rules, switches, suspension, joining; strangers don't."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client

from hub import clock
from hub.audit.selectors import Search, entries_of
from hub.outbox.relay import drain
from hub.security.roles import Role
from hub.tenancy.registry import live_hospitals, state_of
from hub.tenancy.scope import REGION, hospital
from institution_connectors.catalog import selectors as connectors
from institution_connectors.runtime import adapters, gate
from regional_services.booking.services import cancel_booking, create_booking
from tenants.directory import selectors as directory
from tenants.registry import selectors as registry
from tenants.registry import tasks
from tenants.registry.drafts import COLUMNS
from tenants.registry.errors import InstitutionSuspended
from tenants.registry.models import Institution
from tenants.registry.rules import RULES
from tests.booking.world import book, command, free_numbers, open_for_booking, register_institution, resident, wish
from tests.connectors.dialects import REST, SECRET, Case
from tests.harness.outside import Outside
from tests.portal.desks import desk_of, sent_to_workers, text_of

WORDS = "系统升级，11月21日 22:00 前暂停预约，已约的号有效。"
NEW = Case(code="qinghe", dialect="rest_json", endpoint=REST, his={"push": False})
PAGES = ("institutions/alpha", "joining", "joining/new")
ACTS = (
    "institutions/alpha/switch",
    "institutions/alpha/rules",
    "institutions/alpha/limits",
    "institutions/alpha/suspend",
    "institutions/alpha/resume",
    "joining/new",
    "joining/qinghe/correct",
    "joining/qinghe/again",
    "joining/qinghe/open",
)
FORM = {
    "code": "qinghe",
    "name": "云栖区清河医院",
    "short_name": "清河医院",
    "kind": "hospital",
    "level": "二级乙等",
    "ward": "清河街道",
    "address": "清河路8号",
    "latitude": "31.21",
    "longitude": "121.43",
    "phone": "021-60009999",
    "booking_mode": "hub_pool",
    "settle_mode": "pay_on_day",
    "dialect": "rest_json",
    "endpoint": NEW.profile.endpoint,
    "success_code": "0",
    "money_unit": "fen",
    "charset": "utf-8",
    "polled": "yes",
    "reserved_department": "",
    "secret": SECRET,
}


@pytest.fixture
def operator(alpha: str) -> Client:
    """The district's operator, with alpha in the registry."""
    register_institution(alpha)
    return desk_of(Role.OPERATIONS)


def rules(**changes: str) -> dict[str, str]:
    standing = {rule.name: str(getattr(Institution(), rule.name)) for rule in RULES}
    return {**standing, "reason": "与医院商定", **changes}


def actions_on(code: str) -> list[str]:
    return [entry.action for entry in entries_of(REGION, Search(target=f"institution:{code}"))]


def test_the_page_of_an_institution_says_all_there_is(operator: Client, alpha: str) -> None:
    page = text_of(operator.get(f"/district/institutions/{alpha}"))
    for words in ("云栖区alpha医院", "预约规则", "功能开关", "能力", "登记预约挂号", "已开通", "最近有问题的消息"):
        assert words in page
    assert operator.get("/district/institutions/nowhere").status_code == 404


@pytest.mark.requirement("JA-OPS-03", "JA-OPS-09")
def test_rules_are_changed_with_a_reason_and_remembered(operator: Client, client: Client, alpha: str) -> None:
    here = f"/district/institutions/{alpha}/rules"
    assert operator.post(here, rules(cancel_until_minutes="240")).status_code == 302
    assert "就诊前 240 分钟可取消" in text_of(client.get(f"/hospitals/{alpha}"))
    assert operator.post(here, rules(cancel_until_minutes="240", hold_minutes="25", limit_open="5")).status_code == 302
    view = registry.institution(alpha)
    assert (view.hold_minutes, view.limit_open, view.pay_minutes) == (25, 5, 15)
    entry = entries_of(REGION, Search(target=f"institution:{alpha}"))[0]
    assert (entry.action, entry.reason) == ("registry.rules_changed", "与医院商定")
    assert entry.detail == {"hold_minutes": [20, 25], "limit_open": [8, 5]}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"hold_minutes": "0"}, "锁号时长应为 5 到 60"),
        ({"hold_minutes": "10"}, "支付时限不能长于锁号时长"),
        ({"limit_open": "many"}, "每人未就诊上限应为"),
        ({"reason": " "}, "请填写原因"),
    ],
)
def test_a_rule_that_cannot_stand_changes_nothing(
    operator: Client, alpha: str, changes: dict[str, str], words: str
) -> None:
    refused = operator.post(f"/district/institutions/{alpha}/rules", rules(**changes))
    assert refused.status_code == 422
    assert words in text_of(refused)
    assert registry.institution(alpha).hold_minutes == 20
    assert actions_on(alpha) == []


@pytest.mark.requirement("JA-ORG-02")
def test_a_function_is_switched_off_here_with_who_and_why(
    operator: Client, client: Client, alpha: str, beta: str
) -> None:
    register_institution(beta)
    change = {"function": "booking", "to": "off", "reason": "机房检修"}
    assert operator.post(f"/district/institutions/{alpha}/switch", change).status_code == 302
    assert not registry.institution(alpha).is_on("booking")
    assert client.get(f"/api/resident/v1/institutions/{alpha}/departments").status_code == 403
    assert client.get(f"/api/resident/v1/institutions/{beta}/departments").status_code == 200
    page = text_of(operator.get(f"/district/institutions/{alpha}"))
    assert "机房检修" in page
    assert "更改功能开关" in page


def test_a_suspended_hospital_says_why_and_books_nothing_and_goes_on_afterwards(client: Client, alpha: str) -> None:
    session, who = open_for_booking(alpha), resident()
    standing = book(alpha, session, who)
    operator = desk_of(Role.OPERATIONS)
    here = f"/district/institutions/{alpha}"
    assert operator.post(f"{here}/suspend", {"words": WORDS, "suspend_reason": "升级"}).status_code == 302
    assert (state_of(alpha), alpha in live_hospitals()) == ("suspended", False)
    for page in (f"/hospitals/{alpha}", f"/hospitals/{alpha}/sessions/{session}"):
        shown = text_of(client.get(page))
        assert WORDS in shown
        assert "/numbers/" not in shown
    assert "暂停服务" in text_of(client.get("/hospitals"))
    other, number = resident(), free_numbers(alpha, session)[0]
    with pytest.raises(InstitutionSuspended, match="系统升级"):
        create_booking(actor=other.actor, wish=wish(alpha, session, other, number), command=command())
    answer = client.get(f"/api/resident/v1/institutions/{alpha}/departments")
    assert (answer.status_code, answer.json()["code"], answer.json()["detail"]) == (403, "registry.suspended", WORDS)
    assert operator.post(f"{here}/suspend", {"words": WORDS, "suspend_reason": "再停"}).status_code == 409
    assert operator.post(f"{here}/resume", {"resume_reason": "升级完成"}).status_code == 302
    assert WORDS not in text_of(client.get(f"/hospitals/{alpha}"))
    assert book(alpha, session, other, number).state == standing.state
    assert actions_on(alpha)[:2] == ["registry.live", "registry.suspended"]


def test_suspension_needs_words_for_residents(operator: Client, alpha: str) -> None:
    refused = operator.post(f"/district/institutions/{alpha}/suspend", {"words": " ", "suspend_reason": "升级"})
    assert (refused.status_code, state_of(alpha)) == (422, "live")
    assert "请写给居民看的说明" in text_of(refused)


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN])
def test_other_roles_change_nothing(alpha: str, role: Role) -> None:
    register_institution(alpha)
    other = desk_of(role)
    assert [act for act in ACTS if other.post(f"/district/{act}", FORM).status_code != 403] == []


def test_strangers_are_sent_to_sign_in(alpha: str, client: Client) -> None:
    """Nobody, and a hospital's own staff on the district's host: their sign-in counts on their host alone."""
    register_institution(alpha)
    manager = desk_of(Role.HOSPITAL_MANAGER, hospital=alpha)
    assert [page for page in PAGES if manager.get(f"/district/{page}").status_code != 403] == []
    for browser, host in ((client, "localhost"), (manager, "localhost")):
        for page in PAGES:
            answer = browser.get(f"/district/{page}", SERVER_NAME=host)
            assert (answer.status_code, answer["Location"].split("?")[0]) == (302, "/desk/signin")
        for act in ACTS:
            answer = browser.post(f"/district/{act}", FORM, SERVER_NAME=host)
            assert answer["Location"].split("?")[0] == "/desk/signin"
    assert state_of(alpha) == "live"


@pytest.fixture
def his(tmp_path: Path) -> Iterator[Outside]:
    """The hospital that is about to join, with its own system."""
    gate.reset()
    world = Outside(tmp_path, hospitals=[NEW.entry], hub_url="http://127.0.0.1:9")
    yield world
    world.stop()
    adapters.close_all()


def joined(browser: Client, form: dict[str, str]) -> str:
    """Fill in the form and let the worker take the steps; the progress page."""
    begun = browser.post("/district/joining/new", form)
    assert begun["Location"] == "/district/joining/qinghe", text_of(begun)
    drain()
    assert sent_to_workers() == ["registry.carry_on"]
    tasks.carry_on("qinghe")
    return text_of(browser.get("/district/joining/qinghe"))


def test_an_institution_joins_from_a_form_and_is_opened_by_hand(operator: Client, his: Outside, client: Client) -> None:
    page = joined(operator, FORM)
    assert "个科室" in page
    assert "5 / 5" in page
    assert "清河医院" not in text_of(client.get("/hospitals")), "nobody sees it before it is opened"
    assert client.get("/hospitals/qinghe").status_code == 404
    assert operator.post("/district/joining/qinghe/open")["Location"] == "/district/institutions/qinghe"
    assert "还没有收款商户" in text_of(operator.get("/district/institutions/qinghe"))
    assert "qinghe" in live_hospitals()
    drain()
    with hospital("qinghe", read_only=True):
        assert len(directory.departments()) > 0
    assert "清河医院" in text_of(client.get("/hospitals"))
    assert connectors.profile("qinghe").secret_ref == "his.qinghe"
    assert operator.post("/district/joining/qinghe/open").status_code == 302
    assert actions_on("qinghe").count("registry.live") == 1


def test_a_wrong_address_stops_at_its_step_and_goes_on_once_corrected(operator: Client, his: Outside) -> None:
    page = joined(operator, {**FORM, "endpoint": "http://127.0.0.1:9/his"})
    assert "没有连通医院系统" in page
    assert "需要处理" in page
    assert operator.post("/district/joining/qinghe/open").status_code == 302
    assert state_of("qinghe") == "joining"
    assert operator.post("/district/joining/qinghe/correct", {**FORM, "secret": ""}).status_code == 302
    assert tasks.carry_on("qinghe")
    page = text_of(operator.get("/district/joining/qinghe"))
    assert "可以开通" in page
    assert "第 2 次" in page


def test_a_line_of_csv_fills_the_form(operator: Client) -> None:
    line = ",".join(FORM[name] for name in COLUMNS)
    page = text_of(operator.post("/district/joining/new", {"act": "fill", "csv": f"{','.join(COLUMNS)}\n{line}"}))
    assert 'value="云栖区清河医院"' in page
    assert 'value="qinghe"' in page
    refused = operator.post("/district/joining/new", {"act": "fill", "csv": "code\nqinghe"})
    assert (refused.status_code, "缺少列" in text_of(refused)) == (422, True)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"code": "Qing-He"}, "代码应为"),
        ({"code": "district"}, "代码应为"),
        ({"code": "alpha"}, "该代码已有机构"),
        ({"latitude": "north"}, "应为 -90 到 90"),
        ({"endpoint": "ftp://his/"}, "地址应以"),
        ({"kind": "shop"}, "类别只能是"),
        ({"name": ""}, "请填写名称"),
        ({"secret": "short"}, "密钥应为 32 到 200"),
    ],
)
def test_a_draft_that_cannot_stand_begins_nothing(operator: Client, changes: dict[str, str], words: str) -> None:
    refused = operator.post("/district/joining/new", {**FORM, **changes})
    assert refused.status_code in (409, 422)
    assert words in text_of(refused)
    assert state_of("qinghe") is None
    assert "清河医院" not in text_of(operator.get("/district/joining"))


@pytest.mark.requirement("JA-OPS-12")
def test_a_rule_takes_effect_from_its_day_and_earlier_bookings_keep_the_former_one(client: Client, alpha: str) -> None:
    session, before = open_for_booking(alpha, fee_fen=0), resident()
    early = book(alpha, session, before)
    operator = desk_of(Role.OPERATIONS)
    here = f"/district/institutions/{alpha}"
    from_tomorrow = rules(cancel_until_minutes="10080", effective_on=str(clock.today() + timedelta(days=1)))
    assert operator.post(f"{here}/rules", from_tomorrow).status_code == 302
    assert tasks.apply_rules() == 0
    assert registry.institution(alpha).cancel_until_minutes == 120, "its day has not come"
    assert "待生效" in text_of(operator.get(here))
    midnight = clock.at(clock.today() + timedelta(days=1), clock.MIDNIGHT)
    with clock.shifted(midnight - clock.now() + timedelta(minutes=1)):
        assert tasks.apply_rules() == 1
        assert tasks.apply_rules() == 0
        view = registry.institution(alpha)
        assert view.cancel_until_minutes == 10_080
        assert view.rule_at("cancel_until_minutes", early.created_at) == 120
        assert "就诊前 10080 分钟可取消" in text_of(client.get(f"/hospitals/{alpha}"))
        assert "已生效" in text_of(desk_of(Role.OPERATIONS, login_name="ops2").get(here))
        cancel_booking(actor=before.actor, booking_id=early.id, reason="改期")
    assert actions_on(alpha)[:2] == ["registry.rules_changed", "registry.rules_planned"]


def test_a_planned_rule_is_taken_back_before_its_day(operator: Client, alpha: str, beta: str) -> None:
    here = f"/district/institutions/{alpha}"
    tomorrow = str(clock.today() + timedelta(days=1))
    assert operator.post(f"{here}/rules", rules(limit_open="5", effective_on=tomorrow)).status_code == 302
    [change] = registry.rule_changes(alpha)
    register_institution(beta)
    assert operator.post(f"/district/institutions/{beta}/rules/{change.id}/withdraw").status_code == 404
    assert operator.post(f"{here}/rules/{change.id}/withdraw").status_code == 302
    with clock.shifted(timedelta(days=2)):
        assert tasks.apply_rules() == 0
    assert registry.institution(alpha).limit_open == 8
    for wrong in ("2020-01-01", "soon"):
        refused = operator.post(f"{here}/rules", rules(limit_open="4", effective_on=wrong))
        assert (refused.status_code, "生效日期应" in text_of(refused)) == (422, True)


def test_a_joining_whose_worker_died_is_taken_up_again(operator: Client, his: Outside) -> None:
    begun = operator.post("/district/joining/new", FORM)
    assert begun.status_code == 302
    assert tasks.sweep() == 0, "the event is still on its way to a worker"
    with clock.shifted(timedelta(seconds=30)):
        assert tasks.sweep() == 1, "the worker never heard of it"
    assert "可以开通" in text_of(operator.get("/district/joining/qinghe"))
