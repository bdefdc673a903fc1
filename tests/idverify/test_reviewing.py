"""Reviewers: the list, one side by side, two who never have the same, the decision and what follows from it."""

from __future__ import annotations

import io
from datetime import timedelta
from functools import partial
from uuid import UUID, uuid4

import numpy as np
import pytest
from django.test import Client
from PIL import Image

from hub import clock, ids
from hub.actor import Actor, ActorKind
from hub.errors import Forbidden, NotFound
from hub.security.roles import Role
from hub.storage import objects
from hub.tenancy.scope import REGION, region
from hub.work import Command, work
from regional_services.identity import services as identity
from regional_services.identity.access import patient_for
from regional_services.identity.errors import DocumentElsewhere, RealNameNeeded
from regional_services.identity.purposes import BOOKING
from regional_services.identity.selectors import has_consent, has_verified_self
from regional_services.identity.steps import NewPerson
from regional_services.idverify import access, retention, reviewing, selectors, services
from regional_services.idverify.errors import AppealClosed, NotHeld, NothingWaiting
from regional_services.idverify.models import Application, Decision, State
from tests.harness.threads import in_threads
from tests.idverify import world
from tests.idverify.world import Applicant
from tests.portal.desks import desk_of, text_of

HERE = "/district/identity"
THREADS = 8


def add_self(who: Applicant) -> UUID:
    """He typed name and number before; the city has not confirmed them."""
    form = NewPerson(
        kind="self",
        name=who.card.name,
        document_type="01",
        document_number=who.card.number,
        consents=("service_use", "hospital_sharing"),
    )
    return identity.add_person(
        actor=who.actor, form=form, command=Command(name="identity.add_person", key=uuid4().hex, fingerprint="f")
    )


def may_book(who: Applicant, person_id: UUID) -> bool:
    with region(read_only=True):
        try:
            patient_for(who.actor, person_id, BOOKING)
        except (RealNameNeeded, NotFound):
            return False
    return True


@pytest.mark.requirement("JA-IDV-06", "JA-IDV-07", "JA-IDV-08")
def test_from_the_list_to_a_checked_name(committed: None, client: Client, alpha: str) -> None:
    who = world.applicant()
    person_id = add_self(who)
    application_id = world.photographed(who)
    services.submit(actor=who.actor, application_id=application_id, given={"address": "云栖市云栖区新路1号"})
    assert not may_book(who, person_id)

    assert client.get(HERE).status_code == 302
    for role in (Role.OPERATIONS, Role.AUDIT_ADMIN):
        assert desk_of(role).get(HERE).status_code == 403
    assert desk_of(Role.HOSPITAL_MANAGER, hospital=alpha).get(HERE).status_code == 403
    desk = desk_of(Role.REVIEWER)
    page = text_of(desk.get(HERE))
    assert ("待审核" in page, f"{HERE}/{application_id}" in page) == (True, True)

    closed = text_of(desk.get(f"{HERE}/{application_id}"))
    assert "领取后才能查看" in closed
    assert desk.get(f"{HERE}/{application_id}/photos/front").status_code == 409
    opened = text_of(desk.post(f"{HERE}/{application_id}/take", follow=True))
    for side in ("front", "back"):
        assert f"{HERE}/{application_id}/photos/{side}" in opened
        answer = desk.get(f"{HERE}/{application_id}/photos/{side}")
        assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store, private")
    assert ("已改" in opened, who.card.number in opened) == (True, False)

    refused = text_of(desk.post(f"{HERE}/{application_id}/approve", {}, follow=True))
    assert "请先逐项核对" in refused
    desk.post(f"{HERE}/{application_id}/approve", {"compared": "1"})
    assert may_book(who, person_id)
    with region(read_only=True):
        row, decision = Application.objects.get(), Decision.objects.get()
        assert has_consent(person_id, "identity_photos")
    assert (row.state, row.decided_by_name, decision.outcome) == ("approved", decision.reviewer_name, "approved")
    assert row.decided_at is not None
    assert "已通过" in text_of(desk.get(HERE, {"state": "approved"}))


@pytest.mark.requirement("JA-IDV-09")
def test_rejected_stays_closed_and_open_to_a_new_one(committed: None) -> None:
    who, judge = world.applicant(), world.reviewer()
    person_id = add_self(who)
    world.rejected(who, judge)
    assert not may_book(who, person_id)
    with region(read_only=True):
        assert not has_verified_self(UUID(str(who.actor.id)))
    again = world.submitted(who)
    reviewing.take(actor=judge, application_id=again)
    reviewing.approve(actor=judge, application_id=again)
    assert may_book(who, person_id)


