"""What somebody fills in about a new institution, read from a form or a line of CSV; refused field by field."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext

from hub.errors import InvalidInput
from hub.outgoing import policy
from hub.tenancy.names import check_code
from institution_connectors.contracts import MoneyUnit
from tenants.registry.models import CODE_PATTERN, BookingMode, Dialect, Kind, SettleMode

_HTTP = ("http", "https")
SCHEMES = {
    Dialect.REST_JSON: _HTTP,
    Dialect.SOAP_XML: _HTTP,
    Dialect.HL7V2_MLLP: ("mllp",),
    Dialect.FHIR_R4: _HTTP,
}
CHARSETS = ("utf-8", "gb18030")


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One thing to fill in; `choices` are (value, words)."""

    name: str
    text: str
    help: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    limit: int = 0
    required: bool = True
    default: str = ""


FACTS: tuple[Field, ...] = (
    Field(name="code", text="代码", help="3 到 20 个小写字母，定了就不能改；也是医院工作台的网址前缀。", limit=20),
    Field(name="name", text="名称", limit=80),
    Field(name="short_name", text="简称", limit=40),
    Field(name="kind", text="类别", choices=tuple((str(value), str(words)) for value, words in Kind.choices)),
    Field(name="level", text="等级", help="如：二级甲等", limit=20),
    Field(name="ward", text="街镇", limit=40),
    Field(name="address", text="地址", limit=120),
    Field(name="latitude", text="纬度", help="如：31.1759"),
    Field(name="longitude", text="经度", help="如：121.3647"),
    Field(name="phone", text="电话", limit=20),
    Field(
        name="booking_mode",
        text="号源方式",
        choices=tuple((str(value), str(words)) for value, words in BookingMode.choices),
    ),
    Field(
        name="settle_mode",
        text="付费方式",
        choices=tuple((str(value), str(words)) for value, words in SettleMode.choices),
    ),
)
CONNECTOR: tuple[Field, ...] = (
    Field(name="dialect", text="接口方言", choices=tuple((str(value), str(words)) for value, words in Dialect.choices)),
    Field(name="endpoint", text="接口地址", help="http(s)://主机:端口/路径，HL7 为 mllp://主机:端口", limit=200),
    Field(name="success_code", text="成功代码", help="医院返回表示成功的代码", limit=8, default="0"),
    Field(name="money_unit", text="金额单位", choices=((MoneyUnit.FEN, "分"), (MoneyUnit.YUAN, "元"))),
    Field(name="charset", text="字符集", choices=tuple((name, name.upper()) for name in CHARSETS)),
    Field(name="polled", text="排班更新", choices=(("yes", "平台定时查询"), ("no", "医院主动推送"))),
    Field(
        name="reserved_department",
        text="巡检保留科室",
        help="医院系统里一个不收费、不接诊的科室代码，供平台巡检与验收；没有就留空。",
        limit=40,
        required=False,
    ),
)
FIELDS = (*FACTS, *CONNECTOR)
COLUMNS = tuple(field.name for field in FIELDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A checked draft: the institution's facts and its connector's."""

    code: str
    facts: dict[str, str]
    connector: dict[str, str]


def from_csv(text: str) -> dict[str, str]:
    """The fields of one line of CSV under its heading line; InvalidInput where there is not exactly one line."""
    rows = list(csv.DictReader(io.StringIO(text.lstrip("\ufeff").strip() + "\n")))
    if len(rows) != 1:
        raise InvalidInput(fields={"csv": "请粘贴一行标题和一行内容。"})
    needed = [field.name for field in FIELDS if field.required and not field.default]
    missing = [name for name in needed if name not in rows[0]]
    if missing:
        raise InvalidInput(fields={"csv": gettext("缺少列：%(join)s。") % {"join": "、".join(missing)}})
    return {name: (rows[0].get(name) or _default(name)).strip() for name in COLUMNS}


def read(values: Mapping[str, str]) -> Draft:
    """A draft whose every field can stand; InvalidInput names those that can't and why."""
    given = {field.name: (values.get(field.name) or field.default).strip() for field in FIELDS}
    problems = {field.name: problem for field in FIELDS if (problem := _problem(field, given[field.name]))}
    for check in (_check_code, _check_place, _check_endpoint):
        for name, problem in check(given).items():
            problems.setdefault(name, problem)
    if problems:
        raise InvalidInput(fields=problems)
    return Draft(
        code=given["code"],
        facts={field.name: given[field.name] for field in FACTS},
        connector={field.name: given[field.name] for field in CONNECTOR},
    )


def _default(name: str) -> str:
    return next(field.default for field in FIELDS if field.name == name)


def _problem(field: Field, value: str) -> str:
    if not value:
        return f"请填写{field.text}。" if field.required else ""
    if field.choices and value not in {choice for choice, _ in field.choices}:
        return f"{field.text}只能是：{'、'.join(choice for choice, _ in field.choices)}。"
    if field.limit and len(value) > field.limit:
        return f"{field.text}不能超过 {field.limit} 个字符。"
    return ""


def _check_code(given: Mapping[str, str]) -> dict[str, str]:
    try:
        well_formed = re.fullmatch(CODE_PATTERN, check_code(given["code"])) is not None
    except ValueError:
        well_formed = False
    return {} if well_formed else {"code": "代码应为 3 到 20 个小写字母，且不能是平台保留的词。"}


def _check_place(given: Mapping[str, str]) -> dict[str, str]:
    problems: dict[str, str] = {}
    for name, limit in (("latitude", 90), ("longitude", 180)):
        try:
            inside = abs(float(given[name])) <= limit
        except ValueError:
            inside = False
        if not inside:
            problems[name] = f"应为 -{limit} 到 {limit} 之间的数。"
    return problems


def _check_endpoint(given: Mapping[str, str]) -> dict[str, str]:
    schemes = SCHEMES.get(Dialect(given["dialect"]), ()) if given["dialect"] in Dialect.values else ()
    problem = policy.problem_with(given["endpoint"], schemes=schemes) if schemes else ""
    return {"endpoint": problem} if problem else {}
