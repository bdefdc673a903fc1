"""The booking rows of the catalogue as residents meet them: on the pages of a phone, and beside them in the API."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.test import Client

from hub import clock
from hub.outbox.relay import drain
from hub.security.roles import Role
from hub.tenancy.scope import region
from regional_services.booking import services
from regional_services.booking.models import Booking, Settlement, State
from regional_services.catalog import projection
from regional_services.catalog.models import CatalogDoctor, CatalogSession
from regional_services.doctors import tasks as doctors_tasks
from regional_services.doctors.models import Reminder
from tenants.scheduling import services as scheduling
from tests.booking import world
from tests.flow.conftest import District
from tests.portal.desks import desk_of, text_of
from tests.scheduling.builders import SYNC, numbers, open_hospital, schedule, session_id, snapshot
from tests.security.matrix.examples import resident_browser, resident_token


class Phone:
    """A resident with the pages in one hand and the app's interface in the other."""

    def __init__(self) -> None:
        self.who = world.resident()
        self.sign_in()

    def sign_in(self) -> None:
        """Again, on another day."""
        self.browser = resident_browser(self.who)
        self.headers = {"Authorization": f"Bearer {resident_token(self.who)}"}

    def page(self, address: str) -> str:
        """A page as text, redirects followed."""
        return text_of(self.browser.get(address, follow=True))

    def api(self, path: str) -> Any:
        """What the interface says."""
        return Client().get(f"/api/resident/v1/{path}", headers=self.headers).json()

    def book(self, address: str, number: Any) -> Any:
        """Confirm a number on its page; where that leads."""
        form = {
            "person_id": str(self.who.person_id),
            "starts_at": number.start.isoformat(),
            "ends_at": number.end.isoformat(),
            "form_key": world.command().key,
        }
        answer = self.browser.post(f"{address}/numbers/{number.id}", form)
        drain()
        return answer

    def lists(self, booking_id: UUID) -> list[str]:
        """The lists a booking stands in, on the page and in the interface."""
        names = ("unpaid", "paid", "history")
        shown = [name for name in names if f"/bookings/{booking_id}" in self.page(f"/bookings?list={name}")]
        told = [
            name
            for name in names
            if str(booking_id) in {row["id"] for row in self.api(f"bookings?list={name}")["items"]}
        ]
        assert shown == told
        return shown


def _free(phone: Phone, address: str, session: UUID) -> tuple[int, int]:
    """What is left of a session: on the department's page, and in the interface."""
    card = CatalogSession.objects.get(session_id=session)
    shown = phone.page(f"/hospitals/{card.institution_code}/departments/{card.department_id}?day={card.date}")
    link = shown.split(address, 1)[1].split("</a>", 1)[0]
    found = re.search(r"(?:余|仅剩) (\d+)", link)
    listed = phone.api(f"sessions?department={card.department_id}&date={card.date}&limit=100")["items"]
    return int(found[1]) if found else 0, next(row["free"] for row in listed if row["id"] == str(session))


def _of_a_doctor(code: str) -> UUID:
    """A session with a fee and free numbers of a doctor who sees patients on other days too."""
    rows = world.for_adults(code).filter(free__gt=1).exclude(doctor_id=None)
    sessions = list(rows.values_list("session_id", "doctor_id"))
    doctors = [doctor for _, doctor in sessions]
    return UUID(str(next(session for session, doctor in sessions if doctors.count(doctor) > 1)))


