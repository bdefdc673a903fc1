"""Parts of changing an institution, inside somebody's region transaction, never durable."""

from __future__ import annotations

from hub.tenancy import life
from hub.tenancy import registry as tenancy
from hub.tenancy.errors import LifeRefused
from hub.work import Unit
from tenants.registry import selectors
from tenants.registry.errors import UnknownInstitution
from tenants.registry.events import LifeChanged
from tenants.registry.models import Institution


def locked(code: str) -> Institution:
    """The institution's row, locked until the transaction ends; UnknownInstitution for any other code."""
    row = Institution.objects.select_for_update().filter(pk=code).first()
    if row is None:
        raise UnknownInstitution
    return row


def lead(unit: Unit, code: str, to: str, *, reason: str, only_from: str = "") -> None:
    """Lead an institution to its next state; LifeRefused where no step leads there. `announce()` after the commit."""
    before = life.move(code, to)
    if only_from and before != only_from:
        raise LifeRefused(detail={"hospital": code, "from": before, "to": to})
    unit.publish(LifeChanged(institution_code=code, before=before, after=to))
    unit.audit(
        f"registry.{to}",
        target=f"institution:{code}",
        reason=reason,
        before={"state": before},
        after={"state": to},
        detail={"from": before, "to": to},
    )


def announce() -> None:
    """After the commit: this process reads anew at once, the others within seconds."""
    tenancy.invalidate()
    selectors.forget()
