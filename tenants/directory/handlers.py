"""Asking a hospital for its directory, outside of any transaction."""

from __future__ import annotations

from hub.actor import system_actor
from hub.outbox.events import Delivery, RunsIn, Temporary, handles
from hub.tenancy.models import TenantState
from hub.work import Unit
from institution_connectors.catalog import selectors as connectors
from institution_connectors.contracts import (
    Answer,
    Departments,
    Doctors,
    ListDepartments,
    ListDoctors,
    Operation,
    Outcome,
    Reason,
    Request,
)
from institution_connectors.exchange.services import ask_now
from tenants.directory import services
from tenants.directory.events import DirectoryDue
from tenants.registry.events import LifeChanged
from tenants.registry.selectors import institution

SYNC = system_actor("科室医生同步")
ASK_AGAIN_SECONDS = 5.0


@handles(DirectoryDue, runs_in=RunsIn.OUTSIDE, awaited=False)
def follow_directory(event: DirectoryDue, _delivery: Delivery) -> None:
    """Departments first, because doctors have posts in them. A hospital that is away is asked again."""
    code = event.hospital
    generation = institution(code).his_generation
    departments = _ask(code, ListDepartments())
    if departments is not None:
        services.apply_departments(code, departments.expect(Departments), actor=SYNC, generation=generation)
    doctors = _ask(code, ListDoctors())
    if doctors is not None:
        services.apply_doctors(code, doctors.expect(Doctors), actor=SYNC, generation=generation)


@handles(LifeChanged, runs_in=RunsIn.HOSPITAL)
def ask_when_opened(event: LifeChanged, unit: Unit) -> None:
    """An institution that has just been opened is asked for its departments and doctors at once."""
    if event.after == TenantState.LIVE:
        unit.publish(DirectoryDue(hospital=event.institution_code))
    unit.audit("directory.life_followed", target=f"hospital:{event.institution_code}", detail={"state": event.after})


def _ask(code: str, request: Request) -> Answer | None:
    """The answer; None where the hospital does not answer such questions at all."""
    operation: Operation = request.operation
    if not connectors.can(code, operation):
        return None
    answer = ask_now(code, request, correlation="directory")
    if answer.outcome is Outcome.ACCEPTED:
        return answer
    if answer.reason is Reason.NOT_SUPPORTED:
        return None
    raise Temporary(f"{operation} was not answered: {answer.reason}", retry_after=ASK_AGAIN_SECONDS)
