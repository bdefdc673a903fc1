"""A family doctor's hospital refers a signed resident to the share another hospital keeps for that."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import pytest
from django.db import DatabaseError
from django.test import Client
from playwright.sync_api import Browser, expect
from pytest_django.fixtures import Settings

from hub import clock
from hub.errors import Forbidden, InvalidInput
from hub.ids import uuid7
from hub.journal.region.models import AuditRow
from hub.outbox.relay import drain
from hub.security.roles import Role
from hub.tenancy.scope import hospital, region
from regional_services.booking.models import Booking
from regional_services.booking.models import State as BookingState
from regional_services.booking.verify import verify_hospital
from regional_services.catalog import projection, referable
from regional_services.catalog.models import CatalogDepartment, CatalogSession
from regional_services.referrals import selectors, services
from regional_services.referrals.errors import ReferralNotFound, ShareGone
from regional_services.referrals.models import Received, Referral, State
from regional_services.referrals.services import ReferralWish
from tenants.patients import contracts
from tenants.patients import selectors as patients
from tenants.patients.errors import NotSigned, SignedAlready
from tenants.patients.selectors import PatientView
from tenants.scheduling import services as scheduling
from tenants.scheduling.models import Channel, Number
from tenants.scheduling.services import RuleWish
from tests.booking import world
from tests.harness.browser import Visitor, visitor
from tests.harness.live import serving
from tests.harness.outside import HOST, free_port
from tests.harness.threads import in_threads
from tests.portal.desks import desk_of, text_of
from tests.portal.workspace import archive_of, booked
from tests.queueing.world import staff
from tests.security.matrix.examples import resident_browser

WHY = "血压控制不佳三个月，请专科评估用药。"


def keeps_for_referrals(code: str, *, percent: int = 20, count: int = 10, fee_fen: int = 2500) -> UUID:
    """A hospital whose release rule keeps a share of its session for family doctors; the session."""
    session = world.open_for_booking(code, count, fee_fen=fee_fen)
    wish = RuleWish(
        department_id=None,
        valid_from=clock.today(),
        days_ahead=5,
        hour=clock.MIDNIGHT.fromisoformat("07:00"),
        family_share=percent,
        merge_hours=1,
    )
    scheduling.set_release_rule(actor=staff(code, Role.HOSPITAL_MANAGER), hospital=code, wish=wish)
    drain()
    projection.refresh(code)  # without waiting for its turn of the second
    return session


def signed(code: str, who: world.Resident) -> PatientView:
    """The resident, known at this hospital, with a family doctor there."""
    archive = archive_of(code, who)
    contracts.sign(actor=staff(code, Role.RECEPTION), hospital=code, person_id=who.person_id, doctor_name="李敏")
    with hospital(code, read_only=True):
        return patients.patients_of([archive.id])[archive.id]


def refer(code: str, patient: PatientView, session: UUID, *, note: str = WHY, agreed: bool = True) -> UUID:
    """As the doctor's page does it; what is asked is not carried out yet."""
    wish = ReferralWish(patient=patient, session_id=session, note=note, agreed=agreed)
    return services.refer(
        actor=staff(code, Role.DOCTOR), hospital=code, wish=wish, command=world.command("referrals.refer")
    )


def state_of(referral_id: UUID) -> tuple[State, str]:
    with region(read_only=True):
        row = Referral.objects.get(id=referral_id)
    return State(row.state), row.reason


def free_of_share(code: str) -> int:
    with hospital(code, read_only=True):
        return Number.objects.filter(pool=Channel.FAMILY, state="free").count()


@contextmanager
def desk_window(chromium: Browser, client: Client, base: str) -> Iterator[Visitor]:
    window = visitor(chromium, base, desk=True)
    window.context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": window.base}])
    yield window
    assert window.troubles == []


