"""Two accounts of one person made one and two again; an account closed, with what is kept and what is found no more."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from hub import clock
from hub.accounts import phone_codes
from hub.accounts import steps as accounts
from hub.accounts.models import CodePurpose, HandleKind, PhoneCode, User
from hub.accounts.outside import SMS_SECRET, WECHAT_SECRET
from hub.accounts.services import request_phone_code
from hub.audit.selectors import Search, entries_of
from hub.outbox.relay import drain
from hub.security.keyring import ring
from hub.security.roles import Role
from hub.tenancy.scope import REGION, region
from hub.work import work
from regional_services.accountlife import closing, merging, moving, selectors
from regional_services.accountlife.errors import OwnProposal, TwoPeople, UndoOver
from regional_services.accountlife.models import Closing, Merge, MergeState, Sealed
from regional_services.booking.models import Booking
from regional_services.doctors.models import Follow
from regional_services.identity.models import Identifier, Person, Relation, RelationKind, RelationState
from regional_services.identity.purposes import ALL
from regional_services.identity.steps import NewPerson, check_form, person_of
from tests.accounts.parties import running
from tests.accounts.people import make_staff
from tests.booking import world
from tests.booking.world import Resident
from tests.portal.desks import browser_of, desk_of, text_of
from tests.security.matrix.examples import resident_browser, resident_token

PHONES = ("+8613900000001", "+8613900000002")


def with_phone(who: Resident, phone: str) -> Resident:
    with work(REGION, actor=world.SETUP) as unit:
        accounts.add_handle(User.objects.get(id=str(who.actor.id)), HandleKind.PHONE, phone)
        unit.audit("test.phone", target=f"account:{who.actor.id}")
    return who


def again(who: Resident) -> Resident:
    """The same person with another account, whose own name was checked too."""
    other = world.resident()
    with region():
        Relation.objects.filter(account_id=account(other)).update(person_id=who.person_id)
    return Resident(other.actor, who.person_id)


def code_for(who: Resident, phone: str, purpose: CodePurpose, binding: str) -> str:
    request_phone_code(actor=who.actor, phone=phone, purpose=purpose, binding=binding)
    with region(read_only=True):
        return phone_codes.digits_of(PhoneCode.objects.order_by("-created_at")[0])


def proven(kept: Resident, phone: str) -> UUID:
    code = code_for(kept, phone, CodePurpose.MERGE, "b")
    return merging.propose_by_phone(actor=kept.actor, phone=phone, code=code, binding="b")


def account(who: Resident) -> UUID:
    assert who.actor.id is not None
    return who.actor.id


def follow(who: Resident, practitioner: UUID) -> None:
    with region():
        Follow.objects.create(account_id=account(who), practitioner_id=practitioner, followed_at=clock.now())


@pytest.fixture
def double(alpha: str) -> tuple[Resident, Resident, UUID]:
    """A person who booked with an old account and signs in with a new one; the booking."""
    session = world.open_for_booking(alpha, 4, fee_fen=0)
    old = with_phone(world.resident(), PHONES[0])
    new = with_phone(again(old), PHONES[1])
    booking = world.book(alpha, session, old)
    shared, mine = UUID(int=1), UUID(int=2)
    for who, doctor in ((old, shared), (old, mine), (new, shared)):
        follow(who, doctor)
    return old, new, booking.id


def test_every_table_that_names_an_account_takes_part() -> None:
    assert {holding.label for holding in moving.holdings()} == set(moving.TITLES)


def test_what_the_old_account_has_comes_over_and_goes_back(double: tuple[Resident, Resident, UUID]) -> None:
    old, new, booking_id = double
    browser = resident_browser(new)
    left_behind = resident_browser(old)
    shown = text_of(browser.get("/me/accounts"))
    assert "139****0001" in shown, "the hint tells which phone to prove, masked"
    merge_id = proven(new, PHONES[0])
    preview = text_of(browser.get(f"/me/accounts/{merge_id}"))
    assert "1 位就诊人两边都有" in preview
    assert left_behind.get(f"/me/accounts/{merge_id}").status_code == 404
    browser.post(f"/me/accounts/{merge_id}/confirm")
    assert left_behind.get("/me").status_code == 302, "the old account's sign-ins are over"
    assert f"/bookings/{booking_id}" in text_of(browser.get("/bookings"))
    with region(read_only=True):
        assert Follow.objects.filter(account_id=account(new)).count() == 2
        assert accounts.account_of_handle(HandleKind.PHONE, PHONES[0]).id == account(new)  # type: ignore[union-attr]
        assert Relation.objects.filter(account_id=account(old), state=RelationState.ACTIVE).count() == 0
    after = text_of(browser.get(f"/me/accounts/{merge_id}"))
    assert "本账号已有 1" in after
    assert "撤销合并" in after
    merging.undo(actor=new.actor, merge_id=merge_id)
    with region(read_only=True):
        assert Merge.objects.get().items.filter(did="left").count() == 2, "a person and a follow; each once"
        assert Booking.objects.get(id=booking_id).account_id == account(old)
        assert Follow.objects.filter(account_id=account(old)).count() == 2
        assert Follow.objects.filter(account_id=account(new)).count() == 1
        assert accounts.account_of_handle(HandleKind.PHONE, PHONES[0]).id == account(old)  # type: ignore[union-attr]
        assert Relation.objects.filter(account_id=account(old), state=RelationState.ACTIVE).count() == 1
    acts = {row.action for row in entries_of(REGION, Search(), limit=200)}
    assert {"accountlife.merge_proposed", "accountlife.merged", "accountlife.merge_undone"} <= acts
    assert resident_browser(old).get("/me").status_code == 200


def test_two_people_never_become_one_and_no_undo_after_its_period(double: tuple[Resident, Resident, UUID]) -> None:
    _old, new, _booking = double
    stranger = with_phone(world.resident(), "+8613900000003")
    with pytest.raises(TwoPeople):
        proven(new, "+8613900000003")
    with region(read_only=True):
        assert Relation.objects.filter(account_id=account(stranger), state=RelationState.ACTIVE).count() == 1
    merge_id = proven(new, PHONES[0])
    merging.confirm(actor=new.actor, merge_id=merge_id)
    with clock.shifted(timedelta(days=8)), pytest.raises(UndoOver):
        merging.undo(actor=new.actor, merge_id=merge_id)


def test_two_clerks_join_what_a_lost_phone_parted(double: tuple[Resident, Resident, UUID]) -> None:
    old, new, booking_id = double
    first, second = desk_of(Role.REVIEWER), browser_of(make_staff("second", roles=(Role.OPERATIONS,)))
    with region(read_only=True):
        number = Identifier.objects.get(person_id=old.person_id).number
    found = text_of(first.post("/district/merges/find", {"document_type": "01", "document_number": number}))
    assert "139****0001" in found
    assert number not in found
    form = {"kept": str(account(new)), "merged": str(account(old)), "note": "本人到场，身份证原件，旧手机已停用"}
    here = first.post("/district/merges/propose", form).headers["Location"]
    assert "等待另一位工作人员复核" in text_of(first.get(here))
    assert "须由另一位工作人员复核" in text_of(first.post(f"{here}/decide", {"act": "approve"}, follow=True))
    assert "已合并" in text_of(second.post(f"{here}/decide", {"act": "approve"}, follow=True))
    with region(read_only=True):
        assert Booking.objects.get(id=booking_id).account_id == account(new)
        row = Merge.objects.get()
        assert (row.state, row.way) == (MergeState.DONE, "clerk")
        assert row.proposed_by != row.decided_by
    assert "已撤销合并" in text_of(second.post(f"{here}/undo", follow=True))
    refused = {**form, "merged": str(account(world.resident()))}
    assert "没有找到这位已实名居民的两个账号" in text_of(first.post("/district/merges/propose", refused, follow=True))
    assert OwnProposal.status == 403


def test_an_account_is_closed_after_its_waiting_time_and_its_holder_found_no_more(alpha: str) -> None:
    session = world.open_for_booking(alpha, 4, fee_fen=0)
    who = with_phone(world.resident(), PHONES[0])
    child = world.resident()
    with region():
        Relation.objects.create(
            account_id=account(who),
            person_id=child.person_id,
            kind=RelationKind.OTHER,
            scope=list(ALL),
            state=RelationState.ACTIVE,
            created_at=clock.now(),
        )
        number = Identifier.objects.get(person_id=who.person_id).number
    booking = world.book(alpha, session, who)
    browser = resident_browser(who)
    assert "请先办完这些" in text_of(browser.get("/me/close"))
    with clock.shifted(timedelta(days=4)):
        browser = resident_browser(who)
        assert "确认后等待 15 天" in text_of(browser.get("/me/close"))
        assert browser.post("/me/close", {"code": "000000"}).status_code == 422
        code = code_for(who, PHONES[0], CodePurpose.CLOSE, "b")
        closing.ask(actor=who.actor, binding="b", code=code, fresh=False)
        assert "撤回" in text_of(browser.get("/me/close"))
        assert "账号照常使用" in text_of(browser.post("/me/close/keep", follow=True))
        code = _later_code(who)
        closing.ask(actor=who.actor, binding="b", code=code, fresh=False)
        assert closing.close_due() == 0, "the waiting time runs"
    with clock.shifted(timedelta(days=20)):
        assert closing.close_due() == 1
        _is_gone(who, child, number, booking.id)


def _later_code(who: Resident) -> str:
    with clock.shifted(timedelta(days=4, minutes=2)):
        return code_for(who, PHONES[0], CodePurpose.CLOSE, "b")


def _is_gone(who: Resident, child: Resident, number: str, booking_id: UUID) -> None:
    with work(REGION, actor=world.SETUP) as unit:
        assert accounts.account_of_handle(HandleKind.PHONE, PHONES[0]) is None, "the phone is free"
        assert Person.objects.get(id=who.person_id).name == "已注销"
        assert Person.objects.get(id=child.person_id).name != "已注销", "somebody else acts for him"
        assert Booking.objects.filter(id=booking_id).exists(), "what must be kept is kept"
        form = NewPerson(kind="self", name="沈云", document_type="01", document_number=number)
        assert person_of(unit, check_form(form)).id != who.person_id, "the number finds nobody"
        unit.audit("test.looked", target="person:new")
        assert Sealed.objects.count() == 2
        closing_id = Closing.objects.get(state="done").id
    desk = desk_of(Role.OPERATIONS)
    assert "依据" in text_of(desk.get("/district/closings"))
    refused = desk.post(f"/district/closings/{closing_id}", {"reason": "看"}, follow=True)
    assert number not in text_of(refused)
    opened = text_of(desk.post(f"/district/closings/{closing_id}", {"reason": "法院调取文书 2026-17"}))
    assert number in opened
    reasons = {row.reason for row in entries_of(REGION, Search(), limit=50)}
    assert "法院调取文书 2026-17" in reasons


def test_what_became_open_meanwhile_puts_a_closing_off(alpha: str) -> None:
    session = world.open_for_booking(alpha, 4, fee_fen=0)
    who = with_phone(world.resident(), PHONES[0])
    code = code_for(who, PHONES[0], CodePurpose.CLOSE, "b")
    closing.ask(actor=who.actor, binding="b", code=code, fresh=False)
    booking = world.book(alpha, session, who)
    with region():
        Closing.objects.update(due_at=clock.now())
        Booking.objects.filter(id=booking.id).update(starts_at=clock.now() + clock.DAY)
    assert closing.close_due() == 0
    row = closing.closing_of(account(who))
    assert row is not None
    assert "的预约" in row.blocked


def test_an_app_merges_and_closes_by_the_interface(double: tuple[Resident, Resident, UUID]) -> None:
    _old, new, _booking = double
    http, headers = Client(SERVER_NAME="localhost"), {"Authorization": f"Bearer {resident_token(new)}"}

    def call(method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        return getattr(http, method)(
            f"/api/resident/v1/account/{path}", body, content_type="application/json", headers=headers
        )

    code = code_for(new, PHONES[0], CodePurpose.MERGE, "device")
    made = call("post", "merges", {"phone": PHONES[0][3:], "code": code, "device_id": "device"})
    assert (made.status_code, made.json()["state"]) == (201, "proposed")
    assert {"title": "预约", "count": 1} in made.json()["holds"]
    one = f"merges/{made.json()['id']}"
    assert call("post", one).json()["state"] == "done"
    assert call("delete", one).json()["state"] == "undone"
    assert call("get", one).json()["state"] == "undone"
    assert call("get", "closing").json() == {"asked_at": None, "due_at": None, "matters": []}
    assert call("post", "closing", {"code": "000000", "device_id": "device"}).status_code == 422
    assert selectors.own_merges(new.actor)


def test_a_wechat_that_opens_the_other_account_proves_it(
    double: tuple[Resident, Resident, UUID], settings: Settings
) -> None:
    """Binding it leads to the merge instead of a dead end."""
    old, new, booking_id = double
    with work(REGION, actor=world.SETUP) as unit:
        user = User.objects.get(id=account(old))
        accounts.add_handle(user, HandleKind.WECHAT, "oTHEOTHER", realm=settings.HUB_WECHAT_APPID)
        unit.audit("test.wechat", target=f"account:{user.id}")
    browser = resident_browser(new)
    with running(ring().ensure_secret(SMS_SECRET), ring().ensure_secret(WECHAT_SECRET).decode()) as parties:
        settings.HUB_OUTSIDE = {**settings.HUB_OUTSIDE, "wechat_open": parties.address}
        parties.wechat_answers["wxcode"] = {"openid": "oTHEOTHER", "access_token": "t"}
        state = dict(parse_qsl(urlsplit(browser.get("/signin/wechat?next=/me").headers["Location"]).query))["state"]
        waiting = browser.get(f"/signin/wechat/back?state={state}&code=wxcode").headers["Location"]
        drain()
        onward = browser.get(waiting).headers["Location"]
    assert onward.startswith("/me/accounts/")
    assert "会转入本账号" in text_of(browser.get(onward))
    browser.post(f"{onward}/confirm")
    with region(read_only=True):
        assert Booking.objects.get(id=booking_id).account_id == account(new)
