"""Rotate keys, carry re-encryptions out."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar
from uuid import UUID

from hub import clock
from hub.actor import Actor, system_actor
from hub.errors import Conflict, NotFound
from hub.keys.models import JobState, Reencryption
from hub.keys.permissions import ROTATE_KEYS
from hub.outbox.events import Event
from hub.security import rotation
from hub.security.keyring import DATA, REGION_OWNER, TOKEN, KeyMissing, ring
from hub.security.permissions import require
from hub.tenancy.registry import live_hospitals
from hub.tenancy.scope import REGION, region
from hub.work import work

WORKER = system_actor("密钥轮换")
SETTLED = timedelta(seconds=2)
"""After this every process seals with the new key (`keyring` looks once a second): no value is missed."""
STALE = timedelta(minutes=5)


class RingReadOnly(Conflict):
    """The key ring is mounted read-only: rotation happens where it can be written."""

    code = "keys.read_only"
    text = "密钥环在此处只读。请由运维人员在可写处执行 manage.py keyring rotate，完成后此页自动显示新版本。"


class StillRunning(Conflict):
    """The owner's last re-encryption has not ended."""

    code = "keys.still_running"
    text = "上一次轮换的重新加密尚未完成，请完成后再轮换。"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReencryptionDue(Event):
    """A key was rotated: what stands under the old one is sealed again by a worker."""

    NAME: ClassVar[str] = "keys.reencryption_due"
    job_id: UUID

    @property
    def aggregate(self) -> str:
        """By itself."""
        return f"reencryption:{self.job_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class JobView:
    """A re-encryption as the page shows it."""

    id: UUID
    owner: str
    state: JobState
    asked_by: str
    asked_at: datetime
    ended_at: datetime | None
    total: int
    done: int

    @property
    def is_moving(self) -> bool:
        """Whether there is something left to do."""
        return self.state != JobState.DONE


def rotate_data_key(*, actor: Actor, owner: str) -> UUID:
    """Seal with a new key of `owner` (a live hospital's code, or the district's) from now on; the job that follows."""
    require(actor, ROTATE_KEYS)
    if owner not in {REGION_OWNER, *live_hospitals()}:
        raise NotFound
    try:
        with work(REGION, actor=actor) as unit:
            if Reencryption.objects.filter(owner=owner).exclude(state=JobState.DONE).exists():
                raise StillRunning
            # Before the commit: a key without a job harms nobody, the next rotation finds its values.
            key = ring().add(owner, DATA, replace=True)
            job = Reencryption.objects.create(owner=owner, key_id=key.id.hex(), asked_by=actor.name, asked_at=unit.now)
            unit.publish(ReencryptionDue(job_id=job.id))
            unit.audit(
                "security.key_rotated",
                target=f"key:{owner}",
                detail={"use": DATA, "key": key.id.hex(), "version": key.version},
            )
    except KeyMissing as problem:
        raise RingReadOnly from problem
    return UUID(str(job.id))


def rotate_token_key(*, actor: Actor) -> None:
    """Sign access tokens with a new key; those signed before it run out by themselves within ten minutes."""
    require(actor, ROTATE_KEYS)
    try:
        with work(REGION, actor=actor) as unit:
            key = ring().add(REGION_OWNER, TOKEN, replace=True)
            unit.audit(
                "security.key_rotated",
                target=f"key:{REGION_OWNER}",
                detail={"use": TOKEN, "key": key.id.hex(), "version": key.version},
            )
    except KeyMissing as problem:
        raise RingReadOnly from problem


def carry_out(job_id: UUID) -> None:
    """Seal an owner's values again, batch by batch, telling how far it is; safe to run again after any crash."""
    with region():
        job = Reencryption.objects.filter(id=job_id).exclude(state=JobState.DONE).first()
        if job is None:
            return
        Reencryption.objects.filter(id=job_id).update(state=JobState.RUNNING, touched_at=clock.now())
    time.sleep(max(0.0, (SETTLED - (clock.now() - job.asked_at)).total_seconds()))
    scopes = (REGION,) if job.owner == REGION_OWNER else (job.owner, REGION)
    done = job.done
    _tell(job_id, total=done + rotation.remaining(scopes))
    for _scope, _column, values in rotation.reencrypt_scopes(WORKER, scopes):
        done += values
        _tell(job_id, done=done)
    with work(REGION, actor=WORKER) as unit:
        Reencryption.objects.filter(id=job_id).update(state=JobState.DONE, ended_at=unit.now, total=done, done=done)
        unit.audit("security.reencryption_done", target=f"key:{job.owner}", detail={"values": done})


def _tell(job_id: UUID, **progress: int) -> None:
    with region():
        Reencryption.objects.filter(id=job_id).update(touched_at=clock.now(), **progress)


def forsaken() -> list[UUID]:
    """Jobs nobody has touched for minutes: their worker died, or they were never sent. One query."""
    with region(read_only=True):
        rows = Reencryption.objects.exclude(state=JobState.DONE).filter(touched_at__lt=clock.now() - STALE)
        return list(rows.order_by("asked_at").values_list("id", flat=True))


def latest(*, limit: int = 20) -> list[JobView]:
    """The last re-encryptions, newest first. One query."""
    with region(read_only=True):
        return [
            JobView(
                id=row.id,
                owner=row.owner,
                state=JobState(row.state),
                asked_by=row.asked_by,
                asked_at=row.asked_at,
                ended_at=row.ended_at,
                total=row.total,
                done=row.done,
            )
            for row in Reencryption.objects.order_by("-asked_at")[:limit]
        ]
