"""A stored message looks for its way: the first channel its reader has, wants, and can be told through."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from hub.accounts import reach as accounts
from hub.ids import uuid7
from hub.tenancy.statements import Insert, Statement
from hub.work import Unit
from regional_services.notifications import quiet, wordings
from regional_services.notifications.catalogue import Channel, Kind, Language, kind_of
from regional_services.notifications.channels import SENDERS
from regional_services.notifications.events import DeliveryDue
from regional_services.notifications.models import Delivery, DeliveryState, DeliveryStep, Message
from regional_services.notifications.routing import Reach, next_channel, not_before, route

_STORE = Insert(Delivery, unless_exists=True)
_NOTE = Insert(DeliveryStep)
_WISHES = Statement(
    "default",
    "SELECT COALESCE((SELECT array_agg(d.channel::text) FROM notifications_declined d",
    "WHERE d.account_id = reader.id AND d.kind = %(kind)s), '{}'::text[]),",
    "COALESCE(h.first_channel, ''), COALESCE(h.language, '')",
    "FROM (VALUES (%(account)s::uuid)) reader(id) LEFT JOIN notifications_habit h ON h.account_id = reader.id",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What an account chose for one kind: the channels it declined, the one it prefers, its language outside."""

    declined: frozenset[Channel]
    first: Channel | None
    language: Language


def begin(unit: Unit, message: Message) -> list[Channel]:
    """The first delivery of a message just stored; the channels it may take, none where its reader has no such.

    At most five statements, and two more every few seconds.
    """
    order = order_of(message)
    if order:
        dispatch(unit, message, order[0])
    return order


def plan(unit: Unit, message_id: UUID) -> None:
    """The same for one that was stored in another unit of work."""
    message = Message.objects.get(pk=message_id)
    channels = [channel.value for channel in begin(unit, message)]
    unit.audit("message.planned", target=f"message:{message_id}", detail={"channels": channels})


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
    """The channels this message can take now, in order. Two queries, and two more every few seconds."""
    kind = kind_of(message.kind)
    reach = reach_of(message.account_id, kind, texted=message.phone_handle is not None)
    if not reach.bound:
        return []
    return route(kind, reach, wordings.ready(wordings.in_force(), kind.name, message.institution_code))


def reach_of(account_id: UUID, kind: Kind, *, texted: bool = False) -> Reach:
    """What is known of an account for one kind. One query where it has none of the kind's channels, else two.

    `texted`: there is a number for text messages beside the account's own.
    """
    handles = accounts.bound(account_id)
    bound = {channel for channel in kind.channels if SENDERS[channel].handle() in handles}
    if texted and Channel.SMS in kind.channels:
        bound.add(Channel.SMS)
    if not bound:
        return Reach(bound=(), declined=())
    wishes = wishes_of(account_id, kind)
    return Reach(bound=bound, declined=wishes.declined, first=wishes.first)


def wishes_of(account_id: UUID, kind: Kind) -> Wishes:
    """What an account chose for messages of a kind, and for all that leaves the house. One query."""
    [(declined, first, language)] = _WISHES.rows(account=account_id, kind=kind.name)
    return Wishes(
        declined=frozenset(Channel(channel) for channel in declined),
        first=Channel(first) if first else None,
        language=Language(language or Language.ZH),
    )


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
    _NOTE(
        DeliveryStep(
            institution_code=delivery.institution_code,
            delivery_id=delivery.pk,
            state=delivery.state,
            reason=delivery.reason,
            by_name=unit.actor.name[:60],
            at=at or unit.now,
        )
    )
