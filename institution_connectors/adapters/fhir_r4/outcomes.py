"""What an answer that is no success means: HTTP status and OperationOutcome to rejected or unknown, with a reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from institution_connectors.adapters.fhir_r4.errors import Problem
from institution_connectors.adapters.fhir_r4.mapping import systems
from institution_connectors.adapters.fhir_r4.mapping.node import Node
from institution_connectors.contracts import Answer, Options, Reason
from institution_connectors.refusals import reason_of

# Statuses with which a server says that it has done nothing; of any other one nobody knows.
NOT_DONE: Final = frozenset({400, 401, 403, 404, 405, 406, 409, 410, 412, 413, 415, 422, 428, 429, 431, 501, 503})
BROKEN_ON_THE_WAY: Final = frozenset({502, 504})

# The codes of `docs/interfaces/fhir_r4.md` 6 (system `refusal`); a hospital's own table is looked at first.
CODES: Final[Mapping[str, Reason]] = {
    "not-authorised": Reason.NOT_AUTHORISED,
    "not-supported": Reason.NOT_SUPPORTED,
    "number-reused": Reason.NUMBER_REUSED,
    "no-source": Reason.NO_SOURCE,
    "already-booked": Reason.ALREADY_BOOKED,
    "patient-not-found": Reason.PATIENT_NOT_FOUND,
    "price-changed": Reason.PRICE_CHANGED,
    "closed": Reason.CLOSED,
    "lock-expired": Reason.LOCK_EXPIRED,
    "not-found": Reason.NOT_FOUND,
    "too-late": Reason.TOO_LATE,
    "limit-reached": Reason.LIMIT_REACHED,
    "blacklisted": Reason.BLACKLISTED,
    "busy": Reason.BUSY,
    "refused": Reason.REFUSED,
}
# FHIR's own issue types, for servers that give no code of this interface. Where they say nothing, the words do.
_ISSUES: Final[Mapping[str, Reason]] = {
    "login": Reason.NOT_AUTHORISED,
    "unknown": Reason.NOT_AUTHORISED,
    "forbidden": Reason.NOT_AUTHORISED,
    "security": Reason.NOT_AUTHORISED,
    "expired": Reason.LOCK_EXPIRED,
    "not-supported": Reason.NOT_SUPPORTED,
    "duplicate": Reason.NUMBER_REUSED,
    "not-found": Reason.NOT_FOUND,
    "deleted": Reason.NOT_FOUND,
    "conflict": Reason.NO_SOURCE,
    "lock-error": Reason.BUSY,
    "transient": Reason.BUSY,
    "throttled": Reason.BUSY,
}
_STATUSES: Final[Mapping[int, Reason]] = {
    401: Reason.NOT_AUTHORISED,
    403: Reason.NOT_AUTHORISED,
    404: Reason.NOT_FOUND,
    405: Reason.NOT_SUPPORTED,
    410: Reason.NOT_FOUND,
    412: Reason.BUSY,
    429: Reason.BUSY,
    501: Reason.NOT_SUPPORTED,
    503: Reason.BUSY,
}
_SERIOUS: Final = frozenset({"fatal", "error"})


@dataclass(frozen=True, slots=True)
class Issue:
    """The first serious issue of an OperationOutcome. `code` is of this interface, `kind` FHIR's own."""

    code: str
    kind: str
    text: str


def issue_of(resource: object) -> Issue | None:
    """The issue that says why, or None if the document is no OperationOutcome."""
    try:
        outcome = Node.resource(resource)
        if outcome.kind != "OperationOutcome":
            return None
        issues = [issue for issue in outcome.nodes("issue") if issue.optional("severity") in _SERIOUS]
        if not issues:
            return None
        detail = issues[0].coding("details", systems.REFUSAL)
        words = issues[0].within("details", "text") or issues[0].optional("diagnostics")
        where = "、".join(str(one) for one in issues[0].data.get("expression") or ())
        code = detail.optional("code") if detail is not None else ""
        return Issue(code, issues[0].optional("code"), f"{words}（{where}）" if where else words)
    except Problem:
        return None


def answer_of(status: int, resource: object, options: Options) -> Answer:
    """The answer that is meant by a status other than 200 and 201 and whatever came with it."""
    issue = issue_of(resource)
    text = issue.text if issue is not None and issue.text else f"HTTP {status}"
    code = (issue.code or issue.kind) if issue is not None else str(status)
    if status not in NOT_DONE:
        reason = Reason.CONNECTION_LOST if status in BROKEN_ON_THE_WAY else Reason.UNREADABLE
        return Answer.unknown(reason, text=f"HTTP {status}: {text}"[:300], code=code)
    return Answer.rejected(_reason(status, issue, options), text=text[:300], code=code)


def _reason(status: int, issue: Issue | None, options: Options) -> Reason:
    by_status = _STATUSES.get(status)
    if issue is None:
        return by_status or Reason.REFUSED
    if issue.code in options.reason_codes:
        return options.reason_codes[issue.code]
    if issue.code in CODES and issue.code != "refused":
        return CODES[issue.code]
    if by_status is Reason.NOT_AUTHORISED:  # an expired token is no expired lock
        return by_status
    said = reason_of(issue.kind, issue.text, options)
    if said is not Reason.REFUSED:
        return said
    if issue.code == "refused":
        return Reason.REFUSED
    return _ISSUES.get(issue.kind) or (by_status if by_status is Reason.BUSY else None) or said
