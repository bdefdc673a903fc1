"""What can come of asking a hospital: accepted, rejected with a reason, or unknown (DESIGN promise 4)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from hub.words import said
from institution_connectors.contracts.results import Result


class Outcome(StrEnum):
    """Accepted and rejected are definite; unknown is a stored state, ended only by asking again."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    UNKNOWN = "unknown"

    @property
    def definite(self) -> bool:
        """Whether something may be decided on it."""
        return self is not Outcome.UNKNOWN


class Reason(StrEnum):
    """Why an ask was refused, or why its outcome is unknown."""

    NONE = ""
    # the hospital refused
    NO_SOURCE = "no_source"
    ALREADY_BOOKED = "already_booked"
    PATIENT_NOT_FOUND = "patient_not_found"
    PRICE_CHANGED = "price_changed"
    CLOSED = "closed"
    LOCK_EXPIRED = "lock_expired"
    NOT_FOUND = "not_found"
    TOO_LATE = "too_late"
    LIMIT_REACHED = "limit_reached"
    BLACKLISTED = "blacklisted"
    NUMBER_REUSED = "number_reused"
    BUSY = "busy"
    REFUSED = "refused"
    # the hub or the connection refused: nothing was done at the hospital
    NOT_SUPPORTED = "not_supported"
    NOT_CARRIED = "not_carried"
    NOT_AUTHORISED = "not_authorised"
    UNREACHABLE = "unreachable"
    NOT_DONE = "not_done"
    EXPIRED = "expired"
    # it is not known whether anything was done
    TIME_OUT = "time_out"
    CONNECTION_LOST = "connection_lost"
    UNREADABLE = "unreadable"
    INCOMPLETE = "incomplete"

    @property
    def text(self) -> str:
        """The text staff and residents read, in their language."""
        return said(_TEXTS[self])

    @property
    def passing(self) -> bool:
        """A refusal that may be another one in a moment: worth asking again until the deadline."""
        return self in {Reason.BUSY, Reason.UNREACHABLE}


_TEXTS: dict[Reason, str] = {
    Reason.NONE: "",
    Reason.NO_SOURCE: "该时段号源已约满。",
    Reason.ALREADY_BOOKED: "该患者已有相同的预约。",
    Reason.PATIENT_NOT_FOUND: "医院未找到该患者档案。",
    Reason.PRICE_CHANGED: "挂号费用已变化，请重新确认。",
    Reason.CLOSED: "该场次已停诊。",
    Reason.LOCK_EXPIRED: "号源锁定已超时。",
    Reason.NOT_FOUND: "医院没有这笔记录。",
    Reason.TOO_LATE: "已超过允许办理的时间。",
    Reason.LIMIT_REACHED: "已达到医院的预约次数限制。",
    Reason.BLACKLISTED: "因多次爽约，医院暂停了该患者的预约。",
    Reason.NUMBER_REUSED: "同一请求编号对应了不同的内容。",
    Reason.BUSY: "医院系统繁忙，请稍后再试。",
    Reason.REFUSED: "医院未接受此次办理。",
    Reason.NOT_SUPPORTED: "该医院暂不支持此项服务。",
    Reason.NOT_CARRIED: "患者信息含医院系统无法录入的字符或超过长度，请到窗口办理。",
    Reason.NOT_AUTHORISED: "医院接口认证失败。",
    Reason.UNREACHABLE: "医院系统暂时无法连接，尚未办理。",
    Reason.NOT_DONE: "已向医院核实，此次办理没有成功。",
    Reason.EXPIRED: "超过办理时限，尚未办理。",
    Reason.TIME_OUT: "医院未及时答复，正在核实结果。",
    Reason.CONNECTION_LOST: "与医院的连接中断，正在核实结果。",
    Reason.UNREADABLE: "医院的答复无法识别，正在核实结果。",
    Reason.INCOMPLETE: "医院的答复不完整，正在核实结果。",
}

ResultT = TypeVar("ResultT", bound=Result)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came of one ask.

    `result` is there exactly when accepted. `text` is the hospital's own wording, for staff. `sent` is False only when
    it is certain that the request never reached the hospital, so that it may be sent again without asking after it.
    """

    outcome: Outcome
    reason: Reason = Reason.NONE
    text: str = ""
    code: str = ""
    result: Result | None = None
    sent: bool = True

    def __post_init__(self) -> None:
        if (self.outcome is Outcome.ACCEPTED) != (self.result is not None):
            raise ValueError("an accepted answer carries a result, no other does")
        if (self.outcome is Outcome.ACCEPTED) != (self.reason is Reason.NONE):
            raise ValueError("an answer that is not accepted says why")

    @classmethod
    def accepted(cls, result: Result, *, text: str = "", code: str = "") -> Answer:
        """The hospital did it; `result` says what it is there."""
        return cls(outcome=Outcome.ACCEPTED, result=result, text=text, code=code)

    @classmethod
    def rejected(cls, reason: Reason, *, text: str = "", code: str = "", sent: bool = True) -> Answer:
        """It was definitely not done."""
        return cls(outcome=Outcome.REJECTED, reason=reason, text=text, code=code, sent=sent)

    @classmethod
    def unknown(cls, reason: Reason, *, text: str = "", code: str = "") -> Answer:
        """It may or may not have been done."""
        return cls(outcome=Outcome.UNKNOWN, reason=reason, text=text, code=code)

    def expect(self, kind: type[ResultT]) -> ResultT:
        """The result of an accepted answer, of the kind its operation promises."""
        if not isinstance(self.result, kind):
            raise TypeError(f"the answer is {self.outcome} with {type(self.result).__name__}, not {kind.__name__}")
        return self.result
