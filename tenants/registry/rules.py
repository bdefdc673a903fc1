"""The rules of booking an institution may set, each with the range it may be set in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hub.errors import InvalidInput


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One number of the institution's row that staff may change."""

    name: str
    text: str
    unit: str
    low: int
    high: int


RULES: tuple[Rule, ...] = (
    Rule(name="release_days", text="放号天数", unit="天", low=1, high=60),
    Rule(name="hold_minutes", text="锁号时长", unit="分钟", low=5, high=60),
    Rule(name="pay_minutes", text="支付时限", unit="分钟", low=3, high=60),
    Rule(name="register_cutoff_minutes", text="当天挂号截止（就诊前）", unit="分钟", low=0, high=600),
    Rule(name="cancel_until_minutes", text="取消截止（就诊前）", unit="分钟", low=0, high=10_080),
    Rule(name="reschedule_times", text="一次预约可改约", unit="次", low=0, high=9),
    Rule(name="reschedule_until_minutes", text="改约截止（就诊前）", unit="分钟", low=0, high=10_080),
    Rule(name="revisit_days", text="同科就诊后几天内复诊有优惠（0 为没有）", unit="天", low=0, high=90),
    Rule(name="revisit_percent", text="复诊挂号费为挂牌价的", unit="%", low=0, high=100),
    Rule(name="rush_per_second", text="候号室每秒放行", unit="人", low=0, high=200),
    Rule(name="rush_pressure", text="每秒预约超过即开候号室", unit="次", low=0, high=5000),
    Rule(name="rush_open_minutes", text="放号前开候号室", unit="分钟", low=0, high=60),
    Rule(name="limit_person_day", text="每人每天上限", unit="个", low=1, high=10),
    Rule(name="limit_department_day", text="每人每科每天上限", unit="个", low=1, high=5),
    Rule(name="limit_open", text="每人未就诊上限", unit="个", low=1, high=30),
)


def read(values: Mapping[str, str]) -> dict[str, int]:
    """The rules a form carries, as numbers; InvalidInput names each one that is not in its range."""
    problems: dict[str, str] = {}
    numbers: dict[str, int] = {}
    for rule in RULES:
        raw = values.get(rule.name, "").strip()
        if not raw.isascii() or not raw.isdigit() or not rule.low <= int(raw) <= rule.high:
            problems[rule.name] = f"{rule.text}应为 {rule.low} 到 {rule.high} 之间的整数。"
        else:
            numbers[rule.name] = int(raw)
    if not problems and numbers["pay_minutes"] > numbers["hold_minutes"]:
        problems["pay_minutes"] = "支付时限不能长于锁号时长。"
    if problems:
        raise InvalidInput(fields=problems)
    return numbers
