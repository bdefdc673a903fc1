"""How an institution joins: stored steps, each safe to take again; a crash or a mistake is resumed, not redone.

`begin` keeps what was filled in; a worker with the owner's login takes the steps (`carry_on`), because a web process
may not make schemas; a person reads the results and opens the institution (`open_institution`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import cast

from django.db.models import Q
from django.utils.translation import gettext

from hub import clock
from hub.actor import Actor, system_actor
from hub.errors import HubError, InvalidInput
from hub.security.keyring import ring
from hub.security.permissions import require
from hub.tenancy import life
from hub.tenancy import registry as tenancy
from hub.tenancy.models import TenantState
from hub.tenancy.provision import create_hospital
from hub.tenancy.scope import REGION, region
from hub.work import work
from institution_connectors.catalog.services import put_connector
from institution_connectors.contracts import (
    BookingMode,
    ConnectorProfile,
    ListDepartments,
    ListDoctors,
    MoneyUnit,
    Options,
    Outcome,
    Reason,
)
from institution_connectors.contracts.results import Departments, Doctors
from institution_connectors.exchange import polling
from institution_connectors.exchange.services import ask_now
from institution_connectors.runtime.adapters import OPERATIONS
from tenants.registry import drafts, selectors
from tenants.registry.errors import AlreadyThere, NotReady, UnknownInstitution
from tenants.registry.events import LifeChanged, OnboardingDue
from tenants.registry.models import (
    Campus,
    Institution,
    Onboarding,
    OnboardingState,
    OnboardingStep,
    StepState,
)
from tenants.registry.permissions import LIFE

WORKER = system_actor("机构接入")
SECRET_LENGTHS = (32, 200)
SILENCE = timedelta(seconds=90)  # longer than any step: a hospital that does not answer is given up after 30 s
UNHEARD = timedelta(seconds=20)


class StepFailed(Exception):
    """A step did not pass; the text says why, for the person who joins the institution."""


def secret_ref(code: str) -> str:
    """The name under which the secret shared with a hospital's HIS is kept."""
    return f"his.{code}"


def begin(*, actor: Actor, values: Mapping[str, str], secret: str) -> str:
    """Keep a draft and have its steps taken; returns the code. `secret` is the one agreed upon with the hospital."""
    require(actor, LIFE)
    draft = drafts.read(values)
    _check_secret(secret)
    with work(REGION, actor=actor) as unit:
        if Institution.objects.filter(pk=draft.code).exists() or tenancy.state_of(draft.code) is not None:
            raise AlreadyThere(fields={"code": AlreadyThere.text})
        row, is_new = Onboarding.objects.get_or_create(
            code=draft.code,
            defaults={
                "facts": draft.facts,
                "connector": draft.connector,
                "started_by": actor.name,
                "started_at": unit.now,
                "moved_at": unit.now,
            },
        )
        if not is_new:
            raise AlreadyThere(fields={"code": AlreadyThere.text})
        OnboardingStep.objects.bulk_create(
            [OnboardingStep(onboarding=row, ordinal=place, name=name) for place, name in enumerate(STEPS)]
        )
        unit.publish(OnboardingDue(code=draft.code))
        unit.audit("registry.onboarding_begun", target=f"institution:{draft.code}", detail=draft.facts)
        # Before the commit: a secret without a draft harms nobody, a draft without its secret would be stuck.
        ring().put_secret(secret_ref(draft.code), secret.encode())
    return draft.code


def correct(*, actor: Actor, code: str, values: Mapping[str, str], secret: str = "") -> None:
    """Change the connector of an institution not live yet, and its secret if one is given; take its steps again."""
    require(actor, LIFE)
    if secret:
        _check_secret(secret)
    with region(read_only=True):
        facts = dict(_onboarding(code).facts)
    draft = drafts.read({**facts, **values, "code": code})
    with work(REGION, actor=actor) as unit:
        row = _locked(code)
        row.connector = draft.connector
        row.state, row.moved_at = OnboardingState.WAITING, unit.now
        row.save(update_fields=["connector", "state", "moved_at"])
        row.steps.filter(name__in=AFTER_CORRECTION).update(state=StepState.DUE, note="", ended_at=None)
        unit.publish(OnboardingDue(code=code))
        unit.audit("registry.onboarding_corrected", target=f"institution:{code}", detail=draft.connector)
        if secret:
            ring().put_secret(secret_ref(code), secret.encode())


