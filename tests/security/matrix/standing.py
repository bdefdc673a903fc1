"""Example objects of how the house is run: notices, backups, comparisons, conformance, a hospital on its way out."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from hub import clock
from hub.actor import Actor, ActorKind, system_actor
from hub.ids import uuid7
from hub.recovery.models import Backup, BackupKind, BackupState, Drill, DrillKind
from hub.running.models import Fault
from hub.security import parcels
from hub.security.keyring import ring
from hub.security.permissions import permissions_of
from hub.security.roles import Role
from hub.security.signatures import signed
from hub.storage import objects
from hub.tenancy.scope import REGION, hospital, region
from hub.work import work
from institution_connectors.catalog import certificates
from institution_connectors.catalog import services as connectors
from institution_connectors.conformance.checks import CHECKS
from institution_connectors.conformance.models import ConformanceRun, ConformanceStep, StepState
from institution_connectors.contracts import BookingMode, ConnectorProfile, Operation
from institution_connectors.runtime.adapters import OPERATIONS
from regional_services.announcements import services as announcements
from regional_services.booking.models import Cause, Outcome, ResyncItem, ResyncRun, ResyncState
from regional_services.identity.models import CheckState, RealNameCheck, Relation
from regional_services.leaving.models import Leaving, LeavingReceipt, Stage
from regional_services.leaving.stages import package_reference
from regional_services.payments import merchant_forms, merchants
from regional_services.referrals.models import Referral
from regional_services.synthetic.models import SyntheticState
from tenants.nightly import services as nightly
from tenants.registry.models import Institution, RuleChange
from tests.payments.pasted import pasted

SETUP = system_actor("布置")


def staff(role: Role, place: str | None = None) -> Actor:
    """Somebody with one role, for calls of services."""
    return Actor(
        kind=ActorKind.STAFF,
        id=uuid7(),
        name=role.label,
        institution=place,
        permissions=permissions_of([role]),
        role=role,
    )


def notice(place: str) -> UUID:
    """A notice of a hospital, or of the district ("")."""
    now = clock.local(clock.now())
    values = {
        "title": "通知",
        "text": "系统将于今晚维护。",
        "urgency": "normal",
        "shown_from": f"{now:%Y-%m-%dT%H:%M}",
        "shown_until": f"{now + timedelta(days=3):%Y-%m-%dT%H:%M}",
    }
    role = Role.HOSPITAL_MANAGER if place else Role.OPERATIONS
    return announcements.publish(actor=staff(role, place or None), values=values)


def rule_change(code: str) -> int:
    """A change of a hospital's booking rules that is to take effect in a month."""
    with work(REGION, actor=SETUP) as unit:
        made = RuleChange.objects.create(
            institution=Institution.objects.get(pk=code),
            effective_on=clock.today() + timedelta(days=30),
            values={"limit_open": 3},
            reason="试行",
            made_by="运营",
            made_at=unit.now,
        )
        unit.audit("test.rule_change", target=f"institution:{code}")
    return int(made.pk)


def backup(code: str) -> UUID:
    """A backup of a hospital that was read back and waits for a name."""
    with region():
        made = Backup.objects.create(
            id=uuid7(),
            kind=BackupKind.HOSPITAL,
            scope=code,
            state=BackupState.DONE,
            started_at=clock.now(),
            ended_at=clock.now(),
            made_by="自动备份",
            keep_until=clock.today() + timedelta(days=90),
            verified_at=clock.now(),
        )
    return UUID(str(made.id))


def drill(code: str) -> UUID:
    """A rehearsed return that ended well."""
    of = backup(code)
    with region():
        made = Drill.objects.create(
            kind=DrillKind.HOSPITAL,
            scope=code,
            rehearsal=True,
            backup_id=of,
            started_at=clock.now(),
            ended_at=clock.now(),
            done_by="运维",
            ok=True,
        )
    return UUID(str(made.id))


def resync(code: str) -> UUID:
    """A finished comparison with one line left for a person."""
    with region():
        run = ResyncRun.objects.create(
            institution_code=code,
            cause=Cause.HUB,
            since=clock.now(),
            state=ResyncState.DONE,
            left=1,
            asked_by="运维",
            started_at=clock.now(),
            ended_at=clock.now(),
        )
        ResyncItem.objects.create(
            institution_code=code, run_id=run.id, outcome=Outcome.HUMAN, what="平台没有医院系统的登记", at=clock.now()
        )
    return UUID(str(run.id))


def resync_item(code: str) -> int:
    """The line of that comparison."""
    with region(read_only=True):
        found = ResyncItem.objects.filter(institution_code=code).order_by("id").values_list("id", flat=True).first()
    if found is None:
        resync(code)
        return resync_item(code)
    return int(found)


