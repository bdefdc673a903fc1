"""The worker's part of leaving: one short turn at a time, under a lease, going on from what is stored.

A turn that dies leaves its lease, which ends by itself; the next turn does the same part again, which every part bears.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta

from django.db import connections
from django.db.models import Q

from hub import clock
from hub.accounts import services as accounts
from hub.actor import system_actor
from hub.errors import HubError
from hub.ids import uuid7
from hub.security import parcels
from hub.security.keyring import REGION_OWNER, KeyMissing, ring
from hub.tenancy.keys import object_key
from hub.tenancy.scope import REGION, region
from hub.work import Unit, work
from institution_connectors.catalog import selectors as connectors
from institution_connectors.catalog.services import put_connector
from regional_services.booking import ending
from regional_services.leaving import destroying, packing
from regional_services.leaving.models import Leaving, LeavingStep, Stage
from regional_services.payments import selectors as payments
from tenants.registry import selectors as registry

WORKER = system_actor("机构退出")
PER_TURN = 20  # every five seconds: the refunds of 240 bookings a minute at most
LEASE = timedelta(minutes=2)
LIMIT = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a stage is after a turn; `finished` ends it."""

    done: int
    total: int
    note: str
    finished: bool


def due() -> list[str]:
    """The institutions whose leaving a worker should move. One query on a handful of rows."""
    with region(read_only=True):
        rows = Leaving.objects.filter(
            Q(leased_until__isnull=True) | Q(leased_until__lt=clock.now()), stage__in=list(STAGES)
        )
        return list(rows.values_list("institution_code", flat=True))


def turn(code: str) -> bool:
    """Do the next part of the present stage; whether there was anything for this worker to do."""
    row = _lease(code)
    if row is None:
        return False
    try:
        with _lease_kept(row):
            progress = STAGES[Stage(row.stage)](row)
    except HubError as problem:
        _release(code, problem.text)
        return True
    _record(row, progress)
    return True


def end_stage(unit: Unit, row: Leaving, note: str, *, by: str) -> None:
    """Close the row's stage inside the caller's transaction and enter the next one; the caller saves the row."""
    LeavingStep.objects.get_or_create(
        leaving=row,
        stage=row.stage,
        defaults={
            "institution_code": row.institution_code,
            "note": note[:LIMIT],
            "by_name": by[:60],
            "ended_at": unit.now,
        },
    )
    unit.audit(
        "leaving.stage_ended",
        target=f"institution:{row.institution_code}",
        detail={"stage": row.stage, "note": note[:LIMIT]},
    )
    order = list(Stage)
    row.stage = order[order.index(Stage(row.stage)) + 1]
    row.done, row.total, row.note, row.in_trouble, row.attempts, row.leased_until = 0, 0, "", False, 0, None


def _lease(code: str) -> Leaving | None:
    with work(REGION, actor=WORKER) as unit:
        row = Leaving.objects.select_for_update(skip_locked=True).filter(institution_code=code).first()
        if row is None or row.stage not in STAGES or (row.leased_until and row.leased_until > unit.now):
            return None
        row.leased_until = unit.now + LEASE
        row.attempts += 1
        row.save(update_fields=["leased_until", "attempts"])
        if row.attempts == 1:
            unit.audit("leaving.stage_begun", target=f"institution:{code}", detail={"stage": row.stage})
        else:
            unit.audit("leaving.turn", target=f"institution:{code}", detail={"stage": row.stage, "turn": row.attempts})
    return row


@contextmanager
def _lease_kept(row: Leaving) -> Iterator[None]:
    """Renew the lease from beside while a turn lasts: a large table or dump may take longer than any lease should."""
    ended = threading.Event()

    def renew() -> None:
        while not ended.wait(LEASE.total_seconds() / 4):
            with work(REGION, actor=WORKER) as unit:
                Leaving.objects.filter(pk=row.pk, stage=row.stage).update(leased_until=unit.now + LEASE)
                unit.audit("leaving.lease_renewed", target=f"institution:{row.institution_code}")
        connections.close_all()

    beside = threading.Thread(target=renew, daemon=True)
    beside.start()
    try:
        yield
    finally:
        ended.set()
        beside.join()


def _release(code: str, trouble: str) -> None:
    with work(REGION, actor=WORKER) as unit:
        Leaving.objects.filter(institution_code=code).update(
            leased_until=None, in_trouble=True, note=f"没有成功，会自动重试：{trouble}"[:LIMIT]
        )
        unit.audit("leaving.turn", target=f"institution:{code}", outcome="failure", reason=trouble)


def _record(before: Leaving, progress: Progress) -> None:
    with work(REGION, actor=WORKER) as unit:
        row = Leaving.objects.select_for_update().get(pk=before.pk)
        if row.stage != before.stage:
            unit.audit("leaving.turn", target=f"institution:{row.institution_code}", outcome="overtaken")
            return
        row.done, row.total, row.note = progress.done, progress.total, progress.note[:LIMIT]
        row.in_trouble, row.leased_until = False, None
        if progress.finished:
            end_stage(unit, row, progress.note, by=WORKER.name)
        else:
            unit.audit("leaving.moved", target=f"institution:{row.institution_code}", detail={"done": row.done})
        row.save()


