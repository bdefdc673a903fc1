"""One delivery, taken up: claimed and committed, handed to its channel in no transaction, its end stored.

A try is stored before it is made (ADR 0501). Who finds one without an end knows that it may have been carried out: it
is repeated only where the channel recognises the repeat, else its outcome is unknown, and says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q

from hub.accounts import reach as accounts
from hub.actor import system_actor
from hub.outbox.events import Delivery as Attempt
from hub.outbox.events import Temporary
from hub.tenancy.scope import REGION
from hub.tenancy.statements import Join, Select, Statement, Update
from hub.work import Unit, work
from regional_services.notifications import links, planning, wordings
from regional_services.notifications.catalogue import Channel, Language, kind_of
from regional_services.notifications.channels import SENDERS, Answer, Outcome, Parcel
from regional_services.notifications.events import DeliveryDue
from regional_services.notifications.models import Delivery, DeliveryState, Message
from regional_services.notifications.routing import MOST_TRIES, backoff
from regional_services.notifications.wording import fill

SENDER = system_actor("消息发送")
ABANDONED = timedelta(seconds=60)  # a call takes half of it at most
_PATIENCE = timedelta(minutes=5)  # after which something published is looked for again
_S = DeliveryState
_FOUND = Join(
    (Delivery, Message),
    "notifications_delivery.id = %(id)s AND notifications_message.id = notifications_delivery.message_id",
)
_LOCK = Select(Delivery, "id = %(id)s FOR UPDATE")
_MOVE = Update(Delivery, ("state", "reason", "provider_id", "doubtful", "language", "wording", "updated_at"))
_CLAIM = Statement(
    "default",
    "UPDATE notifications_delivery SET state = 'sending', tries = tries + 1, doubtful = %(doubtful)s,",
    "first_try_at = COALESCE(first_try_at, %(now)s), due_at = %(now)s, updated_at = %(now)s,",
    "language = %(language)s, wording = %(wording)s",
    "WHERE id = %(id)s AND state = %(state)s AND tries = %(tries)s",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Job:
    """A claimed try."""

    delivery_id: UUID
    tries: int
    channel: Channel
    parcel: Parcel


def deliver(delivery_id: UUID, attempt: Attempt) -> None:
    """Take up one delivery; nothing happens to one that is not due or has ended."""
    with work(REGION, actor=SENDER) as unit:
        job = _claim(unit, delivery_id)
    if job is None:
        return
    answer = SENDERS[job.channel].send(job.parcel)
    with work(REGION, actor=SENDER) as unit:
        _conclude(unit, job, answer)
        attempt.end_in(unit)


def _claim(unit: Unit, delivery_id: UUID) -> _Job | None:
    """What is to be sent, marked as being sent; None where there is nothing to send (any more)."""
    row = _found(delivery_id)
    if row is None or row.state not in (_S.QUEUED, _S.HELD, _S.SENDING) or _is_early(row, unit.now):
        return None
    lost = row.state == _S.SENDING  # whoever was at it is no more: its call may have been carried out
    sender, doubtful = SENDERS[Channel(row.channel)], row.doubtful or lost
    if doubtful and unit.now >= (row.first_try_at or unit.now) + sender.repeatable:
        _give_up(unit, row, _S.UNKNOWN, "发送中断，平台不识别重复" if lost else row.reason)
        return None
    wishes = planning.wishes_of(row.message.account_id, kind_of(row.kind))
    if not doubtful and (over := _is_over(row, wishes, unit.now)):
        _give_up(unit, row, over, "")
        return None
    parcel = _parcel(row, wishes.language)
    if isinstance(parcel, str):
        _give_up(unit, row, _S.UNKNOWN if doubtful else _S.REFUSED, parcel)
        return None
    claimed = _CLAIM.run(
        id=row.pk,
        state=row.state,
        tries=row.tries,
        doubtful=doubtful,
        now=unit.now,
        language=row.language,
        wording=row.wording,
    )
    if not claimed:  # somebody else has it
        unit.audit("delivery.overtaken", target=f"delivery:{row.pk}")
        return None
    unit.audit("delivery.try", target=f"delivery:{row.pk}", detail={"channel": row.channel, "try": row.tries + 1})
    return _Job(delivery_id=row.pk, tries=row.tries + 1, channel=Channel(row.channel), parcel=parcel)


def _found(delivery_id: UUID) -> Delivery | None:
    """A delivery with its message. One query."""
    found = _FOUND.first(id=delivery_id)
    if found is None:
        return None
    row: Delivery
    row, row.message = found
    return row


def _give_up(unit: Unit, row: Delivery, state: DeliveryState, reason: str) -> None:
    """End a delivery that is not sent (any more), unless somebody else has just taken it up."""
    if Delivery.objects.select_for_update().filter(pk=row.pk, state=row.state, tries=row.tries).first() is not None:
        _end(unit, row, state, reason)


def _is_early(row: Delivery, now: datetime) -> bool:
    """Not due yet, or in somebody's hands just now; the latter is looked at again."""
    if row.state == _S.SENDING and now < row.due_at + ABANDONED:
        raise Temporary("somebody is sending it", retry_after=(row.due_at + ABANDONED - now).total_seconds())
    return row.state != _S.SENDING and row.due_at > now


def _is_over(row: Delivery, wishes: planning.Wishes, now: datetime) -> DeliveryState | None:
    """The end of one that is not to be sent any more."""
    kind = kind_of(row.kind)
    if now > row.message.created_at + kind.lasts and row.round == 0:
        return _S.EXPIRED
    return _S.DECLINED if kind.may_be_declined and Channel(row.channel) in wishes.declined else None


