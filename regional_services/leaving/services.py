"""What people do when an institution leaves. Each function is one unit of work."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from uuid import UUID

from django.utils.translation import gettext

from hub import clock
from hub.actor import Actor, system_actor
from hub.errors import InvalidInput, NotSignedIn
from hub.security import parcels
from hub.security.keyring import ring
from hub.security.permissions import require
from hub.security.signatures import signed
from hub.storage import objects
from hub.tenancy.models import TenantState
from hub.tenancy.scope import REGION
from hub.work import work
from regional_services.booking import ending
from regional_services.leaving import permissions, selectors
from regional_services.leaving.errors import NotLeaving, NotYet, OnHold, SecondPersonNeeded
from regional_services.leaving.models import Leaving, LeavingReceipt, Stage
from regional_services.leaving.packing import receipt_code
from regional_services.leaving.stages import end_stage, package_reference
from tenants.registry import steps as registry

LIMIT = 200
FOLLOWER = system_actor("机构退出")


def begin(*, actor: Actor, code: str, typed: str, words: str, reason: str, last_day: date) -> None:
    """Stop new bookings at once and begin to end those after `last_day`. `typed` repeats the code, on purpose."""
    require(actor, permissions.BEGIN)
    _check_typed(typed, code)
    notice, why = _text("words", words, "请写给居民看的说明"), _text("reason", reason, "请填写原因")
    if last_day < clock.today():
        raise InvalidInput(fields={"last_day": "最后服务日不能早于今天。"})
    expected = ending.to_come(code, last_day)
    with work(REGION, actor=actor) as unit:
        row = registry.locked(code)
        row.suspension_words, row.updated_at = notice, unit.now
        row.save(update_fields=["suspension_words", "updated_at"])
        registry.lead(unit, code, TenantState.LEAVING, reason=why)
        Leaving.objects.create(
            institution_code=code,
            last_day=last_day,
            words=notice,
            reason=why,
            begun_by=_person(actor),
            begun_by_name=actor.name[:60],
            begun_at=unit.now,
            bookings=expected.bookings,
            paid_fen=expected.paid_fen,
        )
        unit.audit(
            "leaving.begun",
            target=f"institution:{code}",
            reason=why,
            detail={"last_day": str(last_day), "bookings": expected.bookings, "paid_fen": expected.paid_fen},
        )
    registry.announce()


def show_key(*, actor: Actor, code: str) -> str:
    """The package's key, for the person who hands it over apart from the package; each showing is recorded."""
    require(actor, permissions.HAND_KEY)
    with work(REGION, actor=actor) as unit:
        _locked(code, Stage.RECEIPT, Stage.DECIDING)
        unit.audit("leaving.key_shown", target=f"institution:{code}")
    return parcels.key_text(ring().secret(package_reference(code)))


def fetch_package(*, actor: Actor, code: str) -> Iterator[bytes]:
    """The sealed package, piece by piece; who fetched it is recorded."""
    require(actor, permissions.RECEIVE)
    stored = selectors.package_of(code)
    with work(REGION, actor=actor) as unit:
        unit.audit("leaving.package_fetched", target=f"institution:{code}", detail={"sha256": stored.sha256})
    return objects.chunks(stored)


def give_receipt(*, actor: Actor, code: str, receipt: str) -> None:
    """The hospital says that it has opened its package: the code is computed of the manifest inside."""
    require(actor, permissions.RECEIVE)
    with work(REGION, actor=actor) as unit:
        row = Leaving.objects.filter(institution_code=code).first()
        if row is None or row.stage != Stage.RECEIPT:
            raise NotYet
        if _bare(receipt) != _bare(receipt_code(row.manifest_sha256)):
            unit.audit("leaving.receipt_refused", target=f"institution:{code}", outcome="failure")
        else:
            paper = signed(
                {
                    "receipt": f"R-{str(row.pk)[:8].upper()}",
                    "institution": code,
                    "package_sha256": row.package_sha256,
                    "manifest_sha256": row.manifest_sha256,
                    "given_by": actor.name,
                    "given_at": unit.now.isoformat(),
                }
            )
            LeavingReceipt.objects.create(
                leaving=row,
                institution_code=code,
                paper=paper,
                given_by=_person(actor),
                given_by_name=actor.name[:60],
                given_at=unit.now,
            )
            unit.audit("leaving.received", target=f"institution:{code}", detail={"manifest": row.manifest_sha256})
            return
    raise InvalidInput(fields={"receipt": "收据码不对。请用校验工具打开移交包，抄下它最后显示的收据码。"})


