"""What an auditor does with a journal: search it. It leaves an entry of its own."""

from __future__ import annotations

from hub.actor import Actor
from hub.audit.selectors import Recorded, Search, entries_of
from hub.journal.region.permissions import VIEW_AUDIT
from hub.security.permissions import require
from hub.work import work


def search(*, actor: Actor, scope: str, wanted: Search, before: int | None = None, limit: int = 50) -> list[Recorded]:
    """Entries of one journal, newest first; that somebody looked is recorded after what he sees."""
    require(actor, VIEW_AUDIT)
    found = entries_of(scope, wanted, before=before, limit=limit)
    with work(scope, actor=actor) as unit:
        unit.audit("audit.searched", target=f"journal:{scope}", detail={"action": wanted.action, "rows": len(found)})
    return found