def conformance(code: str) -> UUID:
    """A run of the checklist that passed everything, of a connector that is there."""
    ring().put_secret(f"his.{code}", b"a-secret-of-at-least-thirty-two-characters")
    profile = ConnectorProfile(
        hospital=code,
        dialect="rest_json",
        endpoint="http://127.0.0.1:1/his",
        mode=BookingMode.HUB_POOL,
        secret_ref=f"his.{code}",
        capabilities=OPERATIONS["rest_json"],
    )
    connectors.put_connector(actor=SETUP, profile=profile)
    with hospital(code):
        run = ConformanceRun.objects.create(
            dialect="rest_json", connector_version=1, started_at=clock.now(), started_by="信息科", ended_at=clock.now()
        )
        ConformanceStep.objects.bulk_create(
            ConformanceStep(run=run, ordinal=place, check_code=check.code, state=StepState.PASSED)
            for place, check in enumerate(CHECKS)
        )
    return UUID(str(run.id))


def certificate(code: str) -> str:
    """A certificate of conformance in force."""
    return certificates.issue(
        code=code,
        run_id=conformance(code),
        proven=frozenset({Operation.PING}),
        tested=frozenset(),
        asked_by="信息科",
        lines=[("连通", "通过", "")],
        actor=SETUP,
    )


def fault() -> UUID:
    """Something broke once."""
    with region():
        made = Fault.objects.create(
            process="web",
            place="GET district/",
            error="builtins.ValueError",
            fingerprint="0" * 16,
            scene={"input": {}, "message": "", "frames": [], "cause": "", "context": {}},
        )
    return UUID(str(made.id))


def night(code: str) -> date:
    """The report of a night that was worked through."""
    nightly.make(code, clock.today())
    return clock.today()


def synthetic_state(code: str) -> None:
    """What the synthetic resident met at a hospital that is left alone for the moment."""
    with region():
        SyntheticState.objects.create(
            institution_code=code,
            due_at=clock.now() + timedelta(days=1),
            paused_at=clock.now(),
            paused_by="运营",
            paused_reason="停机维护",
        )


def real_name_check(person_id: UUID, number: str) -> None:
    """The city's answer about a person."""
    with region():
        RealNameCheck.objects.create(
            relation=Relation.objects.get(person_id=person_id),
            name="沈云",
            document_type="01",
            document_number=number,
            state=CheckState.MATCH,
            asked_at=clock.now(),
            answered_at=clock.now(),
        )


def merchant_proposal(code: str) -> UUID:
    """Credentials of a hospital that wait for their second person."""
    found = merchant_forms.read(pasted())
    return merchants.propose(
        actor=staff(Role.SYSTEM_ADMIN, code),
        code=code,
        credentials=found.credentials,
        certificate_until=found.certificate_until,
        reason="首次设定",
    )


def leaving(code: str) -> str:
    """A hospital whose package lies ready, is received, and whose keys wait for the decision; the code again."""
    key = object_of(code)
    ring().put_secret(package_reference(code), parcels.new_key())
    paper: dict[str, Any] = {
        "certificate": "D-1",
        "institution": code,
        "asked_by": "系统管理员",
        "confirmed_by": "安全管理员",
        "basis": "合同到期",
        "package_manifest_sha256": "0" * 64,
        "schema_until": str(clock.today()),
        "retention": [],
        "key_ids": [],
        "secrets": [],
        "objects_removed": 0,
        "sealed_anew": 0,
        "proof": [],
    }
    with region():
        row = Leaving.objects.create(
            institution_code=code,
            stage=Stage.DECIDING,
            last_day=clock.today(),
            words="本院退出区域平台。",
            reason="合同到期",
            begun_by=uuid7(),
            begun_by_name="运营",
            begun_at=clock.now(),
            bookings=0,
            paid_fen=0,
            package_key=key.key,
            package_size=key.size,
            package_sha256=key.sha256,
            package_suite=key.suite,
            package_wrapped=key.wrapped_key,
            manifest_sha256="0" * 64,
            packed_at=clock.now(),
            certificate=signed(paper),
        )
        LeavingReceipt.objects.create(
            leaving=row,
            institution_code=code,
            paper=signed({"receipt": "R-1", "institution": code}),
            given_by=uuid7(),
            given_by_name="医院管理",
            given_at=clock.now(),
        )
    return code


def referral(code: str, person_id: UUID, archive_id: UUID) -> UUID:
    """A referral of this hospital's that was refused."""
    with region():
        made = Referral.objects.create(
            institution_code=code,
            person_id=person_id,
            archive_id=archive_id,
            to_code="beta",
            session_id=uuid7(),
            department_name="内科",
            visit_date=clock.today(),
            wanted_at=clock.now(),
            fee_fen=0,
            family_doctor="李敏",
            note="请专科评估",
            state="refused",
            reason="这个门诊的转诊号刚刚用完",
            asked_by=uuid7(),
            asked_by_name="李敏",
            asked_at=clock.now(),
        )
    return UUID(str(made.id))


def object_of(code: str) -> objects.StoredObject:
    """A sealed file as a package is one."""
    key = f"region/handover/{code}-{uuid7()}"
    return objects.put(key, b"sealed", content_type="application/octet-stream")
