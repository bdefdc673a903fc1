"""The only ways an item reaches a page: the resident's own, a hospital's own, all of them at the district."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet

from hub.actor import Actor, ActorKind
from hub.errors import NotFound
from hub.security.permissions import require
from regional_services.feedback.errors import FeedbackNotFound
from regional_services.feedback.models import Feedback, Photo
from regional_services.feedback.permissions import VIEW


def account(actor: Actor) -> UUID:
    """The resident's account; NotFound for everybody else."""
    if actor.kind is not ActorKind.RESIDENT or actor.id is None:
        raise NotFound
    return actor.id


def own(actor: Actor) -> QuerySet[Feedback]:
    """What this resident wrote."""
    return Feedback.objects.filter(account_id=account(actor))


def of_staff(actor: Actor) -> QuerySet[Feedback]:
    """What this member of staff may see; row-level security holds a hospital's staff to the same."""
    require(actor, VIEW)
    return Feedback.objects.filter(institution_code=actor.institution) if actor.institution else Feedback.objects.all()


def reachable(actor: Actor) -> QuerySet[Feedback]:
    """Either of both, by the kind of actor."""
    return own(actor) if actor.kind is ActorKind.RESIDENT else of_staff(actor)


def one(actor: Actor, feedback_id: UUID, *, lock: bool = False) -> Feedback:
    """The item; FeedbackNotFound for everybody it is not for. One query."""
    found = reachable(actor).filter(pk=feedback_id)
    row = (found.select_for_update() if lock else found).first()
    if row is None:
        raise FeedbackNotFound
    return row


def photo(actor: Actor, photo_id: UUID) -> Photo:
    """A photograph of an item the actor may see. One query."""
    row = (
        Photo.objects.select_related("entry__feedback")
        .filter(pk=photo_id, entry__feedback__in=reachable(actor))
        .first()
    )
    if row is None:
        raise FeedbackNotFound
    return row
