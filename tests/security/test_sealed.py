"""Sealed page values (practice 7): masked on the page, opened one at a time by an audited act."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.contrib.sessions.backends.cache import SessionStore
from django.db import connections
from django.http import HttpRequest
from django.template import Context, Template
from django.test import Client, RequestFactory

from hub.accounts import sessions
from hub.actor import Actor, ActorKind
from hub.audit.selectors import Search, entries_of
from hub.ids import uuid7
from hub.security import sealed
from hub.security.permissions import permissions_of
from hub.security.roles import Role
from hub.tenancy.context import on_host
from hub.tenancy.scope import REGION, hospital
from tests.accounts.people import StaffMember, make_staff

LABEL = "person.phone:0190aaaa-0000-7000-8000-000000000001"
PHONE = "+8613800001234"
KEY = bytes(range(32))


def raw(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def rendered(actor: Actor | None) -> str:
    request = RequestFactory().get("/")
    request.session = SessionStore()
    request.actor = actor  # type: ignore[attr-defined]
    template = Template('{% load sealed %}{% sealed phone "phone" "person.phone" owner %}')
    return template.render(Context({"request": request, "phone": PHONE, "owner": LABEL.split(":")[1]}))


def staff_actor(*roles: Role) -> Actor:
    return Actor(kind=ActorKind.STAFF, id=uuid7(), name="张伟", permissions=permissions_of(roles))


def test_a_sealed_value_opens_with_its_own_key_only() -> None:
    text = sealed.seal(KEY, PHONE, label=LABEL)
    assert PHONE not in text
    assert sealed.open_value(KEY, text, label=LABEL) == PHONE
    for key, label in ((bytes(32), LABEL), (KEY, LABEL[:-1] + "2")):
        with pytest.raises(sealed.SealBroken):
            sealed.open_value(key, text, label=label)
    for broken in (text[:-4], "sealed1.", "sealed1.!!!!", text[:30]):
        with pytest.raises(sealed.SealBroken):
            sealed.open_value(KEY, broken, label=LABEL)


def test_the_scripts_side_of_the_agreement() -> None:
    """What sealed.js does: ask for the key of (label, salt), then AES-GCM with the label as associated data."""
    body = raw(sealed.seal(KEY, PHONE, label=LABEL).removeprefix("sealed1."))
    salt, nonce, rest = body[:16], body[16:28], body[28:]
    key = raw(sealed.key_for_page(KEY, label=LABEL, salt=base64.urlsafe_b64encode(salt).decode().rstrip("=")))
    assert AESGCM(key).decrypt(nonce, rest, LABEL.encode()).decode() == PHONE


def test_what_was_typed_is_opened_and_plain_is_taken_from_browsers_without_script() -> None:
    assert sealed.receive(KEY, sealed.seal(KEY, "张三", label="form.name:new"), label="form.name:new") == "张三"
    assert sealed.receive(KEY, "张三", label="form.name:new") == "张三"


@pytest.mark.parametrize("label", ["", "phone", "person.phone:", "person.phone:a b", "x" * 200])
def test_a_label_that_is_none_gets_no_key(label: str) -> None:
    with pytest.raises(sealed.SealBroken):
        sealed.key_for_page(KEY, label=label, salt="A" * 22)


@pytest.mark.control("CES1-35/49")
def test_the_page_shows_the_masked_value_and_holds_the_full_one_sealed() -> None:
    page = rendered(staff_actor(Role.RECEPTION))
    assert "138****1234" in page
    assert "13800001234" not in page
    assert 'data-sealed="sealed1.' in page


@pytest.mark.parametrize("actor", [None, staff_actor(), staff_actor(Role.AUDIT_ADMIN), staff_actor(Role.HOSPITAL_IT)])
def test_who_may_not_reveal_gets_no_ciphertext(actor: Actor | None) -> None:
    page = rendered(actor)
    assert "138****1234" in page
    assert 'data-sealed=""' in page
    assert "<button" not in page


def signed_in_browser(member: StaffMember, host: str) -> Client:
    browser = Client(SERVER_NAME=host)
    request = HttpRequest()
    request.META = {"SERVER_NAME": host, "SERVER_PORT": "80"}
    request.hospital = member.hospital or None  # type: ignore[attr-defined]
    request.session = SessionStore()
    with on_host(member.hospital or None):
        sessions.open_session(request, member.sign_in())
        request.session.save()
    browser.cookies["sessionid"] = str(request.session.session_key)
    return browser


def ask(browser: Client, label: str = LABEL, purpose: str = "open") -> Any:
    salt = base64.urlsafe_b64encode(bytes(16)).decode().rstrip("=")
    return browser.post(
        "/session/sealed-key",
        json.dumps({"label": label, "salt": salt, "purpose": purpose}),
        content_type="application/json",
    )


@pytest.fixture
def reception(alpha: str) -> Callable[..., Client]:
    def browser(*roles: Role) -> Client:
        member = make_staff(hospital=alpha, roles=roles or (Role.RECEPTION,))
        return signed_in_browser(member, f"{alpha}.localhost")

    return browser


def reveals(code: str) -> list[str]:
    with hospital(code, read_only=True), connections["hospital"].cursor() as cursor:
        cursor.execute("SELECT target FROM hospital_audit WHERE action = 'security.revealed'")
        return [row[0] for row in cursor.fetchall()]


@pytest.mark.control("CES1-35/49")
def test_opening_is_written_into_the_hospitals_audit(reception: Callable[..., Client], alpha: str) -> None:
    browser = reception()
    answer = ask(browser)
    assert answer.status_code == 200, answer.content
    assert len(raw(answer.json()["key"])) == 32
    assert reveals(alpha) == [LABEL]


def test_sealing_what_one_types_is_no_reveal(reception: Callable[..., Client], alpha: str) -> None:
    assert ask(reception(), "form.name:new", "seal").status_code == 200
    assert reveals(alpha) == []


@pytest.mark.control("CES1-35/49")
def test_without_the_permission_there_is_no_key_and_no_entry(reception: Callable[..., Client], alpha: str) -> None:
    answer = ask(reception(Role.HOSPITAL_IT))
    assert (answer.status_code, answer.json()["code"]) == (403, "hub.forbidden")
    assert reveals(alpha) == []


def revealed_at_the_district() -> list[str]:
    return [entry.target for entry in entries_of(REGION, Search()) if entry.action == "security.revealed"]


@pytest.mark.control("CES1-08/14", "CES1-35/49")
def test_a_reviewer_opens_what_was_filed_for_review_and_no_patient(committed: None) -> None:
    reviewer = signed_in_browser(make_staff(roles=(Role.REVIEWER,)), "localhost")
    assert ask(reviewer, "idverify.name:01").status_code == 200
    assert revealed_at_the_district() == ["idverify.name:01"]
    assert ask(reviewer, "patient.name:01").status_code == 403
    operator = signed_in_browser(make_staff("ops", roles=(Role.OPERATIONS,)), "localhost")
    assert {ask(operator, label).status_code for label in ("idverify.name:01", "patient.name:01")} == {403}
    assert len(revealed_at_the_district()) == 1


def test_nobody_gets_nothing(client: Client, committed: None) -> None:
    answer = ask(client)
    assert (answer.status_code, answer.json()["code"]) == (401, "hub.not_signed_in")


def test_a_foreign_site_cannot_ask(reception: Callable[..., Client]) -> None:
    browser = reception()
    browser.handler.enforce_csrf_checks = True
    assert ask(browser).status_code == 403


def test_reveals_are_limited(reception: Callable[..., Client]) -> None:
    browser = reception()
    statuses = [ask(browser).status_code for _ in range(40)]
    assert statuses[:30] == [200] * 30
    assert 429 in statuses


def test_the_keys_of_two_sessions_differ(committed: None) -> None:
    keys = {sealed.session_key(SessionStore()) for _ in range(3)}
    assert len(keys) == 3
