"""Two accounts of one person made one: proposed by a proof or a clerk, done by the holder or a second clerk, undone.

Which rows moved is noted with the move, in the same transaction; the merged account sleeps until the undo period ends.
"""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction

from hub import ids
from hub.accounts import handles
from hub.accounts import selectors as accounts
from hub.accounts.access import own_account
from hub.accounts.platforms import Platform
from hub.accounts.services import end_all_sign_ins, holder_of_phone, platforms
from hub.actor import Actor
from hub.errors import Conflict
from hub.security.permissions import require
from hub.tenancy.scope import REGION
from hub.work import Unit, work
from regional_services.accountlife import moving
from regional_services.accountlife.errors import (
    MergeNotFound,
    NothingToMerge,
    NotOnePerson,
    OwnProposal,
    TwoPeople,
    UndoOver,
)
from regional_services.accountlife.models import Closing, ClosingState, Did, Merge, MergeItem, MergeState, Way
from regional_services.accountlife.permissions import MERGE
from regional_services.identity import endings
from regional_services.identity.access import account
from regional_services.identity.locks import lock_account

PROPOSAL_LASTS = timedelta(minutes=30)  # a holder who proved the other account confirms within
CLERKS_LAST = timedelta(days=7)
_HANDLE = "accounts.LoginHandle"
_RELATION = "identity.Relation"


def propose_by_phone(*, actor: Actor, phone: str, code: str, binding: str) -> UUID:
    """The holder shows the code sent to the other account's phone; the proposal's id. CodeWrong, NothingToMerge."""
    account(actor)
    return _propose(actor, holder_of_phone(actor=actor, phone=phone, binding=binding, code=code), Way.PHONE)


def propose_by_platform(*, actor: Actor, platform: Platform, ask_id: UUID, binding: str) -> UUID:
    """The holder authorised at the platform whose user opens the other account.

    AuthorisationPending, AuthorisationRefused, NothingToMerge.
    """
    account(actor)
    holder = platforms.holder_of(actor=actor, platform=platform, ask_id=ask_id, binding=binding)
    return _propose(actor, holder, Way(platform.kind.value))


def _propose(actor: Actor, other: UUID | None, way: Way) -> UUID:
    kept = account(actor)
    if other is None or other == kept:
        raise NothingToMerge
    with work(REGION, actor=actor) as unit:
        person_id = _one_person(kept, other)
        return _store(unit, kept, other, way, person_id)


def propose_at_desk(*, actor: Actor, kept_id: UUID, merged_id: UUID, note: str) -> UUID:
    """A clerk saw the resident and his document; another decides. NotOnePerson unless both are one checked person."""
    require(actor, MERGE)
    if len(note.strip()) < 4:
        raise Conflict("请写明核对了什么（证件、本人、原因）。")
    with work(REGION, actor=actor) as unit:
        person_id = endings.verified_self(kept_id)
        if kept_id == merged_id or person_id is None or endings.verified_self(merged_id) != person_id:
            raise NotOnePerson
        return _store(unit, kept_id, merged_id, Way.CLERK, person_id, note=note.strip()[:200])


def confirm(*, actor: Actor, merge_id: UUID) -> None:
    """The holder who proved the other account says yes. MergeNotFound when it is another's, or half an hour old."""
    with work(REGION, actor=actor) as unit:
        row = Merge.objects.select_for_update().filter(pk=merge_id, kept_id=account(actor)).first()
        if row is None or row.state != MergeState.PROPOSED or row.way == Way.CLERK:
            raise MergeNotFound
        if unit.now - row.proposed_at > PROPOSAL_LASTS:
            raise MergeNotFound
        _merge(unit, row)
    _end(actor, row)


def approve(*, actor: Actor, merge_id: UUID) -> None:
    """The second clerk looked too. OwnProposal, MergeNotFound, NotOnePerson (one of the two changed meanwhile)."""
    require(actor, MERGE)
    with work(REGION, actor=actor) as unit:
        row = _for_decision(unit, actor, merge_id)
        if endings.verified_self(row.kept_id) != row.person_id or endings.verified_self(row.merged_id) != row.person_id:
            raise NotOnePerson
        _merge(unit, row)
    _end(actor, row)


def refuse(*, actor: Actor, merge_id: UUID, note: str) -> None:
    """The second clerk says no, with why."""
    require(actor, MERGE)
    with work(REGION, actor=actor) as unit:
        row = _for_decision(unit, actor, merge_id)
        row.state, row.note = MergeState.REFUSED, f"{row.note} ／ {note.strip()}"[:200]
        _decided(unit, row)
        unit.audit("accountlife.merge_refused", target=f"merge:{row.id}", reason=note.strip()[:100])


