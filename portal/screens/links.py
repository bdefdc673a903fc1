"""Signed links of devices: nobody signs in at a screen, and nobody can guess or alter its address."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.core import signing

from hub.tenancy.errors import UnknownHospital
from hub.tenancy.scope import hospital
from tenants.queueing import selectors
from tenants.queueing.errors import DeviceNotFound
from tenants.queueing.selectors import DeviceView

_SALT = "portal.screens.device"


def device_link(code: str, device_id: UUID) -> str:
    """The address a device opens; it works until the device is withdrawn."""
    token = signing.Signer(salt=_SALT).sign_object([code, str(device_id)])
    return f"{settings.PUBLIC_ORIGIN}/screens/{token}"


def device_of(token: str) -> tuple[str, DeviceView]:
    """The hospital and the device of a link; DeviceNotFound for an altered or withdrawn one."""
    try:
        code, device_id = signing.Signer(salt=_SALT).unsign_object(token)
        with hospital(code, read_only=True):
            device = selectors.device(UUID(device_id))
    except (signing.BadSignature, ValueError, UnknownHospital) as problem:
        raise DeviceNotFound from problem
    if device is None:
        raise DeviceNotFound
    return code, device
