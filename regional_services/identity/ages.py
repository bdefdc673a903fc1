"""Ages that decide who may act for whom (practice 5): under 14, 14 to 17, from 18 on. Pure."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

FULL_AGE = 18
OWN_VOICE_AGE = 14


class AgeGroup(StrEnum):
    """The three groups the guardian rules know."""

    CHILD = "child"
    ADOLESCENT = "adolescent"
    ADULT = "adult"


def birthday(birth_date: date, age: int) -> date:
    """The day on which someone turns `age`; born on 29 February, that is 1 March in other years."""
    year = birth_date.year + age
    try:
        return birth_date.replace(year=year)
    except ValueError:
        return date(year, 3, 1)


def age_on(birth_date: date, day: date) -> int:
    """Completed years on `day`."""
    years = day.year - birth_date.year
    return years if day >= birthday(birth_date, years) else years - 1


def group_on(birth_date: date, day: date) -> AgeGroup:
    """The group on `day`: the birthday itself already counts."""
    age = age_on(birth_date, day)
    if age < OWN_VOICE_AGE:
        return AgeGroup.CHILD
    return AgeGroup.ADOLESCENT if age < FULL_AGE else AgeGroup.ADULT
