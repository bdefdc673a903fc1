"""The dialect `hl7v2_mllp`: HL7 v2 messages over MLLP, in both directions."""

from institution_connectors.adapters.hl7v2_mllp.adapter import CONTENT_TYPE, Hl7v2MllpAdapter
from institution_connectors.adapters.hl7v2_mllp.listener import Listener, Manners
from institution_connectors.adapters.hl7v2_mllp.receiver import Door, Receiver

__all__ = ["CONTENT_TYPE", "Door", "Hl7v2MllpAdapter", "Listener", "Manners", "Receiver"]
