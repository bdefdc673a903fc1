"""The catalogue of message kinds, as code: what each is about, what it may name, where it goes, what it leads to."""

from __future__ import annotations

from collections.abc import Mapping

from hub.errors import HubError
from regional_services.notifications.catalogue import account, around, booking, fair, visit
from regional_services.notifications.catalogue.terms import (
    OUTSIDE,
    PUSHED,
    TEXTED,
    Audience,
    Channel,
    FactValue,
    Importance,
    Kind,
    Language,
    Type,
    Variable,
    Words,
)
from regional_services.notifications.catalogue.variables import EVERYWHERE, VARIABLES

_ROOMS = (booking, visit, around, fair, account)
KINDS: dict[str, Kind] = {kind.name: kind for room in _ROOMS for kind in room.KINDS}

# Matters a glance at a locked screen must not give away (practice 5): the wording is neutral for them.
SENSITIVE_WORDS = (
    *("精神", "心理", "成瘾", "感染", "艾滋", "性病", "皮肤性病"),
    *("生殖", "遗传", "计划生育", "妇产", "肿瘤"),
)


class UnknownKind(HubError):
    """A message was asked for under a name nobody wrote."""

    code = "notifications.unknown_kind"
    status = 500


def kind_of(name: str) -> Kind:
    """The kind of this name; UnknownKind if there is none."""
    try:
        return KINDS[name]
    except KeyError:
        raise UnknownKind(detail={"kind": name}) from None


def variables_of(kind: Kind) -> dict[str, Variable]:
    """What a wording of this kind may name."""
    return {name: VARIABLES[name] for name in (*EVERYWHERE, *kind.variables)}


def examples_of(kind: Kind) -> dict[str, FactValue]:
    """A value of every variable, for previews."""
    return {name: variable.example for name, variable in variables_of(kind).items()}


def is_sensitive(facts: Mapping[str, FactValue]) -> bool:
    """Whether the place or department alone says too much."""
    said = f"{facts.get('institution') or ''}{facts.get('department') or ''}"
    return any(word in said for word in SENSITIVE_WORDS)


__all__ = [
    "KINDS",
    "OUTSIDE",
    "PUSHED",
    "TEXTED",
    "Audience",
    "Channel",
    "FactValue",
    "Importance",
    "Kind",
    "Language",
    "Type",
    "UnknownKind",
    "Variable",
    "Words",
    "examples_of",
    "is_sensitive",
    "kind_of",
    "variables_of",
]