def undo(*, actor: Actor, merge_id: UUID, by_clerk: bool = False) -> None:
    """Put everything back where it was, within the period; what came since stays with the kept account. UndoOver."""
    if by_clerk:
        require(actor, MERGE)
    with work(REGION, actor=actor) as unit:
        row = Merge.objects.select_for_update().filter(pk=merge_id, state=MergeState.DONE).first()
        if row is None or not (by_clerk or row.kept_id == account(actor)):
            raise MergeNotFound
        closing = Closing.objects.filter(account_id=row.kept_id, state=ClosingState.DONE).exists()
        if row.undo_until is None or row.undo_until <= unit.now or closing:
            raise UndoOver
        _lock(row)
        merged = handles.lock_resident(row.merged_id)
        count = moving.move_back(row)
        endings.revive_relations(_noted(row, _RELATION, Did.ENDED))
        handles.move_handles_back(unit, _noted(row, _HANDLE, Did.ENDED), _noted(row, _HANDLE, Did.MADE))
        handles.set_asleep(merged, asleep=False)
        row.state, row.undone_at = MergeState.UNDONE, unit.now
        row.save(update_fields=["state", "undone_at"])
        unit.audit("accountlife.merge_undone", target=f"merge:{row.id}", detail={"rows": count})
    accounts.forget(row.merged_id)


def _one_person(kept: UUID, other: UUID) -> UUID | None:
    """The checked person of either; TwoPeople when they have one each."""
    here, there = endings.verified_self(kept), endings.verified_self(other)
    if here is not None and there is not None and here != there:
        raise TwoPeople
    return here or there


def _store(unit: Unit, kept: UUID, other: UUID, way: Way, person_id: UUID | None, *, note: str = "") -> UUID:
    """A proposal takes the place of an earlier one that nobody decided."""
    Merge.objects.filter(merged_id=other, state=MergeState.PROPOSED).update(state=MergeState.REFUSED)
    row = Merge(
        id=ids.uuid7(),
        kept_id=kept,
        merged_id=other,
        person_id=person_id,
        way=way,
        note=note,
        proposed_by=own_account(unit.actor),
        proposed_by_name=unit.actor.name[:60],
        proposed_at=unit.now,
    )
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        raise NothingToMerge from None
    detail = {"kept": str(kept), "merged": str(other), "way": way}
    unit.audit("accountlife.merge_proposed", target=f"merge:{row.id}", detail=detail)
    return UUID(str(row.id))


def _for_decision(unit: Unit, actor: Actor, merge_id: UUID) -> Merge:
    row = Merge.objects.select_for_update().filter(pk=merge_id, state=MergeState.PROPOSED, way=Way.CLERK).first()
    if row is None or unit.now - row.proposed_at > CLERKS_LAST:
        raise MergeNotFound
    if row.proposed_by == actor.id:
        raise OwnProposal
    return row


def _merge(unit: Unit, row: Merge) -> None:
    _lock(row)
    source, target = (handles.lock_resident(account_id) for account_id in (row.merged_id, row.kept_id))
    if not source.is_active or not target.is_active:
        raise MergeNotFound
    done = moving.move(row)
    _note(row, _RELATION, endings.end_live_relations(unit, row.merged_id, reason="merged"), Did.ENDED)
    endings.one_default(row.kept_id)
    ended, made = handles.move_handles(unit, source, target)
    _note(row, _HANDLE, ended, Did.ENDED)
    _note(row, _HANDLE, made, Did.MADE)
    handles.set_asleep(source, asleep=True)
    Closing.objects.filter(account_id=row.merged_id, state=ClosingState.ASKED).update(
        state=ClosingState.WITHDRAWN, ended_at=unit.now
    )
    row.state, row.undo_until = MergeState.DONE, unit.now + timedelta(days=settings.HUB_MERGE_UNDO_DAYS)
    _decided(unit, row)
    detail = {label: list(counted) for label, counted in done.items()}
    unit.audit("accountlife.merged", target=f"merge:{row.id}", detail={**detail, "handles": len(made)})


def _lock(row: Merge) -> None:
    for account_id in sorted((row.kept_id, row.merged_id)):
        lock_account(account_id)


def _decided(unit: Unit, row: Merge) -> None:
    row.decided_by, row.decided_by_name, row.decided_at = unit.actor.id, unit.actor.name[:60], unit.now
    row.save()


def _note(row: Merge, label: str, keys: list[UUID], did: Did) -> None:
    MergeItem.objects.bulk_create([MergeItem(merge=row, model=label, field="", row=str(key), did=did) for key in keys])


def _noted(row: Merge, label: str, did: Did) -> list[UUID]:
    return [UUID(key) for key in row.items.filter(model=label, did=did).values_list("row", flat=True)]


def _end(actor: Actor, row: Merge) -> None:
    """Nobody is in the merged account any more; what its last requests still wrote comes over too."""
    accounts.forget(row.merged_id)
    end_all_sign_ins(actor=actor, user_id=row.merged_id, reason="account_merged")
    with work(REGION, actor=actor) as unit:
        _lock(row)
        late = moving.move(row) if Merge.objects.filter(pk=row.pk, state=MergeState.DONE).exists() else {}
        unit.audit("accountlife.merge_gathered", target=f"merge:{row.pk}", detail={"late": sorted(late)})