def take_again(*, actor: Actor, code: str) -> None:
    """Have the steps that are not done taken again."""
    require(actor, LIFE)
    with work(REGION, actor=actor) as unit:
        row = _locked(code)
        row.state, row.moved_at = OnboardingState.WAITING, unit.now
        row.save(update_fields=["state", "moved_at"])
        unit.publish(OnboardingDue(code=code))
        unit.audit("registry.onboarding_resumed", target=f"institution:{code}")


def carry_on(code: str) -> bool:
    """Take the steps that are not done, in order, until one fails; whether all are done. Safe to run again.

    While another worker moves it, and until that one has been silent for `SILENCE`, nothing is done here.
    """
    with work(REGION, actor=WORKER) as unit:
        row = _locked(code)
        if row.state == OnboardingState.RUNNING and row.moved_at > unit.now - SILENCE:
            unit.audit("registry.onboarding_carried_on", target=f"institution:{code}", outcome="taken")
            return False
        row.state, row.moved_at = OnboardingState.RUNNING, unit.now
        row.save(update_fields=["state", "moved_at"])
        unit.audit("registry.onboarding_carried_on", target=f"institution:{code}")
        due = list(row.steps.exclude(state=StepState.DONE).order_by("ordinal").values_list("name", flat=True))
    for name in due:
        try:
            note, passed = STEPS[name](row), True
        except StepFailed as failure:
            note, passed = str(failure), False
        except HubError as problem:
            note, passed = problem.text, False
        _record(code, name, note, passed=passed)
        if not passed:
            return False
    return True


def forgotten() -> list[str]:
    """Joinings nobody moves: their worker died, or never heard of them. One query on a handful of rows."""
    now = clock.now()
    with region(read_only=True):
        rows = Onboarding.objects.filter(
            Q(state=OnboardingState.RUNNING, moved_at__lt=now - SILENCE)
            | Q(state=OnboardingState.WAITING, moved_at__lt=now - UNHEARD)
        )
        return list(rows.values_list("code", flat=True))


def open_institution(*, actor: Actor, code: str) -> None:
    """Let residents in: from joining to live, once every step is done."""
    require(actor, LIFE)
    with work(REGION, actor=actor) as unit:
        row = _locked(code)
        if row.steps.exclude(state=StepState.DONE).exists():
            raise NotReady
        before = life.move(code, TenantState.LIVE)
        row.state, row.live_at = OnboardingState.LIVE, unit.now
        row.save(update_fields=["state", "live_at"])
        unit.publish(LifeChanged(institution_code=code, before=before, after=TenantState.LIVE))
        unit.audit("registry.live", target=f"institution:{code}", detail={"from": before, "to": TenantState.LIVE})
    tenancy.invalidate()
    selectors.forget()


def _check_secret(secret: str) -> None:
    shortest, longest = SECRET_LENGTHS
    if not shortest <= len(secret) <= longest:
        raise InvalidInput(
            fields={
                "secret": gettext("密钥应为 %(shortest)s 到 %(longest)s 个字符。")
                % {"shortest": shortest, "longest": longest}
            }
        )


def _record(code: str, name: str, note: str, *, passed: bool) -> None:
    with work(REGION, actor=WORKER) as unit:
        row = _locked(code)
        step = row.steps.get(name=name)
        step.state = StepState.DONE if passed else StepState.FAILED
        step.note, step.attempts, step.ended_at = note[:300], step.attempts + 1, unit.now
        step.save(update_fields=["state", "note", "attempts", "ended_at"])
        open_steps = row.steps.exclude(state=StepState.DONE).exists()
        row.state = OnboardingState.STUCK if not passed else row.state if open_steps else OnboardingState.READY
        row.moved_at = unit.now
        row.save(update_fields=["state", "moved_at"])
        unit.audit(
            "registry.onboarding_step",
            target=f"institution:{code}",
            outcome="success" if passed else "failure",
            detail={"step": name, "attempt": step.attempts},
        )


