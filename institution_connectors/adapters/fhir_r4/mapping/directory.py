"""Departments, doctors, classes, sessions, numbers and their stops."""

from __future__ import annotations

from datetime import datetime, time

from hub import clock
from institution_connectors.adapters.fhir_r4.errors import Incomplete, Unreadable
from institution_connectors.adapters.fhir_r4.mapping import systems
from institution_connectors.adapters.fhir_r4.mapping.node import Node
from institution_connectors.adapters.fhir_r4.talk import Found, Params, Talk
from institution_connectors.contracts import (
    Department,
    Departments,
    Doctor,
    Doctors,
    ListDepartments,
    ListDoctors,
    ListNumberClasses,
    ListNumbers,
    ListSchedules,
    ListStopped,
    Number,
    NumberClass,
    NumberClasses,
    Numbers,
    NumberState,
    Period,
    Ping,
    Pong,
    Schedule,
    Schedules,
    ScheduleState,
    Sex,
    Stop,
    Stops,
)

SEXES = {"male": Sex.MALE, "female": Sex.FEMALE, "other": Sex.UNSTATED, "unknown": Sex.UNKNOWN}
SLOT_STATES = {
    "free": NumberState.FREE,
    "busy-tentative": NumberState.LOCKED,
    "busy": NumberState.TAKEN,
    "busy-unavailable": NumberState.STOPPED,
    "entered-in-error": NumberState.STOPPED,
}
_NOON, _EVENING = time(12), time(17, 30)
_LONG_HOURS = 6


def ping(talk: Talk, _request: Ping) -> Pong:
    """An authorised question, and the clock of the server that answers it."""
    talk.count("HealthcareService")
    if talk.clock is None:
        raise Incomplete("HTTP header Date")
    return Pong(his_time=talk.clock)


def list_departments(talk: Talk, _request: ListDepartments) -> Departments:
    """`HealthcareService`."""
    found = talk.search("HealthcareService", [("active", "true")])
    rows = tuple(map(department, found.matches))
    return Departments(departments=rows, total=found.counted(len(rows)))


def list_doctors(talk: Talk, request: ListDoctors) -> Doctors:
    """`PractitionerRole` with its `Practitioner`; a doctor with several roles is one doctor."""
    params: Params = [("active", "true"), ("_include", "PractitionerRole:practitioner")]
    if request.department_code:
        params.append(("service", f"HealthcareService/{request.department_code}"))
    found = talk.search("PractitionerRole", params)
    merged: dict[str, Doctor] = {}
    for role in found.matches:
        one = doctor(role, found)
        known = merged.get(one.code)
        merged[one.code] = _joined(known, one) if known is not None else one
    return Doctors(doctors=tuple(merged.values()), total=found.counted(len(merged)))


def list_number_classes(talk: Talk, _request: ListNumberClasses) -> NumberClasses:
    """`ChargeItemDefinition` with the tag `number-class`."""
    found = talk.search("ChargeItemDefinition", [("_tag", f"{systems.TAG}|number-class")])
    return NumberClasses(classes=tuple(map(number_class, found.matches)))


def list_schedules(talk: Talk, request: ListSchedules) -> Schedules:
    """`Schedule` by the days of its planning horizon."""
    params: Params = [("date", f"ge{request.first_day}"), ("date", f"le{request.last_day}")]
    if request.department_code:
        params.append(("actor", f"HealthcareService/{request.department_code}"))
    found = talk.search("Schedule", params)
    rows = tuple(map(schedule, found.matches))
    return Schedules(schedules=rows, total=found.counted(len(rows)))


def list_numbers(talk: Talk, request: ListNumbers) -> Numbers:
    """`Slot` of a schedule."""
    found = talk.search("Slot", [("schedule", f"Schedule/{request.schedule_code}")])
    rows = tuple(map(number, found.matches))
    return Numbers(numbers=rows, total=found.counted(len(rows)))


def list_stopped(talk: Talk, request: ListStopped) -> Stops:
    """`Schedule` with the tag `stopped`, whole or in part."""
    params: Params = [("date", f"ge{request.first_day}"), ("date", f"le{request.last_day}")]
    found = talk.search("Schedule", [*params, ("_tag", f"{systems.TAG}|stopped")])
    return Stops(stops=tuple(map(stop, found.matches)))


def department(node: Node) -> Department:
    """`HealthcareService`."""
    parent = node.extension("parent")
    return Department(
        code=node.id,
        name=node.text("name"),
        parent_code=parent.reference("valueReference", "HealthcareService") if parent is not None else "",
        campus=node.said("campus"),
        place=node.within("location", "display"),
        insurance_code=_insurance_code(node, "specialty"),
        introduction=node.optional("comment"),
    )


def doctor(role: Node, found: Found) -> Doctor:
    """`PractitionerRole`; one without a practitioner is the rota of a department."""
    services = tuple(item.target("HealthcareService") for item in role.nodes("healthcareService"))
    if not services:
        raise Incomplete(f"{role.path}.healthcareService")
    whose = role.maybe("practitioner")
    if whose is None:
        return Doctor(
            code=role.id, name=role.first("healthcareService").text("display"), department_codes=services, rota=True
        )
    code = whose.target("Practitioner")
    person = found.include("Practitioner", code)
    return Doctor(
        code=code,
        name=name_of(person) if person is not None else whose.text("display"),
        title=role.within("code", "text"),
        department_codes=services,
        sex=SEXES.get(person.optional("gender"), Sex.UNKNOWN) if person is not None else Sex.UNKNOWN,
        insurance_code=_insurance_code(role, "specialty"),
        skills=role.said("skills"),
        introduction=role.said("introduction"),
    )


