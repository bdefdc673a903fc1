"""A small district to book in: hospitals with numbers, residents with checked names."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models import QuerySet

from hub import clock
from hub.accounts import steps as accounts
from hub.actor import Actor, ActorKind, system_actor
from hub.ids import uuid7
from hub.outbox.relay import drain
from hub.security import blind
from hub.security.permissions import permissions_of
from hub.security.roles import Role
from hub.tenancy.scope import REGION, hospital, region
from hub.work import Command, work
from regional_services.booking.selectors import BookingView
from regional_services.booking.services import BookingWish, create_booking
from regional_services.catalog.models import CatalogDepartment, CatalogSession
from regional_services.identity import documents
from regional_services.identity.models import Identifier, Person, Relation, RelationKind, RelationState, Standing
from regional_services.identity.purposes import ALL
from regional_services.notifications import selectors as notifications
from regional_services.notifications.selectors import MessageView
from regional_services.payments.models import MerchantAccount
from tenants.appointments.events import VisitEnded
from tenants.directory.models import Service
from tenants.registry.models import Institution
from tenants.registry.selectors import forget
from tenants.scheduling import selectors as scheduling
from tenants.scheduling import services as scheduling_services
from tests.scheduling.builders import SYNC, numbers, open_hospital, schedule, session_id, snapshot

SETUP = system_actor("布置")
_serial = itertools.count(1)
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


@dataclass(frozen=True, slots=True)
class Resident:
    """A signed-in resident who may book for himself."""

    actor: Actor
    person_id: UUID


def resident(*, born: date = date(1990, 5, 17)) -> Resident:
    """A new resident with a checked name."""
    serial = next(_serial)
    body = f"310199{born:%Y%m%d}{serial % 1000:03d}"
    number = body + "10X98765432"[sum(int(d) * w for d, w in zip(body, _WEIGHTS, strict=True)) % 11]
    now, name = clock.now(), "沈云"
    with work(REGION, actor=SETUP) as unit:
        account = accounts.create_resident(unit, display_name="居民")
        person = Person.objects.create(
            name=name,
            name_index=blind.index("person.name", name),
            sex="1",
            birth_date=born,
            phone="",
            standing=Standing.VERIFIED,
            created_at=now,
            updated_at=now,
        )
        document = documents.read("01", number, today=clock.today())
        Identifier.objects.create(
            person=person,
            kind=document.kind,
            number=document.number,
            number_index=blind.index("person.document", document.key),
            tail_index=blind.index("person.document_tail", document.number[-4:]),
            name=name,
            recorded_at=now,
        )
        Relation.objects.create(
            account_id=account.id,
            person=person,
            kind=RelationKind.SELF,
            scope=list(ALL),
            state=RelationState.ACTIVE,
            is_default=True,
            created_at=now,
        )
    return Resident(Actor(kind=ActorKind.RESIDENT, id=account.id, name="居民"), person.id)


def register_institution(
    code: str, *, his_locked: bool = False, pay_on_day: bool = False, collecting: bool = True
) -> None:
    """Put a hospital into the registry, which collects fees online."""
    with region():
        Institution.objects.create(
            code=code,
            name=f"云栖区{code}医院",
            short_name=code,
            kind="hospital",
            level="二级甲等",
            ward="云栖街道",
            address="云栖路1号",
            latitude=31.2,
            longitude=121.4,
            phone="021-00000000",
            booking_mode="his_locked" if his_locked else "hub_pool",
            settle_mode="pay_on_day" if pay_on_day else "pay_to_confirm",
            dialect="rest_json",
            sets=["all"],
        )
    if collecting:
        collects(code)
    forget()


def collects(code: str) -> None:
    """Give the hospital a merchant account, without which nobody can book where the fee comes first."""
    with region():
        MerchantAccount.objects.create(
            institution_code=code,
            channel="wechat_pay",
            version=1,
            mchid="1900000001",
            appid="wx0000000000000001",
            serial_no="0" * 40,
            private_key_ref="none",
            api_v3_key_ref="none",
            channel_key_id="none",
            channel_public_key="none",
            effective_from=clock.now() - timedelta(days=365),
        )


def limit(code: str, **rules: object) -> None:
    """Change a hospital's booking rules."""
    with region():
        Institution.objects.filter(code=code).update(**rules)
    forget()


