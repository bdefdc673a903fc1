"""Claiming and giving back numbers, inside somebody's hospital unit. Nothing here is durable by itself.

Each act is one guarded UPDATE: the guard is in the WHERE clause of the statement that changes the row, so that of any
number of rivals exactly one sees its row returned. No lock is taken before, no count is kept. Repeating an act with
the same holder gives the same answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from hub import clock
from hub.tenancy.statements import Row, Statement
from hub.work import Unit
from tenants.scheduling.errors import NotReleased, NumberBusy, NumberNotHeld, NumberTaken, OtherShare, SoldOut
from tenants.scheduling.events import SessionChanged
from tenants.scheduling.models import Channel, Number


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedNumber:
    """A number somebody holds, with what a booking must remember of its session."""

    number_id: UUID
    session_id: UUID
    sequence: int
    start: datetime
    end: datetime
    his_code: str
    session_his_code: str
    department_id: UUID
    doctor_id: UUID | None
    doctor_name: str
    date: date
    period: str
    fee_fen: int
    registration_level: str
    room: str
    campus_code: str
    state: str


_RETURNING = """ n.id, n.session_id, n.sequence, n.starts_at, n.ends_at, n.his_code, s.his_code, s.department_id,
    s.doctor_id, s.doctor_name, s.date, s.period, s.fee_fen, s.registration_level, s.room, s.campus_code, n.state"""

# What a release rule says: the number's own pool may be taken at once at the window and by a referral, and by those who
# book anew before others; residents wait for the release, and nobody takes another channel's share.
_OPEN_TO = """ AND (%(channel)s = 'priority'
    OR (n.pool IN ('', %(channel)s)
        AND (s.release_at IS NULL OR s.release_at <= %(now)s OR n.pool IN ('window', 'family'))))"""

_CLAIM = Statement(
    "hospital",
    """
UPDATE scheduling_number AS n SET state = 'held', holder = %(holder)s, changed_at = %(now)s
FROM scheduling_session AS s
WHERE s.id = n.session_id AND s.state = 'open'
  AND n.id = %(number)s AND n.state = 'free' AND n.starts_at > %(now)s""",
    _OPEN_TO,
    """
  AND NOT EXISTS (SELECT 1 FROM scheduling_number AS h WHERE h.holder = %(holder)s)
RETURNING""",
    _RETURNING,
)

_CLAIM_ANY = Statement(
    "hospital",
    """
UPDATE scheduling_number AS n SET state = 'held', holder = %(holder)s, changed_at = %(now)s
FROM scheduling_session AS s
WHERE s.id = n.session_id AND s.state = 'open' AND n.state = 'free'""",
    _OPEN_TO,
    """
  AND n.id = (
    SELECT c.id FROM scheduling_number AS c
    WHERE c.session_id = %(session)s AND c.state = 'free' AND c.starts_at > %(now)s
      AND (%(channel)s = 'priority' OR c.pool IN ('', %(channel)s))
      AND (%(start)s::timestamptz IS NULL OR c.starts_at = %(start)s)
    ORDER BY c.sequence LIMIT 1 FOR UPDATE SKIP LOCKED)
  AND NOT EXISTS (SELECT 1 FROM scheduling_number AS h WHERE h.holder = %(holder)s)
RETURNING""",
    _RETURNING,
)

_WHY_CLOSED = Statement(
    "hospital",
    """
SELECT s.release_at, n.pool NOT IN ('', %(channel)s)
FROM scheduling_number AS n JOIN scheduling_session AS s ON s.id = n.session_id
WHERE n.id = %(number)s AND n.state = 'free' AND s.state = 'open' AND n.starts_at > %(now)s""",
)

_FREE_LEFT = Statement(
    "hospital",
    """
