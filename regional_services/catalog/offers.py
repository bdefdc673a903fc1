"""Immunisation and health check-ups: numbers of the same sources as outpatients', for people of a certain age.

What a department's numbers are for is the hospital's fact (`tenants.directory`); whom a service is for is the
district's, kept as data (`ServiceRule`), in completed months of age on the day of the visit.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.utils.translation import gettext

from hub import clock
from hub.actor import Actor
from hub.errors import InvalidInput, NotFound
from hub.security.permissions import require
from hub.tenancy.scope import REGION
from hub.work import work
from regional_services.catalog import selectors
from regional_services.catalog.errors import AgeUnfit
from regional_services.catalog.models import CatalogDepartment, ServiceRule
from regional_services.catalog.permissions import RULES
from tenants.directory.models import Service
from tenants.registry import functions
from tenants.registry import selectors as registry
from tenants.registry.selectors import InstitutionView

OLDEST_MONTHS = 1800  # 150 years


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Whom a service is for: from `from_months` on, below `below_months` (None: no end)."""

    service: Service
    from_months: int = 0
    below_months: int | None = None
    bring: str = ""
    changed_by: str = ""

    def fits(self, birth_date: date, day: date) -> bool:
        """Whether somebody born then is of that age on `day`."""
        months = months_on(birth_date, day)
        return months >= self.from_months and (self.below_months is None or months < self.below_months)

    @property
    def whom(self) -> str:
        """`不满18周岁`, `满6个月、不满7周岁`, `不限年龄`."""
        lower = gettext("满%(age)s") % {"age": _age(self.from_months)} if self.from_months else ""
        upper = gettext("不满%(age)s") % {"age": _age(self.below_months)} if self.below_months else ""
        return "、".join(part for part in (lower, upper) if part) or gettext("不限年龄")


USUAL = {
    Service.OUTPATIENT: Rule(service=Service.OUTPATIENT),
    Service.IMMUNISATION: Rule(
        service=Service.IMMUNISATION,
        below_months=18 * 12,
        bring="请带孩子的预防接种证，由监护人陪同；发热、急性病期间暂缓接种。",
    ),
    Service.CHECKUP: Rule(service=Service.CHECKUP, bring="体检当天请空腹，带身份证；正在服药的请提前告知医生。"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """An institution that offers a service, with what is left in the days to come."""

    institution: InstitutionView
    departments: int
    free: int


def months_on(birth_date: date, day: date) -> int:
    """Completed months on `day`; below 0 before birth."""
    months = (day.year - birth_date.year) * 12 + day.month - birth_date.month
    return months if day.day >= birth_date.day else months - 1


def service_named(code: str) -> Service:
    """The service of that code; NotFound for anything else."""
    try:
        return Service(code)
    except ValueError:
        raise NotFound from None


def rule_of(service: str) -> Rule:
    """Whom it is for now. One query."""
    kind = Service(service)
    row = ServiceRule.objects.filter(pk=kind).first()
    return _rule(row) if row else USUAL[kind]


def rules() -> list[Rule]:
    """Of every service. One query."""
    kept = {row.service: _rule(row) for row in ServiceRule.objects.all()}
    return [kept.get(service, USUAL[service]) for service in Service]


def require_fit(service: str, birth_date: date, day: date) -> None:
    """AgeUnfit, in words, where the service is not for somebody of that age on `day`. One query but for outpatients."""
    if service == Service.OUTPATIENT:
        return
    rule = rule_of(service)
    if not rule.fits(birth_date, day):
        raise AgeUnfit(
            gettext("“%(service)s”的对象是%(whom)s的人，所选就诊人就诊当天不在此范围，请换一位就诊人。")
            % {"service": rule.service.label, "whom": rule.whom}
        )


def offers(service: Service) -> list[Offer]:
    """The institutions that offer it and take bookings, most free numbers first. Two queries."""
    found: dict[str, list[int]] = {}
    for card in selectors.departments_for(service):
        found.setdefault(card.institution_code, []).append(card.free)
    open_ones = {view.code: view for view in registry.institutions_with(functions.BOOKING)}
    rows = [
        Offer(institution=open_ones[code], departments=len(free), free=sum(free))
        for code, free in found.items()
        if code in open_ones
    ]
    return sorted(rows, key=lambda offer: (-offer.free, offer.institution.name))


def is_offered(service: Service, code: str) -> bool:
    """Whether this institution offers it; outpatients are everywhere. Two queries at most."""
    return service is Service.OUTPATIENT or bool(selectors.departments_for(service, code=code))


def service_of_department(department_id: UUID) -> Service | None:
    """What a department's numbers are for; None for a stranger. One query."""
    code = CatalogDepartment.objects.filter(pk=department_id).values_list("service", flat=True).first()
    return Service(code) if code else None


def change_rule(*, actor: Actor, service: str, from_months: int, below_months: int | None, bring: str) -> None:
    """Set whom a service is for, from now on; what is booked already stays. NotFound, InvalidInput, Forbidden."""
    require(actor, RULES)
    kind = service_named(service)
    if kind is Service.OUTPATIENT:
        raise NotFound
    upper = OLDEST_MONTHS if below_months is None else below_months
    if not 0 <= from_months < upper <= OLDEST_MONTHS:
        raise InvalidInput(gettext("年龄范围不正确：起始月龄须小于截止月龄。"))
    with work(REGION, actor=actor) as unit:
        row = ServiceRule.objects.select_for_update().filter(pk=kind).first()
        before = _rule(row) if row else USUAL[kind]
        ServiceRule.objects.update_or_create(
            service=kind,
            defaults={
                "from_months": from_months,
                "below_months": below_months,
                "bring": bring.strip()[:200],
                "changed_by": actor.name[:60],
                "changed_at": clock.now(),
            },
        )
        unit.audit(
            "catalog.service_rule_changed",
            target=f"service:{kind}",
            detail={"from": from_months, "below": below_months, "was": [before.from_months, before.below_months]},
        )


def _rule(row: ServiceRule) -> Rule:
    return Rule(
        service=Service(row.service),
        from_months=row.from_months,
        below_months=row.below_months,
        bring=row.bring,
        changed_by=row.changed_by,
    )


def _age(months: int) -> str:
    years, rest = divmod(months, 12)
    if rest:
        return gettext("%(months)s个月") % {"months": months}
    return gettext("%(years)s周岁") % {"years": years}
