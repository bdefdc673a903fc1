"""The dialect `fhir_r4`: HL7 FHIR R4 over HTTP, JSON, `application/fhir+json`."""

from institution_connectors.adapters.fhir_r4.adapter import FhirR4Adapter
from institution_connectors.adapters.fhir_r4.tokens import fresh_key, public_key

__all__ = ["FhirR4Adapter", "fresh_key", "public_key"]
