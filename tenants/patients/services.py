"""Finding people at a hospital's desks: exact document, phone or name, or the last four; every look is recorded."""

from __future__ import annotations

import re
from uuid import UUID

from hub.actor import Actor
from hub.security.permissions import require
from hub.work import work
from tenants.patients.errors import ArchiveNotFound
from tenants.patients.events import ArchiveOpened
from tenants.patients.permissions import SEARCH
from tenants.patients.selectors import PatientView, find, patients_of

LIMIT = 50
_TAIL = re.compile(r"\d{3}[\dXx]")
_MOBILE = re.compile(r"(?:\+86)?(1\d{10})")
_DOCUMENT = re.compile(r"(?=.*\d)[A-Za-z0-9()-]{7,20}")


def search(*, actor: Actor, hospital: str, text: str) -> list[PatientView]:
    """The people a typed text means here: what was typed is in no log, only its kind and how many were found."""
    require(actor, SEARCH)
    typed = text.strip()
    with work(hospital, actor=actor) as unit:
        kind, found = _find(hospital, typed)
        unit.audit("patients.searched", target=f"hospital:{hospital}", detail={"by": kind, "found": len(found)})
        return found


def open_archive(*, actor: Actor, hospital: str, archive_id: UUID, may: str = SEARCH) -> PatientView:
    """One person, and the entry that says who looked; ArchiveNotFound for a stranger's.

    `may`: the permission of the work for which he is opened, where that is not finding people.
    """
    require(actor, may)
    with work(hospital, actor=actor) as unit:
        found = patients_of([archive_id]).get(archive_id)
        if found is None:
            raise ArchiveNotFound
        unit.audit("patients.opened", target=f"archive:{archive_id}")
        if actor.id is not None:
            unit.publish(ArchiveOpened(archive_id=archive_id, actor_id=actor.id, actor_name=actor.name))
        return found


def _find(hospital: str, typed: str) -> tuple[str, list[PatientView]]:
    if not typed:
        return "nothing", []
    if _TAIL.fullmatch(typed):
        tail = typed.upper()
        return "last_four", _once(
            find(hospital, document_tail=tail, limit=LIMIT) + find(hospital, phone_tail=tail, limit=LIMIT)
        )
    mobile = _MOBILE.fullmatch(typed)
    if mobile:
        return "phone", _once(find(hospital, phone=f"+86{mobile[1]}") + find(hospital, phone=mobile[1]))
    if _DOCUMENT.fullmatch(typed):
        return "document", find(hospital, document=typed.upper())
    return "name", find(hospital, name=typed, limit=LIMIT)


def _once(rows: list[PatientView]) -> list[PatientView]:
    return list({row.archive_id: row for row in rows}.values())
