"""爽约名单: who is counted and who is not, what follows, and an appeal from the resident's page to the block's end."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from hub import clock
from hub.actor import Actor, ActorKind
from hub.errors import Forbidden, InvalidInput
from hub.ids import uuid7
from hub.outbox.relay import drain
from hub.security.permissions import permissions_of
from hub.security.roles import Role
from hub.tenancy.scope import hospital, region
from regional_services.booking.errors import NoShowBlocked
from regional_services.booking.models import Booking, State
from regional_services.noshow import counting, selectors, services
from regional_services.noshow.errors import AlreadyDecided, CannotAppeal, NoShowNotFound
from regional_services.noshow.models import Block, NoShow
from regional_services.noshow.selectors import Asked
from regional_services.waitlist import services as waitlist
from tenants.appointments.models import Appointment
from tests.accounts.people import make_staff
from tests.booking import world
from tests.portal.desks import browser_of
from tests.security.matrix.examples import resident_browser


def staff(role: Role, institution: str | None) -> Actor:
    """A member of staff."""
    return Actor(
        kind=ActorKind.STAFF, id=uuid7(), name="门办", institution=institution, permissions=permissions_of([role])
    )


def _over(code: str, booking_id: UUID, days_ago: int = 1, state: State = State.BOOKED) -> None:
    """The visit's day is over."""
    day = clock.today() - timedelta(days=days_ago)
    begins = clock.at(day, clock.MIDNIGHT) + timedelta(hours=9)
    times = {"visit_date": day, "starts_at": begins, "ends_at": begins + timedelta(minutes=15)}
    with region():
        Booking.objects.filter(id=booking_id).update(state=state, **times)
    with hospital(code):
        Appointment.objects.filter(id=booking_id).update(**times)


def missed(code: str, session: UUID, who: world.Resident, days_ago: int = 1) -> UUID:
    """A visit this resident did not come to."""
    booking = world.book(code, session, who)
    _over(code, booking.id, days_ago)
    return booking.id


def seen(code: str, session: UUID, days_ago: int = 1) -> None:
    """The hospital told of a visit that day."""
    _over(code, world.book(code, session, world.resident()).id, days_ago, State.FULFILLED)


def _kinds(who: world.Resident) -> list[str]:
    return [message.kind for message in world.messages_of(who)]


@pytest.mark.parametrize("told", [True, False])
def test_only_visits_nobody_came_to_are_counted_and_only_where_the_hospital_tells(alpha: str, told: bool) -> None:
    session = world.open_for_booking(alpha, 6, fee_fen=0)
    absent, present, cancelled = (world.resident() for _ in range(3))
    away = missed(alpha, session, absent)
    came = missed(alpha, session, present)
    with hospital(alpha):
        Appointment.objects.filter(id=came).update(present_at=clock.now())
    gone = world.book(alpha, session, cancelled)
    _over(alpha, gone.id, state=State.STOPPED)
    if told:
        seen(alpha, session)
    assert counting.count_missed() == int(told)
    assert counting.count_missed() == 0
    assert list(NoShow.objects.values_list("booking_id", flat=True)) == ([away] if told else [])
    assert _kinds(absent).count("noshow.counted") == int(told)
    assert world.book(alpha, session, absent).state == "booked"  # no rule, no block


