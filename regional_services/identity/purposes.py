"""What a relation lets an account do for a person."""

from __future__ import annotations

VIEW = "view"
BOOKING = "booking"
RECORDS = "records"
ALL = (VIEW, BOOKING, RECORDS)

# Consents only the person himself can give, whoever acts for him otherwise.
OWN_CONSENTS = frozenset({"minor_sensitive_care"})