def follow_receipts() -> int:
    """Lead on those whose hospital has confirmed; how many. The hospital's own role can't move the district's row."""
    moved = 0
    for view in selectors.leavings():
        if view.stage is Stage.RECEIPT and view.receipt is not None:
            moved += _follow(view)
    return moved


def _follow(view: selectors.LeavingView) -> int:
    with work(REGION, actor=FOLLOWER) as unit:
        row = Leaving.objects.select_for_update().get(institution_code=view.code)
        if row.stage != Stage.RECEIPT:
            unit.audit("leaving.turn", target=f"institution:{view.code}", outcome="overtaken")
            return 0
        end_stage(unit, row, f"{view.received_by_name} 已打开并确认收到。", by=view.received_by_name)
        row.save()
    return 1


def set_hold(*, actor: Actor, code: str, on: bool, reason: str) -> None:
    """Put the institution under legal hold, or lift it: under a hold nothing is destroyed."""
    require(actor, permissions.HOLD)
    why = _text("hold_reason", reason, "请填写依据")
    with work(REGION, actor=actor) as unit:
        row = _locked(code, *(stage for stage in Stage if stage not in (Stage.DESTROYING, Stage.LEFT)))
        row.on_hold, row.hold_reason = on, why if on else ""
        row.save(update_fields=["on_hold", "hold_reason"])
        unit.audit("leaving.hold_set" if on else "leaving.hold_lifted", target=f"institution:{code}", reason=why)


def ask_destruction(*, actor: Actor, code: str, typed: str, reason: str) -> None:
    """The first of two persons: the system administrator asks for the keys to be destroyed."""
    require(actor, permissions.ASK)
    _check_typed(typed, code)
    why = _text("destruction_reason", reason, "请填写依据")
    with work(REGION, actor=actor) as unit:
        row = _locked(code, Stage.DECIDING)
        if row.on_hold:
            raise OnHold
        row.asked_by, row.asked_by_name, row.asked_at = actor.id, actor.name[:60], unit.now
        row.destruction_reason = why
        row.save(update_fields=["asked_by", "asked_by_name", "asked_at", "destruction_reason"])
        unit.audit("leaving.destruction_asked", target=f"institution:{code}", reason=why)


def confirm_destruction(*, actor: Actor, code: str, typed: str) -> None:
    """The second person, a security administrator and not who asked: after this a worker destroys the keys."""
    require(actor, permissions.CONFIRM)
    _check_typed(typed, code)
    with work(REGION, actor=actor) as unit:
        row = _locked(code, Stage.DECIDING)
        if row.asked_by is None:
            raise NotYet
        if row.asked_by == actor.id:
            raise SecondPersonNeeded
        if row.on_hold:
            raise OnHold
        row.confirmed_by, row.confirmed_by_name, row.confirmed_at = actor.id, actor.name[:60], unit.now
        end_stage(unit, row, f"{row.asked_by_name} 申请，{actor.name} 确认。", by=actor.name)
        row.save()
        unit.audit("leaving.destruction_confirmed", target=f"institution:{code}", reason=row.destruction_reason)


def _locked(code: str, *stages: Stage) -> Leaving:
    row = Leaving.objects.select_for_update().filter(institution_code=code).first()
    if row is None:
        raise NotLeaving
    if row.stage not in stages:
        raise NotYet
    return row


def _person(actor: Actor) -> UUID:
    if actor.id is None:
        raise NotSignedIn
    return actor.id


def _check_typed(typed: str, code: str) -> None:
    if typed.strip() != code:
        raise InvalidInput(fields={"typed": gettext("请输入机构代码 %(code)s，以确认是这家机构。") % {"code": code}})


def _text(name: str, text: str, demand: str) -> str:
    clean = text.strip()
    if not clean or len(clean) > LIMIT:
        raise InvalidInput(
            fields={name: gettext("%(demand)s，不超过 %(LIMIT)s 字。") % {"demand": demand, "LIMIT": LIMIT}}
        )
    return clean


def _bare(code: str) -> str:
    return "".join(character for character in code.upper() if character.isalnum())