def test_the_picture_for_a_reviewer_is_marked_and_the_look_is_recorded(committed: None) -> None:
    judge, application_id = world.reviewer(), world.submitted()
    reviewing.take(actor=judge, application_id=application_id)
    shown = access.picture_for_review(actor=judge, application_id=application_id, side="front")
    photo = next(photo for photo in world.photos_of(application_id) if photo.side == "front")
    plain = objects.get(photo.stored)
    assert Image.open(io.BytesIO(shown)).size == Image.open(io.BytesIO(plain)).size
    red = [_red_pixels(picture) for picture in (plain, shown)]
    assert red[1] > red[0] + 2000
    with pytest.raises(NotHeld):
        access.picture_for_review(actor=world.reviewer("乙"), application_id=application_id, side="front")


def _red_pixels(picture: bytes) -> int:
    pixels = np.asarray(Image.open(io.BytesIO(picture)).convert("RGB")).astype(int)
    return int((pixels[..., 0] > pixels[..., 2] + 40).sum())


def test_who_may_not_review_is_refused_below_the_pages_too(committed: None, alpha: str) -> None:
    application_id = world.submitted()
    clerk = Actor(kind=ActorKind.STAFF, id=uuid4(), name="前台", institution=alpha)
    elsewhere = Actor(
        kind=ActorKind.STAFF, id=uuid4(), name="外院", institution=alpha, permissions=frozenset({"idverify.review"})
    )
    for actor in (clerk, elsewhere, world.applicant().actor):
        for act in (reviewing.take, reviewing.approve, partial(reviewing.reject, reason="unclear")):
            with pytest.raises(Forbidden):
                act(actor=actor, application_id=application_id)  # type: ignore[operator]
        with pytest.raises(Forbidden):
            access.picture_for_review(actor=actor, application_id=application_id, side="front")
    draft = world.photographed(world.applicant())
    with pytest.raises(NotFound):
        selectors.for_review(world.reviewer(), draft)


def test_a_lease_ends_by_the_clock_and_a_late_decision_is_refused(committed: None) -> None:
    first, second, application_id = world.reviewer("甲"), world.reviewer("乙"), world.submitted()
    reviewing.take(actor=first, application_id=application_id)
    with pytest.raises(NotHeld):
        reviewing.take(actor=second, application_id=application_id)
    with pytest.raises(NothingWaiting):
        reviewing.take_next(actor=second)
    with clock.shifted(timedelta(minutes=16)):
        assert reviewing.take_next(actor=second) == application_id
        with pytest.raises(NotHeld):
            reviewing.approve(actor=first, application_id=application_id)
        reviewing.give_back(actor=second, application_id=application_id)
        reviewing.take(actor=first, application_id=application_id)


def test_an_appeal_goes_once_to_somebody_else(committed: None) -> None:
    who, first, second = world.applicant(), world.reviewer("甲"), world.reviewer("乙")
    application_id = world.rejected(who, first)
    services.appeal(actor=who.actor, application_id=application_id, text="证件清楚，请复核")
    with pytest.raises(NotHeld):
        reviewing.take(actor=first, application_id=application_id)
    with pytest.raises(NothingWaiting):
        reviewing.take_next(actor=first)
    assert reviewing.take_next(actor=second) == application_id
    assert selectors.for_review(second, application_id).appeal == "证件清楚，请复核"
    reviewing.reject(actor=second, application_id=application_id, reason="other", note="仍看不清")
    with pytest.raises(AppealClosed):
        services.appeal(actor=who.actor, application_id=application_id, text="证件清楚，请复核")
    with region(read_only=True):
        assert list(Decision.objects.order_by("id").values_list("is_appeal", flat=True)) == [False, True]


def test_a_document_known_under_another_name_is_not_confirmed(committed: None) -> None:
    judge, known = world.reviewer(), world.applicant()
    first = world.submitted(known)
    reviewing.take(actor=judge, application_id=first)
    reviewing.approve(actor=judge, application_id=first)
    thief = Applicant(world.applicant().actor, known.card)
    application_id = world.photographed(thief)
    services.submit(actor=thief.actor, application_id=application_id, given={"name": "李四"})
    reviewing.take(actor=judge, application_id=application_id)
    assert selectors.for_review(judge, application_id).number_elsewhere
    with pytest.raises(DocumentElsewhere):
        reviewing.approve(actor=judge, application_id=application_id)
    with region(read_only=True):
        assert Application.objects.get(pk=application_id).state == State.PENDING


