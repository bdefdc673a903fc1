"""Closing an account: asked for with fresh proof, waited for, stopped by what is open, then done by the schedule."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext

from hub import clock, ids, words
from hub.accounts import handles
from hub.accounts import selectors as accounts
from hub.accounts.models import CodePurpose
from hub.accounts.services import check_phone_code, end_all_sign_ins, request_phone_code
from hub.accounts.services.residents import phone_of
from hub.actor import Actor, system_actor
from hub.errors import NotFound
from hub.security.permissions import require
from hub.tenancy.scope import REGION, region
from hub.work import Unit, work
from regional_services.accountlife import moving
from regional_services.accountlife.errors import ClosingBlocked, ProofDue
from regional_services.accountlife.models import Closing, ClosingState, Sealed
from regional_services.accountlife.permissions import SEALED
from regional_services.booking import selectors as bookings
from regional_services.identity import endings
from regional_services.identity.access import account
from regional_services.identity.locks import lock_account
from regional_services.notifications import steps as messages
from regional_services.payments import selectors as payments
from regional_services.payments.models import OrderState
from regional_services.waitlist import selectors as waitlist

CLOSER = system_actor("账号注销")
# What is nobody's business once the account is gone; everything else is kept under an id that says nothing.
FORGOTTEN = frozenset({"doctors.Follow", "notifications.Declined"})


@dataclass(frozen=True, slots=True)
class Matter:
    """Something open that keeps an account from being closed, and where it is ended."""

    text: str
    href: str


@dataclass(frozen=True, slots=True)
class Opened:
    """A sealed record, opened."""

    content: dict[str, object]
    keep_until: date


def waiting_days() -> int:
    """Days between the wish and the end."""
    return int(settings.HUB_CLOSING_DAYS)


def kept_years() -> int:
    """Years what must be kept lies sealed."""
    return int(settings.HUB_SEALED_YEARS)


def open_matters(account_id: UUID) -> list[Matter]:
    """What is to be ended first. Three queries."""
    rows = [
        Matter(
            gettext("%(day)s %(department)s的预约：%(state)s")
            % {"day": words.day(row.visit_date), "department": row.department_name, "state": row.state.label},
            f"/bookings/{row.id}",
        )
        for row in bookings.unfinished_of_account(account_id)
    ]
    rows += [
        Matter(
            gettext("一笔%(state)s的订单") % {"state": OrderState(order.state).label}, f"/bookings/{order.booking_id}"
        )
        for order in payments.unsettled_of_account(account_id)
        if f"/bookings/{order.booking_id}" not in {row.href for row in rows}
    ]
    rows += [
        Matter(gettext("%(department)s的候补") % {"department": entry.department_name}, f"/waitlist/{entry.id}")
        for entry in waitlist.open_of_account(account_id)
    ]
    return rows


def request_code(*, actor: Actor, binding: str) -> None:
    """A code to the account's own phone; ProofDue where it has none (then a fresh sign-in is the proof)."""
    phone = phone_of(account(actor))
    if phone is None:
        raise ProofDue
    request_phone_code(actor=actor, phone=phone, purpose=CodePurpose.CLOSE, binding=binding)


def ask(*, actor: Actor, binding: str, code: str, fresh: bool) -> Closing:
    """Ask for the account's end. `fresh`: the holder signed in minutes ago, which proves one without a phone.

    CodeWrong, ProofDue, ClosingBlocked. A second ask is the first.
    """
    account_id = account(actor)
    phone = phone_of(account_id)
    if phone is not None:
        check_phone_code(actor=actor, phone=phone, purpose=CodePurpose.CLOSE, binding=binding, code=code)
    elif not fresh:
        raise ProofDue
    if open_matters(account_id):
        raise ClosingBlocked
    with work(REGION, actor=actor) as unit:
        row = Closing(
            id=ids.uuid7(),
            account_id=account_id,
            asked_at=unit.now,
            due_at=unit.now + timedelta(days=settings.HUB_CLOSING_DAYS),
        )
        try:
            with transaction.atomic():
                row.save(force_insert=True)
        except IntegrityError:
            return Closing.objects.get(account_id=account_id, state=ClosingState.ASKED)
        unit.audit("accountlife.closing_asked", target=f"account:{account_id}")
        return row