@pytest.mark.browser
def test_a_resident_is_signed_referred_told_and_expected_there(
    alpha: str, beta: str, settings: Settings, chromium: Browser
) -> None:
    """From the patient's page at A over the choice of B's number to the resident's booking and B's desk."""
    booking, who = booked(alpha)
    keeps_for_referrals(beta)
    archive, port = archive_of(alpha, who), free_port()
    settings.PUBLIC_ORIGIN = f"http://localhost:{port}"
    reception = desk_of(Role.RECEPTION, hospital=alpha)
    with serving(HOST, port), desk_window(chromium, reception, f"http://{alpha}.localhost:{port}") as window:
        page = window.go("/workspace/referrals")
        expect(page.get_by_text("还没有转诊")).to_be_visible()
        window.look("referrals-empty")
        window.go(f"/workspace/people/{archive.id}")
        page.get_by_label("签约医生姓名").fill("李敏")
        page.get_by_role("button", name="登记签约").click()
        expect(page.get_by_text("已登记签约")).to_be_visible()
        window.look("referrals-person")
        page.get_by_role("link", name="转诊到其他医院").click()
        expect(page.get_by_role("cell", name=f"云栖区{beta}医院")).to_be_visible()
        window.look("referrals-choose")
        page.get_by_role("link", name="转诊", exact=True).last.click()
        window.look("referrals-confirm")
        page.get_by_label("转诊原因（接诊医生可见）").fill(WHY)
        page.get_by_role("checkbox").check()
        page.get_by_role("button", name="确认转诊").click()
        expect(page.get_by_role("heading", name="正在占号")).to_be_visible()
        window.look("referrals-asked")
        drain(outside=False)
        expect(page.get_by_role("heading", name="已约好")).to_be_visible()
        window.look("referrals-done")
        window.go("/workspace/referrals?state=done")
        expect(page.get_by_role("cell", name="沈*")).to_be_visible()
        assert archive.document_number not in page.content()
        window.look("referrals-list")

    with region(read_only=True):
        made = Booking.objects.get(institution_code=beta, person_id=who.person_id)
        audited = AuditRow.objects.get(action="referrals.asked")
    assert (made.state, made.channel, made.pay_on_day) == (BookingState.BOOKED, Channel.FAMILY, True)
    assert audited.detail["to"] == beta
    assert verify_hospital(beta) == []
    with hospital(beta, read_only=True):
        assert Number.objects.get(holder=made.id).pool == Channel.FAMILY
    assert "booking.booked" in {row.kind for row in world.messages_of(who) if row.institution_code == beta}
    shown = text_of(resident_browser(who).get(f"/bookings/{made.id}"))
    assert f"云栖区{alpha}医院" in shown
    assert "为您转诊预约" in shown
    assert WHY not in shown, "what one doctor writes to another is theirs"
    assert "为您转诊预约" not in text_of(resident_browser(who).get(f"/bookings/{booking.id}"))
    there = text_of(desk_of(Role.DOCTOR, hospital=beta).get(f"/workspace/appointments/{made.id}"))
    assert WHY in there
    assert "李敏" in there


def test_who_may_not_refer_or_be_referred(alpha: str, beta: str) -> None:
    """Unsigned, unasked, without a reason, without the right; strangers see nothing and write nothing."""
    _, who = booked(alpha)
    session = keeps_for_referrals(beta)
    archive = archive_of(alpha, who)
    with hospital(alpha, read_only=True):
        patient = patients.patients_of([archive.id])[archive.id]
    with pytest.raises(NotSigned):
        refer(alpha, patient, session)
    patient = signed(alpha, who)
    with pytest.raises(SignedAlready):
        signed(alpha, who)
    for note, agreed, field in (("好", True, "note"), (WHY, False, "agreed")):
        with pytest.raises(InvalidInput) as refused:
            refer(alpha, patient, session, note=note, agreed=agreed)
        assert field in refused.value.fields
    own = keeps_for_referrals_here(alpha)
    for elsewhere in (uuid7(), own):
        with pytest.raises(ShareGone):
            refer(alpha, patient, elsewhere)
    with pytest.raises(Forbidden):
        services.refer(
            actor=staff(alpha, Role.CASHIER),
            hospital=alpha,
            wish=ReferralWish(patient=patient, session_id=session, note=WHY, agreed=True),
            command=world.command("referrals.refer"),
        )
    made = refer(alpha, patient, session)
    drain(outside=False)
    assert selectors.own_referral(staff(alpha, Role.DOCTOR), alpha, made).state is State.DONE
    with pytest.raises(ReferralNotFound):
        selectors.own_referral(staff(beta, Role.DOCTOR), beta, made)
    stranger = desk_of(Role.RECEPTION, hospital=beta)
    assert stranger.get(f"/workspace/referrals/{made}").status_code == 404
    assert stranger.get(f"/workspace/refer?person={archive.id}").status_code == 404
    assert "李敏" not in text_of(stranger.get("/workspace/referrals"))
    cashier = desk_of(Role.CASHIER, hospital=alpha)
    assert cashier.get("/workspace/referrals").status_code == 403
    contracts.end(actor=staff(alpha, Role.RECEPTION), hospital=alpha, person_id=who.person_id)
    with pytest.raises(NotSigned):
        refer(alpha, patient, session)


