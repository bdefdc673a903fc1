"""A clinic on its visit day: residents with numbers, a desk, a doctor."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, time
from uuid import UUID

from hub import clock
from hub.actor import Actor, ActorKind
from hub.ids import uuid7
from hub.outbox.relay import drain
from hub.security.permissions import permissions_of
from hub.security.roles import Role
from hub.tenancy.scope import hospital
from hub.work import work
from tenants.appointments import steps as appointment_steps
from tenants.appointments.asks import PaymentFacts
from tenants.queueing import selectors, services
from tenants.queueing.models import Queue
from tenants.queueing.selectors import Board, Person
from tests.booking import world
from tests.booking.world import SETUP, Resident
from tests.scheduling.builders import TOMORROW

OLD, YOUNG = date(1940, 3, 1), date(1990, 5, 17)
ROOM = "3诊室"


def staff(code: str, *roles: Role) -> Actor:
    """Somebody at work in a hospital."""
    return Actor(
        kind=ActorKind.STAFF, id=uuid7(), name="周护士", institution=code, permissions=permissions_of(list(roles))
    )


@contextmanager
def at_clinic(hour: int = 8, minute: int = 0) -> Iterator[None]:
    """The visit day at this time."""
    with clock.shifted(clock.at(TOMORROW, time(hour, minute)) - clock.now()):
        yield


@dataclass(frozen=True)
class Clinic:
    """One doctor's morning with its booked people, in order of their numbers."""

    code: str
    session: UUID
    people: tuple[Resident, ...]
    bookings: tuple[UUID, ...]

    @property
    def doctor(self) -> Actor:
        """Who calls."""
        return staff(self.code, Role.DOCTOR)

    @property
    def nurse(self) -> Actor:
        """Who sorts."""
        return staff(self.code, Role.RECEPTION)

    @property
    def queue_id(self) -> UUID:
        """The queue of the session."""
        with hospital(self.code, read_only=True):
            return Queue.objects.values_list("id", flat=True).get(session_id=self.session)

    def board(self) -> Board:
        """The queue now."""
        with hospital(self.code, read_only=True):
            found = selectors.board(Queue.objects.values_list("id", flat=True).get(session_id=self.session))
        assert found is not None
        return found

    def entry(self, index: int) -> Person:
        """Somebody's entry."""
        with hospital(self.code, read_only=True):
            found = selectors.entry_of_booking(self.bookings[index])
        assert found is not None
        return found

    def index_of(self, entry_id: UUID | None) -> int | None:
        """Which of the people an entry is."""
        with hospital(self.code, read_only=True):
            found = selectors.entry(entry_id) if entry_id else None
        return self.bookings.index(found.booking_id) if found and found.booking_id else None

    def line(self) -> list[int]:
        """The people who are there, in order."""
        return [self.bookings.index(one.booking_id) for one in self.board().line if one.booking_id]

    def arrive(self, *indexes: int) -> None:
        """They come to the desk."""
        for index in indexes:
            services.check_in_at_desk(actor=self.nurse, hospital=self.code, booking_id=self.bookings[index])
        drain(outside=False)

    def call(self, *, station: str = ROOM) -> int | None:
        """The doctor presses the one key; who came."""
        standing = next((one.id for one in self.board().active if one.station == station), None)
        called = services.call_next(
            actor=self.doctor, hospital=self.code, queue_id=self.queue_id, station=station, expected=standing
        )
        drain(outside=False)
        return self.index_of(called)

    def told(self, index: int, template: str) -> int:
        """How often this person was told this."""
        return sum(one.kind == template for one in world.messages_of(self.people[index]))


def clinic(
    code: str, count: int = 4, *, fee_fen: int = 0, pay_on_day: bool = False, born: tuple[date, ...] = ()
) -> Clinic:
    """A morning from 08:00, a number every quarter of an hour; everybody has booked."""
    session = world.open_for_booking(code, count, fee_fen=fee_fen, pay_on_day=pay_on_day)
    people = tuple(world.resident(born=born[index] if index < len(born) else YOUNG) for index in range(count))
    numbers = world.free_numbers(code, session)
    bookings = tuple(world.book(code, session, who, number).id for who, number in zip(people, numbers, strict=True))
    drain(outside=False)
    return Clinic(code, session, people, bookings)


def pay_at_channel(code: str, booking_id: UUID) -> None:
    """The hospital's side of a payment: the appointment stands paid."""
    with work(code, actor=SETUP) as unit:
        appointment_steps.confirm(
            unit,
            hospital=code,
            booking_id=booking_id,
            fee_fen=5000,
            payment=PaymentFacts(
                number="P" + booking_id.hex[:20],
                amount_fen=5000,
                channel="wechat",
                channel_number="4200000000",
                paid_at=unit.now,
            ),
        )
    drain(outside=False)
