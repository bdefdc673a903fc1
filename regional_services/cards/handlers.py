"""Asking the issuers, outside of any transaction."""

from __future__ import annotations

from hub.actor import system_actor
from hub.outbox.events import Delivery, RunsIn, handles
from hub.tenancy.scope import region
from regional_services.cards import outside, services
from regional_services.cards.events import CodeScanned
from regional_services.cards.kinds import Scheme
from regional_services.cards.models import Scan, ScanState

ISSUER = system_actor("卡码核验")


@handles(CodeScanned, runs_in=RunsIn.OUTSIDE)
def ask_issuer(event: CodeScanned, _delivery: Delivery) -> None:
    """Ask once: somebody stands at the desk, and a code without an answer is scanned again or the ID card is taken."""
    with region(read_only=True):
        row = Scan.objects.get(pk=event.scan_id)
        code, scheme, waits = row.code, Scheme(row.scheme), row.state == ScanState.ASKED
    if not waits:
        return
    try:
        holder = outside.holder_of(scheme, code)
    except outside.Refused as refusal:
        services.store(event.scan_id, actor=ISSUER, state=ScanState.REFUSED, reason=str(refusal))
    except outside.Unanswered:
        services.store(event.scan_id, actor=ISSUER, state=ScanState.UNKNOWN)
    else:
        services.store(event.scan_id, actor=ISSUER, state=ScanState.KNOWN, holder=holder)
