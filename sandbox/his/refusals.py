"""What a hospital's system refuses, with the words it uses."""

from __future__ import annotations


class Refusal(Exception):
    """A refusal: `reason` is the engine's word for it, `text` what the hospital says. Dialects map both."""

    def __init__(self, reason: str, text: str) -> None:
        super().__init__(f"{reason}: {text}")
        self.reason, self.text = reason, text


TEXTS: dict[str, str] = {
    "no_source": "该时段号源已约满",
    "already_booked": "该患者当日已预约本科室该医生，请勿重复预约",
    "patient_not_found": "未找到患者档案信息",
    "price_changed": "挂号金额与系统计算不一致",
    "closed": "该医生已停诊",
    "lock_expired": "锁号已超时失效",
    "not_found": "未查询到相关记录",
    "too_late": "已超过退号时间，不允许退号",
    "limit_reached": "超过预约次数限制",
    "number_reused": "流水号重复且内容不一致",
    "busy": "系统繁忙，请稍后重试",
    "refused": "业务处理失败",
    "not_supported": "不支持的交易",
    "not_authorised": "接口认证失败",
}


def refuse(reason: str, text: str = "") -> Refusal:
    """The refusal for `reason`, in the hospital's usual words unless `text` is given."""
    return Refusal(reason, text or TEXTS[reason])
