"""Who acts: carried by value through every service, into every audit entry."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class ActorKind(StrEnum):
    """The kinds of actor; a device works by a signed link, with the permissions of its kind and no role."""

    RESIDENT = "resident"
    STAFF = "staff"
    VENDOR = "vendor"
    SYSTEM = "system"
    DEVICE = "device"


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """An actor and what he may do; `name` is the display-name snapshot kept in hospital rows (kernel decision 8).

    `role` is a snapshot for the audit; `institution` is the hospital a staff member or vendor acts for, never taken
    from request data. `departments` (None: all of the institution's) and `hidden` (kinds of fields) narrow the data he
    may see (JA-ADMIN-02). `device` stands for the browser or app that signed in; empty where it is not known.
    """

    kind: ActorKind
    id: UUID | None
    name: str
    institution: str | None = None
    role: str = ""
    permissions: frozenset[str] = frozenset()
    departments: frozenset[UUID] | None = None
    hidden: frozenset[str] = frozenset()
    ip: str = ""
    device: str = ""
    request_id: str = ""

    def may(self, permission: str) -> bool:
        """Whether this actor holds `permission`."""
        return permission in self.permissions

    @property
    def sees_all(self) -> bool:
        """Whether his data is not narrowed to departments."""
        return self.departments is None

    def sees(self, department_id: UUID) -> bool:
        """Whether data of this department is his to see."""
        return self.departments is None or department_id in self.departments


def system_actor(name: str) -> Actor:
    """A part of the hub acting by itself, named so that its audit entries can be found."""
    return Actor(kind=ActorKind.SYSTEM, id=None, name=name)