@pytest.mark.requirement(
    "WX-APPT-03",
    "WX-APPT-05",
    "WX-APPT-06",
    "WX-APPT-07",
    "WX-APPT-08",
    "WX-APPT-12",
    "WX-APPT-15",
    "WX-APPT-16",
    "WX-APPT-22",
    "WX-APPT-24",
)
def test_from_the_doctor_to_the_desk(district: District) -> None:
    """Found by name, chosen with schedule and guidance in sight, counted, prompted, paid, listed, and checked in."""
    phone, session = Phone(), _of_a_doctor("alpha")
    card = CatalogSession.objects.get(session_id=session)
    doctor = CatalogDoctor.objects.get(doctor_id=card.doctor_id)
    manager = desk_of(Role.HOSPITAL_MANAGER, hospital="alpha")
    manager.post("/workspace/facts/text", {"key": "booking", "text": "请空腹，带好既往病历。"})
    found = phone.page(f"/search?q={doctor.name[1:]}")
    assert f"/doctors/{doctor.practitioner_id}" in found
    assert "没有找到" in phone.page("/search?q=查无此医生")
    address = f"/hospitals/alpha/sessions/{session}"
    assert address in phone.page(f"/doctors/{doctor.practitioner_id}")
    chosen = phone.page(address)
    assert "请空腹，带好既往病历。" in chosen
    assert "该医生近期门诊" in chosen

    before = _free(phone, address, session)
    number = world.free_numbers("alpha", session)[0]
    here = phone.book(address, number)["Location"]
    booking_id = UUID(here.rsplit("/", 1)[1])
    with clock.shifted(timedelta(minutes=3)):  # the district heard of its sessions two minutes ahead of now
        projection.mark("alpha", [session])
        projection.refresh("alpha")
    assert _free(phone, address, session) == (before[0] - 1, before[1] - 1)
    assert phone.lists(booking_id) == ["unpaid"]
    for entering in ("/", address):
        assert f"{here}/pay" in phone.page(entering), "who enters or begins anew is led to pay"
    assert "还没有支付" in phone.page(f"{address}/numbers/{world.free_numbers('alpha', session)[0].id}")

    booking = district.booking(booking_id)
    assert booking.order_id is not None
    phone.page(f"{here}/pay")  # begun at the channel and given up there
    drain()
    assert district.booking(booking_id).state is State.AWAITING_PAYMENT
    assert number.id not in {row.id for row in world.free_numbers("alpha", session)}, "held until its time limit"
    district.pay(district.booking(booking_id), phone.who)
    assert district.booking(booking_id).settlement is Settlement.PAID
    assert phone.lists(booking_id) == ["paid"]
    assert f"{here}/pay" not in phone.page("/")
    shown = phone.page(here)
    for fact in (card.doctor_name, booking.department_name, booking.slot, "预约成功", "沈*", f"{card.date.day}日"):
        assert fact in shown, fact
    assert doctor.name in phone.page("/bookings?list=paid")
    assert booking.number in shown, "the slip's code"

    _check_in_at_the_desk(phone, booking_id, booking.number, card.date)
    with clock.shifted(timedelta(days=30)):
        phone.sign_in()
        assert phone.lists(booking_id) == ["history"]


def _check_in_at_the_desk(phone: Phone, booking_id: UUID, slip: str, day: Any) -> None:
    stranger, left = Phone(), Phone()
    session = world.open_session("alpha")
    gone = world.book("alpha", session, left.who)
    drain()
    services.cancel_booking(actor=left.who.actor, booking_id=gone.id, reason="不去了")
    drain()
    with clock.shifted(clock.at(day, clock.MIDNIGHT) + timedelta(hours=7) - clock.now()):
        phone.sign_in()
        stranger.sign_in()
        desk = desk_of(Role.RECEPTION, hospital="alpha")
        appointment = desk.post("/workspace/scan", {"q": slip})["Location"]
        assert appointment == f"/workspace/appointments/{booking_id}"
        assert "已签到" in text_of(desk.post(f"{appointment}/check-in", follow=True))
        dead = desk.post("/workspace/scan", {"q": gone.number})["Location"]
        assert "已签到" not in text_of(desk.post(f"{dead}/check-in", follow=True)), "a cancelled booking's code"
        code = phone.api(f"persons/{phone.who.person_id}/card")["code"]
        card = phone.page(f"/me/people/{phone.who.person_id}/card")
        assert 'class="qr"' in card
        assert "data:image/svg+xml" in card
        shown = desk.post("/workspace/scan", {"q": code}, follow=True)
        assert "今天的 1 个预约已签到" in text_of(shown)
        assert shown.redirect_chain[-1][0] == appointment
        nobody = stranger.api(f"persons/{stranger.who.person_id}/card")["code"]
        assert "此卡今天在本院没有预约" in text_of(desk.post("/workspace/scan", {"q": nobody}, follow=True))
        assert phone.browser.get(f"/me/people/{stranger.who.person_id}/card").status_code == 404
        forged = code[:-1] + ("A" if code[-1] != "A" else "B")
        assert "本院没有这个号码" in text_of(desk.post("/workspace/scan", {"q": forged}, follow=True))
        with clock.shifted(timedelta(minutes=20)):
            assert "已过期" in text_of(desk.post("/workspace/scan", {"q": code}, follow=True))


