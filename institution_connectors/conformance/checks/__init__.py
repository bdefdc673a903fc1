"""The checklist, in order: each check says what it proves, and the operations that pass or fall with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from institution_connectors.conformance.checks import basics, booking, visits
from institution_connectors.conformance.talk import Talk
from institution_connectors.contracts import Operation


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One line of the checklist; `writes`: it registers, locks or makes archives and takes them back."""

    code: str
    title: str
    expects: str
    operations: frozenset[Operation]
    run: Callable[[Talk], str]
    writes: bool = False


def _check(code: str, title: str, expects: str, run: Callable[[Talk], str], *operations: Operation) -> Check:
    writes = any(operation.is_command for operation in operations)
    return Check(code=code, title=title, expects=expects, operations=frozenset(operations), run=run, writes=writes)


_Op = Operation
CHECKS: tuple[Check, ...] = (
    _check("clock", "网络测试与对时", "与标准时间相差不超过 30 秒", basics.clock_is_right, _Op.PING),
    _check("secret", "身份验证", "错误的密钥被拒绝", basics.wrong_secret_is_refused, _Op.PING),
    _check(
        "directory", "科室与医生", "总数与条数一致，中文无乱码，医生都属于已列出的科室", basics.directory_is_whole,
        _Op.LIST_DEPARTMENTS, _Op.LIST_DOCTORS,
    ),
    _check(
        "schedules", "排班与号源", "总数与条数一致，每个号不超过 30 分钟，序号不重复", basics.schedules_are_whole,
        _Op.LIST_SCHEDULES, _Op.LIST_NUMBERS,
    ),
    _check(
        "archive", "建档", "同一证件建两次得到同一档案号；生僻字与间隔点原样保存", basics.archive_is_one,
        _Op.CREATE_PATIENT,
    ),
    _check("quote", "挂号费试算", "金额等于明细之和", booking.quote_adds_up, _Op.QUOTE_FEE),
    _check(
        "lock", "锁号与释放", "锁住的号别人锁不到，释放后又能锁", booking.lock_holds,
        _Op.LOCK_NUMBER, _Op.UNLOCK_NUMBER,
    ),
    _check(
        "register", "登记与退号", "登记后号源为已约、28 位流水号原样带回；退号后放回，再退仍成功",
        booking.registration_comes_and_goes, _Op.REGISTER, _Op.CANCEL_REGISTRATION,
    ),
    _check(
        "repeat", "重复请求", "同一流水号连发两次只有一笔，应答相同；内容不同则拒绝", booking.repeat_is_one,
        _Op.REGISTER, _Op.CANCEL_REGISTRATION,
    ),
    _check(
        "outcome", "查询请求结果", "办过的答已办并带原结果，没收到的答不存在", booking.outcome_is_known,
        _Op.CHECK_OUTCOME, _Op.REGISTER,
    ),
    _check(
        "race", "同抢一号", "10 个请求同时抢一个号，只有一个成功", booking.race_has_one_winner,
        _Op.REGISTER, _Op.CANCEL_REGISTRATION,
    ),
    _check("price", "金额核对", "金额不符的登记被拒绝", booking.wrong_price_is_refused, _Op.REGISTER),
    _check(
        "list", "挂号记录", "登记的一笔能按流水号在列表里找到", booking.registration_is_listed, _Op.LIST_REGISTRATIONS
    ),
    _check(
        "calls", "告知叫号进展", "叫号、过号都收下，重发和晚到的也算成功，不认识的登记被拒绝；由医院自己叫号的可以没有",
        visits.steps_are_heard, _Op.TELL_VISIT,
    ),
)  # fmt: skip
BY_CODE = {check.code: check for check in CHECKS}
PROVABLE = frozenset(operation for check in CHECKS for operation in check.operations)
