"""Signed links of devices: nobody signs in at a screen or a machine, and nobody can guess or alter its address."""

from __future__ import annotations

from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.core import signing

from hub.tenancy.context import host_hospital
from hub.tenancy.errors import UnknownHospital
from hub.tenancy.scope import hospital
from tenants.queueing import selectors
from tenants.queueing.errors import DeviceNotFound
from tenants.queueing.models import DeviceKind
from tenants.queueing.selectors import DeviceView

_SALT = "portal.screens.device"


def device_link(code: str, device_id: UUID, kind: DeviceKind = DeviceKind.HALL) -> str:
    """The address a device opens; it works until the device is withdrawn. A machine's is on its hospital's own host."""
    token = signing.Signer(salt=_SALT).sign_object([code, str(device_id)])
    if kind is DeviceKind.HALL:
        return f"{settings.PUBLIC_ORIGIN}/screens/{token}"
    origin = urlsplit(settings.PUBLIC_ORIGIN)
    port = f":{origin.port}" if origin.port else ""
    return f"{origin.scheme}://{code}.{settings.BASE_HOST}{port}/kiosk/{token}"


def device_of(token: str, kind: DeviceKind = DeviceKind.HALL) -> tuple[str, DeviceView]:
    """The hospital and the device of a link; DeviceNotFound for an altered or withdrawn one, one of another kind, and
    on another hospital's host."""
    try:
        code, device_id = signing.Signer(salt=_SALT).unsign_object(token)
        if host_hospital() not in (code, None if kind is DeviceKind.HALL else code):
            raise DeviceNotFound
        with hospital(code, read_only=True):
            device = selectors.device(UUID(device_id))
    except (signing.BadSignature, ValueError, UnknownHospital) as problem:
        raise DeviceNotFound from problem
    if device is None or device.kind is not kind:
        raise DeviceNotFound
    return code, device