def _cancel(row: Leaving) -> Progress:
    code = row.institution_code
    ending.end_some(actor=WORKER, institution_code=code, last_day=row.last_day, reason=row.words[:60], limit=PER_TURN)
    left = ending.left(code, row.last_day)
    done = max(0, row.bookings - left)
    return Progress(
        done=done,
        total=max(row.bookings, left),
        note=f"已取消 {done} 个，还有 {left} 个。" if left else f"{row.last_day} 之后的 {done} 个预约已全部取消。",
        finished=left == 0,
    )


def _settle(row: Leaving) -> Progress:
    """Wait until nothing moves: the last day is over, every booking has ended, all money is final."""
    code = row.institution_code
    undone = ending.undone(code)
    with region(read_only=True):
        money = payments.unsettled(code)
    open_day = clock.today() <= row.last_day
    left = undone + money.total
    if left == 0 and not open_day:
        return Progress(done=1, total=1, note="全部预约已结束，收付款与退款均已确认。", finished=True)
    waits = [
        f"最后服务日 {row.last_day} 未过" if open_day else "",
        f"未结束的预约 {undone} 个" if undone else "",
        f"付款处理中 {money.payments} 笔" if money.payments else "",
        f"退款未确认 {money.refunds} 笔" if money.refunds else "",
        f"等待医院收费员处理 {money.tasks} 件" if money.tasks else "",
    ]
    return Progress(done=0, total=left, note="、".join(wait for wait in waits if wait) + "。", finished=False)


def _pack(row: Leaving) -> Progress:
    code = row.institution_code
    _let_the_hospital_go(code)
    packed = packing.pack(
        code,
        name=registry.institution(code).name,
        key=_package_key(code),
        object_key=object_key(REGION, "handover", f"{code}-{uuid7()}"),
        owner=REGION_OWNER,
        progress=lambda done, total: _tell(code, done, total),
    )
    with work(REGION, actor=WORKER) as unit:
        Leaving.objects.filter(pk=row.pk).update(
            package_key=packed.stored.key,
            package_size=packed.stored.size,
            package_sha256=packed.stored.sha256,
            package_suite=packed.stored.suite,
            package_wrapped=packed.stored.wrapped_key,
            package_facts=packed.facts,
            manifest_sha256=packed.manifest_sha256,
            packed_at=unit.now,
        )
        unit.audit("leaving.packed", target=f"institution:{code}", detail=packed.facts)
    facts = packed.facts
    note = f"{facts['files']} 个文件、{facts['rows']} 行，其中医院保存的文件 {facts['objects']} 个。"
    return Progress(done=facts["files"], total=facts["files"], note=note, finished=True)


def _let_the_hospital_go(code: str) -> None:
    """Its system is not asked any more and its pushes are refused: from here on its rows stand still."""
    profile = connectors.profile_of(code)
    if profile is not None and profile.enabled:
        put_connector(actor=WORKER, profile=replace(profile, enabled=False))


def _tell(code: str, done: int, total: int) -> None:
    """The page sees how far it is."""
    with work(REGION, actor=WORKER) as unit:
        Leaving.objects.filter(institution_code=code).update(done=done, total=total, note="正在逐表导出。")
        unit.audit("leaving.moved", target=f"institution:{code}", detail={"done": done, "total": total})


def package_reference(code: str) -> str:
    """Under which name the ring holds the key of a hospital's package."""
    return f"handover.{code}"


def _package_key(code: str) -> bytes:
    """The package's key; a package made again takes the same, so that a key once handed over still fits."""
    try:
        return ring().secret(package_reference(code))
    except KeyMissing:
        ring().put_secret(package_reference(code), parcels.new_key())
    return ring().secret(package_reference(code))


def _close_accounts(row: Leaving) -> Progress:
    """Its staff are signed out and can't come back; who they were stays in accounts and audit."""
    closed = accounts.close_place(actor=WORKER, institution_code=row.institution_code)
    note = f"医院人员的角色已全部收回并退出登录，其中 {closed} 个账号不再属于任何机构，已停用。"
    return Progress(done=closed, total=closed, note=note, finished=True)


def _destroy(row: Leaving) -> Progress:
    note = destroying.destroy(row, actor=WORKER, package_reference=package_reference(row.institution_code))
    return Progress(done=1, total=1, note=note, finished=True)


STAGES: Mapping[Stage, Callable[[Leaving], Progress]] = {
    Stage.CANCELLING: _cancel,
    Stage.SETTLING: _settle,
    Stage.PACKING: _pack,
    Stage.CLOSING: _close_accounts,
    Stage.DESTROYING: _destroy,
}
