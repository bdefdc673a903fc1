"""Staff send again what reached nobody. What may have arrived is never sent again on the same channel."""

from __future__ import annotations

from uuid import UUID, uuid5

from hub.actor import Actor
from hub.errors import Conflict
from hub.tenancy.scope import REGION
from hub.work import Unit, work
from regional_services.notifications import planning
from regional_services.notifications.access import message_for
from regional_services.notifications.catalogue import Channel
from regional_services.notifications.events import DeliveryDue
from regional_services.notifications.models import Delivery, DeliveryState, Message
from regional_services.notifications.permissions import RESEND

AGAIN = frozenset({DeliveryState.REFUSED, DeliveryState.UNDELIVERED, DeliveryState.FAILED, DeliveryState.EXPIRED})


class NotResendable(Conflict):
    """There is nothing to send again, or it may have arrived."""

    code = "notifications.not_resendable"
    text = "这条消息在该渠道不能重发：可能已经送达，或正在发送。可改用其他渠道。"


class Unreachable(Conflict):
    """The resident has no such channel, or declined it."""

    code = "notifications.unreachable"
    text = "居民没有绑定这个渠道、已退订，或该渠道没有模板。"


def choices(message: Message) -> list[Channel]:
    """The channels a message may be sent through by hand now; inside an open scope."""
    stands = dict(Delivery.objects.filter(message=message).values_list("channel", "state"))
    return [channel for channel in planning.order_of(message) if stands.get(channel) in (None, *AGAIN)]


def resend(*, actor: Actor, message_id: UUID, channel: Channel) -> None:
    """Send a message through a channel by hand: one it never took, or one it came back from."""
    with work(REGION, actor=actor) as unit:
        message = message_for(actor, message_id, permission=RESEND)
        _resend(unit, message, channel)


def resend_failed(*, actor: Actor, delivery_ids: list[UUID]) -> tuple[int, int]:
    """The same for many, each on the channel it failed on: how many are sent again, and how many are not."""
    done = 0
    for delivery_id in delivery_ids:
        try:
            with work(REGION, actor=actor) as unit:
                row = Delivery.objects.filter(pk=delivery_id).first()
                if row is None:
                    continue
                _resend(unit, message_for(actor, row.message_id, permission=RESEND), Channel(row.channel))
        except (NotResendable, Unreachable):
            continue
        done += 1
    return done, len(delivery_ids) - done


def _resend(unit: Unit, message: Message, channel: Channel) -> None:
    if channel not in planning.order_of(message):
        raise Unreachable
    row = Delivery.objects.select_for_update().filter(message=message, channel=channel).first()
    unit.audit("delivery.resend", target=f"message:{message.pk}", detail={"channel": channel.value})
    if row is None:
        planning.dispatch(unit, message, channel)
        return
    if row.state not in AGAIN:
        raise NotResendable
    row.round += 1
    row.client_id = row.provider_id = uuid5(row.pk, str(row.round)).hex
    row.state, row.reason, row.tries, row.doubtful, row.first_try_at = DeliveryState.QUEUED, "", 0, False, None
    row.due_at = row.roused_at = row.updated_at = unit.now
    row.save()
    planning.note(unit, row)
    unit.publish(DeliveryDue(delivery_id=row.pk))
