"""Telling the hospital's IT contact that the report is there."""

from __future__ import annotations

from hub.accounts import outside
from hub.outbox.events import Delivery, Permanent, RunsIn, handles
from tenants.nightly import services
from tenants.nightly.events import NightReportMade
from tenants.nightly.models import SmsState


@handles(NightReportMade, runs_in=RunsIn.OUTSIDE, awaited=False)
def send_word(event: NightReportMade, _delivery: Delivery) -> None:
    """A short message with the three figures; the same day is not sent twice."""
    letter = services.letter_of(event.hospital, event.day)
    if letter is None:
        return
    phone, words = letter
    try:
        outside.send_sms(
            to=phone,
            template="notice",
            params={"text": words},
            message_id=services.message_id(event.hospital, event.day),
        )
    except Permanent:
        services.note_sms(event.hospital, event.day, SmsState.REFUSED)
        return
    services.note_sms(event.hospital, event.day, SmsState.SENT)
