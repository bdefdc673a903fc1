"""Asking a server to notify us: one `Subscription` for each kind of resource that tells something."""

from __future__ import annotations

import hashlib
from typing import Any, Final
from urllib.parse import urlencode

from institution_connectors.adapters.fhir_r4.client import FHIR_JSON
from institution_connectors.adapters.fhir_r4.mapping import systems
from institution_connectors.adapters.fhir_r4.talk import Talk

CRITERIA: Final = (
    "Schedule?",
    "Slot?",
    f"Encounter?class={systems.ENCOUNTER_CLASS}|AMB",
    "MedicationDispense?",
    "DiagnosticReport?",
    "Patient?",
)
_ALIVE: Final = frozenset({"requested", "active"})


def keep(talk: Talk, address: str, token: str) -> int:
    """Make sure that each stands, not ended and not in error, with this address and token; how many were made.

    FHIR's search can't compare headers, so that a token that changed is noticed by its fingerprint in the tag.
    """
    found = talk.search("Subscription", [("url", address)])
    standing = {
        node.text("criteria"): node
        for node in found.matches
        if node.text("status") in _ALIVE and node.tagged(_fingerprint(token))
    }
    missing = [criteria for criteria in CRITERIA if criteria not in standing]
    for criteria in missing:
        mark = f"{systems.TAG}|{_fingerprint(token)}"
        alike = [("url", address), ("criteria", criteria), ("status", ",".join(sorted(_ALIVE))), ("_tag", mark)]
        talk.create(resource(criteria, address, token), unless=urlencode(alike, safe=":/|,"))
    return len(missing)


def resource(criteria: str, address: str, token: str) -> dict[str, Any]:
    """A rest-hook that carries the resource and our token."""
    return {
        "resourceType": "Subscription",
        "meta": {"tag": [{"system": systems.TAG, "code": _fingerprint(token)}]},
        "status": "requested",
        "reason": "号源与就诊进展同步",
        "criteria": criteria,
        "channel": {
            "type": "rest-hook",
            "endpoint": address,
            "payload": FHIR_JSON,
            "header": [f"Authorization: Bearer {token}"],
        },
    }


def _fingerprint(token: str) -> str:
    return f"token-{hashlib.sha256(token.encode()).hexdigest()[:16]}"