def number_class(node: Node) -> NumberClass:
    """`ChargeItemDefinition`: its code, title and base price."""
    coding = node.coding("code", systems.NUMBER_CLASS)
    if coding is None:
        raise Incomplete(f"{node.path}.code", f"has no coding with system {systems.NUMBER_CLASS}")
    price = node.first("propertyGroup").first("priceComponent")
    return NumberClass(code=coding.text("code"), name=node.text("title"), fee_fen=price.money("amount"))


def schedule(node: Node) -> Schedule:
    """`Schedule`; the doctor is its `Practitioner` (or the rota's `PractitionerRole`), if it has one."""
    horizon = node.node("planningHorizon")
    starts, ends = horizon.instant("start"), horizon.instant("end")
    coding = node.coding("serviceType", systems.NUMBER_CLASS)
    stopped = node.extension("stop")
    open_ = node.flag("active", default=True) and (stopped is None or not _is_whole(stopped))
    return Schedule(
        code=node.id,
        department_code=_actor(node, "HealthcareService"),
        doctor_code=_actor(node, "Practitioner", "PractitionerRole", required=False),
        day=clock.local(starts).date(),
        period=_period(starts, ends),
        starts=starts,
        ends=ends,
        class_code=coding.optional("code") if coding is not None else "",
        class_name=coding.optional("display") if coding is not None else "",
        fee_fen=node.need_extension("fee").money("valueMoney"),
        capacity=node.need_extension("capacity").integer("valueInteger"),
        remaining=node.need_extension("remaining").integer("valueInteger"),
        state=ScheduleState.OPEN if open_ else ScheduleState.STOPPED,
        campus=node.said("campus"),
        place=node.optional("comment"),
    )


def number(node: Node) -> Number:
    """`Slot`."""
    return Number(
        code=node.id,
        schedule_code=node.reference("schedule", "Schedule"),
        sequence=node.need_extension("sequence").integer("valueInteger"),
        starts=node.instant("start"),
        ends=node.instant("end"),
        state=node.code("status", SLOT_STATES),
    )


def stop(node: Node) -> Stop:
    """The stop of a `Schedule`: whole, or from a number or a time on; an inactive one without more is stopped whole."""
    day = clock.local(node.node("planningHorizon").instant("start")).date()
    found = node.extension("stop")
    if found is None:
        return Stop(schedule_code=node.id, day=day, reason=node.optional("comment"))
    first, since, decided = (found.extension(name) for name in ("from-sequence", "from-time", "decided-at"))
    substitute = found.extension("substitute")
    return Stop(
        schedule_code=node.id,
        day=day,
        reason=found.said("reason"),
        whole=_is_whole(found),
        from_sequence=first.integer("valueInteger") if first is not None else None,
        from_time=since.instant("valueDateTime") if since is not None else None,
        substitute_doctor_code=substitute.reference("valueReference", "Practitioner") if substitute is not None else "",
        decided_at=decided.instant("valueDateTime") if decided is not None else None,
    )


def name_of(person: Node) -> str:
    """The official name of a person, else the first; as written, or put together of its parts."""
    names = list(person.nodes("name"))
    if not names:
        raise Incomplete(f"{person.path}.name")
    chosen = next((name for name in names if name.optional("use") == "official"), names[0])
    if chosen.has("text"):
        return chosen.text("text")
    given = [part for part in chosen.data.get("given") or () if isinstance(part, str)]
    parts = [*given, chosen.optional("family")]
    joined = " ".join(filter(None, parts)) if any(part.isascii() for part in parts if part) else "".join(parts[::-1])
    if not joined:
        raise Incomplete(f"{chosen.path}.text")
    return joined


def is_stopped(node: Node) -> bool:
    """Whether a `Schedule` tells of a stop."""
    return node.extension("stop") is not None or not node.flag("active", default=True)


def _is_whole(stopped: Node) -> bool:
    return stopped.extension("from-sequence") is None and stopped.extension("from-time") is None


def _joined(known: Doctor, more: Doctor) -> Doctor:
    codes = tuple(dict.fromkeys((*known.department_codes, *more.department_codes)))
    return Doctor(
        code=known.code, name=known.name, title=known.title, department_codes=codes, sex=known.sex,
        insurance_code=known.insurance_code, skills=known.skills, introduction=known.introduction, rota=known.rota,
    )  # fmt: skip


def _insurance_code(node: Node, name: str) -> str:
    coding = node.coding(name, systems.INSURANCE)
    return coding.optional("code") if coding is not None else ""


def _actor(node: Node, *kinds: str, required: bool = True) -> str:
    for actor in node.nodes("actor"):
        for kind in kinds:
            if actor.points_at(kind):
                return actor.target(kind)
    if required:
        raise Incomplete(f"{node.path}.actor", f"names no {' or '.join(kinds)}")
    return ""


def _period(starts: datetime, ends: datetime) -> Period:
    """The part of the day, by the clock on the wall: FHIR has no word for it."""
    if ends <= starts:
        raise Unreadable("invariant", "Schedule.planningHorizon", "ends before it starts")
    begin = clock.local(starts).time()
    if begin >= _EVENING:
        return Period.EVENING
    if begin >= _NOON:
        return Period.AFTERNOON
    return Period.ALL_DAY if (ends - starts).total_seconds() > _LONG_HOURS * 3600 else Period.MORNING
