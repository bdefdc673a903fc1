"""What a resident does through the public interface, and what the hospital's own books and the channel's say of it."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.test import Client

from hub import clock
from hub.outbox.relay import drain
from institution_connectors.exchange import polling
from regional_services.booking import services
from regional_services.payments import services as payments
from tests.booking import world
from tests.booking.test_api import App
from tests.flow.conftest import District
from tests.harness.threads import in_threads

BASE = "/api/resident/v1/"


class Phone:
    """A resident's app: it knows nothing but the public interface."""

    def __init__(self, district: District) -> None:
        self.district, self.who = district, world.resident()
        self.token = App(district.client, self.who).token

    def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> tuple[int, Any]:
        """One request; the hub's relay works meanwhile."""
        headers = {"Authorization": f"Bearer {self.token}", "Idempotency-Key": uuid4().hex}
        answer = Client().generic(
            method, BASE + path, json.dumps(body or {}), content_type="application/json", headers=headers
        )
        return answer.status_code, answer.json() if answer.content else None

    def get(self, path: str) -> Any:
        """What is there."""
        status, found = self.call("GET", path)
        assert status == 200, found
        return found

    def sessions(self, hospital: str) -> list[dict[str, Any]]:
        """Sessions of one department, from tomorrow on, that have numbers and a fee; later ones last."""
        tomorrow = str(clock.today() + timedelta(days=1))
        for department in self.get(f"institutions/{hospital}/departments?limit=100")["items"]:
            if department["service"] != "outpatient":
                continue
            rows = self.get(f"sessions?department={department['id']}&limit=100")["items"]
            found = [row for row in rows if row["free"] > 1 and row["date"] >= tomorrow and row["fee_fen"]]
            if found:
                return [{**row, "department": department} for row in found]
        raise AssertionError(f"nothing to book at {hospital}")

    def numbers(self, session: dict[str, Any]) -> list[dict[str, Any]]:
        """The free ones."""
        rows = self.get(f"sessions/{session['id']}/numbers?limit=100")["items"]
        return [row for row in rows if row["is_free"]]

    def ask(self, hospital: str, session: dict[str, Any], number: dict[str, Any]) -> tuple[int, Any]:
        """Ask for a number."""
        wish = {
            "institution": hospital,
            "person_id": str(self.who.person_id),
            "session_id": session["id"],
            "number_id": number["id"],
            "starts_at": number["start"],
            "ends_at": number["end"],
        }
        return self.call("POST", "bookings", wish)

    def book(self, hospital: str = "alpha") -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
        """Book the first number; session, number and the booking, ready to be paid."""
        session = self.sessions(hospital)[0]
        number = self.numbers(session)[0]
        status, booking = self.ask(hospital, session, number)
        assert status in {201, 202}, booking
        drain()
        return session, number, self.booking(booking["id"])

    def booking(self, booking_id: str) -> dict[str, Any]:
        """The booking as it stands."""
        found: dict[str, Any] = self.get(f"bookings/{booking_id}")
        return found

    def press_pay(self, booking: dict[str, Any]) -> None:
        """Pay at the channel's cashier; its notice is on its way."""
        status, attempt = self.call("POST", f"orders/{booking['order_id']}/attempts", {"channel": "wechat"})
        assert status == 202, attempt
        drain()
        ready = self.get(f"attempts/{attempt['id']}")
        prepay = ready["pay_url"].split("prepay_id=", 1)[-1].split("&", 1)[0]
        self.district.parties.pay(prepay).raise_for_status()

    def pay(self, booking: dict[str, Any]) -> dict[str, Any]:
        """Pay, and hear what came of it."""
        self.press_pay(booking)
        self.district.deliver()
        drain()
        return self.booking(booking["id"])

    def cancel(self, booking: dict[str, Any]) -> tuple[int, Any]:
        """Give it back."""
        return self.call("POST", f"bookings/{booking['id']}/cancel", {"reason": "时间有变化"})

    def at_his(self, booking: dict[str, Any]) -> dict[str, Any]:
        """The hospital's own row."""
        [row] = self.district.registrations(booking["institution"], UUID(booking["id"]))
        return row


@pytest.mark.requirement("BQ-APPT-01", "WX-APPT-11", "WX-SLOT-04", "WX-SLOT-06", "JA-PAY-01", "BQ-APPT-04")
def test_from_the_department_to_a_paid_booking(district: District) -> None:
    """Department, doctor and period lead to a number; it leaves the stock, is paid once, wholly by the resident."""
    phone = Phone(district)
    session = phone.sessions("alpha")[0]
    rows = phone.get(f"sessions/{session['id']}/numbers?limit=100")["items"]
    assert [row["start"] for row in rows] == sorted(row["start"] for row in rows)
    session, number, booking = phone.book()
    start, end = number["start"][11:16], number["end"][11:16]
    assert booking["slot"] == number["text"] == f"{start}-{end} 第{number['sequence']}号"
    assert (booking["department"], booking["doctor"]) == (session["department"]["name"], session["doctor_name"])
    assert booking["visit_date"] == session["date"]
    assert number["id"] not in {row["id"] for row in phone.numbers(session)}
    paid = phone.pay(booking)
    assert (paid["state"], paid["settlement"]) == ("booked", "paid")
    order = phone.get(f"orders/{paid['order_id']}")
    assert (order["state"], order["amount_fen"], order["payable"]) == ("paid", session["fee_fen"], False)
    assert (phone.at_his(paid)["state"], phone.at_his(paid)["fee_fen"]) == ("paid", session["fee_fen"])


