"""Re-deriving the truth about one hospital's numbers from its rows, whatever the constraints promise.

That each number's holder is a booking, and each booking's number is held, is looked at where bookings are known.
"""

from __future__ import annotations

from hub.tenancy.scope import hospital
from tenants.scheduling import selectors


def differences(code: str) -> list[str]:
    """Everything that is wrong with the numbers of this hospital; empty is what it should be."""
    with hospital(code, read_only=True):
        return selectors.faults()
