"""What a relation lets an account do for a person."""

from __future__ import annotations

VIEW = "view"
BOOKING = "booking"
RECORDS = "records"
ALL = (VIEW, BOOKING, RECORDS)
