"""Staff sign-in: two factors, lockout, password policy, sessions, and strangers from other hospitals."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.hashers import check_password, make_password
from django.contrib.sessions.backends.cache import SessionStore
from django.http import HttpRequest
from django.test import RequestFactory

from hub import clock
from hub import settings as product
from hub.accounts import passwords, selectors, services, sessions
from hub.accounts.errors import CredentialsWrong, LoginNameTaken, PasswordRefused, SecondFactorDue
from hub.accounts.models import User
from hub.accounts.results import Client
from hub.actor import Actor, ActorKind, system_actor
from hub.security.roles import Role
from hub.tenancy.context import on_host
from hub.tenancy.scope import region
from tests.accounts.people import NOBODY, StaffMember
from tests.harness.threads import in_threads

Make = Callable[..., StaffMember]
DESK = Client(binding="b", device="desk-1")


def test_password_and_totp_sign_in(staff: Make) -> None:
    member = staff()
    signed_in = member.sign_in()
    assert signed_in.user_id == member.account.user_id
    assert not signed_in.must_change_password


@pytest.mark.requirement("WZ-SEC-02")
@pytest.mark.control("CES1-04/8")
def test_the_password_alone_opens_nothing(staff: Make) -> None:
    accepted = staff().password_step()
    for code in ("", "000000", "abcdef"):
        with pytest.raises(CredentialsWrong):
            services.verify_totp(actor=NOBODY, accepted=accepted, code=code, client=DESK)


@pytest.mark.control("CES1-02/5")
def test_unknown_name_wrong_password_and_locked_account_get_one_answer(staff: Make) -> None:
    member = staff()
    texts = set()
    for name in ("nobody", member.account.login_name):
        for _ in range(6):
            with pytest.raises(CredentialsWrong) as refused:
                services.sign_in_staff(actor=NOBODY, login_name=name, password="Wrong-1234567", hospital="")
            texts.add((refused.value.code, refused.value.text, tuple(refused.value.fields)))
    with pytest.raises(CredentialsWrong) as locked:
        member.password_step()
    assert texts == {(locked.value.code, locked.value.text, ())}


@pytest.mark.requirement("WZ-SEC-02")
@pytest.mark.control("CES1-02/5")
def test_five_failures_lock_for_thirty_minutes(staff: Make) -> None:
    member = staff()
    for _ in range(5):
        with pytest.raises(CredentialsWrong):
            member.password_step("Wrong-1234567")
    with clock.shifted(timedelta(minutes=29)), pytest.raises(CredentialsWrong):
        member.password_step()
    with clock.shifted(timedelta(minutes=31)):
        assert member.password_step().user_id == member.account.user_id


def test_four_failures_do_not_lock_and_success_forgets_them(staff: Make) -> None:
    member = staff()
    for _ in range(4):
        with pytest.raises(CredentialsWrong):
            member.password_step("Wrong-1234567")
    member.sign_in()
    for _ in range(4):
        with pytest.raises(CredentialsWrong):
            member.password_step("Wrong-1234567")
    assert member.password_step()


@pytest.mark.race
def test_guesses_made_at_once_are_all_counted(staff: Make) -> None:
    member = staff()

    def guess(_number: int) -> bool:
        with pytest.raises(CredentialsWrong):
            member.password_step("Wrong-1234567")
        return True

    in_threads(6, guess)
    with pytest.raises(CredentialsWrong):
        member.password_step()
    with region(read_only=True):
        assert User.objects.get(id=member.account.user_id).failed_attempts == 5


def test_wrong_second_factors_lock_too(staff: Make) -> None:
    member = staff()
    accepted = member.password_step()
    for _ in range(5):
        with pytest.raises(CredentialsWrong):
            services.verify_totp(actor=NOBODY, accepted=accepted, code="000000", client=DESK)
    with pytest.raises(CredentialsWrong):
        services.verify_totp(actor=NOBODY, accepted=accepted, code=member.totp(), client=DESK)


@pytest.mark.control("CES1-04/8")
def test_a_totp_code_is_never_taken_twice_nor_an_older_one(staff: Make) -> None:
    member = staff()
    older, code = member.totp(clock.now() - timedelta(seconds=30)), member.totp()
    services.verify_totp(actor=NOBODY, accepted=member.password_step(), code=code, client=DESK)
    for replayed in (code, older):
        with pytest.raises(CredentialsWrong):
            services.verify_totp(actor=NOBODY, accepted=member.password_step(), code=replayed, client=DESK)
    with clock.shifted(timedelta(seconds=30)):
        assert member.sign_in()


@pytest.mark.race
def test_one_totp_code_used_at_once_signs_in_once(staff: Make) -> None:
    member = staff()
    accepted, code = member.password_step(), member.totp()

    def attempt(_number: int) -> bool:
        try:
            services.verify_totp(actor=NOBODY, accepted=accepted, code=code, client=DESK)
        except CredentialsWrong:
            return False
        return True

    assert sum(in_threads(4, attempt)) == 1


def test_a_recovery_code_stands_in_once(staff: Make) -> None:
    member = staff()
    code = member.account.recovery_codes[0]
    dashed = f"{code[:4]}-{code[4:8]}-{code[8:]}".lower()
    assert services.verify_totp(actor=NOBODY, accepted=member.password_step(), code=dashed, client=DESK)
    with pytest.raises(CredentialsWrong):
        services.verify_totp(actor=NOBODY, accepted=member.password_step(), code=code, client=DESK)


def test_a_first_sign_in_sets_the_second_factor_up(staff: Make) -> None:
    member = staff(with_totp=False)
    accepted = member.password_step()
    assert accepted.needs_enrolment
    with pytest.raises(CredentialsWrong):
        services.verify_totp(actor=NOBODY, accepted=accepted, code="", client=DESK)
    enrolment = services.begin_totp(actor=NOBODY, accepted=accepted)
    shown = StaffMember(member.account.__class__(**{**_fields(member.account), "totp_secret": enrolment.secret}), "")
    codes = services.confirm_totp(actor=NOBODY, accepted=accepted, code=shown.totp())
    assert len(codes) == 8
    assert services.verify_totp(actor=NOBODY, accepted=accepted, code=shown.totp(), client=DESK)
    with pytest.raises(SecondFactorDue):
        services.begin_totp(actor=NOBODY, accepted=accepted)


def test_staff_of_one_hospital_are_strangers_at_another(staff: Make, alpha: str, beta: str) -> None:
    member = staff(hospital=alpha)
    with on_host(beta), pytest.raises(CredentialsWrong):
        member.password_step(hospital=beta)
    with pytest.raises(CredentialsWrong):
        member.password_step(hospital="")
    with on_host(alpha):
        assert member.password_step(hospital=alpha)


PASSWORDS = {
    "Short-1": "too short",
    "alllowercaseletters": "one class",
    "lowercase12345": "two classes",
    "Password123!": "common",
    "Zhang.Wei-2026": "holds the login name",
    "Aa1-Aa1-Aa1-": "few different characters",
}


@pytest.mark.control("CES1-01/2", "CES1-01/4")
@pytest.mark.parametrize("bad", PASSWORDS)
def test_weak_passwords_are_refused(committed: None, bad: str) -> None:
    with pytest.raises(PasswordRefused) as refused:
        services.create_staff(actor=system_actor("seed"), login_name="zhang.wei", display_name="张伟", password=bad)
    assert "password" in refused.value.fields


def test_the_asvs_profile_asks_length_not_classes(committed: None, settings: Any) -> None:
    settings.HUB_PASSWORD_PROFILE = "asvs"
    made = services.create_staff(
        actor=system_actor("seed"), login_name="li", display_name="李", password="correct horse battery"
    )
    assert made.login_name == "li"
    with pytest.raises(PasswordRefused):
        services.create_staff(actor=system_actor("seed"), login_name="wu", display_name="吴", password="Ab1-cdefgh")


@pytest.mark.parametrize("_round", range(20))
def test_generated_passwords_pass_the_policy(_round: int) -> None:
    user = User(login_name="zhang.wei")
    assert passwords._broken_rule(user, passwords.generate(user)) == ""


def acting(signed_in: Any, hospital: str | None = None) -> Actor:
    view = selectors.account(signed_in.user_id, hospital=hospital)
    assert view is not None
    actor = selectors.acting(view, hospital=hospital, ip="", request_id="")
    assert actor is not None
    return actor


@pytest.mark.control("CES1-01/3")
def test_what_serves_keeps_passwords_by_argon2_at_its_full_cost(settings: Any) -> None:
    """People made for tests have cheaper ones (`tests.harness.hashing`)."""
    settings.PASSWORD_HASHERS = product.PASSWORD_HASHERS
    kept = make_password("correct horse battery")
    found = re.match(r"argon2\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$", kept)
    assert found is not None, kept[:40]
    memory_kib, passes, _ = map(int, found.groups())
    assert memory_kib >= 19 * 1024
    assert passes >= 2
    assert check_password("correct horse battery", kept)


@pytest.mark.control("CES1-01/3")
def test_passwords_are_changed_with_the_old_one_and_not_taken_again(staff: Make) -> None:
    member = staff()
    actor = acting(member.sign_in())
    with pytest.raises(CredentialsWrong):
        services.change_password(actor=actor, old="Wrong-1234567", new="Fresh-River-88")
    services.change_password(actor=actor, old=member.account.password, new="Fresh-River-88")
    assert member.password_step("Fresh-River-88")
    for used in ("Fresh-River-88", member.account.password):
        with pytest.raises(PasswordRefused):
            services.change_password(actor=actor, old="Fresh-River-88", new=used)


@pytest.mark.control("CES1-01/3")
def test_a_password_of_ninety_days_must_change_before_anything_else(staff: Make) -> None:
    member = staff()
    with clock.shifted(timedelta(days=91)):
        signed_in = member.sign_in()
        assert signed_in.must_change_password
        actor = acting(signed_in)
        assert actor.permissions == frozenset()
        services.change_password(actor=actor, old=member.account.password, new="Fresh-River-88")
        assert acting(signed_in).permissions


@pytest.mark.control("CES1-01/1")
def test_login_names_are_never_given_twice(staff: Make) -> None:
    member = staff()
    services.disable_account(actor=system_actor("seed"), user_id=member.account.user_id)
    with pytest.raises(LoginNameTaken):
        staff("ZHANG.WEI")
    with pytest.raises(CredentialsWrong):
        member.password_step()


def browser(host: str, cookies: dict[str, str] | None = None) -> HttpRequest:
    request = RequestFactory().get("/", SERVER_NAME=host)
    request.session = SessionStore()
    request.hospital = host.split(".")[0] if host != "localhost" else None  # type: ignore[attr-defined]
    request.COOKIES.update(cookies or {})
    return request


@pytest.mark.control("CES1-02/6")
def test_sessions_end_by_idling_by_age_and_from_the_server(staff: Make) -> None:
    signed_in = staff().sign_in()
    request = browser("localhost")
    sessions.open_session(request, signed_in)
    assert sessions.actor_of(request) is not None
    with clock.shifted(timedelta(minutes=29)):
        assert sessions.actor_of(request) is not None
    with clock.shifted(timedelta(minutes=58)):
        assert sessions.actor_of(request) is not None, "the visit 29 minutes ago kept it alive"
    with clock.shifted(timedelta(minutes=89)):
        assert sessions.actor_of(request) is None
    old = browser("localhost")
    sessions.open_session(old, signed_in)
    for minutes in range(20, 12 * 60, 20):
        with clock.shifted(timedelta(minutes=minutes)):
            assert sessions.actor_of(old) is not None
    with clock.shifted(timedelta(hours=12, seconds=1)):
        assert sessions.actor_of(old) is None
    ended = browser("localhost")
    sessions.open_session(ended, signed_in)
    services.end_sign_in(actor=acting(signed_in), sign_in_id=signed_in.sign_in_id)
    assert sessions.actor_of(ended) is None


def test_signing_in_changes_the_session_key(staff: Make) -> None:
    request = browser("localhost")
    request.session["planted"] = True
    request.session.save()
    before = request.session.session_key
    sessions.open_session(request, staff().sign_in())
    request.session.save()
    assert request.session.session_key != before
    assert "planted" not in request.session


def test_the_password_step_is_kept_five_minutes_in_the_session(staff: Make) -> None:
    request = browser("localhost")
    with pytest.raises(SecondFactorDue):
        sessions.password_step(request)
    sessions.hold_password_step(request, staff().password_step())
    assert sessions.password_step(request)
    with clock.shifted(timedelta(minutes=6)), pytest.raises(SecondFactorDue):
        sessions.password_step(request)


def test_a_session_of_one_host_is_nobody_on_another(staff: Make, alpha: str, beta: str) -> None:
    member = staff(hospital=alpha, roles=(Role.RECEPTION,))
    with on_host(alpha):
        signed_in = member.sign_in()
        here = browser(f"{alpha}.localhost")
        sessions.open_session(here, signed_in)
        actor = sessions.actor_of(here)
    assert actor is not None
    assert (actor.kind, actor.institution, actor.role) == (ActorKind.STAFF, alpha, "reception")
    for host, code in ((f"{beta}.localhost", beta), ("localhost", None)):
        stolen = browser(host)
        stolen.session = here.session
        with on_host(code):
            assert sessions.actor_of(stolen) is None


def test_a_role_taken_back_counts_from_the_next_request(staff: Make, alpha: str) -> None:
    member = staff(hospital=alpha, roles=(Role.RECEPTION,))
    with on_host(alpha):
        signed_in = member.sign_in()
        request = browser(f"{alpha}.localhost")
        sessions.open_session(request, signed_in)
        assert sessions.actor_of(request) is not None
    services.end_role(
        actor=system_actor("安全管理员"), user_id=signed_in.user_id, institution_code=alpha, role=Role.RECEPTION
    )
    with on_host(alpha):
        assert sessions.actor_of(request) is None


def _fields(account: Any) -> dict[str, Any]:
    return {name: getattr(account, name) for name in account.__slots__}
