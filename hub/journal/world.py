"""The two worlds and their journal tables: `public` and a hospital's schema.

Table names differ between the worlds, so that a lost scope fails instead of reading public rows (kernel decision 7).
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass

from hub.tenancy import registry
from hub.tenancy.context import REGION_ALIAS, hospital_alias
from hub.tenancy.models import TenantState
from hub.tenancy.scope import REGION, hospital, region


@dataclass(frozen=True, slots=True)
class World:
    """One kind of schema by the prefix of its journal tables."""

    prefix: str

    @property
    def alias(self) -> str:
        """The database that reaches it: of a hospital, that of the open scope."""
        return REGION_ALIAS if self.prefix == REGION else hospital_alias()

    @property
    def outbox(self) -> str:
        """Events on their way out."""
        return f"{self.prefix}_outbox"

    @property
    def attempt(self) -> str:
        """Failed attempts to deliver them."""
        return f"{self.prefix}_outbox_attempt"

    @property
    def inbox(self) -> str:
        """Events from elsewhere already handled here."""
        return f"{self.prefix}_inbox"

    @property
    def command(self) -> str:
        """Idempotency keys."""
        return f"{self.prefix}_command"

    @property
    def audit(self) -> str:
        """Audit entries."""
        return f"{self.prefix}_audit"

    @property
    def pending(self) -> str:
        """Entries no seal covers yet."""
        return f"{self.prefix}_audit_pending"

    @property
    def seal(self) -> str:
        """Seals over batches of entries."""
        return f"{self.prefix}_audit_seal"


REGION_WORLD = World(REGION)
HOSPITAL_WORLD = World("hospital")


def world_of(scope: str) -> World:
    """The world of a scope: REGION or a hospital's code."""
    return REGION_WORLD if scope == REGION else HOSPITAL_WORLD


def open_scope(
    scope: str, *, read_only: bool = False, relaxed: bool = False, turn: int | None = None
) -> AbstractContextManager[object]:
    """The transaction of a scope."""
    if scope == REGION:
        return region(read_only=read_only, relaxed=relaxed, turn=turn)
    return hospital(scope, read_only=read_only, relaxed=relaxed, turn=turn)


def incarnation_of(scope: str) -> int:
    """Which life of its schema a scope is in (practice 20); the district has one only."""
    return 0 if scope == REGION else registry.tenant(scope).incarnation


def all_scopes() -> list[str]:
    """REGION and every hospital with a journal: one that is suspended or leaving still ends what it began.

    One that is closed for repair is left out: nobody but the repair enters it.
    """
    return [
        REGION,
        *(info.code for info in registry.hospitals() if info.state != TenantState.JOINING and not info.repair),
    ]
