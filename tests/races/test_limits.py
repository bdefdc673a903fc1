"""One person, one hospital, many taps: no limit is passed, and all of it is used; without the guard it is passed."""

from __future__ import annotations

from uuid import UUID

import pytest
from django.db import connections

from hub import clock
from hub.errors import HubError
from hub.ids import uuid7
from hub.tenancy.scope import hospital, region
from hub.work import work
from regional_services.booking import services
from regional_services.booking.models import Booking, Pricing
from regional_services.identity import selectors as identity
from tenants.appointments.models import Appointment
from tenants.patients import steps as patients
from tests.booking import world
from tests.booking.test_limits import LIMITS, WIDE
from tests.harness.threads import in_threads

TAPS = 12
ROOM = 3
PLACES = ("department_place", "day_place", "open_place")

pytestmark = pytest.mark.race


def _tap_everywhere(alpha: str) -> list[str]:
    """Hold twelve numbers at once for one person, past the district's own rules; how each of it ended."""
    session, who = world.open_for_booking(alpha, TAPS), world.resident()
    numbers = world.free_numbers(alpha, session)
    with region(read_only=True):
        card = identity.identity_of(who.person_id, account_id=who.actor.id)
    with work(alpha, actor=world.SETUP) as unit:  # an archive being made would let the taps in one by one
        patients.ensure_archive(unit, person_id=who.person_id, identity=services.patient_identity(card))
        unit.audit("test.archive", target=f"person:{who.person_id}")

    def tap(index: int) -> str:
        booking = Booking(
            id=uuid7(),
            institution_code=alpha,
            person_id=who.person_id,
            number_id=numbers[index].id,
            starts_at=numbers[index].start,
            fee_fen=5000,
            pay_on_day=False,
            his_locked=False,
            pricing=Pricing.LIST,
            created_at=clock.now(),
        )
        try:
            services._hold(who.actor, booking, card)
        except HubError as refusal:
            return refusal.code
        return "held"

    return in_threads(TAPS, tap)


def _held(alpha: str) -> set[UUID]:
    with hospital(alpha, read_only=True):
        return set(Appointment.objects.values_list("number_id", flat=True))


@pytest.mark.parametrize(("limit", "refusal"), LIMITS)
def test_taps_at_once_reach_the_limit_and_never_pass_it(
    alpha: str, limit: str, refusal: type[HubError], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = world.register_institution

    def register(code: str, **more: bool) -> None:
        real(code, **more)
        world.limit(code, **{**WIDE, limit: ROOM})

    monkeypatch.setattr(world, "register_institution", register)
    outcomes = _tap_everywhere(alpha)
    assert outcomes.count("held") == ROOM
    assert set(outcomes) == {"held", refusal.code}
    assert len(_held(alpha)) == ROOM


def test_without_the_guard_the_limit_is_passed(alpha: str) -> None:
    """The negative control: the harness does find it (the department's limit is one)."""
    with connections["owner"].cursor() as cursor:
        for place in PLACES:
            cursor.execute(f"DROP INDEX h_alpha.uq_appointment_{place}")
        # Every insert lingers after it chose its place, so that the taps surely meet.
        cursor.execute(
            "CREATE FUNCTION h_alpha.linger() RETURNS trigger LANGUAGE plpgsql AS"
            " 'BEGIN PERFORM pg_sleep(0.3); RETURN NEW; END'"
        )
        cursor.execute("GRANT EXECUTE ON FUNCTION h_alpha.linger() TO PUBLIC")
        cursor.execute(
            "CREATE TRIGGER linger BEFORE INSERT ON h_alpha.appointment FOR EACH ROW EXECUTE FUNCTION h_alpha.linger()"
        )
    assert _tap_everywhere(alpha).count("held") > 1
