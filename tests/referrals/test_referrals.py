"""A family doctor's hospital refers a signed resident to the share another hospital keeps for that."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import DatabaseError
from django.test import Client
from playwright.sync_api import Browser, expect
from pytest_django.fixtures import Settings

from hub import clock
from hub.actor import Actor
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
from regional_services.referrals.errors import ReferralNotFound, ShareGone, TimeGone
from regional_services.referrals.models import Received, Referral, State
from regional_services.referrals.selectors import Wanted
from regional_services.referrals.services import ReferralWish
from tenants.patients import contracts
from tenants.patients import selectors as patients
from tenants.patients.errors import NotSigned, SignedAlready
from tenants.patients.selectors import PatientView
from tenants.scheduling import services as scheduling
from tenants.scheduling.models import Channel, Number
from tenants.scheduling.services import RuleWish
from tests.accounts.people import make_staff
from tests.booking import world
from tests.harness.browser import DESK, PHONE, Visitor, visitor
from tests.harness.live import serving
from tests.harness.outside import HOST, free_port
from tests.harness.threads import in_threads
from tests.portal.desks import browser_of, desk_of, text_of
from tests.portal.workspace import archive_of, booked
from tests.queueing.world import staff
from tests.security.matrix.examples import resident_browser

WHY = "血压控制不佳三个月，请专科评估用药。"


def keeps_for_referrals(code: str, *, percent: int = 20, count: int = 10, fee_fen: int = 2500) -> UUID:
    """A hospital whose release rule keeps a share of its session for family doctors; the session."""
    session = world.open_for_booking(code, count, fee_fen=fee_fen)
    keep_a_share(code, percent)
    return session


def keep_a_share(code: str, percent: int) -> None:
    """A hospital's release rule keeps so much of every session for family doctors."""
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


def signed(code: str, who: world.Resident) -> PatientView:
    """The resident, known at this hospital, with a family doctor there."""
    archive = archive_of(code, who)
    contracts.sign(actor=staff(code, Role.RECEPTION), hospital=code, person_id=who.person_id, doctor_name="李敏")
    with hospital(code, read_only=True):
        return patients.patients_of([archive.id])[archive.id]


