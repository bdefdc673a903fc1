"""What a hospital means when it refuses: its codes if they are useful, else its words (failure F4)."""

from __future__ import annotations

import re
from typing import Final

from institution_connectors.contracts import ErrorPattern, Options, Reason

# What most hospitals write; a hospital's own patterns are looked at first. The order matters: the special before the
# general.
COMMON_PATTERNS: Final[tuple[ErrorPattern, ...]] = (
    ErrorPattern(pattern="停诊|已停", reason=Reason.CLOSED),
    ErrorPattern(pattern="约满|无号|号源不足|已被(占用|预约|锁定)|没有剩余", reason=Reason.NO_SOURCE),
    ErrorPattern(pattern="(流水号|请求号|请求编号).*(重复|不同|不一致)", reason=Reason.NUMBER_REUSED),
    ErrorPattern(pattern="重复(预约|挂号)|已(有|存在|预约).*(预约|挂号|医生)", reason=Reason.ALREADY_BOOKED),
    ErrorPattern(pattern="(患者|病人|档案).*(不存在|未找到)|未找到患者|未建档", reason=Reason.PATIENT_NOT_FOUND),
    ErrorPattern(pattern="(价格|费用|金额).*(变|不符|不一致)", reason=Reason.PRICE_CHANGED),
    ErrorPattern(pattern="锁.*(超时|过期|失效)", reason=Reason.LOCK_EXPIRED),
    ErrorPattern(pattern="黑名单|爽约", reason=Reason.BLACKLISTED),
    ErrorPattern(pattern="(超过|已过).*时(间|限)|不允许(取消|退号)|已就诊", reason=Reason.TOO_LATE),
    ErrorPattern(pattern="超过.*(次数|限制)|上限", reason=Reason.LIMIT_REACHED),
    ErrorPattern(pattern="授权|认证|AuthKey", reason=Reason.NOT_AUTHORISED),
    ErrorPattern(pattern="不支持", reason=Reason.NOT_SUPPORTED),
    ErrorPattern(pattern="繁忙|稍后|系统维护", reason=Reason.BUSY),
    ErrorPattern(pattern="(记录|号|预约|挂号).*不存在|查无|未查询到", reason=Reason.NOT_FOUND),
)


def reason_of(code: str, text: str, options: Options) -> Reason:
    """The canonical reason of a refusal with this code and wording."""
    if code in options.reason_codes:
        return options.reason_codes[code]
    for known in (*options.error_patterns, *COMMON_PATTERNS):
        if re.search(known.pattern, text):
            return known.reason
    return Reason.REFUSED
