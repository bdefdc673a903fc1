"""The district's ceiling on slots: nothing longer than 30 minutes reaches a resident (JA-APPT-01). Pure."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from math import ceil

from institution_connectors.contracts.values import Number
from tenants.scheduling.models import SLOT_LIMIT


def within_limit(numbers: Iterable[Number]) -> list[Number]:
    """The numbers, those of longer slots spread over equal parts of at most 30 minutes, in order of sequence.

    A slot of an hour with four numbers becomes two half-hours with two numbers each. Numbers whose slot has no length
    can't be placed and are left out; `unplaceable` lists them.
    """
    by_slot: dict[tuple[datetime, datetime], list[Number]] = defaultdict(list)
    for number in numbers:
        by_slot[(number.starts, number.ends)].append(number)
    placed: list[Number] = []
    for (starts, ends), members in by_slot.items():
        if ends <= starts:
            continue
        placed.extend(members if ends - starts <= SLOT_LIMIT else _spread(starts, ends - starts, members))
    return sorted(placed, key=lambda number: number.sequence)


def unplaceable(numbers: Iterable[Number]) -> list[Number]:
    """The numbers whose slot ends where it begins, or before."""
    return [number for number in numbers if number.ends <= number.starts]


def _spread(starts: datetime, length: timedelta, members: list[Number]) -> list[Number]:
    parts = ceil(length / SLOT_LIMIT)
    part = length / parts
    ordered = sorted(members, key=lambda number: number.sequence)
    return [
        dataclasses.replace(number, starts=starts + part * index, ends=starts + part * (index + 1))
        for place, number in enumerate(ordered)
        for index in (place * parts // len(ordered),)
    ]
