"""What reviewers do: take an application, approve or reject it. Two of them never have the same one (JA-IDV-06 to -09).

An application is held by a lease: one guarded UPDATE takes it where nobody's lease runs, and a decision looks at the
lease again under the row's lock. A reviewer who goes home loses it by the clock.
"""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid5

from django.db.models import Q

from hub.actor import Actor
from hub.errors import InvalidInput, NotFound
from hub.tenancy.scope import REGION
from hub.work import Unit, work
from regional_services.identity import documents, reviews
from regional_services.identity.steps import NewPerson
from regional_services.idverify.access import holds, reviewer
from regional_services.idverify.errors import NotHeld, NothingWaiting
from regional_services.idverify.models import Application, Decision, Reason, State
from regional_services.notifications import steps as notifications

LEASE = timedelta(minutes=15)


def take(*, actor: Actor, application_id: UUID) -> None:
    """Take a pending application, or hold on to it for another quarter of an hour; NotHeld if somebody else has it.

    An appeal is never taken by who decided before.
    """
    reviewer(actor)
    with work(REGION, actor=actor) as unit:
        if not _seize(unit, application_id):
            raise NotHeld
        unit.audit("idverify.taken", target=f"idverify:{application_id}")


def take_next(*, actor: Actor) -> UUID:
    """Take the application that has waited longest; its id, or NothingWaiting.

    Rows other reviewers are taking in this moment are passed over, not waited for.
    """
    me = reviewer(actor)
    with work(REGION, actor=actor) as unit:
        waiting = Application.objects.filter(_takeable(unit, me), ~Q(held_by=me) | Q(held_by__isnull=True))
        found = (
            waiting.select_for_update(skip_locked=True).order_by("submitted_at").values_list("id", flat=True).first()
        )
        if found is None:
            raise NothingWaiting
        _seize(unit, found)
        unit.audit("idverify.taken", target=f"idverify:{found}")
    return UUID(str(found))


def give_back(*, actor: Actor, application_id: UUID) -> None:
    """Put an application back for others."""
    with work(REGION, actor=actor) as unit:
        given = Application.objects.filter(pk=application_id, state=State.PENDING, held_by=reviewer(actor))
        if not given.update(held_by=None, held_by_name="", held_until=None):
            raise NotHeld
        unit.audit("idverify.given_back", target=f"idverify:{application_id}")


def approve(*, actor: Actor, application_id: UUID) -> UUID:
    """The card is genuine and says what was submitted: the account's holder is real-name verified. The person's id."""
    with work(REGION, actor=actor) as unit:
        application = _held(actor, application_id)
        person_id = reviews.confirm_self(unit, account_id=application.account_id, form=_form(application))
        _decide(unit, application, State.APPROVED)
    return person_id


def reject(*, actor: Actor, application_id: UUID, reason: str, note: str = "") -> None:
    """Not accepted, for a reason the resident reads; he may appeal once or begin anew."""
    if reason not in Reason.values:
        raise InvalidInput(fields={"reason": "请选择不通过的原因。"})
    if reason == Reason.OTHER and not note.strip():
        raise InvalidInput(fields={"note": "请写明原因，居民会看到。"})
    with work(REGION, actor=actor) as unit:
        application = _held(actor, application_id)
        _decide(unit, application, State.REJECTED, reason=reason, note=note.strip()[:200])


def _takeable(unit: Unit, me: UUID) -> Q:
    free = Q(held_by__isnull=True) | Q(held_until__lte=unit.now) | Q(held_by=me)
    return Q(state=State.PENDING) & free & (Q(decided_by__isnull=True) | ~Q(decided_by=me))


def _seize(unit: Unit, application_id: UUID) -> bool:
    """One guarded UPDATE: of two who try, the second finds the first one's lease and changes nothing."""
    me = reviewer(unit.actor)
    rows = Application.objects.filter(_takeable(unit, me), pk=application_id)
    return bool(rows.update(held_by=me, held_by_name=unit.actor.name[:60], held_until=unit.now + LEASE))


def _held(actor: Actor, application_id: UUID) -> Application:
    """The application in this reviewer's hands, locked."""
    reviewer(actor)
    application = Application.objects.select_for_update().filter(pk=application_id).first()
    if application is None or application.state == State.DRAFT:
        raise NotFound
    if application.state != State.PENDING or not holds(actor, application):
        raise NotHeld
    return application


def _form(application: Application) -> NewPerson:
    return NewPerson(
        kind="self",
        name=application.fields["name"],
        document_type=documents.DocumentKind.RESIDENT_ID,
        document_number=application.fields["number"],
        consents=tuple(application.consents),
    )


def _decide(unit: Unit, application: Application, outcome: State, *, reason: str = "", note: str = "") -> None:
    reviewer_id = reviewer(unit.actor)
    decision = Decision.objects.create(
        application=application,
        outcome=outcome,
        reason=reason,
        note=note,
        is_appeal=application.appealed_at is not None,
        reviewer_id=reviewer_id,
        reviewer_name=unit.actor.name[:60],
        decided_at=unit.now,
    )
    application.state, application.reason, application.note = outcome, reason, note
    application.decided_at, application.decided_by = unit.now, reviewer_id
    application.decided_by_name = unit.actor.name[:60]
    application.held_by, application.held_by_name, application.held_until = None, "", None
    application.save()
    unit.audit(f"idverify.{outcome}", target=f"idverify:{application.id}", reason=reason)
    why = note if reason == Reason.OTHER else Reason(reason).label if reason else ""
    notifications.send(
        unit,
        kind=f"identity.{outcome}",
        account_id=application.account_id,
        person_id=None,
        institution_code="",
        about=uuid5(application.id, str(decision.pk)),
        subject=application.id,
        facts={"reason": why},
    )
