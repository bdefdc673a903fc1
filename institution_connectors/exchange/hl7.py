"""The doors of the HL7 listener: which hospital a message is from, and how it gets into that hospital's inbox."""

from __future__ import annotations

from functools import partial

from django.db import connections

from hub import clock
from hub.security.keyring import ring
from institution_connectors.adapters.hl7v2_mllp import CONTENT_TYPE, Door, Hl7v2MllpAdapter
from institution_connectors.catalog import selectors as catalog
from institution_connectors.catalog.errors import NoConnector
from institution_connectors.charsets import codec_of
from institution_connectors.contracts import ConnectorProfile, Direction, Wire
from institution_connectors.exchange import inbound
from institution_connectors.runtime.adapters import adapter_of


def door_of(facility: str) -> Door | None:
    """The door of the hospital that calls itself `facility` in MSH-4; None if no connector says so.

    A connector that is switched off for a while is `NoConnector`: its hospital shall keep its messages and try again.
    """
    for profile in catalog.profiles():
        if profile.dialect == Hl7v2MllpAdapter.dialect and _facility(profile) == facility:
            if not profile.enabled:
                raise NoConnector(detail={"hospital": profile.hospital})
            return _door(profile)
    return None


def _door(profile: ConnectorProfile) -> Door:
    extra = profile.options.extra
    return Door(
        hospital=profile.hospital,
        charset=codec_of(profile.options.charset),
        key=ring().secret(profile.secret_ref).decode("ascii"),
        store=partial(_store, profile),
        refused=partial(_refuse, profile),
        peers=frozenset(extra.get("peers", "").split()),
        always_original=extra.get("ack_mode") == "always_original",
    )


def _facility(profile: ConnectorProfile) -> str:
    return profile.options.extra.get("facility", profile.hospital)


def _store(profile: ConnectorProfile, body: bytes, peer: str) -> None:
    """Commit a message to the inbox; one that was there already is as good."""
    try:
        message = adapter_of(profile).decode_inbound(body, {})
        inbound.receive(profile.hospital, message, _wire(profile, body), ip=peer)
    finally:
        connections.close_all()


def _refuse(profile: ConnectorProfile, body: bytes, reason: str, peer: str) -> None:
    try:
        inbound.refuse(profile.hospital, _wire(profile, body), reason, ip=peer)
    finally:
        connections.close_all()


def _wire(profile: ConnectorProfile, body: bytes) -> Wire:
    content_type = CONTENT_TYPE + codec_of(profile.options.charset)
    return Wire(direction=Direction.RECEIVED, at=clock.now(), body=body, content_type=content_type)
