"""The adapters of this installation, one instance a hospital and version of its profile."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from hub.security.keyring import ring
from institution_connectors.adapters.fhir_r4 import FhirR4Adapter
from institution_connectors.adapters.hl7v2_mllp import Hl7v2MllpAdapter
from institution_connectors.adapters.rest_json import RestJsonAdapter
from institution_connectors.adapters.soap_xml import SoapXmlAdapter
from institution_connectors.catalog import selectors as catalog
from institution_connectors.contracts import Adapter, AdapterFactory, ConnectorProfile, Operation

FACTORIES: dict[str, AdapterFactory] = {
    RestJsonAdapter.dialect: RestJsonAdapter,
    SoapXmlAdapter.dialect: SoapXmlAdapter,
    Hl7v2MllpAdapter.dialect: Hl7v2MllpAdapter,
    FhirR4Adapter.dialect: FhirR4Adapter,
}
OPERATIONS: dict[str, frozenset[Operation]] = {
    RestJsonAdapter.dialect: RestJsonAdapter.operations,
    SoapXmlAdapter.dialect: SoapXmlAdapter.operations,
    Hl7v2MllpAdapter.dialect: Hl7v2MllpAdapter.operations,
    FhirR4Adapter.dialect: FhirR4Adapter.operations,
}


@dataclass(frozen=True, slots=True)
class _Held:
    profile: ConnectorProfile
    secret: bytes
    adapter: Adapter


_held: dict[str, _Held] = {}
_guard = threading.Lock()


def adapter_of(profile: ConnectorProfile) -> Adapter:
    """The adapter bound to this profile and its secret of now; an older one of the hospital is closed."""
    secret = ring().secret(profile.secret_ref)
    with _guard:
        held = _held.get(profile.name)
        if held is not None and held.profile == profile and held.secret == secret:
            return held.adapter
        adapter = FACTORIES[profile.dialect](profile, secret)
        _held[profile.name] = _Held(profile, secret, adapter)
    if held is not None:
        held.adapter.close()
    return adapter


def adapter_for(hospital: str) -> Adapter:
    """The adapter of a hospital by its code."""
    return adapter_of(catalog.profile(hospital))


def close_all() -> None:
    """Let go of all connections."""
    with _guard:
        for held in _held.values():
            held.adapter.close()
        _held.clear()
