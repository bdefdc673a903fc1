"""Orders over the public API: the account's own, asked for once, polled until ready."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from django.test import Client

from hub.actor import system_actor
from hub.outbox.relay import drain
from hub.security.keyring import ring
from hub.tenancy.scope import REGION
from hub.work import work
from regional_services.payments import steps
from tests.harness.parties import SECRET, Parties, Postbox
from tests.payments.conftest import place_order


class Resident:
    """Somebody with the app."""

    def __init__(self, http: Client, outside: Parties, phone: str) -> None:
        self.http, self.device = http, f"device-{phone}"
        self._post("/api/resident/v1/auth/codes", {"phone": phone, "purpose": "sign_in"})
        drain()
        screen = httpx.get(f"{outside.urls['sms']}/control/sms", params={"to": f"+86{phone}", "limit": 1}).json()
        code = screen["messages"][0]["params"]["code"]
        pair = self._post("/api/resident/v1/auth/tokens", {"grant": "phone", "phone": phone, "code": code}).json()
        self.headers = {"Authorization": f"Bearer {pair['access_token']}"}
        self.account = UUID(self.get("/api/resident/v1/auth/me").json()["id"])

    def _post(self, path: str, body: dict[str, str]) -> Any:
        return self.http.post(path, {**body, "device_id": self.device}, content_type="application/json")

    def get(self, path: str) -> Any:
        """Read."""
        return self.http.get(path, headers=self.headers)

    def pay(self, order_id: UUID, key: str, **body: str) -> Any:
        """Begin to pay."""
        headers = {**self.headers, "Idempotency-Key": key}
        path = f"/api/resident/v1/orders/{order_id}/attempts"
        return self.http.post(path, body, content_type="application/json", headers=headers)


@pytest.fixture
def resident(merchant: str, outside: Parties, client: Client) -> Resident:
    """A resident who signed in by phone."""
    ring().put_secret("sms.hmac", SECRET.encode())
    return Resident(client, outside, "19900000051")


@pytest.fixture
def place(merchant: str) -> Callable[[UUID], UUID]:
    """Place an order for an account."""
    return lambda account_id: place_order(merchant, account_id, 1800).id


@pytest.mark.requirement("JA-APPT-08", "JA-PAYWX-10", "WX-PAY-04")
def test_paying_in_a_browser(
    resident: Resident, place: Callable[[UUID], UUID], outside: Parties, postbox: Postbox, client: Client
) -> None:
    """202 with an address to poll; once ready, the channel's page takes the money, or is left without paying."""
    order_id = place(resident.account)
    begun = resident.pay(order_id, "first-key-1")
    assert (begun.status_code, begun["Retry-After"], begun.json()["state"]) == (202, "1", "created")
    drain()
    ready = resident.get(begun["Location"]).json()
    assert (ready["ready"], ready["scene"], ready["call_up"]) == (True, "browser", None)
    page = httpx.get(ready["pay_url"] + "&redirect_url=http%3A%2F%2Flocalhost%2Fback")
    assert "¥18.00" in page.text
    prepay_id = httpx.URL(ready["pay_url"]).params["prepay_id"]
    cashier, form = (
        f"{outside.urls['wechat_pay']}/cashier",
        {"prepay_id": prepay_id, "redirect_url": "http://localhost/b"},
    )
    assert httpx.post(cashier, data={**form, "act": "cancel"}).status_code == 303
    assert resident.get(f"/api/resident/v1/orders/{order_id}").json()["payable"] is True
    paid = httpx.post(cashier, data={**form, "act": "pay"})
    assert (paid.status_code, paid.headers["Location"]) == (303, "http://localhost/b")
    [letter] = postbox.wait()
    assert letter.deliver(client) == letter.deliver(client) == 204
    drain()
    assert resident.get(f"/api/resident/v1/orders/{order_id}").json()["state"] == "paid"


def test_paying_in_the_app(resident: Resident, place: Callable[[UUID], UUID]) -> None:
    """With an openid the page gets signed parameters instead of an address."""
    begun = resident.pay(place(resident.account), "first-key-2", openid="oTestPayer01234567")
    drain()
    call_up = resident.get(begun["Location"]).json()["call_up"]
    assert sorted(call_up) == ["appId", "nonceStr", "package", "paySign", "signType", "timeStamp"]