@pytest.mark.requirement("WX-APPT-20", "WX-APPT-25", "JA-APPT-03", "JA-APPT-04", "JA-APPT-06", "JA-APPT-07")
def test_registered_on_the_day_or_too_late(district: District) -> None:
    """A pre-registration becomes a numbered visit on its day; after the limit nothing can be paid any more."""
    world.limit("alpha", pay_minutes=1)
    phone, other = Phone(), Phone()
    session = world.open_session("alpha")
    number = world.free_numbers("alpha", session)[0]
    address = f"/hospitals/alpha/sessions/{session}"
    here = phone.book(address, number)["Location"]
    booking = district.booking(UUID(here.rsplit("/", 1)[1]))
    assert f"{here}/pay" in phone.page(here)
    district.press_pay(booking, phone.who)  # the channel took the money; its notice is slow
    for minutes in (2, 13):
        with clock.shifted(timedelta(minutes=minutes)):
            services.sweep()
            drain(outside=False)
    assert f"{here}/pay" not in phone.page(here)
    assert number.id in {row.id for row in world.free_numbers("alpha", session)}
    assert other.book(address, number)["Location"].startswith("/bookings/")
    district.deliver()
    drain()
    district.deliver()
    drain()
    late = district.booking(booking.id)
    assert (late.state, late.settlement) == (State.FAILED, Settlement.REFUNDED)

    world.limit("alpha", settle_mode="pay_on_day")
    early = Phone()
    there = early.book(address, world.free_numbers("alpha", session)[0])["Location"]
    visit = district.booking(UUID(there.rsplit("/", 1)[1]))
    assert (visit.state, visit.settlement) == (State.BOOKED, Settlement.UNPAID)
    assert "/register" not in early.page(there) + early.page("/bookings")
    assert "请在就诊当天" in early.page(there)
    too_early = early.browser.post(f"{there}/register", {"form_key": world.command().key}, follow=True)
    assert "请在就诊当天" in text_of(too_early)
    assert district.booking(visit.id).order_id is None
    # The channel's own clock can't be shifted with ours, so the visit is moved to today.
    soon = clock.now() + timedelta(hours=2)
    moved = {"visit_date": clock.today(), "starts_at": soon, "ends_at": soon + timedelta(minutes=15)}
    with region():
        Booking.objects.filter(id=visit.id).update(**moved)
    assert "/register" in early.page(there)
    assert f'action="{there}/register"' in early.page("/bookings"), "the record of bookings offers it as well"
    paying = early.browser.post(f"{there}/register", {"form_key": world.command().key})
    assert paying["Location"] == f"{there}/pay"
    ordered = district.booking(visit.id).order_id
    again = early.browser.post(f"{there}/register", {"form_key": world.command().key})
    assert (again["Location"], district.booking(visit.id).order_id) == (f"{there}/pay", ordered)
    drain()
    district.pay(district.booking(visit.id), early.who)
    shown = early.page(there)
    assert f"第{visit.sequence}号" in shown
    assert "医院已登记" in shown
    assert early.lists(visit.id) == ["paid"]


