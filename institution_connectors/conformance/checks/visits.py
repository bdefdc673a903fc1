"""Where the hub calls: what it tells of a visit."""

from __future__ import annotations

from dataclasses import replace

from django.utils.translation import gettext

from hub import clock
from institution_connectors.conformance.checks.basics import accepted, refused
from institution_connectors.conformance.checks.booking import registered
from institution_connectors.conformance.talk import Failed, NotApplicable, Talk, number
from institution_connectors.contracts import (
    CheckOutcome,
    Done,
    Found,
    Operation,
    OutcomeChecked,
    Reason,
    TellVisit,
    VisitEventKind,
)
from institution_connectors.runtime.adapters import OPERATIONS


def steps_are_heard(talk: Talk) -> str:
    """Called, called again under the same number, missed; a call that comes after; one of a stranger.

    None of them keeps the registration from being cancelled afterwards. A hospital that calls by itself may do without.
    """
    with registered(talk) as (wish, known, place):
        called = TellVisit(
            hub_number=number("V"),
            registration_number=wish.hub_number,
            his_number=known.his_number,
            kind=VisitEventKind.CALLED,
            occurred_at=clock.now(),
            ticket="001",
            place=place.schedule.place or "1诊室",
        )
        answer = talk.ask(called)
        if answer.reason is Reason.NOT_SUPPORTED:
            raise NotApplicable(gettext("医院不接收叫号进展：由医院自己叫号"))
        accepted(answer, Done, "告知叫号")
        accepted(talk.ask(called), Done, "同一流水号再告知")
        missed = replace(called, hub_number=number("V"), kind=VisitEventKind.MISSED, ticket="", place="")
        accepted(talk.ask(missed), Done, "告知过号")
        accepted(talk.ask(replace(called, hub_number=number("V"))), Done, "过号之后才到的叫号")
        stranger = replace(called, hub_number=number("V"), registration_number=number("R"), his_number="0000000000")
        refused(talk.ask(stranger), "告知一个不存在的登记")
        _is_known(talk, called)
    return gettext("叫号、过号都收下，重发不重复")


def _is_known(talk: Talk, told: TellVisit) -> None:
    """Asked later, the hospital knows that it was told."""
    if Operation.CHECK_OUTCOME not in OPERATIONS[talk.profile.dialect]:
        return
    asked = CheckOutcome(hub_number=told.hub_number, asked=Operation.TELL_VISIT)
    found = accepted(talk.ask(asked), OutcomeChecked, "核对已告知的进展").found
    if found is not Found.DONE:
        raise Failed(gettext("已告知的进展答 %(found)s，应为 done") % {"found": found})