def keeps_for_referrals_here(code: str) -> UUID:
    """The session of a hospital that is open already, with a share for referrals."""
    wish = RuleWish(
        department_id=None,
        valid_from=clock.today(),
        days_ahead=5,
        hour=clock.MIDNIGHT.fromisoformat("07:00"),
        family_share=50,
        merge_hours=1,
    )
    scheduling.set_release_rule(actor=staff(code, Role.HOSPITAL_MANAGER), hospital=code, wish=wish)
    drain()
    projection.refresh(code)
    with region(read_only=True):
        return UUID(str(CatalogSession.objects.values_list("session_id", flat=True).get(institution_code=code)))


def test_staff_see_what_is_kept_for_referrals_elsewhere_and_nothing_else(alpha: str, beta: str) -> None:
    """Row-level security shows these sessions and their departments to read, until the share is used up."""
    booked(alpha)
    session = world.open_for_booking(beta, 10)
    projection.refresh(beta)
    with region(staff_of=alpha, read_only=True):
        assert not CatalogSession.objects.filter(institution_code=beta).exists()
        assert not CatalogDepartment.objects.filter(institution_code=beta).exists()
    assert session == keeps_for_referrals_here(beta)
    with region(staff_of=alpha, read_only=True):
        [opening] = referable.openings(besides=alpha)
        assert (opening.session_id, opening.left) == (session, 5)
        assert referable.openings(besides=alpha, text="没有的科室") == []
        assert referable.openings(besides=alpha, text=opening.department_name[:2], code=beta) == [opening]
        assert CatalogDepartment.objects.filter(institution_code=beta).count() == 1
    with region(staff_of=alpha):
        assert CatalogSession.objects.filter(session_id=session).update(referable=9) == 0
    with pytest.raises(DatabaseError), region(staff_of=alpha):
        Received.objects.create(
            booking_id=uuid7(), institution_code=alpha, from_code=beta, family_doctor="x", note="x", made_at=clock.now()
        )


def test_the_last_number_goes_to_one_and_what_is_refused_is_given_back(alpha: str, beta: str) -> None:
    """Two at once for one number; a person whose time is taken; a delivery that comes again."""
    session = keeps_for_referrals(beta, percent=10)
    assert free_of_share(beta) == 1
    booking, first = booked(alpha)
    second = world.resident()
    world.book(alpha, booking.session_id, second)
    drain(outside=False)
    asked = [refer(alpha, signed(alpha, who), session) for who in (first, second)]
    in_threads(2, lambda index: services.carry_out(asked[index]))
    drain(outside=False)
    assert sorted(state for state, _ in map(state_of, asked)) == [State.DONE, State.REFUSED]
    [lost] = [reason for state, reason in map(state_of, asked) if state is State.REFUSED]
    assert "用完" in lost
    assert free_of_share(beta) == 0
    done = next(one for one in asked if state_of(one)[0] is State.DONE)
    services.carry_out(done)
    with region(read_only=True):
        assert Booking.objects.filter(institution_code=beta).count() == 1
        assert Received.objects.count() == 1
    assert verify_hospital(beta) == []


def test_a_person_whose_time_is_taken_keeps_nothing_there(alpha: str, beta: str) -> None:
    """The number claimed for him goes back to the share, and the doctor reads why."""
    booking, who = booked(alpha)
    session = keeps_for_referrals(beta)
    free = free_of_share(beta)
    patient = signed(alpha, who)
    with hospital(beta):  # the share's numbers lie where he is at the other hospital already
        Number.objects.filter(pool=Channel.FAMILY).update(start=booking.starts_at, end=booking.ends_at)
    referral = refer(alpha, patient, session)
    drain(outside=False)
    state, reason = state_of(referral)
    assert (state, "这个时段已有其他预约" in reason) == (State.REFUSED, True)
    assert free_of_share(beta) == free
    assert verify_hospital(beta) == []
