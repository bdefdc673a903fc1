"""Certificates of conformance: what a hospital's system was shown to do, signed by the hub and verifiable by anybody.

The document is canonical JSON; its signature is Ed25519 under a key derived from the ring's secret `hub.certificates`.
A newer certificate of the same hospital supersedes the older one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from hub import clock
from hub.actor import Actor
from hub.ids import domain_number
from hub.security.keyring import ring
from hub.tenancy.scope import REGION, region
from hub.work import work
from institution_connectors.catalog import selectors, services
from institution_connectors.catalog.models import Certificate
from institution_connectors.contracts import Operation

SECRET = "hub.certificates"  # noqa: S105 - the name of a secret in the key ring


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateView:
    """A certificate as read, and whether its seal holds."""

    number: str
    institution_code: str
    content: dict[str, Any]
    issued_at: datetime
    superseded_at: datetime | None
    public_key: str
    signature: str
    is_genuine: bool

    @property
    def operations(self) -> list[str]:
        """What was proven, by the names staff read."""
        return [Operation(name).text for name in self.content["proven"]]


def issue(
    *,
    code: str,
    run_id: UUID,
    proven: frozenset[Operation],
    tested: frozenset[Operation],
    asked_by: str,
    lines: Sequence[tuple[str, str, str]],
    actor: Actor,
) -> str:
    """Seal what was proven and switch the hospital's capabilities to it; the number. A repeat gives the same one.

    Of the operations the checklist covers the hospital keeps those that were proven; others stay as they are.
    """
    number = domain_number("CF", run_id)
    profile = selectors.profile(code)
    with work(REGION, actor=actor) as unit:
        if not Certificate.objects.filter(number=number).exists():
            content = {
                "number": number,
                "institution": code,
                "dialect": profile.dialect,
                "connector_version": profile.version,
                "issued_at": unit.now.isoformat(),
                "asked_by": asked_by,
                "proven": sorted(proven),
                "steps": [{"title": title, "result": result, "note": note} for title, result, note in lines],
            }
            document = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
            older = Certificate.objects.filter(institution_code=code, superseded_at__isnull=True)
            older.update(superseded_at=unit.now)
            Certificate.objects.create(
                number=number,
                institution_code=code,
                document=document,
                public_key=_public_key().hex(),
                signature=_key().sign(document.encode()).hex(),
                issued_at=unit.now,
            )
        unit.audit("connector.certified", target=f"connector:{code}", detail={"certificate": number})
    wanted = (profile.capabilities - tested) | proven
    if wanted != profile.capabilities:
        services.put_connector(actor=actor, profile=replace(profile, capabilities=frozenset(wanted)))
    return number


def certificate(number: str) -> CertificateView | None:
    """One certificate by its number, for anybody. One query."""
    with region(read_only=True):
        row = Certificate.objects.filter(number=number).first()
    return _view(row) if row else None


def current(code: str) -> CertificateView | None:
    """The certificate in force of a hospital. One query."""
    with region(read_only=True):
        row = Certificate.objects.filter(institution_code=code, superseded_at__isnull=True).first()
    return _view(row) if row else None


def _view(row: Certificate) -> CertificateView:
    return CertificateView(
        number=row.number,
        institution_code=row.institution_code,
        content=json.loads(row.document),
        issued_at=clock.local(row.issued_at),
        superseded_at=row.superseded_at,
        public_key=row.public_key,
        signature=row.signature,
        is_genuine=row.public_key == _public_key().hex() and _holds(row),
    )


def _holds(row: Certificate) -> bool:
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(row.public_key))
        key.verify(bytes.fromhex(row.signature), row.document.encode())
    except (InvalidSignature, ValueError):
        return False
    return True


def _key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(ring().ensure_secret(SECRET)).digest())


def _public_key() -> bytes:
    return _key().public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