@pytest.mark.requirement("WX-APPT-01", "WX-APPT-10", "WX-APPT-14", "WX-APPT-23")
def test_released_withdrawn_remembered_and_not_twice(alpha: str) -> None:
    """What is not released does not show; a reminder comes when it opens; times that are full or past can't be had."""
    world.register_institution(alpha)
    open_hospital(alpha)
    told = (schedule("S1", fee_fen=0), _in_another("S2"))
    scheduling.apply_snapshot(alpha, snapshot(told, (*numbers(2), *numbers(2, "S2"))), actor=SYNC)
    drain(outside=False)
    projection.refresh(alpha)
    session, elsewhere = session_id(alpha, "S1"), session_id(alpha, "S2")
    phone, other = Phone(), Phone()
    card = CatalogSession.objects.get(session_id=session)
    department, address = (
        f"/hospitals/{alpha}/departments/{card.department_id}",
        f"/hospitals/{alpha}/sessions/{session}",
    )
    open_day = f"{department}?day={card.date}"
    assert address in phone.page(open_day)
    manager = desk_of(Role.HOSPITAL_MANAGER, hospital=alpha)
    manager.post("/workspace/releases", {"valid_from": str(clock.today()), "days_ahead": "0", "hour": "07:00"})
    drain(outside=False)
    projection.refresh(alpha)
    closed = phone.page(open_day)
    assert f'href="{address}"' not in closed
    assert "放号" in closed
    number = world.free_numbers(alpha, session)
    assert number == [] or "放号" in phone.page(f"{address}/numbers/{number[0].id}")

    assert "有号时提醒我" in closed
    wish = {"department": str(card.department_id), "next": open_day}
    for _ in range(2):  # a second tap makes no second reminder
        assert "已设提醒" in text_of(phone.browser.post("/me/reminders/set", wish, follow=True))
    assert Reminder.objects.count() == 1
    assert doctors_tasks.remind() == 0
    rule = re.search(r"/workspace/releases/([0-9a-f-]+)/end", text_of(manager.get("/workspace/releases")))
    assert rule is not None
    manager.post(rule[0])
    drain(outside=False)
    projection.refresh(alpha)
    assert (doctors_tasks.remind(), doctors_tasks.remind()) == (1, 0)
    assert "您等的号开放了" in phone.page("/messages")
    assert "已提醒" in phone.page("/me/reminders")
    assert [row["told_at"] is not None for row in phone.api("reminders")] == [True]
    assert other.browser.post(f"/me/reminders/{phone.api('reminders')[0]['id']}/drop").status_code == 404

    first, second = world.free_numbers(alpha, session)
    assert phone.book(address, first)["Location"].startswith("/bookings/")
    taken = text_of(other.browser.get(f"{address}/numbers/{first.id}", follow=True))
    assert "刚刚被约走了" in taken
    assert f"{address}/numbers/{first.id}" not in taken
    assert f"{clock.local(second.start):%H:%M}" in other.page(f"{address}/numbers/{second.id}")
    refused = phone.book(address, second)
    assert refused["Location"] == address
    assert "当天在此科室的预约已达上限" in phone.page(address)
    another = world.free_numbers(alpha, elsewhere)[1]
    assert phone.book(f"/hospitals/{alpha}/sessions/{elsewhere}", another)["Location"].startswith("/bookings/")
    with clock.shifted(second.start + timedelta(minutes=1) - clock.now()):
        assert f"{address}/numbers/{second.id}" not in other.page(address), "a time that is past"


def _in_another(code: str) -> Any:
    """A session of the second department."""
    row = schedule(code, doctor="D2", fee_fen=0)
    return type(row)(**{**{name: getattr(row, name) for name in row.__slots__}, "department_code": "K2"})
