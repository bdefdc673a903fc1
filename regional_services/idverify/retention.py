"""Pictures leave: N days after the decision, at once with a draft given up, and when a crash left one without a row."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q, QuerySet

from hub import clock
from hub.actor import system_actor
from hub.retention.services import before
from hub.storage import objects
from hub.tenancy.scope import REGION, region
from hub.work import work
from regional_services.idverify import keeping
from regional_services.idverify.models import Application, Photo, State

KEEPER = system_actor("实名照片清理")
_ORPHAN_AGE = timedelta(hours=24)
_BATCH = 200


def delete_due() -> int:
    """Delete the pictures whose time has come, replaced ones of decided applications too; how many.

    The object goes first, then the row says so: a crash between the two deletes it again, which does nothing.
    """
    _drop_idle()
    over = before(keeping.PICTURES)
    with region(read_only=True):
        due = list(_due(over).values_list("id", "application_id", "object_key")[:_BATCH])
    for photo_id, application_id, key in due:
        objects.delete(key)
        with work(REGION, actor=KEEPER) as unit:
            Photo.objects.filter(pk=photo_id).update(deleted_at=unit.now, found={}, wrapped_key=b"")
            if not Photo.objects.filter(application_id=application_id, deleted_at__isnull=True).exists():
                Application.objects.filter(pk=application_id).update(pictures_deleted_at=unit.now)
            unit.audit("idverify.picture_deleted", target=f"idverify:{application_id}", detail={"photo": str(photo_id)})
    return len(due)


def sweep_orphans(prefix: str = "idverify/") -> int:
    """Delete objects under `prefix` without a row that are older than a day; how many."""
    since = clock.now() - _ORPHAN_AGE
    found = {key: UUID(key.rsplit("/", 1)[-1].removesuffix(".jpg")) for key in objects.keys(prefix)}
    old = {key: photo_id for key, photo_id in found.items() if _made_at(photo_id) < since}
    with region(read_only=True):
        known = set(Photo.objects.filter(pk__in=old.values(), deleted_at__isnull=True).values_list("id", flat=True))
    orphans = [key for key, photo_id in old.items() if photo_id not in known]
    for key in orphans:
        objects.delete(key)
    return len(orphans)


def _due(over: datetime) -> QuerySet[Photo]:
    decided = Q(
        application__state__in=(State.APPROVED, State.REJECTED),
        application__decided_at__lte=over,
    )
    return Photo.objects.filter(decided | Q(application__state=State.DROPPED), deleted_at__isnull=True).order_by(
        "taken_at"
    )


def _drop_idle() -> None:
    """A draft nobody came back to is given up."""
    over = before(keeping.DRAFTS)
    with region(read_only=True):
        idle = list(
            Application.objects.filter(state=State.DRAFT, opened_at__lt=over).values_list("id", flat=True)[:_BATCH]
        )
    for application_id in idle:
        with work(REGION, actor=KEEPER) as unit:
            Application.objects.filter(pk=application_id, state=State.DRAFT).update(
                state=State.DROPPED, decided_at=unit.now
            )
            unit.audit("idverify.dropped", target=f"idverify:{application_id}", reason="idle")


def _made_at(photo_id: UUID) -> datetime:
    """When a UUIDv7 was made."""
    return datetime.fromtimestamp((photo_id.int >> 80) / 1000, tz=clock.now().tzinfo)
