"""The dialect `hl7v2_mllp`: HL7 v2 messages over MLLP, in both directions."""

from institution_connectors.adapters.hl7v2_mllp.adapter import Hl7v2MllpAdapter

__all__ = ["Hl7v2MllpAdapter"]