@pytest.mark.requirement("BQ-APPT-04", "WX-APPT-17")
def test_an_unpaid_booking_is_released_at_its_limit_and_can_not_be_paid_any_more(district: District) -> None:
    world.limit("alpha", pay_minutes=1)
    phone = Phone(district)
    session, number, booking = phone.book()
    with clock.shifted(timedelta(seconds=65)):
        services.sweep()
        drain()
    ended = phone.booking(booking["id"])
    assert (ended["state"], ended["settlement"]) == ("expired", "unpaid")
    assert number["id"] in {row["id"] for row in phone.numbers(session)}
    status, problem = phone.call("POST", f"orders/{booking['order_id']}/attempts", {"channel": "wechat"})
    assert (status, problem["code"]) == (409, "payments.order_not_payable")
    other = Phone(district)
    _, _, second = other.book()
    assert other.pay(second)["settlement"] == "paid"


@pytest.mark.requirement("JA-PAY-17")
def test_a_payment_whose_notice_never_came_is_found_by_asking_and_counts_once(district: District) -> None:
    phone = Phone(district)
    _, _, booking = phone.book()
    phone.press_pay(booking)
    assert phone.booking(booking["id"])["settlement"] == "unpaid"
    with clock.shifted(timedelta(seconds=20)):
        payments.sweep()
        drain()
    found = phone.booking(booking["id"])
    assert (found["state"], found["settlement"]) == ("booked", "paid")
    assert phone.at_his(found)["state"] == "paid"
    district.deliver()  # the notice after all
    drain()
    steps = [step["what"] for step in phone.get(f"bookings/{booking['id']}/history")["items"]]
    assert steps.count("order_paid") == 1


@pytest.mark.requirement("WX-APPT-18", "WX-APPT-19", "WX-APPT-04")
def test_cancelling_by_the_hospitals_rule_frees_the_number_and_refunds_once(district: District) -> None:
    phone = Phone(district)
    session, number, booking = phone.book()
    assert phone.at_his(phone.pay(booking))["state"] == "paid"
    world.limit("alpha", cancel_until_minutes=60 * 24 * 30)
    status, refused = phone.cancel(booking)
    assert status == 409
    assert "分钟内不能线上取消" in refused["detail"]
    world.limit("alpha", cancel_until_minutes=30)
    assert phone.cancel(booking)[0] in {200, 202}
    drain()
    district.deliver()
    drain()
    after = phone.booking(booking["id"])
    assert (after["state"], after["settlement"]) == ("cancelled", "refunded")
    assert phone.at_his(after)["state"] == "cancelled"
    assert number["id"] in {row["id"] for row in phone.numbers(session)}
    order = phone.get(f"orders/{booking['order_id']}")
    assert order["state"] == "refunded"
    assert [refund["amount_fen"] for refund in order["refunds"]] == [booking["fee_fen"]]


@pytest.mark.requirement("WX-APPT-21", "WX-APPT-04")
def test_a_visit_that_took_place_can_not_be_cancelled(district: District) -> None:
    phone = Phone(district)
    _, _, booking = phone.book()
    registered = phone.pay(booking)
    district.his["alpha"].act("end_visit", his_number=phone.at_his(registered)["his_number"])
    polling.poll_visits("alpha")
    drain()
    seen = phone.booking(booking["id"])
    assert (seen["state"], phone.at_his(seen)["state"]) == ("fulfilled", "done")
    assert phone.cancel(booking)[0] == 409
    assert phone.booking(booking["id"])["state"] == "fulfilled"


@pytest.mark.requirement("BQ-APPT-02", "WX-APPT-02")
def test_of_two_who_want_the_last_number_one_gets_it_and_the_hospital_holds_it(district: District) -> None:
    phones = [Phone(district), Phone(district)]
    session = phones[0].sessions("beta")[0]
    number = phones[0].numbers(session)[0]
    answers = in_threads(2, lambda index: phones[index].ask("beta", session, number))
    drain()
    assert sorted(status // 100 for status, _ in answers) == [2, 4]
    winner = next(index for index, (status, _) in enumerate(answers) if status < 300)
    assert answers[1 - winner][1]["code"] in {"scheduling.number_taken", "scheduling.number_busy"}
    booking = phones[winner].booking(answers[winner][1]["id"])
    assert (booking["state"], booking["his"]) == ("awaiting_payment", "locked")  # the hospital's own system said yes
    assert phones[winner].at_his(phones[winner].pay(booking))["state"] == "paid"


@pytest.mark.requirement("WX-APPT-09")
def test_a_date_shows_only_that_dates_sessions(district: District) -> None:
    phone = Phone(district)
    session = phone.sessions("alpha")[0]
    address = f"sessions?department={session['department']['id']}&limit=100"
    days = {row["date"] for row in phone.get(address)["items"]}
    assert len(days) > 1
    for day in days:
        assert {row["date"] for row in phone.get(f"{address}&date={day}")["items"]} == {day}
