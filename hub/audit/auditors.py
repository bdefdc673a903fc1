"""What an auditor does with a journal: search it, verify it. Both leave an entry of their own."""

from __future__ import annotations

from hub.actor import Actor
from hub.audit.selectors import Recorded, Search, entries_of
from hub.audit.verify import Report, verify
from hub.journal.region.permissions import VERIFY_AUDIT, VIEW_AUDIT
from hub.security.permissions import require
from hub.work import work


def search(*, actor: Actor, scope: str, wanted: Search, before: int | None = None, limit: int = 50) -> list[Recorded]:
    """Entries of one journal, newest first; that somebody looked is recorded after what he sees."""
    require(actor, VIEW_AUDIT)
    found = entries_of(scope, wanted, before=before, limit=limit)
    with work(scope, actor=actor) as unit:
        unit.audit("audit.searched", target=f"journal:{scope}", detail={"action": wanted.action, "rows": len(found)})
    return found


def export(*, actor: Actor, scope: str, wanted: Search, number: str, limit: int) -> list[Recorded]:
    """The same to be taken away, under a number that stands on the sheet and in the journal."""
    require(actor, VIEW_AUDIT)
    found = entries_of(scope, wanted, limit=limit)
    with work(scope, actor=actor) as unit:
        unit.audit("audit.exported", target=f"export:{number}", detail={"action": wanted.action, "rows": len(found)})
    return found


def check(*, actor: Actor, scope: str) -> Report:
    """Verify a journal; a hospital's own auditor compares with the anchors in the object store."""
    require(actor, VERIFY_AUDIT)
    report = verify(scope, with_district=actor.institution is None)
    with work(scope, actor=actor) as unit:
        unit.audit(
            "audit.verified",
            target=f"journal:{scope}",
            outcome="failure" if report.findings else "success",
            detail={"entries": report.entries, "findings": len(report.findings)},
        )
    return report
