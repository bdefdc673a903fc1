"""Who reaches an application and its pictures: its own resident, or a reviewer of the district."""

from __future__ import annotations

from uuid import UUID

from hub import clock
from hub.actor import Actor
from hub.errors import Forbidden, NotFound
from hub.security.permissions import require
from hub.storage import objects
from hub.tenancy.scope import REGION
from hub.work import work
from regional_services.identity.access import account
from regional_services.idverify import pictures
from regional_services.idverify.errors import NotHeld
from regional_services.idverify.models import FILED, Application, Photo, State
from regional_services.idverify.permissions import REVIEW


def own_application(actor: Actor, application_id: UUID, *, lock: bool = False) -> Application:
    """An application of the actor's own account; NotFound for anybody else's. Inside a region scope, one query."""
    rows = Application.objects.select_for_update() if lock else Application.objects.all()
    found = rows.filter(pk=application_id, account_id=account(actor)).first()
    if found is None:
        raise NotFound
    return found


def reviewer(actor: Actor) -> UUID:
    """The reviewer's id; Forbidden for everybody who may not review, and for the staff of a hospital."""
    require(actor, REVIEW)
    if actor.institution is not None or actor.id is None:
        raise Forbidden
    return actor.id


def filed_application(actor: Actor, application_id: UUID) -> Application:
    """An application that was submitted, for a reviewer; drafts are nobody's business. Inside a scope, one query."""
    reviewer(actor)
    found = Application.objects.filter(pk=application_id, state__in=FILED).first()
    if found is None:
        raise NotFound
    return found


def holds(actor: Actor, application: Application) -> bool:
    """Whether the reviewer has a pending application in his hands now."""
    until = application.held_until
    return application.held_by == actor.id and until is not None and until > clock.now()


def own_picture(*, actor: Actor, application_id: UUID, side: str) -> bytes:
    """The resident's own photograph as it was kept (JA-IDV-03); NotFound when it is somebody else's or gone."""
    with work(REGION, actor=actor) as unit:
        photo = _photo(own_application(actor, application_id), side)
        unit.audit("idverify.own_picture_seen", target=f"idverify:{application_id}", detail={"side": side})
    return objects.get(photo.stored)


def picture_for_review(*, actor: Actor, application_id: UUID, side: str) -> bytes:
    """A photograph for a reviewer, watermarked with his id and the time; the look is recorded first (JA-IDV-07).

    Of a pending application only for the one who holds it: NotHeld for others.
    """
    with work(REGION, actor=actor) as unit:
        application = filed_application(actor, application_id)
        if application.state == State.PENDING and not holds(actor, application):
            raise NotHeld
        photo = _photo(application, side)
        unit.audit("idverify.picture_seen", target=f"idverify:{application_id}", detail={"side": side})
        mark = f"REVIEW ONLY {str(actor.id)[-12:]} {clock.local(unit.now):%Y-%m-%d %H:%M}"
    return pictures.watermarked(objects.get(photo.stored), mark)


def _photo(application: Application, side: str) -> Photo:
    photo = application.photos.filter(side=side, is_current=True, deleted_at__isnull=True).first()
    if photo is None:
        raise NotFound
    return photo
