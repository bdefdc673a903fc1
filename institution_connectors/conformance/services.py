"""Beginning runs, repeating steps, carrying steps out, asking for the certificate."""

from __future__ import annotations

from uuid import UUID

from hub.actor import Actor, system_actor
from hub.security.permissions import require
from hub.tenancy.scope import hospital
from hub.work import work
from institution_connectors.catalog import certificates
from institution_connectors.catalog import selectors as catalog
from institution_connectors.conformance import permissions, selectors
from institution_connectors.conformance.checks import BY_CODE, CHECKS, PROVABLE, Check
from institution_connectors.conformance.errors import NotPassed, RunMoving, UnknownRun
from institution_connectors.conformance.events import CertificateAsked, StepDue
from institution_connectors.conformance.models import ConformanceRun, ConformanceStep, StepState
from institution_connectors.conformance.talk import Failed, NotApplicable, supports, talking

WORKER = system_actor("对接验收")


def begin(*, actor: Actor, code: str) -> UUID:
    """Start the whole checklist; a worker carries it out step by step. RunMoving while another one is under way."""
    require(actor, permissions.RUN)
    profile = catalog.profile(code)
    with work(code, actor=actor) as unit:
        if selectors.is_moving():
            raise RunMoving
        run = ConformanceRun.objects.create(
            dialect=profile.dialect,
            connector_version=profile.version,
            started_at=unit.now,
            started_by=actor.name,
        )
        ConformanceStep.objects.bulk_create(
            [ConformanceStep(run=run, ordinal=n, check_code=check.code) for n, check in enumerate(CHECKS)]
        )
        unit.publish(StepDue(hospital=code, run_id=run.id, check_code=CHECKS[0].code, and_on=True))
        unit.audit("conformance.begun", target=f"conformance:{run.id}", detail={"dialect": profile.dialect})
    return run.id


def repeat(*, actor: Actor, code: str, run_id: UUID, check_code: str) -> None:
    """Carry one step of a run out again; its last result is replaced, how often it was tried stays."""
    require(actor, permissions.RUN)
    with work(code, actor=actor) as unit:
        if selectors.is_moving():
            raise RunMoving
        waiting = ConformanceStep.objects.filter(run_id=run_id, check_code=check_code)
        if not waiting.update(state=StepState.WAITING, note="", messages=[], ended_at=None):
            raise UnknownRun
        unit.publish(StepDue(hospital=code, run_id=run_id, check_code=check_code, and_on=False))
        unit.audit("conformance.repeated", target=f"conformance:{run_id}", detail={"check": check_code})


def carry_out(code: str, run_id: UUID, check_code: str, *, and_on: bool) -> None:
    """One step, by a worker and outside any transaction; a delivery that comes again repeats it."""
    check = BY_CODE[check_code]
    with work(code, actor=WORKER) as unit:
        rows = ConformanceStep.objects.filter(run_id=run_id, check_code=check_code)
        running = rows.filter(state__in=(StepState.WAITING, StepState.RUNNING))
        if not running.update(state=StepState.RUNNING, started_at=unit.now):
            return
        unit.audit("conformance.step_begun", target=f"conformance:{run_id}", detail={"check": check_code})
    state, note, messages = _tried(code, check)
    with work(code, actor=WORKER) as unit:
        step = ConformanceStep.objects.select_for_update().get(run_id=run_id, check_code=check_code)
        step.state, step.note, step.messages = state, note[:300], messages
        step.attempts, step.ended_at = step.attempts + 1, unit.now
        step.save()
        following = _following(check_code) if and_on else None
        if following is not None:
            unit.publish(StepDue(hospital=code, run_id=run_id, check_code=following.code, and_on=True))
        else:
            ConformanceRun.objects.filter(id=run_id).update(ended_at=unit.now)
        unit.audit(
            "conformance.step_ended",
            target=f"conformance:{run_id}",
            outcome="failure" if state is StepState.FAILED else "success",
            detail={"check": check_code, "state": state},
        )


def ask_certificate(*, actor: Actor, code: str, run_id: UUID) -> None:
    """Have the certificate of a passed run made, and the capabilities switched; NotPassed where it did not pass."""
    require(actor, permissions.RUN)
    profile = catalog.profile(code)
    with work(code, actor=actor) as unit:
        run = selectors.run(run_id)
        if not run.passed or run.certificate or profile.version != run.connector_version:
            raise NotPassed
        unit.publish(CertificateAsked(hospital=code, run_id=run_id, asked_by=actor.name))
        unit.audit("conformance.certificate_asked", target=f"conformance:{run_id}")


def certify(code: str, run_id: UUID, asked_by: str) -> None:
    """Seal the certificate, switch the capabilities, write its number to the run; each step may be repeated."""
    with hospital(code, read_only=True):
        run = selectors.run(run_id)
    if not run.passed or run.certificate:
        return
    number = certificates.issue(
        code=code,
        run_id=run_id,
        proven=run.proven,
        tested=PROVABLE,
        asked_by=asked_by,
        lines=[(step.check.title, str(step.state.label), step.note) for step in run.steps],
        actor=WORKER,
    )
    with work(code, actor=WORKER) as unit:
        ConformanceRun.objects.filter(id=run_id).update(certificate=number)
        unit.audit("conformance.certified", target=f"conformance:{run_id}", detail={"certificate": number})


def _tried(code: str, check: Check) -> tuple[StepState, str, list[dict[str, object]]]:
    profile = catalog.profile(code)
    if not supports(profile, check.operations):
        return StepState.SKIPPED, "本方言没有这些操作", []
    with talking(profile) as talk:
        try:
            return StepState.PASSED, check.run(talk), talk.messages()
        except NotApplicable as why:
            return StepState.SKIPPED, str(why), talk.messages()
        except Failed as why:
            return StepState.FAILED, str(why), talk.messages()


def _following(check_code: str) -> Check | None:
    place = CHECKS.index(BY_CODE[check_code]) + 1
    return CHECKS[place] if place < len(CHECKS) else None