def test_one_key_is_one_attempt(resident: Resident, place: Callable[[UUID], UUID]) -> None:
    """The same request again gives the same attempt; another under its key is refused; none without a key."""
    order_id = place(resident.account)
    first, again = resident.pay(order_id, "first-key-3"), resident.pay(order_id, "first-key-3")
    assert first.json()["id"] == again.json()["id"]
    assert resident.pay(order_id, "first-key-3", openid="oTestPayer01234567").status_code == 422
    assert resident.pay(order_id, "").status_code == 422


def test_a_stranger_finds_nothing(resident: Resident, place: Callable[[UUID], UUID]) -> None:
    """Neither reads nor pays, and nothing changes."""
    order_id = place(uuid4())
    path = f"/api/resident/v1/orders/{order_id}"
    assert resident.get(path).status_code == 404
    assert resident.pay(order_id, "first-key-4").status_code == 404
    assert resident.http.get(path).status_code == 401
    assert resident.get("/api/resident/v1/orders").json()["items"] == []


def test_pages_of_orders(resident: Resident, place: Callable[[UUID], UUID]) -> None:
    """Newest first, without a gap."""
    placed = [str(place(resident.account)) for _ in range(3)]
    first = resident.get("/api/resident/v1/orders?limit=2").json()
    second = resident.get(f"/api/resident/v1/orders?limit=2&cursor={first['next']}").json()
    assert [row["id"] for row in first["items"] + second["items"]] == placed[::-1]
    assert second["next"] is None


@pytest.mark.requirement("JA-APPT-11", "JA-APPT-22", "JA-PAYWX-11")
def test_the_order_shows_every_state_of_its_money(
    resident: Resident, place: Callable[[UUID], UUID], outside: Parties, postbox: Postbox, client: Client
) -> None:
    """Pending, paid, refunding, refunded: as the channel says, and payable only at first."""
    order_id, seen = place(resident.account), []

    def look() -> None:
        order = resident.get(f"/api/resident/v1/orders/{order_id}").json()
        seen.append((order["state"], order["payable"], [refund["state"] for refund in order["refunds"]]))

    look()
    begun = resident.pay(order_id, "first-key-5", openid="oTestPayer01234567")
    drain()
    package = resident.get(begun["Location"]).json()["call_up"]["package"]
    outside.pay(package.removeprefix("prepay_id="))
    postbox.wait()[0].deliver(client)
    drain()
    look()
    outside.switch("wechat-pay", "refund_seconds", 1)
    with work(REGION, actor=system_actor("test")) as unit:
        steps.request_refund(unit, order_id=order_id, reason="预约已取消")
    drain()
    look()
    postbox.wait()[0].deliver(client)
    drain()
    look()
    assert seen == [
        ("awaiting_payment", True, []),
        ("paid", False, []),
        ("refunding", False, ["processing"]),
        ("refunded", False, ["succeeded"]),
    ]


@pytest.mark.requirement("JA-PAYWX-11")
def test_a_synchronous_refund_shows_at_once(
    resident: Resident, place: Callable[[UUID], UUID], outside: Parties, postbox: Postbox, client: Client
) -> None:
    """No notice follows, and none is waited for."""
    order_id = place(resident.account)
    begun = resident.pay(order_id, "first-key-6", openid="oTestPayer01234567")
    drain()
    outside.pay(resident.get(begun["Location"]).json()["call_up"]["package"].removeprefix("prepay_id="))
    postbox.wait()[0].deliver(client)
    drain()
    outside.switch("wechat-pay", "refund_seconds", 0)
    with work(REGION, actor=system_actor("test")) as unit:
        steps.request_refund(unit, order_id=order_id, reason="预约已取消")
    drain()
    order = resident.get(f"/api/resident/v1/orders/{order_id}").json()
    assert (order["state"], [refund["state"] for refund in order["refunds"]]) == ("refunded", ["succeeded"])
    assert postbox.letters == []
