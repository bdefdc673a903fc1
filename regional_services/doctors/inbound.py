"""What the internet hospital tells of doctors, taken once each and in whatever order it arrives (practice 16).

Bookings never count here. A word of yesterday never undoes one of today: presence and introduction keep the newest, and
the figures of reviews are counted from the reviews that stand.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from hub.actor import system_actor
from hub.tenancy.scope import REGION
from hub.tenancy.statements import Insert, Statement
from hub.work import work
from regional_services.doctors import finding
from regional_services.doctors.models import DoctorEvent, EventKind
from tenants.directory.practitioners import practitioner_of

INTERNET_HOSPITAL = system_actor("互联网医院")
PRESENCE_LEASE = timedelta(minutes=5)
EARLY = timedelta(minutes=5)
_LONG_NUMBER = re.compile(r"[0-9Xx](?:[- ]?[0-9Xx]){5,}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One event as told; which of the last four it has depends on its kind."""

    event_id: str
    kind: EventKind
    doctor_code: str
    occurred_at: datetime
    review_id: str = ""
    rating: int = 0
    text: str = ""
    online: bool = False


class Outcome(StrEnum):
    """What became of an event."""

    TAKEN = "taken"
    KNOWN = "known"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """The answer for one event; `reason` says why it was refused."""

    event_id: str
    outcome: Outcome
    reason: str = ""


_NOTE = Insert(DoctorEvent, unless_exists=True)
_LOCK = Statement(
    "default",
    """
INSERT INTO doctors_profile (practitioner_id, enquiries, consultations, reviews, positive_reviews, introduction)
SELECT u.id, 0, 0, 0, 0, '' FROM unnest(%(people)s::uuid[]) AS u (id) ORDER BY u.id
ON CONFLICT (practitioner_id) DO UPDATE SET enquiries = doctors_profile.enquiries
""",
)
_ENQUIRY = Statement(
    "default", "UPDATE doctors_profile SET enquiries = enquiries + 1 WHERE practitioner_id = %(practitioner)s"
)
_CONSULTATION = Statement(
    "default", "UPDATE doctors_profile SET consultations = consultations + 1 WHERE practitioner_id = %(practitioner)s"
)
_PRESENCE = Statement(
    "default",
    """
UPDATE doctors_profile SET presence_at = %(at)s,
    online_until = CASE WHEN %(online)s THEN %(until)s::timestamptz ELSE NULL END
WHERE practitioner_id = %(practitioner)s AND (presence_at IS NULL OR presence_at <= %(at)s)
""",
)
_INTRODUCTION = Statement(
    "default",
    """
UPDATE doctors_profile SET introduced_at = %(at)s, introduction = %(text)s
WHERE practitioner_id = %(practitioner)s AND (introduced_at IS NULL OR introduced_at <= %(at)s)
""",
)
_REVIEW = Statement(
    "default",
    """
INSERT INTO doctors_review (id, review_id, practitioner_id, rating, text, written_at, told_at)
VALUES (gen_random_uuid(), %(review)s, %(practitioner)s, %(rating)s, %(text)s, %(at)s, %(at)s)
ON CONFLICT (review_id) DO UPDATE SET rating = EXCLUDED.rating, text = EXCLUDED.text, told_at = EXCLUDED.told_at
WHERE doctors_review.practitioner_id = EXCLUDED.practitioner_id AND doctors_review.told_at <= EXCLUDED.told_at
""",
)
_WITHDRAW = Statement(
    "default",
    """
INSERT INTO doctors_review (id, review_id, practitioner_id, rating, text, written_at, told_at, withdrawn_at)
VALUES (gen_random_uuid(), %(review)s, %(practitioner)s, 1, '', %(at)s, %(at)s, %(at)s)
ON CONFLICT (review_id) DO UPDATE SET withdrawn_at = EXCLUDED.withdrawn_at, text = ''
WHERE doctors_review.practitioner_id = EXCLUDED.practitioner_id
""",
)
_COUNT_REVIEWS = Statement(
    "default",
    """
UPDATE doctors_profile p SET reviews = r.every, positive_reviews = r.positive
FROM (SELECT count(*) AS every, count(*) FILTER (WHERE rating >= 4) AS positive FROM doctors_review
      WHERE practitioner_id = %(practitioner)s AND withdrawn_at IS NULL) r
WHERE p.practitioner_id = %(practitioner)s
""",
)