def test_a_rule_blocks_and_an_appeal_that_holds_lifts_it(alpha: str, beta: str) -> None:
    session = world.open_for_booking(alpha, 8, fee_fen=0)
    elsewhere = world.open_for_booking(beta, 1, fee_fen=0)
    manager, operations = staff(Role.HOSPITAL_MANAGER, alpha), staff(Role.OPERATIONS, None)
    services.set_rule(actor=manager, count="2", window_days="30", block_days="60")
    services.set_rule(actor=operations, count="2", window_days="30", block_days="10")
    who = world.resident()
    first, second = (missed(alpha, session, who, days_ago) for days_ago in (2, 1))
    for days_ago in (2, 1):
        seen(alpha, session, days_ago)
    assert counting.count_missed() == 2
    assert _kinds(who).count("noshow.blocked") == 2
    free = world.free_numbers(alpha, session)[0]
    with pytest.raises(NoShowBlocked, match="窗口挂号"):
        world.book(alpha, session, who, free)
    with pytest.raises(NoShowBlocked):  # the district's rule counts everywhere
        world.book(beta, elsewhere, who)
    taken = world.book(beta, elsewhere, world.resident())
    with pytest.raises(NoShowBlocked):  # and where one waits for a number
        waitlist.join(
            actor=who.actor,
            institution=beta,
            person_id=who.person_id,
            session_id=elsewhere,
            until=waitlist.Until.VISIT,
            command=world.command("waitlist.join"),
        )
    browser = resident_browser(who)
    confirm = browser.get(f"/hospitals/{alpha}/sessions/{session}/numbers/{free.id}").content.decode()
    assert "多次预约后没有就诊，暂停线上预约到" in confirm
    page = browser.get("/me/no-shows").content.decode()
    assert page.count("暂停线上预约到") == 2
    assert "沈*" in page
    with pytest.raises(NoShowNotFound):  # nobody appeals for a stranger
        services.appeal(actor=world.resident().actor, booking_id=first, text="当天已经就诊")
    with pytest.raises(InvalidInput):
        services.appeal(actor=who.actor, booking_id=first, text="无")
    assert browser.post(f"/me/no-shows/{first}/appeal", {"text": "当天已在窗口就诊"}).status_code == 302
    with pytest.raises(CannotAppeal):
        services.appeal(actor=who.actor, booking_id=first, text="再说一遍理由")
    _decided_by_its_own_hospital(alpha, beta, first)
    drain(outside=False)
    assert not Block.objects.filter(lifted_at__isnull=True).exists()
    assert _kinds(who).count("noshow.decided") == 1
    assert taken.state == "booked"
    assert world.book(alpha, session, who).state == "booked"
    found = selectors.listed(manager, Asked(number=Booking.objects.get(id=second).number))
    assert [row.booking_id for row in found] == [second]


def _decided_by_its_own_hospital(alpha: str, beta: str, visit: UUID) -> None:
    """On the pages: the neighbour sees and decides nothing, a reception neither, the hospital's manager once."""
    neighbour = browser_of(make_staff("manager.beta", hospital=beta, roles=(Role.HOSPITAL_MANAGER,)))
    at_alpha = browser_of(make_staff("manager.alpha", hospital=alpha, roles=(Role.HOSPITAL_MANAGER,)))
    decision = {"answer": "excuse", "text": "核实：当天在窗口就诊"}
    assert str(visit) not in neighbour.get("/workspace/no-shows").content.decode()
    assert neighbour.post(f"/workspace/no-shows/{visit}/decide", decision).status_code == 404
    with pytest.raises(Forbidden):
        services.decide(actor=staff(Role.RECEPTION, alpha), booking_id=visit, excuse=True, text="没有权限")
    assert "当天已在窗口就诊" in at_alpha.get("/workspace/no-shows?state=appealed").content.decode()
    assert at_alpha.post(f"/workspace/no-shows/{visit}/decide", decision).status_code == 302
    with pytest.raises(AlreadyDecided):
        services.decide(actor=staff(Role.REVIEWER, None), booking_id=visit, excuse=False, text="改主意了")


def test_a_visit_told_of_late_and_a_rule_that_ends_take_it_back(alpha: str) -> None:
    session = world.open_for_booking(alpha, 8, fee_fen=0)
    manager = staff(Role.HOSPITAL_MANAGER, alpha)
    with pytest.raises(InvalidInput):
        services.set_rule(actor=manager, count="99", window_days="1", block_days="x")
    services.set_rule(actor=manager, count="1", window_days="30", block_days="60")
    late, other = world.resident(), world.resident()
    told = missed(alpha, session, late)
    missed(alpha, session, other)
    seen(alpha, session)
    assert counting.count_missed() == 2
    assert selectors.blocked(manager) == 2
    world.seen_at(alpha, told, late)
    assert world.book(alpha, session, late).state == "booked"
    with pytest.raises(NoShowBlocked):
        world.book(alpha, session, other)
    services.set_rule(actor=manager, count="0", window_days="", block_days="")
    assert selectors.rule(alpha) is None
    assert world.book(alpha, session, other).state == "booked"
