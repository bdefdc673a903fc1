"""The booking API as any app uses it: tokens, keys, problem documents, pages, and strangers."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.serializers.json import DjangoJSONEncoder
from django.test import Client

from hub import clock
from hub.accounts import services as accounts
from hub.accounts import steps as account_steps
from hub.accounts.models import SignInMethod, User
from hub.accounts.results import Client as Device
from hub.outbox.relay import drain
from hub.tenancy.scope import REGION
from hub.work import work
from regional_services.booking.models import Booking
from tests.booking import world
from tests.booking.world import Resident

BASE = "/api/resident/v1/bookings"


class App:
    """A resident's app with a token of its own."""

    def __init__(self, http: Client, who: Resident) -> None:
        self.http, self.who = http, who
        device = Device(binding="b" * 20, device=uuid4().hex, wants_tokens=True)
        with work(REGION, actor=world.SETUP) as unit:
            user = User.objects.get(id=who.actor.id or uuid4())
            signed_in = account_steps.open_sign_in(
                unit, user=user, method=SignInMethod.PHONE, client=device, new_account=False
            )
        self.token = accounts.tokens_of(signed_in).access_token

    def call(self, method: str, path: str, body: dict[str, Any] | None = None, *, key: str | None = "new") -> Any:
        """One request; `key` None sends no Idempotency-Key."""
        headers = {"Authorization": f"Bearer {self.token}"}
        if key is not None:
            headers["Idempotency-Key"] = uuid4().hex if key == "new" else key
        return self.http.generic(
            method, BASE + path, data=_json(body), content_type="application/json", headers=headers
        )


def _json(body: dict[str, Any] | None) -> bytes:
    return json.dumps(body or {}, cls=DjangoJSONEncoder).encode()


@pytest.fixture
def wish(alpha: str) -> dict[str, Any]:
    """What an app sends for the first free number; the person is filled in by each test."""
    session = world.open_for_booking(alpha)
    number = world.free_numbers(alpha, session)[0]
    return {
        "institution": alpha,
        "session_id": session,
        "number_id": number.id,
        "starts_at": number.start,
        "ends_at": number.end,
    }


@pytest.fixture
def app(wish: dict[str, Any], client: Client) -> App:
    """A resident's app; his person is in the wish."""
    who = world.resident()
    wish["person_id"] = who.person_id
    return App(client, who)


def test_book_look_and_cancel(app: App, wish: dict[str, Any]) -> None:
    made = app.call("POST", "", wish)
    assert made.status_code == 201, made.content
    booking = made.json()
    assert made["Location"] == f"{BASE}/{booking['id']}"
    assert (booking["state"], booking["settlement"], booking["slot"][-3:]) == ("awaiting_payment", "unpaid", "第1号")
    assert app.call("GET", f"/{booking['id']}").json() == booking
    [listed] = app.call("GET", "").json()["items"]
    assert listed["id"] == booking["id"]
    cancelled = app.call("POST", f"/{booking['id']}/cancel", {"reason": "时间有变化"})
    assert cancelled.status_code == 202
    assert cancelled["Retry-After"] == "1"
    with clock.shifted(timedelta(minutes=2)):
        assert app.call("GET", f"/{booking['id']}")["Retry-After"] == "5", "who waits long asks seldom"
    drain(outside=False)
    assert app.call("GET", f"/{booking['id']}").json()["state"] == "cancelled"
    history = app.call("GET", f"/{booking['id']}/history").json()["items"]
    assert [step["what"] for step in history] == ["held", "cancel_asked", "order_closed", "released"]


def test_the_same_key_answers_the_same_and_another_request_is_refused(app: App, wish: dict[str, Any]) -> None:
    first = app.call("POST", "", wish, key="key-0001")
    again = app.call("POST", "", wish, key="key-0001")
    assert again.json()["id"] == first.json()["id"]
    assert Booking.objects.count() == 1
    other = app.call("POST", "", {**wish, "number_id": uuid4()}, key="key-0001")
    assert other.status_code == 422
    assert other.json()["code"] == "hub.idempotency_mismatch"


@pytest.mark.parametrize("field", ["institution", "person_id", "session_id", "number_id", "starts_at", "ends_at"])
def test_a_missing_field_is_named_and_nothing_is_held(app: App, wish: dict[str, Any], field: str) -> None:
    del wish[field]
    refused = app.call("POST", "", wish)
    assert refused.status_code in {400, 422}
    assert field in {error["field"] for error in refused.json()["errors"]}
    assert Booking.objects.count() == 0


def test_without_a_key_or_a_token_nothing_is_booked(app: App, wish: dict[str, Any], client: Client) -> None:
    assert app.call("POST", "", wish, key=None).status_code == 422
    assert client.post(BASE, data=_json(wish), content_type="application/json").status_code == 401
    assert Booking.objects.count() == 0


@pytest.mark.requirement("JA-APPT-19")
def test_a_stranger_gets_404_everywhere_and_changes_nothing(app: App, wish: dict[str, Any], client: Client) -> None:
    booking = app.call("POST", "", wish).json()
    stranger = App(client, world.resident())
    paths = {
        ("GET", ""),
        ("GET", "/history"),
        ("POST", "/cancel"),
        ("POST", "/registration"),
        ("POST", "/check-in"),
    }
    for method, path in paths:
        answer = stranger.call(method, f"/{booking['id']}{path}", {"reason": "x"} if method == "POST" else None)
        assert answer.status_code == 404, (method, path, answer.content)
    assert stranger.call("GET", "").json()["items"] == []
    assert stranger.call("POST", "", wish).status_code == 404  # the patient is not his
    assert app.call("GET", f"/{booking['id']}").json() == booking


def test_a_taken_number_is_a_conflict_with_words(app: App, wish: dict[str, Any], client: Client) -> None:
    app.call("POST", "", wish)
    rival = world.resident()
    refused = App(client, rival).call("POST", "", {**wish, "person_id": rival.person_id})
    assert refused.status_code == 409
    assert refused.json()["code"] == "scheduling.number_taken"
    assert refused["Content-Type"].startswith("application/problem+json")
