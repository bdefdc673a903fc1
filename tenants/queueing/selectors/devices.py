"""Screens of waiting halls and machines to check in at, inside a hospital's scope."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from tenants.queueing.models import Device, DeviceKind


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceView:
    """A waiting hall's screen, or a machine to check in at."""

    id: UUID
    kind: DeviceKind
    name: str
    departments: tuple[UUID, ...]
    sound: bool
    made_by: str
    made_at: datetime


def device(device_id: UUID) -> DeviceView | None:
    """A device whose link still works. One query."""
    row = Device.objects.filter(id=device_id, withdrawn_at__isnull=True).first()
    return device_view(row) if row else None


def devices() -> list[DeviceView]:
    """All devices whose link works. One query."""
    return [device_view(row) for row in Device.objects.filter(withdrawn_at__isnull=True).order_by("made_at")]


def device_view(row: Device) -> DeviceView:
    """The value of a row; no query."""
    return DeviceView(
        id=row.id,
        kind=DeviceKind(row.kind),
        name=row.name,
        departments=tuple(UUID(one) for one in row.departments),
        sound=row.sound,
        made_by=row.made_by,
        made_at=row.made_at,
    )