def open_for_booking(
    code: str, count: int = 3, *, fee_fen: int = 5000, his_locked: bool = False, pay_on_day: bool = False
) -> UUID:
    """Register a hospital and open one session of `count` numbers in its catalogue; the session's id."""
    register_institution(code, his_locked=his_locked, pay_on_day=pay_on_day)
    open_hospital(code)
    told = snapshot((schedule("S1", fee_fen=fee_fen),), numbers(count))
    scheduling_services.apply_snapshot(code, told, actor=SYNC)
    drain()
    return session_id(code)


def for_adults(code: str, *, days: int = 1) -> QuerySet[CatalogSession]:
    """Sessions with a fee, `days` from now or later, for whoever comes: not a child's immunisation, not a check-up."""
    outpatient = CatalogDepartment.objects.filter(institution_code=code, service=Service.OUTPATIENT)
    earliest = clock.today() + timedelta(days=days)
    return CatalogSession.objects.filter(
        institution_code=code, department_id__in=outpatient.values("department_id"), date__gte=earliest, fee_fen__gt=0
    ).order_by("date", "session_id")


ROOMY = 5  # the hospital's own books outlive a test: what earlier ones left of a session may be one number


def open_session(code: str, *, days: int = 1) -> UUID:
    """Some outpatient session with free numbers and a fee, `days` from now or later, that the HIS told of."""
    for session in for_adults(code, days=days).values_list("session_id", flat=True):
        if len(free_numbers(code, session)) >= ROOMY:  # the catalogue may lag: it only says where to look
            return session
    raise AssertionError(f"nothing is left to book at {code}")


def free_numbers(code: str, session: UUID) -> list[scheduling.NumberView]:
    """The numbers a resident could take now."""
    with hospital(code, read_only=True):
        return [number for number in scheduling.numbers_of(session) if number.is_free]


def wish(code: str, session: UUID, who: Resident, number: scheduling.NumberView) -> BookingWish:
    """What the resident's app would send."""
    return BookingWish(
        institution=code,
        person_id=who.person_id,
        session_id=session,
        number_id=number.id,
        starts_at=number.start,
        ends_at=number.end,
    )


def command(name: str = "booking.create", key: str = "") -> Command:
    """A command with a key of its own."""
    return Command(name=name, key=key or uuid7().hex, fingerprint="f" * 64)


def book(code: str, session: UUID, who: Resident, number: scheduling.NumberView | None = None) -> BookingView:
    """Book the first free number, or this one."""
    chosen = number or free_numbers(code, session)[0]
    return create_booking(actor=who.actor, wish=wish(code, session, who, chosen), command=command())


def stop_session(code: str, session: UUID, *, from_time: datetime | None = None) -> None:
    """The hospital's manager stops a clinic, from a time on or wholly."""
    manager = Actor(
        kind=ActorKind.STAFF,
        id=uuid7(),
        name="门办",
        institution=code,
        permissions=permissions_of([Role.HOSPITAL_MANAGER]),
    )
    scheduling_services.stop_own_session(
        actor=manager, hospital=code, session_id=session, reason="医生外出会诊", from_time=from_time
    )


def seen_at(code: str, booking_id: UUID, who: Resident) -> None:
    """The hospital tells that the patient was seen."""
    with work(code, actor=SETUP) as unit:
        unit.publish(
            VisitEnded(
                hospital=code,
                booking_id=booking_id,
                person_id=who.person_id,
                department_id=uuid7(),
                doctor_id=None,
                ended_at=clock.now(),
            )
        )
        unit.audit("test.told", target=f"booking:{booking_id}")
    drain(outside=False)


def messages_of(who: Resident) -> list[MessageView]:
    """What the resident was told."""
    assert who.actor.id is not None
    return notifications.messages(who.actor.id)
