"""A channel's report is stored first and acted on by the relay: the request that brought it waits for nothing."""

from __future__ import annotations

from hub.actor import system_actor
from hub.tenancy.scope import REGION
from hub.work import work
from regional_services.notifications.catalogue import Channel
from regional_services.notifications.events import DeliveryReported

REPORTER = system_actor("渠道回执")


def take(channel: Channel, key: str, *, delivered: bool, reason: str) -> None:
    """Keep what a channel says of what it calls `key`."""
    with work(REGION, actor=REPORTER) as unit:
        unit.publish(
            DeliveryReported(channel=channel, key=key, delivered=delivered, reason=reason[:60], reported_at=unit.now)
        )
        unit.audit("delivery.report", target=f"{channel}:{key}", detail={"delivered": delivered})
