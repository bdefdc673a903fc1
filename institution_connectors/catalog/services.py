"""Changing connectors."""

from __future__ import annotations

from dataclasses import replace

from django.utils.translation import gettext

from hub.actor import Actor, ActorKind
from hub.errors import InvalidInput
from hub.security.permissions import require
from hub.tenancy.scope import REGION
from hub.work import work
from institution_connectors.catalog import permissions, selectors
from institution_connectors.catalog.models import Connector
from institution_connectors.contracts import ConnectorProfile, encode

IN_FLIGHT = (1, 64)


def put_connector(*, actor: Actor, profile: ConnectorProfile) -> ConnectorProfile:
    """Store a hospital's connector, new or changed; its version goes up with each change."""
    if actor.kind is not ActorKind.SYSTEM:
        require(actor, permissions.MANAGE)
    with work(REGION, actor=actor) as unit:
        row = Connector.objects.select_for_update().filter(institution_code=profile.hospital).first()
        row = row or Connector(institution_code=profile.hospital, version=0)
        row.dialect, row.endpoint, row.mode = profile.dialect, profile.endpoint, profile.mode
        row.secret_ref, row.enabled = profile.secret_ref, profile.enabled
        row.capabilities = sorted(profile.capabilities)
        row.options, row.limits = encode(profile.options), encode(profile.limits)
        row.version, row.updated_at = row.version + 1, unit.now
        row.save()
        unit.audit(
            "connector.stored",
            target=f"connector:{profile.hospital}",
            detail={"dialect": profile.dialect, "version": row.version, "enabled": profile.enabled},
        )
    selectors.forget()
    return selectors.profile(profile.hospital) if profile.enabled else profile


def set_in_flight(*, actor: Actor, code: str, in_flight: int) -> None:
    """Set how many requests a hospital gets from us at the same time."""
    require(actor, permissions.MANAGE)
    if not IN_FLIGHT[0] <= in_flight <= IN_FLIGHT[1]:
        raise InvalidInput(
            fields={
                "in_flight": gettext("同时请求数应为 %(IN_FLIGHT)s 到 %(IN_FLIGHT_3)s。")
                % {"IN_FLIGHT": IN_FLIGHT[0], "IN_FLIGHT_3": IN_FLIGHT[1]}
            }
        )
    held = selectors.profile(code)
    put_connector(actor=actor, profile=replace(held, limits=replace(held.limits, in_flight=in_flight)))