def _parcel(row: Delivery, language: Language) -> Parcel | str:
    """What is handed over, and to where; words say why there is nothing. Notes on the row which wording it is."""
    message, channel = row.message, Channel(row.channel)
    address = _address(message, channel)
    kind = kind_of(row.kind)
    found = wordings.in_force().find(kind, channel, language, row.institution_code)
    if address is None or found is None:
        return "已解除绑定" if address is None else "没有可用的模板"
    row.language, row.wording = found.language, found.number
    link = links.short(message.pk)
    said = fill(found.wording, kind, message.facts | {"link": link}, language=found.language, discreet=message.discreet)
    return Parcel(address=address, client_id=row.client_id, said=said, link=link)


def _address(message: Message, channel: Channel) -> str | None:
    if channel is Channel.SMS and message.phone_handle is not None:
        return accounts.subject_of_handle(message.phone_handle)
    return accounts.subject_of(message.account_id, *SENDERS[channel].handle())


def _conclude(unit: Unit, job: _Job, answer: Answer) -> None:
    """Store what came of a try; one that was reported on meanwhile, or taken over, stays as it is."""
    row = _LOCK.first(id=job.delivery_id)
    if row is None:
        raise LookupError(f"no delivery {job.delivery_id}")
    if row.tries != job.tries:
        unit.audit("delivery.overtaken", target=f"delivery:{row.pk}", outcome=answer.outcome.value)
        return
    if answer.outcome is Outcome.ACCEPTED and answer.provider_id:
        row.provider_id = answer.provider_id
    if row.state != _S.SENDING:  # the report was faster than the answer
        row.save(update_fields=["provider_id"])
        unit.audit("delivery.reported_before", target=f"delivery:{row.pk}", detail={"state": row.state})
        return
    if answer.outcome is Outcome.ACCEPTED:
        _end(unit, row, _S.SENT, "")
    elif answer.outcome is Outcome.REFUSED:  # of a repeat too: a channel that knows it had sent would have said so
        _end(unit, row, _S.REFUSED, answer.reason)
    else:
        _again(unit, row, answer)


def _again(unit: Unit, row: Delivery, answer: Answer) -> None:
    """Nothing definite, or not now: try again where that can't be a second message and tries are left."""
    row.doubtful = row.doubtful or answer.outcome is Outcome.UNKNOWN
    due = unit.now + max(backoff(row.tries), answer.wait or timedelta(0))
    sender = SENDERS[Channel(row.channel)]
    recognised = not row.doubtful or due < (row.first_try_at or unit.now) + sender.repeatable
    if row.tries >= MOST_TRIES or not recognised:
        _end(unit, row, _S.UNKNOWN if row.doubtful else _S.FAILED, answer.reason)
        return
    row.state, row.reason, row.due_at, row.roused_at = _S.QUEUED, answer.reason, due, None
    row.updated_at = unit.now
    row.save(update_fields=["state", "reason", "due_at", "roused_at", "doubtful", "updated_at"])
    planning.note(unit, row)
    unit.audit("delivery.again", target=f"delivery:{row.pk}", reason=answer.reason, detail={"due": due.isoformat()})


def _end(unit: Unit, row: Delivery, state: DeliveryState, reason: str) -> None:
    """Store an end, and go on with another channel where the message asks for it."""
    row.state, row.reason, row.updated_at = state, reason[:60], unit.now
    _MOVE(row)
    planning.note(unit, row)
    following = planning.go_on(unit, row.message, state) if state not in (_S.SENT, _S.DELIVERED) else None
    unit.audit(
        "delivery.ended",
        target=f"delivery:{row.pk}",
        outcome="success" if state in (_S.SENT, _S.DELIVERED) else "failure",
        reason=row.reason,
        detail={"state": state.value, "then": following.value if following else ""},
    )


def report(unit: Unit, channel: Channel, key: str, *, delivered: bool, reason: str) -> bool:
    """A channel says what became of a delivery; False while it is not known under this name (yet)."""
    row = (
        Delivery.objects.select_for_update(of=("self",))
        .select_related("message")
        .filter(channel=channel, provider_id=key)
        .first()
    )
    if row is None:
        return False
    if row.state in (_S.SENDING, _S.SENT, _S.UNKNOWN):
        _end(unit, row, _S.DELIVERED if delivered else _S.UNDELIVERED, reason)
    else:
        unit.audit("delivery.reported_again", target=f"delivery:{row.pk}", detail={"state": row.state})
    return True


def sweep(limit: int = 500) -> int:
    """Publish what has become due: held over the quiet hours, to be tried again, or left by a process that died."""
    with work(REGION, actor=SENDER) as unit:
        quiet_since = Q(roused_at=None) | Q(roused_at__lt=unit.now - _PATIENCE)
        due = Q(state__in=(_S.QUEUED, _S.HELD), due_at__lte=unit.now) | Q(
            state=_S.SENDING, due_at__lte=unit.now - _PATIENCE
        )
        found = Delivery.objects.select_for_update(skip_locked=True).filter(due, quiet_since)
        ids = list(found.order_by("due_at").values_list("pk", flat=True)[:limit])
        if not ids:
            return 0
        Delivery.objects.filter(pk__in=ids).update(roused_at=unit.now)
        for delivery_id in ids:
            unit.publish(DeliveryDue(delivery_id=delivery_id))
        unit.audit("delivery.sweep", target="notifications", detail={"due": len(ids)})
    return len(ids)