def take(events: Sequence[Told], *, incarnation: str) -> list[Receipt]:
    """Take a batch in, in one unit of work; one receipt for each event, in order.

    Doctors are locked in one order, so that two batches never wait for each other in a circle.
    """
    people = {event.doctor_code: practitioner_of(event.doctor_code) for event in events}
    with work(REGION, actor=INTERNET_HOSPITAL) as unit:
        known = set(finding.posts_of(people.values()))
        _LOCK.run(people=sorted(known))
        receipts = [
            _take_one(event, people[event.doctor_code], known, incarnation=incarnation, now=unit.now)
            for event in events
        ]
        unit.audit(
            "doctors.events_taken",
            target=f"internet-hospital:{incarnation}",
            detail={outcome.value: sum(one.outcome is outcome for one in receipts) for outcome in Outcome},
        )
    return receipts


def _take_one(event: Told, practitioner: UUID, known: set[UUID], *, incarnation: str, now: datetime) -> Receipt:
    if practitioner not in known:
        return Receipt(
            event_id=event.event_id, outcome=Outcome.REFUSED, reason="没有这位医生：请核对国家医保医师代码。"
        )
    if event.occurred_at > now + EARLY:
        return Receipt(event_id=event.event_id, outcome=Outcome.REFUSED, reason="发生时间晚于平台时间 5 分钟以上。")
    row = DoctorEvent(
        incarnation=incarnation,
        event_id=event.event_id,
        kind=event.kind,
        practitioner_id=practitioner,
        occurred_at=event.occurred_at,
        received_at=now,
    )
    if not _NOTE(row):
        return Receipt(event_id=event.event_id, outcome=Outcome.KNOWN)
    _ACTS[event.kind](event, practitioner)
    return Receipt(event_id=event.event_id, outcome=Outcome.TAKEN)


def _enquiry(_event: Told, practitioner: UUID) -> None:
    _ENQUIRY.run(practitioner=practitioner)


def _consultation(_event: Told, practitioner: UUID) -> None:
    _CONSULTATION.run(practitioner=practitioner)


def _presence(event: Told, practitioner: UUID) -> None:
    until = event.occurred_at + PRESENCE_LEASE
    _PRESENCE.run(practitioner=practitioner, at=event.occurred_at, online=event.online, until=until)


def _introduction(event: Told, practitioner: UUID) -> None:
    _INTRODUCTION.run(practitioner=practitioner, at=event.occurred_at, text=event.text)


def _review(event: Told, practitioner: UUID) -> None:
    _REVIEW.run(
        review=event.review_id,
        practitioner=practitioner,
        rating=event.rating,
        text=without_numbers(event.text),
        at=event.occurred_at,
    )
    _COUNT_REVIEWS.run(practitioner=practitioner)


def _review_withdrawn(event: Told, practitioner: UUID) -> None:
    """Also before the review itself arrives, which then stays withdrawn."""
    _WITHDRAW.run(review=event.review_id, practitioner=practitioner, at=event.occurred_at)
    _COUNT_REVIEWS.run(practitioner=practitioner)


_ACTS: Mapping[EventKind, Callable[[Told, UUID], None]] = {
    EventKind.ENQUIRY: _enquiry,
    EventKind.CONSULTATION: _consultation,
    EventKind.PRESENCE: _presence,
    EventKind.INTRODUCTION: _introduction,
    EventKind.REVIEW: _review,
    EventKind.REVIEW_WITHDRAWN: _review_withdrawn,
}


def without_numbers(text: str) -> str:
    """A review's words without what looks like a telephone, document or card number."""
    return _LONG_NUMBER.sub("***", text)
