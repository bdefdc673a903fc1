"""Carrying referrals out, between the hospital that refers and the one that is to see the patient."""

from __future__ import annotations

from hub.outbox.events import Delivery, RunsIn, handles
from regional_services.referrals import services
from regional_services.referrals.events import ReferralAsked


@handles(ReferralAsked, runs_in=RunsIn.BETWEEN)
def book(event: ReferralAsked, _delivery: Delivery) -> None:
    """May run again: the number and the booking answer under the same id."""
    services.carry_out(event.referral_id)
