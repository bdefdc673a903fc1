"""A stored message looks for its way: the first channel its reader has, wants, and can be told through."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from hub.accounts import reach as accounts
from hub.ids import uuid7
from hub.tenancy.statements import Insert
from hub.work import Unit
from regional_services.notifications import quiet, wordings
from regional_services.notifications.catalogue import Channel, Language, kind_of
from regional_services.notifications.channels import SENDERS
from regional_services.notifications.events import DeliveryDue
from regional_services.notifications.models import (
    Declined,
    Delivery,
    DeliveryState,
    DeliveryStep,
    Habit,
    Message,
)
from regional_services.notifications.routing import Reach, next_channel, not_before, route

_STORE = Insert(Delivery, unless_exists=True)


def plan(unit: Unit, message_id: UUID) -> None:
    """The first delivery of a message; none where its reader has no channel for it. At most nine statements."""
    message = Message.objects.filter(pk=message_id).first()
    if message is None:
        return
    order = order_of(message)
    detail = {"channels": [channel.value for channel in order]}
    unit.audit("message.planned", target=f"message:{message_id}", detail=detail)
    if order:
        dispatch(unit, message, order[0])


def go_on(unit: Unit, message: Message, ended: DeliveryState) -> Channel | None:
    """The next delivery after one ended without reaching anybody; the channel it takes. The message's row is locked."""
    Message.objects.select_for_update().get(pk=message.pk)
    tried = {
        Channel(channel): DeliveryState(state)
        for channel, state in Delivery.objects.filter(message=message).values_list("channel", "state")
    }
    chosen = next_channel(kind_of(message.kind), order_of(message), tried, ended)
    if chosen is not None:
        dispatch(unit, message, chosen)
    return chosen


def order_of(message: Message) -> list[Channel]:
    """The channels this message can take now, in order. Three queries, and two more every few seconds."""
    return route(
        kind_of(message.kind),
        reach_of(message.account_id, message.kind),
        wordings.ready(wordings.in_force(), message.kind, message.institution_code),
    )


def reach_of(account_id: UUID, kind: str) -> Reach:
    """What is known of an account for one kind. Three queries."""
    handles = accounts.bound(account_id)
    bound = {channel for channel, sender in SENDERS.items() if sender.handle() in handles}
    if not bound:
        return Reach(bound=(), declined=())
    declined = Declined.objects.filter(account_id=account_id, kind=kind).values_list("channel", flat=True)
    habit = Habit.objects.filter(pk=account_id).first()
    return Reach(
        bound=bound,
        declined={Channel(channel) for channel in declined},
        first=Channel(habit.first_channel) if habit and habit.first_channel else None,
    )


def language_of(account_id: UUID) -> Language:
    """What an account's messages outside are written in. One query."""
    chosen = Habit.objects.filter(pk=account_id).values_list("language", flat=True).first()
    return Language(chosen or Language.ZH)


def dispatch(unit: Unit, message: Message, channel: Channel) -> None:
    """Make the delivery on a channel, and have it taken up at once or after the quiet hours; a repeat makes none."""
    hours = quiet.hours()
    due = not_before(kind_of(message.kind), unit.now, hours.begins, hours.ends)
    delivery_id = uuid7()
    delivery = Delivery(
        id=delivery_id,
        institution_code=message.institution_code,
        message_id=message.pk,
        kind=message.kind,
        channel=channel,
        state=DeliveryState.HELD if due > unit.now else DeliveryState.QUEUED,
        client_id=delivery_id.hex,
        provider_id=delivery_id.hex,
        due_at=due,
        roused_at=unit.now if due <= unit.now else None,
        created_at=unit.now,
        updated_at=unit.now,
    )
    if not _STORE(delivery):
        return
    note(unit, delivery)
    if due <= unit.now:
        unit.publish(DeliveryDue(delivery_id=delivery_id))


def note(unit: Unit, delivery: Delivery, *, at: datetime | None = None) -> None:
    """Add to a delivery's history what it has just become."""
    DeliveryStep.objects.create(
        institution_code=delivery.institution_code,
        delivery_id=delivery.pk,
        state=delivery.state,
        reason=delivery.reason,
        by_name=unit.actor.name[:60],
        at=at or unit.now,
    )
