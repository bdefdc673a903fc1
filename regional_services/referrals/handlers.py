"""Carrying referrals out, between the hospital that refers and the one that is to see the patient."""

from __future__ import annotations

from hub.outbox.events import Delivery, RunsIn, handles
from hub.work import Unit
from regional_services.booking.events import ReferredBookingChanged
from regional_services.referrals import following, services
from regional_services.referrals.events import ReferralAsked


@handles(ReferralAsked, runs_in=RunsIn.BETWEEN)
def book(event: ReferralAsked, _delivery: Delivery) -> None:
    """May run again: the number and the booking answer under the same id."""
    services.carry_out(event.referral_id)


@handles(ReferredBookingChanged, runs_in=RunsIn.REGION)
def follow(event: ReferredBookingChanged, unit: Unit) -> None:
    """Both hospitals' rows follow the booking; whoever referred is told when it ends without a visit."""
    following.follow(unit, event.root, event.booking_id)