def withdraw(*, actor: Actor) -> bool:
    """Keep the account after all; whether its closing was asked for."""
    with work(REGION, actor=actor) as unit:
        changed = Closing.objects.filter(account_id=account(actor), state=ClosingState.ASKED).update(
            state=ClosingState.WITHDRAWN, ended_at=unit.now
        )
        reason = "" if changed else "nothing_asked"
        unit.audit("accountlife.closing_withdrawn", target=f"account:{account(actor)}", reason=reason)
    return bool(changed)


def closing_of(account_id: UUID) -> Closing | None:
    """What was asked and not done yet. One query."""
    return Closing.objects.filter(account_id=account_id, state=ClosingState.ASKED).first()


def close_due(limit: int = 50) -> int:
    """Close the accounts whose day has come, each in a transaction of its own; how many."""
    with region(read_only=True):
        due = list(
            Closing.objects.filter(state=ClosingState.ASKED, due_at__lte=clock.now())
            .order_by("due_at")
            .values_list("id", "account_id")[:limit]
        )
    return sum(_close(closing_id, account_id) for closing_id, account_id in due)


def _close(closing_id: UUID, account_id: UUID) -> bool:
    with work(REGION, actor=CLOSER) as unit:
        lock_account(account_id)
        row = Closing.objects.select_for_update().get(pk=closing_id)
        if row.state != ClosingState.ASKED or row.due_at > unit.now:
            return False
        matters = open_matters(account_id)
        if matters:
            row.due_at, row.blocked = unit.now + clock.DAY, "；".join(matter.text for matter in matters)[:200]
            row.save(update_fields=["due_at", "blocked"])
            unit.audit("accountlife.closing_blocked", target=f"account:{account_id}", outcome="failure")
            return False
        _forget(unit, row)
    accounts.forget(account_id)
    end_all_sign_ins(actor=CLOSER, user_id=account_id, reason="account_closed")
    return True


def _forget(unit: Unit, row: Closing) -> None:
    keep_until = clock.today() + timedelta(days=365 * settings.HUB_SEALED_YEARS)
    user = handles.lock_resident(row.account_id)
    login = {"handles": [handle.masked for handle in handles.handles_of(row.account_id)]}
    Sealed.objects.create(id=ids.uuid7(), closing=row, content=login, keep_until=keep_until, sealed_at=unit.now)
    for gone in endings.forget_people(unit, row.account_id):
        Sealed.objects.create(
            id=ids.uuid7(),
            closing=row,
            person_id=gone.person_id,
            content=gone.content,
            keep_until=keep_until,
            sealed_at=unit.now,
        )
    for holding in moving.holdings():
        if holding.label in FORGOTTEN:
            holding.rows(row.account_id).delete()
    messages.forget(row.account_id)
    handles.close_resident(unit, user)
    row.state, row.ended_at, row.blocked = ClosingState.DONE, unit.now, ""
    row.save(update_fields=["state", "ended_at", "blocked"])
    unit.audit("accountlife.account_closed", target=f"account:{row.account_id}")


def open_sealed(*, actor: Actor, closing_id: UUID, reason: str) -> list[Opened]:
    """What was sealed with an account, for a stated reason that goes into the audit. NotFound."""
    require(actor, SEALED)
    if len(reason.strip()) < 6:
        raise ProofDue("请写明依据（如法院调取文书编号），至少6个字。")
    with work(REGION, actor=actor) as unit:
        rows = list(
            Sealed.objects.filter(closing_id=closing_id, closing__state=ClosingState.DONE).order_by("sealed_at")
        )
        if not rows:
            raise NotFound
        unit.audit("accountlife.sealed_opened", target=f"closing:{closing_id}", reason=reason.strip()[:200])
    return [Opened(row.content, row.keep_until) for row in rows]


def delete_expired() -> int:
    """Delete what no law keeps any longer; how many records."""
    with work(REGION, actor=CLOSER) as unit:
        count, _ = Sealed.objects.filter(keep_until__lt=clock.today()).delete()
        unit.audit("accountlife.sealed_deleted", target="region", detail={"records": count})
    return count