@pytest.mark.race
def test_of_many_reviewers_one_takes_it(committed: None) -> None:
    application_id = world.submitted()

    def take(number: int) -> bool:
        try:
            reviewing.take(actor=world.reviewer(str(number)), application_id=application_id)
        except NotHeld:
            return False
        return True

    assert sum(in_threads(THREADS, take)) == 1


@pytest.mark.race
def test_without_the_guard_two_reviewers_take_the_same(committed: None) -> None:
    """The negative control: look, then take."""
    application_id = world.submitted()

    def take(number: int) -> bool:
        with work(REGION, actor=world.reviewer(str(number))) as unit:
            row = Application.objects.get(pk=application_id)
            if row.held_by is not None:
                return False
            Application.objects.filter(pk=application_id).update(held_by=unit.actor.id, held_until=unit.now)
            unit.audit("test.taken", target=f"idverify:{application_id}")
        return True

    for _ in range(12):
        if sum(in_threads(THREADS, take)) > 1:
            return
        with work(REGION, actor=world.SETUP) as unit:
            Application.objects.update(held_by=None)
            unit.audit("test.freed", target="idverify")
    pytest.fail("the race never showed: the test beside proves nothing")


@pytest.mark.requirement("JA-IDV-10", "JA-IDV-11")
def test_figures_by_period_and_outcome(committed: None) -> None:
    """One pending, approved and rejected today, one pending of forty days ago; a draft counts nowhere."""
    judge = world.reviewer()
    with clock.shifted(timedelta(days=-40)):
        world.submitted()
    world.photographed(world.applicant())
    world.submitted()
    world.rejected(world.applicant(), judge)
    accepted = world.submitted()
    reviewing.take(actor=judge, application_id=accepted)
    reviewing.approve(actor=judge, application_id=accepted)
    operator = desk_of(Role.OPERATIONS)
    today = clock.today()
    rows = operator.get(f"{HERE}/statistics.csv").content.decode("utf-8-sig").splitlines()
    assert rows[1:] == [f"{today},3,1,1,1", "合计,3,1,1,1"]
    since = (today - timedelta(days=60)).isoformat()
    query = {"first": since, "last": today.isoformat(), "by": "month"}
    total = operator.get(f"{HERE}/statistics.csv", query).content.decode("utf-8-sig").splitlines()[-1]
    assert total == "合计,4,2,1,1"
    page = text_of(operator.get(f"{HERE}/statistics"))
    assert "照片不清楚，无法辨认" in page
    assert desk_of(Role.AUDIT_ADMIN).get(f"{HERE}/statistics").status_code == 403


def test_pictures_go_when_their_time_has_come(committed: None) -> None:
    """Thirty days after the decision; a pending one keeps its own, a draft given up loses them at once."""
    judge, who = world.reviewer(), world.applicant()
    decided, waiting, dropped = world.rejected(who, judge), world.submitted(), world.applicant()
    given_up = world.photographed(dropped)
    services.drop(actor=dropped.actor, application_id=given_up)
    assert retention.delete_due() == 2
    assert not any(objects.exists(photo.object_key) for photo in world.photos_of(given_up))
    with clock.shifted(timedelta(days=29)):
        assert retention.delete_due() == 0
    with clock.shifted(timedelta(days=31)):
        assert retention.delete_due() == 2
        with pytest.raises(NotFound):
            access.picture_for_review(actor=judge, application_id=decided, side="front")
        with pytest.raises(AppealClosed):
            services.appeal(actor=who.actor, application_id=decided, text="证件清楚，请复核")
    assert [objects.exists(photo.object_key) for photo in world.photos_of(waiting)] == [True, True]
    assert all(photo.found == {} for photo in world.photos_of(decided))


def test_an_object_a_crash_left_without_its_row_is_swept(committed: None) -> None:
    application_id = world.photographed(world.applicant())
    [front, _] = world.photos_of(application_id)
    prefix = f"idverify/{application_id}/"
    orphan = f"{prefix}{ids.uuid7()}.jpg"
    objects.put(orphan, b"x", content_type="image/jpeg")
    retention.sweep_orphans(prefix)
    assert objects.exists(orphan), "it may be one that is being written"
    with clock.shifted(timedelta(days=2)):
        retention.sweep_orphans(prefix)
    assert (objects.exists(orphan), objects.exists(front.object_key)) == (False, True)
