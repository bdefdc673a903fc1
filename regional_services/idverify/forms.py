"""What a resident confirms: his spelling of what was read, checked field by field (JA-IDV-02, -03). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from hub.errors import HubError, InvalidInput
from regional_services.identity import ages, documents
from regional_services.identity.errors import GuardianRequired
from regional_services.idverify.errors import CardExpired
from regional_services.idverify.reading import LONG

FIELDS: dict[str, str] = {
    "name": "姓名",
    "sex": "性别",
    "ethnicity": "民族",
    "birth_date": "出生日期",
    "address": "住址",
    "number": "证件号码",
    "authority": "签发机关",
    "valid_from": "有效期自",
    "valid_until": "有效期至",
}
"""The fields of a card in the order people read them; sex and birth date follow from the number."""
TYPED = tuple(name for name in FIELDS if name not in ("sex", "birth_date"))
_LONGEST = {"ethnicity": 20, "address": 120, "authority": 60}


def check(given: Mapping[str, str], *, today: date) -> dict[str, str]:
    """The fields in the spelling they are kept in; InvalidInput names each one at fault.

    A child under 14 is added by his guardian (GuardianRequired); an expired card is refused (CardExpired).
    """
    values = {name: given.get(name, "").strip() for name in TYPED}
    faults = {name: f"请填写{FIELDS[name]}。" for name in TYPED if not values[name]}
    faults |= {name: "内容过长。" for name, most in _LONGEST.items() if len(values[name]) > most}
    document = None
    try:
        values["name"] = documents.name(values["name"])
    except HubError as problem:
        faults.setdefault("name", problem.text)
    try:
        document = documents.read(documents.DocumentKind.RESIDENT_ID, values["number"], today=today)
    except HubError as problem:
        faults.setdefault("number", problem.text)
    _check_validity(values, faults, today)
    if faults or document is None or document.birth_date is None:
        raise InvalidInput(fields=faults)
    if ages.group_on(document.birth_date, today) is ages.AgeGroup.CHILD:
        raise GuardianRequired("未满14周岁须由监护人添加。")
    values["number"] = document.number
    values["birth_date"] = document.birth_date.isoformat()
    values["sex"] = "男" if document.sex == documents.MALE else "女"
    return {name: values[name] for name in FIELDS}


def _check_validity(values: dict[str, str], faults: dict[str, str], today: date) -> None:
    if "valid_from" in faults or "valid_until" in faults:
        return
    until = LONG if values["valid_until"] in (LONG, "长期") else values["valid_until"]
    values["valid_until"] = until
    try:
        start = date.fromisoformat(values["valid_from"])
        end = None if until == LONG else date.fromisoformat(until)
    except ValueError:
        faults["valid_until"] = "日期须为 2030-01-31 的样子，长期有效填“长期”。"
        return
    if start > today or (end is not None and end <= start):
        faults["valid_from"] = "有效期的起止日期不合理。"
    elif end is not None and end < today:
        raise CardExpired(fields={"valid_until": CardExpired.text})
