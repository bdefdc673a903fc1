"""Sign-in by phone code: the way in, and every way around it that must stay shut."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connections
from django.test import Client

from hub import clock
from hub.accounts.models import PhoneCode, User
from hub.outbox import relay
from hub.tenancy.scope import region
from tests.accounts.parties import Parties
from tests.accounts.people import PHONE, App
from tests.harness.threads import in_threads


def test_a_code_signs_in_and_the_same_phone_finds_the_same_account(app: App) -> None:
    first = app.me(app.signed_in()["access_token"]).json()
    with clock.shifted(timedelta(minutes=2)):
        second = app.me(app.signed_in()["access_token"]).json()
    assert first["id"] == second["id"]
    assert first["name"] == "138****1234"


def test_the_message_is_signed_sent_once_and_survives_a_gateway_that_is_down(app: App, parties: Parties) -> None:
    parties.fail_next = 1
    app.ask_code()
    relay.drain()
    assert parties.sent == {}
    with clock.shifted(timedelta(seconds=40)):
        assert len(app.read_sms()) == 6
        relay.drain()
    assert len(parties.sent) == 1


def test_no_column_holds_phone_or_code(app: App) -> None:
    app.ask_code()
    code = app.read_sms()
    with region(read_only=True), connections["default"].cursor() as cursor:
        cursor.execute("SELECT t::text FROM accounts_phone_code t UNION ALL SELECT a::text FROM region_audit a")
        dump = " ".join(row[0] for row in cursor.fetchall())
    for canary in (PHONE, PHONE.encode().hex(), f'"{code}"', code.encode().hex()):
        assert canary not in dump


def test_known_and_unknown_phones_get_the_same_answer(app: App, other_app: App) -> None:
    app.signed_in()
    with clock.shifted(timedelta(minutes=2)):
        known, unknown = other_app.ask_code(PHONE), other_app.ask_code("13900009999")
    assert (known.status_code, known.json()) == (unknown.status_code, unknown.json())


@pytest.mark.control("MLPS/9")
def test_five_wrong_checks_spend_the_code(app: App) -> None:
    app.ask_code()
    code = app.read_sms()
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    for _ in range(5):
        refused = app.sign_in(wrong)
        assert (refused.status_code, refused.json()["code"]) == (422, "accounts.code_wrong")
    assert app.sign_in(code).json()["code"] == "accounts.code_wrong"


def test_four_wrong_checks_leave_it_usable(app: App) -> None:
    app.ask_code()
    code = app.read_sms()
    for _ in range(4):
        app.sign_in(f"{(int(code) + 1) % 1_000_000:06d}")
    assert app.sign_in(code).status_code == 201


def test_a_code_works_once(app: App) -> None:
    app.ask_code()
    code = app.read_sms()
    assert app.sign_in(code).status_code == 201
    assert app.sign_in(code).json()["code"] == "accounts.code_wrong"


@pytest.mark.control("MLPS/9")
def test_a_code_works_only_for_the_device_that_asked(app: App, other_app: App) -> None:
    app.ask_code()
    code = app.read_sms()
    assert other_app.sign_in(code).json()["code"] == "accounts.code_wrong"
    assert app.sign_in(code).status_code == 201


@pytest.mark.parametrize("purpose", ["bind_phone", "add_member", "reveal"])
def test_a_code_of_another_purpose_does_not_sign_in(app: App, purpose: str) -> None:
    app.ask_code(purpose=purpose)
    assert app.sign_in(app.read_sms()).json()["code"] == "accounts.code_wrong"


def test_a_code_of_another_phone_does_not_sign_in(app: App) -> None:
    app.ask_code("13900009999")
    assert app.sign_in(app.read_sms("13900009999"), PHONE).json()["code"] == "accounts.code_wrong"


@pytest.mark.control("MLPS/9")
def test_a_code_runs_out_after_five_minutes(app: App) -> None:
    app.ask_code()
    code = app.read_sms()
    with clock.shifted(timedelta(minutes=5, seconds=1)):
        assert app.sign_in(code).json()["code"] == "accounts.code_wrong"


def test_a_new_code_replaces_the_old_one(app: App) -> None:
    app.ask_code()
    old = app.read_sms()
    with clock.shifted(timedelta(seconds=61)):
        app.ask_code()
        new = app.read_sms()
        if old != new:
            assert app.sign_in(old).json()["code"] == "accounts.code_wrong"
        assert app.sign_in(new).status_code == 201


@pytest.mark.control("MLPS/9")
def test_resending_waits_a_minute_and_is_capped_per_hour_and_day(app: App, other_app: App) -> None:
    assert app.ask_code().status_code == 202
    again = other_app.ask_code()
    assert (again.status_code, again.json()["code"]) == (429, "accounts.code_too_soon")
    assert 0 < int(again["Retry-After"]) <= 60
    sent, minute = 1, 0
    while minute < 24 * 60 and sent < 11:
        minute += 5
        with clock.shifted(timedelta(minutes=minute, seconds=minute)):
            status = app.ask_code().status_code
        sent += status == 202
        if minute == 55:
            assert sent == 5
    assert sent == 10


def test_an_address_cannot_ask_for_codes_without_end(app: App) -> None:
    answers = [app.ask_code(f"139{n:08d}").status_code for n in range(40)]
    assert 429 in answers
    assert answers[:30] == [202] * 30


@pytest.mark.race
def test_one_code_used_at_once_signs_in_once(app: App) -> None:
    app.ask_code()
    code = app.read_sms()

    def attempt(_number: int) -> int:
        mine = App(Client(SERVER_NAME="localhost"), app.parties, app.device)
        return int(mine.sign_in(code).status_code)

    results = in_threads(8, attempt)
    assert sorted(results) == [201] + [422] * 7
    with region(read_only=True):
        assert User.objects.count() == 1


@pytest.mark.race
def test_many_requests_at_once_send_one_code(app: App) -> None:
    def attempt(_number: int) -> int:
        return int(App(Client(SERVER_NAME="localhost"), app.parties, app.device).ask_code().status_code)

    assert sorted(in_threads(8, attempt)) == [202] + [429] * 7
    with region(read_only=True):
        assert PhoneCode.objects.count() == 1


@pytest.mark.parametrize("phone", ["12345", "", "１３８００００１２３４５６７", "+1 202 555 0100", "abc"])
def test_what_is_no_phone_is_refused_by_field(app: App, phone: str) -> None:
    answer = app.ask_code(phone)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "phone"


@pytest.mark.parametrize(
    "phone", ["+852 5123 4567", "+853 66123456", "+886912345678", "１３８ ００００ １２３４", "0086-13800001234"]
)
def test_numbers_of_the_region_and_full_width_digits_are_taken(app: App, phone: str) -> None:
    assert app.ask_code(phone).status_code == 202
