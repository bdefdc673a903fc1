"""Of workers: reading photographs (the only place that loads the recogniser), and what the schedule does."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from celery import shared_task

from hub import clock
from hub.actor import system_actor
from hub.celery import app
from hub.storage import objects
from hub.tenancy.scope import REGION, region
from hub.tenancy.tasks import RegionTask
from hub.work import work
from regional_services.idverify import engine, retention
from regional_services.idverify.models import Photo, PhotoState

READER = system_actor("证件识别")
_LOST_AFTER = timedelta(minutes=1)


@shared_task(base=RegionTask, name="idverify.read")  # type: ignore[untyped-decorator]
def read(photo_id: str) -> str:
    """Read one photograph; a repeat, or one that was replaced meanwhile, changes nothing. The state it ended in."""
    with region(read_only=True):
        photo = Photo.objects.filter(pk=UUID(photo_id), is_current=True, state=PhotoState.READING).first()
    if photo is None:
        return ""
    reading = engine.recognise(objects.get(photo.stored), photo.side, today=clock.today())
    state = PhotoState.UNREADABLE if reading.problem else PhotoState.READ
    with work(REGION, actor=READER) as unit:
        locked = Photo.objects.select_for_update().filter(pk=photo.id, state=PhotoState.READING).first()
        if locked is not None:
            locked.state, locked.problem, locked.read_at = state, reading.problem or "", unit.now
            locked.found = {name: [found.text, round(found.score, 3)] for name, found in reading.fields.items()}
            locked.save(update_fields=["state", "problem", "read_at", "found"])
        unit.audit("idverify.photo_read", target=f"idverify:{photo.application_id}", detail={"state": state})
    return str(state)


@shared_task(base=RegionTask, name="idverify.sweep")  # type: ignore[untyped-decorator]
def sweep() -> int:
    """Send again what a worker took and never finished."""
    with region(read_only=True):
        lost = Photo.objects.filter(
            state=PhotoState.READING, is_current=True, taken_at__lt=clock.now() - _LOST_AFTER
        ).values_list("id", flat=True)[:100]
        waiting = [str(photo_id) for photo_id in lost]
    for photo_id in waiting:
        app.send_task("idverify.read", args=[photo_id])
    return len(waiting)


@shared_task(base=RegionTask, name="idverify.delete_pictures")  # type: ignore[untyped-decorator]
def delete_pictures() -> int:
    """Every hour: pictures whose time has come, and objects without a row."""
    return retention.delete_due() + retention.sweep_orphans()
