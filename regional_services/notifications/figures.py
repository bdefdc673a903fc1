"""How messages fared in a span: by channel, by day, by kind. Counts, no person in them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count, Q
from django.db.models.functions import TruncDate

from hub import clock
from hub.actor import Actor
from hub.security.permissions import require
from hub.tenancy.scope import region
from regional_services.notifications.catalogue import Audience, Channel, kind_of
from regional_services.notifications.listing import span
from regional_services.notifications.models import FAILED, OPEN, Delivery, DeliveryState, Message
from regional_services.notifications.permissions import VIEW


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelFigures:
    """One channel: how many went, arrived for sure, failed, are on their way; each state's count."""

    channel: Channel
    total: int
    delivered: int
    failed: int
    moving: int
    states: list[tuple[DeliveryState, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class KindFigures:
    """One kind: how many went outside, and failed there."""

    name: str
    title: str
    total: int
    failed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """A span of days; `messages` are those in the app, `read` how many were opened there."""

    messages: int
    read: int
    channels: list[ChannelFigures]
    kinds: list[KindFigures]
    by_day: list[tuple[date, int, int]]


def figures(actor: Actor, first: date, last: date, *, institution: str | None = None) -> Figures:
    """The district's, one institution's, or a hospital's own. Four queries."""
    require(actor, VIEW)
    begin, end = span(first, last)
    within = Q(created_at__gte=begin, created_at__lt=end)
    place = actor.institution or institution
    if place is not None:
        within &= Q(institution_code=place)
    with region(read_only=True):
        sent = Delivery.objects.filter(within)
        states = list(sent.values_list("channel", "state").annotate(n=Count("id")))
        kinds = sent.values_list("kind").annotate(total=Count("id"), failed=Count("id", filter=Q(state__in=FAILED)))
        days = (
            sent.annotate(day=TruncDate("created_at", tzinfo=clock.ZONE))
            .values_list("day")
            .annotate(total=Count("id"), failed=Count("id", filter=Q(state__in=FAILED)))
        )
        told = dict(Message.objects.filter(within, shown=True).values_list("kind").annotate(n=Count("id")))
        read = Message.objects.filter(within, read_at__isnull=False).count()
        found = {day: (total, failed) for day, total, failed in days}
        ranked = sorted(kinds, key=lambda row: -row[1])
    return Figures(
        messages=sum(n for kind, n in told.items() if kind_of(kind).audience is Audience.RESIDENT),
        read=read,
        channels=_channels(states),
        kinds=[KindFigures(name=k, title=kind_of(k).heading, total=total, failed=bad) for k, total, bad in ranked],
        by_day=[(day, *found.get(day, (0, 0))) for day in _days(first, last)],
    )


def _channels(states: list[tuple[str, str, int]]) -> list[ChannelFigures]:
    counted: defaultdict[Channel, dict[DeliveryState, int]] = defaultdict(dict)
    for channel, state, count in states:
        counted[Channel(channel)][DeliveryState(state)] = count
    return [
        ChannelFigures(
            channel=channel,
            total=sum(found.values()),
            delivered=found.get(DeliveryState.DELIVERED, 0),
            failed=sum(count for state, count in found.items() if state in FAILED),
            moving=sum(count for state, count in found.items() if state in OPEN),
            states=[(state, found[state]) for state in DeliveryState if state in found],
        )
        for channel in Channel
        if (found := counted.get(channel))
    ]


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]