SELECT EXISTS (
    SELECT 1 FROM scheduling_number AS n JOIN scheduling_session AS s ON s.id = n.session_id
    WHERE n.session_id = %(session)s AND s.state = 'open' AND n.state = 'free' AND n.starts_at > %(now)s
      AND (%(start)s::timestamptz IS NULL OR n.starts_at = %(start)s)""",
    _OPEN_TO,
    ")",
)

_HELD_BY = Statement(
    "hospital",
    "SELECT",
    _RETURNING,
    """
FROM scheduling_number AS n JOIN scheduling_session AS s ON s.id = n.session_id
WHERE n.holder = %(holder)s""",
)

_HELD_BY_ANY = Statement(
    "hospital",
    "SELECT",
    _RETURNING,
    """, n.holder
FROM scheduling_number AS n JOIN scheduling_session AS s ON s.id = n.session_id
WHERE n.holder = ANY(%(holders)s)""",
)

_CONFIRM = Statement(
    "hospital",
    """
UPDATE scheduling_number AS n SET state = 'taken', changed_at = %(now)s
FROM scheduling_session AS s
WHERE s.id = n.session_id AND n.holder = %(holder)s AND n.state = 'held'
RETURNING""",
    _RETURNING,
)

# The session row is share-locked, so that a release and a stop of the same session never pass each other unseen.
_RELEASE = Statement(
    "hospital",
    """
UPDATE scheduling_number AS n
SET state = CASE WHEN %(withdraw)s THEN 'withdrawn'
                 WHEN s.state = 'stopped' OR n.is_stopped THEN 'stopped'
                 WHEN s.state = 'withdrawn' OR n.is_gone THEN 'withdrawn' ELSE 'free' END,
    holder = NULL, changed_at = %(now)s
FROM (
    SELECT x.id, x.state FROM scheduling_session AS x
    WHERE x.id = (SELECT h.session_id FROM scheduling_number AS h WHERE h.holder = %(holder)s)
    FOR SHARE) AS s
WHERE s.id = n.session_id AND n.holder = %(holder)s AND n.state IN ('held', 'taken')
RETURNING n.session_id""",
)


def claim_number(unit: Unit, *, number_id: UUID, holder: UUID, channel: Channel = Channel.APP) -> ClaimedNumber:
    """Hold this number for `holder` (a booking's id). One statement when it is free and open to the channel.

    NumberTaken if it is not free, NotReleased (with the time) or OtherShare if it is free but not for this channel.
    """
    row = _CLAIM.row(number=number_id, holder=holder, now=unit.now, channel=channel.value)
    if row is not None:
        return _changed(unit, row)
    refusal = _why_closed(number_id, channel, unit.now)
    if refusal is not None:
        raise refusal
    return _already_held(holder, NumberTaken, number_id=number_id)


def _why_closed(number_id: UUID, channel: Channel, now: datetime) -> NotReleased | OtherShare | None:
    """What keeps a free number of an open session from this channel; None when it is taken, stopped or past."""
    row = _WHY_CLOSED.row(number=number_id, now=now, channel=channel.value)
    if row is None or channel is Channel.PRIORITY:
        return None
    release_at: datetime | None = row[0]
    if release_at is not None and release_at > now:
        return NotReleased(f"该号将于{clock.local(release_at):%m月%d日 %H:%M}放号，届时再来预约。")
    return OtherShare() if row[1] else None


def claim_any(
    unit: Unit,
    *,
    session_id: UUID,
    holder: UUID,
    start: datetime | None = None,
    channel: Channel = Channel.APP,
) -> ClaimedNumber:
    """Hold the channel's first free number of a session, or of its slot beginning at `start`; SoldOut without one."""
    row = _CLAIM_ANY.row(session=session_id, start=start, holder=holder, now=unit.now, channel=channel.value)
    if row is not None:
        return _changed(unit, row)
    left = _FREE_LEFT.row(session=session_id, start=start, now=unit.now, channel=channel.value)
    return _already_held(holder, NumberBusy if left and left[0] else SoldOut, session_id=session_id)


def confirm_number(unit: Unit, *, holder: UUID) -> ClaimedNumber:
    """The held number is taken for good; NumberNotHeld if the hold is gone."""
    row = _CONFIRM.row(holder=holder, now=unit.now)
    if row is not None:
        return claimed_number(row)
    return _already_held(holder, NumberNotHeld, states=("taken",))


def release_number(unit: Unit, *, holder: UUID, withdraw: bool = False) -> bool:
    """Give the holder's number back; False when it holds none (already released). Stopped sessions stay stopped.

    `withdraw` takes it out of sale: the HIS refused it as sold or closed, and its next snapshot says what it is.
    """
    row = _RELEASE.row(holder=holder, now=unit.now, withdraw=withdraw)
    if row is None:
        return False
    unit.publish(SessionChanged(hospital=unit.scope, session_ids=(row[0],)))
    return True


def held_by(*, holder: UUID) -> ClaimedNumber | None:
    """What `holder` holds now. One query."""
    row = _HELD_BY.row(holder=holder)
    return claimed_number(row) if row else None


def times_of(holders: tuple[UUID, ...]) -> dict[UUID, tuple[datetime, datetime]]:
    """When the numbers of these holders begin and end now. One query."""
    rows = Number.objects.filter(holder__in=holders).values_list("holder", "start", "end")
    return {holder: (start, end) for holder, start, end in rows if holder is not None}


def held_by_any(holders: Sequence[UUID]) -> dict[UUID, ClaimedNumber]:
    """What each of many holders holds now. One query."""
    return {row[-1]: claimed_number(row[:-1]) for row in _HELD_BY_ANY.rows(holders=list(holders))}


def _changed(unit: Unit, row: Row) -> ClaimedNumber:
    claimed = claimed_number(row)
    unit.publish(SessionChanged(hospital=unit.scope, session_ids=(claimed.session_id,)))
    return claimed


def _already_held(
    holder: UUID,
    refusal: type[NumberTaken | NumberBusy | NumberNotHeld],
    *,
    number_id: UUID | None = None,
    session_id: UUID | None = None,
    states: tuple[str, ...] = ("held", "taken"),
) -> ClaimedNumber:
    """A repeat of an act that succeeded before gets the same number again; everybody else is refused."""
    mine = held_by(holder=holder)
    if (
        mine is None
        or mine.state not in states
        or number_id not in (None, mine.number_id)
        or session_id not in (None, mine.session_id)
    ):
        raise refusal
    return mine


def claimed_number(row: Row) -> ClaimedNumber:
    """The value of a row of these statements."""
    return ClaimedNumber(
        number_id=row[0],
        session_id=row[1],
        sequence=row[2],
        start=row[3],
        end=row[4],
        his_code=row[5],
        session_his_code=row[6],
        department_id=row[7],
        doctor_id=row[8],
        doctor_name=row[9],
        date=row[10],
        period=row[11],
        fee_fen=row[12],
        registration_level=row[13],
        room=row[14],
        campus_code=row[15],
        state=row[16],
    )
