"""Which channels a message takes, in which order, and when: pure decisions (docs/adr/1041)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from hub import clock
from regional_services.notifications.catalogue import Channel, Importance, Kind
from regional_services.notifications.models import DeliveryState

MOST_TRIES = 5
_BACKOFF = (timedelta(seconds=10), timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15))
_GOES_ON = frozenset({DeliveryState.REFUSED, DeliveryState.FAILED, DeliveryState.UNDELIVERED, DeliveryState.DECLINED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """What is known of the reader: channels he is bound to, those he declined for this kind, the one he prefers."""

    bound: Collection[Channel]
    declined: Collection[Channel]
    first: Channel | None = None


def route(kind: Kind, reach: Reach, ready: Collection[Channel]) -> list[Channel]:
    """The channels in the order they are tried: bound, worded, wanted. A must-have can't be declined."""
    declined = reach.declined if kind.may_be_declined else ()
    open_ = [c for c in kind.channels if c in reach.bound and c in ready and c not in declined]
    return sorted(open_, key=lambda channel: channel != reach.first)


def next_channel(
    kind: Kind, order: list[Channel], tried: dict[Channel, DeliveryState], ended: DeliveryState
) -> Channel | None:
    """Where the message goes on after one delivery came to an end that brought it to nobody.

    A definite end: the next one (nothing more of a convenience). An unknown outcome: only a must-have, and only once,
    for it may have arrived.
    """
    if kind.importance is Importance.CONVENIENCE:
        return None
    if ended is DeliveryState.UNKNOWN:
        doubts = sum(state is DeliveryState.UNKNOWN for state in tried.values())
        if kind.importance is not Importance.MUST or doubts > 1:
            return None
    elif ended not in _GOES_ON:
        return None
    return next((channel for channel in order if channel not in tried), None)


def not_before(kind: Kind, now: datetime, begins: time, ends: time) -> datetime:
    """When it may leave the house: now, or at the end of the quiet hours it falls into."""
    local = clock.local(now)
    if kind.urgent or begins == ends:
        return now
    if begins < ends:
        quiet, day = begins <= local.time() < ends, local.date()
    else:
        quiet = local.time() >= begins or local.time() < ends
        day = local.date() + clock.DAY if local.time() >= begins else local.date()
    return clock.at(day, ends) if quiet else now


def backoff(tries: int) -> timedelta:
    """How long to wait after so many calls."""
    return _BACKOFF[min(tries, len(_BACKOFF)) - 1]
