"""Clock, secret, directory, schedules, archives."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import timedelta

from django.utils.translation import gettext

from hub import clock
from institution_connectors.conformance.talk import Failed, NotApplicable, Talk, number, patient, soon, talking
from institution_connectors.contracts import (
    CreatePatient,
    Departments,
    Doctors,
    FindPatient,
    ListDepartments,
    ListDoctors,
    ListNumbers,
    ListSchedules,
    Numbers,
    Operation,
    Outcome,
    PatientCreated,
    Patients,
    Ping,
    Pong,
    Schedules,
)
from institution_connectors.contracts.outcomes import Answer, ResultT

SKEW = timedelta(seconds=30)
SLOT = timedelta(minutes=30)
ODD_NAME = "欧阳·小三"
LOOKED_AT = 5  # sessions whose numbers are read


def accepted(answer: Answer, kind: type[ResultT], what: str) -> ResultT:
    """The result of something that must succeed."""
    if answer.outcome is not Outcome.ACCEPTED:
        raise Failed(
            gettext("%(what)s：期望成功，得到%(text)s%(said)s")
            % {"what": what, "text": answer.reason.text or answer.outcome, "said": _said(answer)}
        )
    return answer.expect(kind)


def refused(answer: Answer, what: str) -> None:
    """Something that must be refused, definitely."""
    if answer.outcome is Outcome.ACCEPTED:
        raise Failed(gettext("%(what)s：期望拒绝，医院却答成功") % {"what": what})
    if answer.outcome is Outcome.UNKNOWN:
        raise Failed(
            gettext("%(what)s：期望明确拒绝，得到%(text)s%(said)s")
            % {"what": what, "text": answer.reason.text, "said": _said(answer)}
        )


def clock_is_right(talk: Talk) -> str:
    """System time."""
    told = accepted(talk.ask(Ping()), Pong, "网络测试").his_time
    skew = told - clock.now()
    if abs(skew) > SKEW:
        raise Failed(
            gettext("医院时间相差 %(total_seconds)s 秒，应在 30 秒以内")
            % {"total_seconds": f"{skew.total_seconds():.0f}"}
        )
    return f"相差 {skew.total_seconds():.1f} 秒"


def wrong_secret_is_refused(talk: Talk) -> str:
    """A wrong signature; dialects without one are protected by the network or by certificates."""
    if not getattr(talk.adapter, "authenticates", True):
        raise NotApplicable("本方言不签名，由专网或 TLS 客户端证书保护")
    stranger_secret = getattr(talk.adapter, "stranger_secret", lambda: secrets.token_hex(24).encode())
    with talking(talk.profile, secret=stranger_secret()) as stranger:
        answer = stranger.ask(Ping())
        talk.wires.extend(stranger.wires)
    refused(answer, "用错误的密钥请求")
    return f"已拒绝：{answer.reason.text}"


def directory_is_whole(talk: Talk) -> str:
    """Departments and doctors."""
    departments = accepted(talk.ask(ListDepartments()), Departments, "科室列表")
    doctors = accepted(talk.ask(ListDoctors()), Doctors, "医生列表")
    _whole("科室", len(departments.departments), departments.total)
    _whole("医生", len(doctors.doctors), doctors.total)
    _readable([*(row.name for row in departments.departments), *(row.name for row in doctors.doctors)])
    known = {row.code for row in departments.departments}
    lost = [row.code for row in doctors.doctors if not set(row.department_codes) <= known]
    if lost:
        raise Failed(gettext("医生 %(join)s 的科室代码不在科室列表里") % {"join": "、".join(lost[:5])})
    return f"{departments.total} 个科室，{doctors.total} 位医生"


def schedules_are_whole(talk: Talk) -> str:
    """Sessions of two weeks, and the numbers of some."""
    first, last = soon()
    sessions = accepted(talk.ask(ListSchedules(first_day=first, last_day=last)), Schedules, "排班")
    _whole("排班", len(sessions.schedules), sessions.total)
    if not sessions.schedules:
        raise Failed("今后两周没有排班，无从验收")
    for session in sessions.schedules[:LOOKED_AT]:
        numbers = accepted(talk.ask(ListNumbers(schedule_code=session.code)), Numbers, f"号源 {session.code}")
        _whole(f"{session.code} 的号源", len(numbers.numbers), numbers.total)
        long = [row.code for row in numbers.numbers if row.ends - row.starts > SLOT or row.ends <= row.starts]
        if long:
            raise Failed(gettext("号 %(long)s 的时段不在 30 分钟以内") % {"long": long[0]})
        if len({row.sequence for row in numbers.numbers}) != len(numbers.numbers):
            raise Failed(gettext("%(code)s 的序号有重复") % {"code": session.code})
    return f"{sessions.total} 场排班，细看了 {min(LOOKED_AT, sessions.total)} 场的号源"


def archive_is_one(talk: Talk) -> str:
    """An archive made twice, with a name that systems like to spoil."""
    if not talk.may_write:
        raise NotApplicable("医院已开通且没有保留科室，不在正式库上建测试档案")
    person = patient(ODD_NAME)
    first = accepted(talk.ask(CreatePatient(hub_number=number("P"), patient=person)), PatientCreated, "建档")
    again = accepted(talk.ask(CreatePatient(hub_number=number("P"), patient=person)), PatientCreated, "再次建档")
    if first.his_patient_id != again.his_patient_id:
        raise Failed(
            gettext("同一证件得到两个档案号：%(his_patient_id)s、%(his_patient_id_3)s")
            % {"his_patient_id": first.his_patient_id, "his_patient_id_3": again.his_patient_id}
        )
    if Operation.FIND_PATIENT in talk.profile.capabilities:
        asked = FindPatient(
            document_type=person.document_type, document_number=person.document_number, name=person.name
        )
        found = accepted(talk.ask(asked), Patients, "查询档案").patients
        if [row.name for row in found if row.his_id == first.his_patient_id] != [ODD_NAME]:
            raise Failed(gettext("姓名“%(ODD_NAME)s”没有原样保存") % {"ODD_NAME": ODD_NAME})
    return f"档案号 {first.his_patient_id}"


def _whole(what: str, count: int, total: int) -> None:
    if count != total:
        raise Failed(
            gettext("%(what)s：总数 %(total)s，实到 %(count)s 条") % {"what": what, "total": total, "count": count}
        )


def _readable(names: Iterable[str]) -> None:
    spoiled = [name for name in names if "\ufffd" in name or "?" in name or not name.strip()]
    if spoiled:
        raise Failed(gettext("名称有乱码或为空：%(spoiled)s") % {"spoiled": f"{spoiled[0]!r}"})


def _said(answer: Answer) -> str:
    return f"（{answer.code} {answer.text}）".replace("（ ", "（") if answer.code or answer.text else ""
