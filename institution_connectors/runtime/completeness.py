"""A list is believed only when it is as long as the hospital says (F11)."""

from __future__ import annotations

from institution_connectors.contracts import (
    Answer,
    Departments,
    Doctors,
    Numbers,
    Outcome,
    PaidBills,
    Reason,
    Registrations,
    Schedules,
    VisitReports,
)


def whole(answer: Answer) -> Answer:
    """The answer, or unknown with INCOMPLETE when its list lacks rows; pages (ledgers, dictionaries) are not lists."""
    counted = _counts(answer)
    if answer.outcome is not Outcome.ACCEPTED or counted is None or counted[0] == counted[1]:
        return answer
    return Answer.unknown(Reason.INCOMPLETE, text=f"the list has {counted[0]} rows, the hospital counts {counted[1]}")


def _counts(answer: Answer) -> tuple[int, int] | None:
    match answer.result:
        case Departments(departments=rows, total=total):
            return len(rows), total
        case Doctors(doctors=rows, total=total):
            return len(rows), total
        case Schedules(schedules=rows, total=total):
            return len(rows), total
        case Numbers(numbers=rows, total=total):
            return len(rows), total
        case Registrations(registrations=rows, total=total):
            return len(rows), total
        case PaidBills(bills=rows, total=total):
            return len(rows), total
        case VisitReports(reports=rows, total=total):
            return len(rows), total
    return None