def refer(
    code: str,
    patient: PatientView,
    session: UUID,
    *,
    note: str = WHY,
    agreed: bool = True,
    at: int = 0,
    actor: Actor | None = None,
) -> UUID:
    """As the doctor's page does it, for the share's time of that place; what is asked is not carried out yet."""
    with region(read_only=True):
        opening = referable.opening(session)
    start = opening.starts[at] if opening else clock.now()
    wish = ReferralWish(patient=patient, session_id=session, start=start, note=note, agreed=agreed)
    return services.refer(
        actor=actor or staff(code, Role.DOCTOR), hospital=code, wish=wish, command=world.command("referrals.refer")
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
        for size, viewport in (("-phone", PHONE), ("", DESK)):
            window.page.set_viewport_size(viewport)  # type: ignore[arg-type]
            window.look(f"referrals-confirm{size}")
        page.get_by_role("radio").last.check()
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
        sheet = f"沈云,{archive.document_number},李敏\n沈云,310199199003070014,王强\n".encode()
        for size, viewport in (("", DESK), ("-phone", PHONE)):
            window.page.set_viewport_size(viewport)  # type: ignore[arg-type]
            window.go("/workspace/referrals")
            window.look(f"referrals-list{size}")
            window.go("/workspace/referrals/contracts")
            window.look(f"contracts{size}")
            page.get_by_role("link", name="从文件导入").click()
            page.get_by_label("CSV 文件").set_input_files({"name": "a.csv", "mimeType": "text/csv", "buffer": sheet})
            window.look(f"contracts-import{size}")
            page.get_by_role("button", name="预览").click()
            expect(page.get_by_role("cell", name="已登记与这位医生签约，不用再登记。")).to_be_visible()
            window.look(f"contracts-preview{size}")
    manager = desk_of(Role.HOSPITAL_MANAGER, hospital=beta)
    with serving(HOST, port), desk_window(chromium, manager, f"http://{beta}.localhost:{port}") as window:
        page = window.go("/workspace/referrals/received")
        expect(page.get_by_role("cell", name=f"云栖区{alpha}医院")).to_be_visible()
        window.look("referrals-received")
        window.page.set_viewport_size(PHONE)  # type: ignore[arg-type]
        window.look("referrals-received-phone")

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
            wish=ReferralWish(patient=patient, session_id=session, start=clock.now(), note=WHY, agreed=True),
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
    keep_a_share(code, 50)
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
    projection.rebuild(beta)
    referral = refer(alpha, patient, session)
    drain(outside=False)
    state, reason = state_of(referral)
    assert (state, "这个时段已有其他预约" in reason) == (State.REFUSED, True)
    assert free_of_share(beta) == free
    assert verify_hospital(beta) == []


def test_a_time_that_is_gone_is_refused_and_none_is_no_answer(alpha: str, beta: str) -> None:
    """One doctor takes the last number of a time while another reads the page: he chooses anew, and holds nothing."""
    _, who = booked(alpha)
    session = keeps_for_referrals(beta, percent=50)
    patient = signed(alpha, who)
    with pytest.raises(InvalidInput) as refused:
        services.refer(
            actor=staff(alpha, Role.DOCTOR),
            hospital=alpha,
            wish=ReferralWish(patient=patient, session_id=session, start=None, note=WHY, agreed=True),
            command=world.command("referrals.refer"),
        )
    assert set(refused.value.fields) == {"start"}
    with region(read_only=True):
        opening = referable.opening(session)
    assert opening is not None
    assert len(opening.starts) == 5
    asked = refer(alpha, patient, session, at=2)
    with hospital(beta):
        Number.objects.filter(pool=Channel.FAMILY, start=opening.starts[2]).update(state="taken", holder=uuid7())
    drain(outside=False)
    state, reason = state_of(asked)
    assert (state, "另选时间" in reason) == (State.REFUSED, True)
    projection.rebuild(beta)
    with pytest.raises(TimeGone):
        services.refer(
            actor=staff(alpha, Role.DOCTOR),
            hospital=alpha,
            wish=ReferralWish(patient=patient, session_id=session, start=opening.starts[2], note=WHY, agreed=True),
            command=world.command("referrals.refer"),
        )
    again = refer(alpha, patient, session, at=2)
    drain(outside=False)
    assert state_of(again)[0] is State.DONE
    with hospital(beta, read_only=True):
        assert Number.objects.get(holder=again).start == opening.starts[3]


def test_both_hospitals_find_page_and_export_their_side(alpha: str, beta: str) -> None:
    """The one who referred, and the one who is to see; each its own rows, masked, and the visit's end on both."""
    booking, first = booked(alpha)
    second = world.resident()
    world.book(alpha, booking.session_id, second)
    drain(outside=False)
    session = keeps_for_referrals(beta, percent=50)
    made = [refer(alpha, signed(alpha, who), session, at=at) for at, who in enumerate((first, second))]
    drain(outside=False)
    there, here = (desk_of(Role.RECEPTION, hospital=code) for code in (beta, alpha))
    for desk, page, other in ((here, "/workspace/referrals", beta), (there, "/workspace/referrals/received", alpha)):
        shown = text_of(desk.get(page))
        assert (shown.count("沈*"), f"云栖区{other}医院" in shown, "李敏" in shown or desk is here) == (2, True, True)
        assert archive_of(alpha, first).document_number not in shown
        for query, count in (
            ("?q=心血管", 2),
            ("?q=没有的", 0),
            ("?state=done", 2),
            ("?state=stopped", 0),
            (f"?at={other}", 2),
            ("?at=elsewhere", 0),
            (f"?since={clock.today() + timedelta(days=2)}", 0),
            ("?page=2", 0),
            ("?who=unknown", 0),
        ):
            assert text_of(desk.get(page + query)).count("沈*") == count, query
        _exports(desk, page)
    for code, rows in ((alpha, 2), (beta, 0)):
        assert len(selectors.sent(staff(code, Role.DOCTOR), code, Wanted())) == rows
        assert len(selectors.received(staff(code, Role.DOCTOR), code, Wanted())) == 2 - rows
    narrowed = replace(staff(beta, Role.DOCTOR), departments=frozenset({uuid7()}))
    assert selectors.received(narrowed, beta, Wanted()) == []
    for role, refused in ((Role.CASHIER, "/workspace/referrals/received"), (Role.CASHIER, "/workspace/referrals")):
        assert desk_of(role, hospital=beta, login_name=refused.rpartition("/")[2]).get(refused).status_code == 403
    doctor = desk_of(Role.DOCTOR, hospital=beta)
    assert doctor.post("/workspace/referrals/received/export").status_code == 403
    world.seen_at(beta, made[0], first)
    assert state_of(made[0])[0] is State.SEEN
    assert "已就诊" in text_of(there.get("/workspace/referrals/received?state=seen"))


def _exports(desk: Client, page: str) -> None:
    """Masked, with a number that the audit knows."""
    lines = desk.post(f"{page}/export?state=done").content.decode("utf-8-sig").splitlines()
    with region(read_only=True):
        noted = AuditRow.objects.filter(action="referrals.exported").latest("id")
    assert noted.target.removeprefix("export:") in lines[0]
    assert (noted.detail["rows"], len(lines)) == (2, 4)
    assert "沈*" in lines[2]
    assert WHY not in "".join(lines)


@pytest.mark.parametrize("ends", ["before", "after"])
def test_a_booking_that_ends_while_the_referral_is_still_under_way_is_not_missed(
    alpha: str, beta: str, monkeypatch: pytest.MonkeyPatch, ends: str
) -> None:
    """Its event finds the referral under way, or done: who referred is told once either way."""
    _, who = booked(alpha)
    session = keeps_for_referrals(beta)
    doctor = make_staff("doc.alpha", hospital=alpha, roles=(Role.DOCTOR,))
    asked = refer(
        alpha, signed(alpha, who), session, actor=replace(staff(alpha, Role.DOCTOR), id=doctor.account.user_id)
    )
    finish = services._end  # the instant between the booking and the referral's end

    def stop_and_finish(actor: Actor, row: Referral, refusal: str) -> None:
        if ends == "after":
            finish(actor, row, refusal)
        world.stop_session(beta, session)
        drain(outside=False)
        if ends == "before":
            assert state_of(asked)[0] is State.ASKED
            finish(actor, row, refusal)

    with monkeypatch.context() as between:
        between.setattr(services, "_end", stop_and_finish)
        drain(outside=False)
    drain(outside=False)
    assert state_of(asked) == (State.STOPPED, "医生外出会诊")
    [there] = selectors.received(staff(beta, Role.DOCTOR), beta, Wanted())
    assert there.state is State.STOPPED
    assert text_of(browser_of(doctor).get("/desk/reminders")).count("的预约医院停诊，医生外出会诊。") == 1