def _make_place(row: Onboarding) -> str:
    create_hospital(row.code, state=TenantState.JOINING)
    return "数据空间与独立的数据库角色已建立。"


def _store_facts(row: Onboarding) -> str:
    facts = cast(dict[str, str], row.facts)
    numbers = {name: float(facts[name]) for name in ("latitude", "longitude")}
    with work(REGION, actor=WORKER) as unit:
        institution, _ = Institution.objects.update_or_create(
            code=row.code,
            defaults={
                **{name: value for name, value in facts.items() if name != "code"},
                **numbers,
                "dialect": row.connector["dialect"],
                "aliases": [facts["short_name"]],
                "sets": ["all"],
                "sort_order": Institution.objects.count(),
            },
        )
        Campus.objects.get_or_create(
            institution=institution,
            code="本部",
            defaults={"name": "本部", "address": institution.address, **numbers},
        )
        unit.audit("registry.institution_stored", target=f"institution:{row.code}")
    selectors.forget()
    return "机构资料与院区已登记，居民暂时看不到。"


def _store_connector(row: Onboarding) -> str:
    wire, dialect = cast(dict[str, str], row.connector), row.connector["dialect"]
    stored = put_connector(
        actor=WORKER,
        profile=ConnectorProfile(
            hospital=row.code,
            dialect=dialect,
            endpoint=wire["endpoint"],
            mode=BookingMode(row.facts["booking_mode"]),
            secret_ref=secret_ref(row.code),
            capabilities=OPERATIONS[dialect],
            options=Options(
                success_codes=frozenset({wire["success_code"]}),
                money_unit=MoneyUnit(wire["money_unit"]),
                charset=wire["charset"],
                polled=wire["polled"] == "yes",
                reserved_department=wire.get("reserved_department", ""),
            ),
        ),
    )
    return f"接口配置第 {stored.version} 版已保存，支持 {len(stored.capabilities)} 项操作。"


def _knock(row: Onboarding) -> str:
    found = polling.probe(row.code)
    if found.skew_ms is None:
        raise StepFailed(
            gettext("没有连通医院系统（%(text)s）。请核对地址、密钥和防火墙。")
            % {"text": Reason(found.reason).text or "没有时间"}
        )
    return f"医院系统已应答，用时 {found.latency_ms} 毫秒，时钟相差 {found.skew_ms} 毫秒。"


def _read_on_trial(row: Onboarding) -> str:
    departments = ask_now(row.code, ListDepartments(), correlation="onboarding")
    doctors = ask_now(row.code, ListDoctors(), correlation="onboarding")
    for answer in (departments, doctors):
        if answer.outcome is not Outcome.ACCEPTED:
            raise StepFailed(gettext("试读没有成功：%(text)s。") % {"text": answer.reason.text})
    found = len(departments.expect(Departments).departments)
    if not found:
        raise StepFailed("医院返回的科室是空的，请医院核对后重试。")
    return f"读到 {found} 个科室、{len(doctors.expect(Doctors).doctors)} 位医生。"


STEPS: Mapping[str, Callable[[Onboarding], str]] = {
    "place": _make_place,
    "facts": _store_facts,
    "connector": _store_connector,
    "knock": _knock,
    "trial": _read_on_trial,
}
AFTER_CORRECTION = ("facts", "connector", "knock", "trial")
STEP_TEXTS = {
    "place": "建立数据空间",
    "facts": "登记机构资料",
    "connector": "保存接口配置",
    "knock": "连通测试",
    "trial": "试读科室与医生",
}


def _onboarding(code: str) -> Onboarding:
    row = Onboarding.objects.filter(pk=code).first()
    if row is None:
        raise UnknownInstitution
    return row


def _locked(code: str) -> Onboarding:
    row = Onboarding.objects.select_for_update().filter(pk=code).first()
    if row is None or row.state == OnboardingState.LIVE:
        raise UnknownInstitution
    return row
