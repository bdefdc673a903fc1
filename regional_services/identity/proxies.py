"""Who acts for whom, from the side of whom it concerns, and the ends that come by themselves (practice 1, 5)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from hub import clock
from hub.actor import Actor, system_actor
from hub.errors import NotFound
from hub.security import masking
from hub.tenancy.scope import REGION
from hub.work import work
from regional_services.identity.access import account
from regional_services.identity.consents import PROXY
from regional_services.identity.endings import verified_self
from regional_services.identity.models import Relation, RelationKind, RelationState
from regional_services.identity.services import end_relation
from regional_services.identity.steps import record_consents

CALENDAR = system_actor("代办期限")
BATCH = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxyView:
    """Somebody who acts for me: who he is (masked), since when and how long."""

    relation_id: UUID
    name: str
    since: datetime
    expires_on: date | None

    @property
    def last_day(self) -> date | None:
        """The last day he may act for me."""
        return self.expires_on - timedelta(days=1) if self.expires_on else None


def proxies_of(actor: Actor) -> list[ProxyView]:
    """The accounts that act for this account's checked holder. Three queries."""
    mine = account(actor)
    person_id = verified_self(mine)
    if person_id is None:
        return []
    rows = list(
        Relation.objects.filter(person_id=person_id, state=RelationState.ACTIVE)
        .exclude(account_id=mine)
        .exclude(kind=RelationKind.SELF)
        .order_by("created_at")
    )
    holders = {
        row.account_id: masking.name(row.person.name)
        for row in Relation.objects.filter(
            account_id__in=[row.account_id for row in rows], kind=RelationKind.SELF, state=RelationState.ACTIVE
        ).select_related("person")
    }
    return [
        ProxyView(
            relation_id=row.id,
            name=holders.get(row.account_id, ""),
            since=row.created_at,
            expires_on=row.expires_on,
        )
        for row in rows
    ]


def end_proxy(*, actor: Actor, relation_id: UUID) -> None:
    """Let somebody no longer act for me; at once, without asking him. NotFound for a relation to anybody else."""
    person_id = verified_self(account(actor))
    if person_id is None:
        raise NotFound
    with work(REGION, actor=actor) as unit:
        row = (
            Relation.objects.select_for_update()
            .filter(pk=relation_id, person_id=person_id, state=RelationState.ACTIVE)
            .exclude(kind=RelationKind.SELF)
            .first()
        )
        if row is None:
            raise NotFound
        end_relation(unit, row, reason="ended_by_person")
        record_consents(
            unit,
            person_id=person_id,
            account_id=account(actor),
            relation=RelationKind.SELF,
            purposes=[PROXY],
            channel="h5",
            given=False,
        )
        unit.audit("identity.proxy_ended", target=f"person:{person_id}", detail={"relation": str(relation_id)})


def end_expired() -> int:
    """End what has come to its day: guardianship at full age, an adult's agreement; how many."""
    with work(REGION, actor=CALENDAR) as unit:
        rows = list(
            Relation.objects.select_for_update(skip_locked=True).filter(
                state=RelationState.ACTIVE, expires_on__lte=clock.today()
            )[:BATCH]
        )
        for row in rows:
            reason = "full_age" if row.kind == RelationKind.CHILD else "proxy_over"
            end_relation(unit, row, reason=reason)
            unit.audit("identity.relation_expired", target=f"person:{row.person_id}", reason=reason)
    return len(rows)
