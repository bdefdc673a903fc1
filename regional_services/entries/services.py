"""What a visitor does on his way: belong to an account, choose a person, book, go back. Each is one unit of work."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit
from uuid import UUID

from hub.actor import Actor
from hub.tenancy.scope import REGION
from hub.work import Unit, work
from regional_services.booking import access as booking_access
from regional_services.booking.models import State
from regional_services.booking.selectors import BookingView, booking_view
from regional_services.catalog import offers
from regional_services.entries import signing
from regional_services.entries.errors import StepsLeft, VisitNotFound
from regional_services.entries.models import Algorithm, Visit
from regional_services.entries.selectors import Step, progress, view_of, visit_for
from regional_services.identity import access as identity_access
from regional_services.identity.access import account
from regional_services.identity.purposes import BOOKING

_OVER = frozenset({State.CANCELLED, State.EXPIRED, State.FAILED, State.STOPPED})
_STANDS = frozenset({State.BOOKED, State.FULFILLED})


def claim_visit(*, actor: Actor, visit_id: UUID, token: str) -> None:
    """The browser that came by the link has signed in: the visit is this account's from now on."""
    visit = visit_for(actor, visit_id, token)
    if visit.account_id is not None:
        return
    with work(REGION, actor=actor) as unit:
        Visit.objects.filter(pk=visit_id, account_id__isnull=True).update(account_id=account(actor))
        unit.audit("entries.claimed", target=f"entry:{visit_id}")


def choose_person(*, actor: Actor, visit_id: UUID, person_id: UUID) -> None:
    """Say for whom. NotFound for a stranger's person, RealNameNeeded, AgeUnfit; StepsLeft while steps come before."""
    if progress(visit_for(actor, visit_id, "")).step not in (Step.PERSON, Step.SERVICE):
        raise StepsLeft
    with work(REGION, actor=actor) as unit:
        row = _own(actor, visit_id)
        patient = identity_access.patient_for(actor, person_id, BOOKING)
        offers.require_fit(row.service, patient.birth_date, unit.now.date())
        row.person_id, row.ready_at = person_id, row.ready_at or unit.now
        row.save(update_fields=["person_id", "ready_at"])
        unit.audit("entries.person_chosen", target=f"entry:{visit_id}", detail={"person": str(person_id)})


def attach_booking(*, actor: Actor, visit_id: UUID, booking_id: UUID) -> bool:
    """This booking came of this visit, if it is of its service, its place and its person; whether it is.

    A later booking of the same visit takes the place of one that did not stand.
    """
    booking = booking_view(booking_access.own_booking(actor, booking_id))
    with work(REGION, actor=actor) as unit:
        row = _own(actor, visit_id)
        if not _belongs(row, booking):
            return False
        row.booking_id, row.booked_at = booking_id, unit.now
        row.save(update_fields=["booking_id", "booked_at"])
        unit.audit("entries.booked", target=f"entry:{visit_id}", detail={"booking": str(booking_id)})
        return True


def way_back(*, actor: Actor, visit_id: UUID) -> str:
    """The caller's address with the signed result: `booked` and its number, `pending` (not paid yet), or `none`."""
    with work(REGION, actor=actor) as unit:
        row = _own(actor, visit_id)
        address = _signed_address(unit, row, _result(actor, row))
        row.returned_at = unit.now
        row.save(update_fields=["returned_at"])
        unit.audit("entries.returned", target=f"entry:{visit_id}")
        return address


def _own(actor: Actor, visit_id: UUID) -> Visit:
    row = (
        Visit.objects.select_for_update(of=("self",))
        .select_related("caller", "key")
        .filter(pk=visit_id, account_id=account(actor))
        .first()
    )
    if row is None:
        raise VisitNotFound
    return row


def _belongs(row: Visit, booking: BookingView) -> bool:
    here = view_of(row)
    if booking.person_id != row.person_id or (row.place and booking.institution_code != row.place):
        return False
    if booking.created_at < row.arrived_at:
        return False
    return offers.service_of_department(booking.department_id) == here.service


def _result(actor: Actor, row: Visit) -> Mapping[str, str]:
    if row.booking_id is None:
        return {"result": "none"}
    booking = booking_view(booking_access.own_booking(actor, row.booking_id))
    if booking.state in _OVER:
        return {"result": "none"}
    return {
        "result": "booked" if booking.state in _STANDS else "pending",
        "booking": booking.number,
        "place": booking.institution_code,
        "date": booking.visit_date.isoformat(),
    }


def _signed_address(unit: Unit, row: Visit, result: Mapping[str, str]) -> str:
    given = {
        **result,
        "caller": row.caller.code,
        "key": row.key.name,
        "service": row.service,
        "state": row.state,
        "ts": str(int(unit.now.timestamp())),
        "nonce": secrets.token_hex(16),
    }
    rsa = row.key.algorithm == Algorithm.RSA
    given[signing.SIGNATURE] = signing.rsa_of(given) if rsa else signing.hmac_of(row.key.secret or "", given)
    parts = urlsplit(row.return_to)
    query = [*parse_qsl(parts.query, keep_blank_values=True), *given.items()]
    return urlunsplit((parts.scheme, parts.netloc, parts.path, urlencode(query), ""))
