"""A desk or a machine in the hall scans a code, its issuer is asked, whoever scanned uses the answer once."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from hub import ids
from hub.actor import Actor, system_actor
from hub.errors import InvalidInput, NotFound
from hub.security import blind
from hub.security.permissions import require
from hub.tenancy.scope import REGION, region
from hub.work import Unit, work
from regional_services.cards.events import CodeScanned
from regional_services.cards.kinds import Scheme, scheme_of
from regional_services.cards.models import HeldCard, Scan, ScanState
from regional_services.cards.outside import Holder
from regional_services.identity import endings
from tenants.patients.permissions import SEARCH
from tenants.queueing.permissions import KIOSK

KEPT_FOR = timedelta(minutes=10)
TIDY = system_actor("扫码整理")


def scan(*, actor: Actor, hospital: str, text: str) -> UUID:
    """Have a scanned code's issuer asked; the scan's id. InvalidInput where it is no such code."""
    _require_place(actor)
    scheme = scheme_of(text)
    if scheme is None or actor.id is None:
        raise InvalidInput("这不是电子健康卡或医保码。")
    with work(REGION, actor=actor) as unit:
        row = Scan.objects.create(
            id=ids.uuid7(),
            institution_code=hospital,
            scheme=scheme,
            code=text.strip(),
            number="",
            asked_by=actor.id,
            asked_at=unit.now,
        )
        unit.publish(CodeScanned(scan_id=row.id, institution_code=hospital))
        unit.audit("cards.scanned", target=f"scan:{row.id}", detail={"scheme": scheme})
        return UUID(str(row.id))


def store(scan_id: UUID, *, actor: Actor, state: ScanState, holder: Holder | None = None, reason: str = "") -> None:
    """Keep what the issuer said, once; the code itself goes at once, the card's own number stays with its person."""
    with work(REGION, actor=actor) as unit:
        row = Scan.objects.select_for_update().get(pk=scan_id)
        if row.state != ScanState.ASKED:
            return
        row.state, row.reason, row.code, row.answered_at = state, reason, "", unit.now
        row.number = holder.document_number if holder else ""
        row.save(update_fields=["state", "reason", "code", "number", "answered_at"])
        known = _keep_card(unit, Scheme(row.scheme), holder) if holder else False
        unit.audit("cards.answered", target=f"scan:{row.id}", detail={"state": state, "known": known})


def _keep_card(unit: Unit, scheme: Scheme, holder: Holder) -> bool:
    person_id = endings.person_of_number(holder.document_number)
    if person_id is None:
        return False
    HeldCard.objects.update_or_create(
        scheme=scheme,
        card_index=blind.index("cards.card", f"{scheme}:{holder.card_id}"),
        defaults={"person_id": person_id, "seen_at": unit.now},
    )
    return True


def use(*, actor: Actor, hospital: str, scan_id: UUID) -> str:
    """The document number of a known scan of one's own, once: it is taken off the row. NotFound."""
    _require_place(actor)
    with work(REGION, actor=actor) as unit:
        row = (
            Scan.objects.select_for_update()
            .filter(pk=scan_id, institution_code=hospital, asked_by=_desk(actor), state=ScanState.KNOWN)
            .first()
        )
        if row is None or not row.number:
            raise NotFound
        number = str(row.number)
        row.number = ""
        row.save(update_fields=["number"])
        unit.audit("cards.used", target=f"scan:{scan_id}")
        return number


def scan_of(actor: Actor, hospital: str, scan_id: UUID) -> Scan:
    """A scan of one's own at one's own hospital; NotFound. One query."""
    _require_place(actor)
    with region(read_only=True):
        row = Scan.objects.filter(pk=scan_id, institution_code=hospital, asked_by=_desk(actor)).first()
    if row is None:
        raise NotFound
    return row


def _require_place(actor: Actor) -> None:
    """Whose work it is to ask: staff who look people up, or a machine people check in at (by its own id)."""
    if not actor.may(KIOSK):
        require(actor, SEARCH)


def _desk(actor: Actor) -> UUID:
    if actor.id is None:
        raise NotFound
    return actor.id


def forget_old() -> int:
    """Take codes and numbers off scans nobody used; how many."""
    with work(REGION, actor=TIDY) as unit:
        count = 0
        for row in Scan.objects.select_for_update().filter(
            asked_at__lt=unit.now - KEPT_FOR, asked_at__gt=unit.now - timedelta(days=2)
        ):
            if row.code or row.number:
                row.code = row.number = ""
                row.save(update_fields=["code", "number"])
                count += 1
        unit.audit("cards.forgotten", target="region", detail={"scans": count})
    return count
