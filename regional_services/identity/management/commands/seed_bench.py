"""Residents with checked names and access tokens, for measuring. Refused outside a district made for a bench."""

from __future__ import annotations

import itertools
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from hub import clock
from hub.accounts.models import AccountKind, SignIn, SignInMethod, User
from hub.accounts.tokens import AccessClaims, issue_access
from hub.actor import system_actor
from hub.security import blind
from hub.tenancy.scope import REGION, region
from hub.work import Unit, work
from regional_services.identity import documents
from regional_services.identity.models import Identifier, Person, Relation, RelationKind, RelationState, Standing
from regional_services.identity.purposes import ALL

SEED = system_actor("压测数据")
DISPLAY_NAME = "压测居民"
_BATCH = 500
_BORN_FIRST = date(1950, 1, 1)
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


@dataclass(frozen=True, slots=True)
class Resident:
    """The rows of one resident."""

    account: User
    sign_in: SignIn
    person: Person
    document: Identifier
    relation: Relation


class Command(BaseCommand):
    """`seed_bench --residents N --out FILE`: each call adds residents; their tokens are good for ten minutes."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """How many, and where their tokens are written."""
        parser.add_argument("--residents", type=int, required=True)
        parser.add_argument("--out", type=Path, required=True)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Make them in batches, then write one JSON list for the driver."""
        _refuse_elsewhere()
        with region(read_only=True):
            first = User.objects.filter(display_name=DISPLAY_NAME).count()
        made: list[dict[str, str]] = []
        wanted = range(first, first + options["residents"])
        for start in range(wanted.start, wanted.stop, _BATCH):
            made += _store(range(start, min(start + _BATCH, wanted.stop)))
        options["out"].touch(mode=0o600)
        options["out"].write_text(json.dumps(made), encoding="utf-8")
        self.stdout.write(f"{len(made)} residents made")


def _refuse_elsewhere() -> None:
    """Tokens without a sign-in are for a bench alone: the environment says so and no real resident is here."""
    if os.environ.get("HUB_BENCH") != "yes":
        raise CommandError("HUB_BENCH=yes is not set: this is no bench")
    with region(read_only=True):
        real = User.objects.filter(kind=AccountKind.RESIDENT).exclude(display_name=DISPLAY_NAME).exists()
    if real:
        raise CommandError("there are residents who signed in: this is no bench database")


def _store(serials: Sequence[int]) -> list[dict[str, str]]:
    with work(REGION, actor=SEED) as unit:
        residents = [_resident(unit, number) for number in itertools.islice(_numbers(serials[0]), len(serials))]
        User.objects.bulk_create(row.account for row in residents)
        SignIn.objects.bulk_create(row.sign_in for row in residents)
        Person.objects.bulk_create(row.person for row in residents)
        Identifier.objects.bulk_create(row.document for row in residents)
        Relation.objects.bulk_create(row.relation for row in residents)
        unit.audit("bench.residents_made", target="bench", detail={"count": len(residents)})
    return [_entry(row) for row in residents]


def _entry(row: Resident) -> dict[str, str]:
    token, _until = issue_access(AccessClaims(row.account.id, row.sign_in.id, "", False))
    return {"account": str(row.account.id), "person": str(row.person.id), "token": token}


def _numbers(serial: int) -> Iterator[str]:
    """Valid document numbers, a thousand a birthday, from the given one on."""
    for index in itertools.count(serial):
        born = _BORN_FIRST + timedelta(days=index // 1000)
        body = f"310199{born:%Y%m%d}{index % 1000:03d}"
        yield body + "10X98765432"[sum(int(d) * w for d, w in zip(body, _WEIGHTS, strict=True)) % 11]


def _resident(unit: Unit, number: str) -> Resident:
    now, name = unit.now, "沈云"
    account = User(kind=AccountKind.RESIDENT, display_name=DISPLAY_NAME, created_at=now, last_seen_at=now)
    account.set_unusable_password()
    document = documents.read("01", number, today=clock.today())
    person = Person(
        name=name,
        name_index=blind.index("person.name", name),
        sex="1",
        birth_date=date.fromisoformat(f"{number[6:10]}-{number[10:12]}-{number[12:14]}"),
        phone="",
        standing=Standing.VERIFIED,
        created_at=now,
        updated_at=now,
    )
    return Resident(
        account=account,
        sign_in=_sign_in(account, now),
        person=person,
        document=Identifier(
            person=person,
            kind=document.kind,
            number=document.number,
            number_index=blind.index("person.document", document.key),
            tail_index=blind.index("person.document_tail", document.number[-4:]),
            name=name,
            recorded_at=now,
        ),
        relation=Relation(
            account_id=account.id,
            person=person,
            kind=RelationKind.SELF,
            scope=list(ALL),
            state=RelationState.ACTIVE,
            is_default=True,
            created_at=now,
        ),
    )


def _sign_in(account: User, now: datetime) -> SignIn:
    return SignIn(
        user=account,
        method=SignInMethod.PHONE,
        device_digest=b"",
        agent="bench",
        started_at=now,
        expires_at=now + timedelta(days=1),
    )
