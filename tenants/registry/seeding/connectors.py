"""The connectors of the fictional hospitals, matching the sandbox's configuration."""

from __future__ import annotations

from hub.actor import Actor
from institution_connectors.catalog import selectors as connectors
from institution_connectors.catalog.services import put_connector
from institution_connectors.contracts import BookingMode, ConnectorProfile, MoneyUnit, Options
from institution_connectors.runtime.adapters import OPERATIONS
from tenants.registry.seeding.outside import his_port, his_secret, his_secret_ref, options

HTTP_PATHS = {"rest_json": "/his", "soap_xml": "/services/HisService", "fhir_r4": "/fhir"}


def store(rows: list[dict[str, str]], *, actor: Actor) -> int:
    """Write the profiles that are new or changed; how many."""
    known = {profile.hospital: profile for profile in connectors.profiles()}
    written = 0
    for order, row in enumerate(rows):
        wanted = _profile(row, order)
        his_secret(row, order)
        if not _same(known.get(wanted.hospital), wanted):
            put_connector(actor=actor, profile=wanted)
            written += 1
    return written


def _profile(row: dict[str, str], order: int) -> ConnectorProfile:
    code, dialect, wire = row["code"], row["dialect"], options(row, order)
    address = f"127.0.0.1:{his_port(order)}"
    return ConnectorProfile(
        hospital=code,
        dialect=dialect,
        endpoint=f"http://{address}{HTTP_PATHS[dialect]}" if dialect in HTTP_PATHS else f"mllp://{address}",
        mode=BookingMode(row["booking_mode"]),
        secret_ref=his_secret_ref(code),
        capabilities=OPERATIONS[dialect],
        options=Options(
            success_codes=frozenset({str(wire.get("success_code", "0"))}),
            money_unit=MoneyUnit(str(wire.get("money_unit", "fen"))),
            charset=str(wire.get("charset", "utf-8")),
            polled=not wire["push"],
            reserved_department=str(wire["reserved_department"]),
            extra={name: str(wire[name]) for name in ("auth", "client_id", "key_id") if name in wire},
        ),
    )


def _same(known: ConnectorProfile | None, wanted: ConnectorProfile) -> bool:
    if known is None:
        return False
    fields = ("dialect", "endpoint", "mode", "secret_ref", "capabilities", "options", "enabled")
    return all(getattr(known, name) == getattr(wanted, name) for name in fields)
