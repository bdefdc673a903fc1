"""What an audited act was done to, in words: its kind, a short code, and the page about it if the reader may open one.

Audit entries keep `kind:id`. Names of people are never looked up here; an institution's own name is no secret.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlencode
from uuid import UUID

from django.urls import Resolver404, resolve

from hub.actor import Actor
from hub.ids import domain_number, spoken
from hub.security.guards import guard_of
from hub.words import said
from tenants.registry import selectors as registry

_KINDS = {
    "account": "账号",
    "activation": "医保凭证激活",
    "announcement": "公告",
    "appointment": "预约",
    "archive": "患者档案",
    "attempt": "支付",
    "audit_check": "审计校验",
    "backup": "备份",
    "booking": "预约",
    "caller": "第三方入口",
    "cleanup": "数据清理",
    "closing": "账号注销",
    "closure": "停诊",
    "conformance": "对接验收",
    "connector": "接口",
    "day": "日期",
    "delivery": "消息",
    "department": "科室",
    "device": "设备",
    "doctor": "医生",
    "drill": "恢复演练",
    "emergency": "紧急查看",
    "entry": "候诊",
    "exchange": "接口往来",
    "export": "导出文件",
    "fault": "故障",
    "feedback": "意见反馈",
    "flag": "安全提醒",
    "handler": "后续处理",
    "hospital": "医院",
    "idverify": "实名审核",
    "inbound": "收到的消息",
    "institution": "机构",
    "journal": "日志",
    "key": "密钥",
    "mapping": "代码对照",
    "merchant": "收款商户",
    "merge": "账号合并",
    "message": "消息",
    "network": "登录地址",
    "notice": "公告",
    "number": "号源",
    "offer": "候补号",
    "order": "订单",
    "outbox": "后续处理",
    "pattern": "抢号线索",
    "person": "就诊人",
    "phone": "手机号",
    "phone_code": "验证码",
    "platform_ask": "平台登录",
    "practitioner": "医生",
    "push": "推送",
    "queue": "候诊队列",
    "refund": "退款",
    "release_rule": "放号规则",
    "reminder": "提醒",
    "resync": "恢复后核对",
    "resync_item": "恢复后核对项",
    "retention": "保留期限",
    "scan": "扫码",
    "secret": "凭据",
    "service": "服务",
    "session": "排班",
    "survey": "满意度评价",
    "task": "任务",
    "waitlist": "候补",
    "way_in": "授权登录",
    "wording": "消息文案",
    "year": "年度",
}
_BOOKINGS = frozenset({"appointment", "booking"})
DISTRICT: Mapping[str, str] = {
    "attempt": "/district/orders?number=%s",
    "audit_check": "/district/audit/checks/%s",
    "booking": "/district/orders?number=%s",
    "caller": "/district/entries/%s",
    "closing": "/district/closings/%s",
    "closure": "/district/closures/%s",
    "fault": "/district/running/faults/%s",
    "feedback": "/district/feedback/%s",
    "idverify": "/district/identity/%s",
    "institution": "/district/institutions/%s",
    "merchant": "/district/merchants/%s",
    "merge": "/district/merges/%s",
    "message": "/district/deliveries/%s",
    "order": "/district/orders?number=%s",
    "resync": "/district/recovery/resyncs/%s",
    "retention": "/district/retention/%s",
}
HOSPITAL: Mapping[str, str] = {
    "appointment": "/workspace/appointments/%s",
    "archive": "/workspace/people/%s",
    "audit_check": "/workspace/audit/checks/%s",
    "booking": "/workspace/appointments/%s",
    "conformance": "/workspace/conformance/%s",
    "department": "/workspace/facts/departments/%s",
    "doctor": "/workspace/facts/doctors/%s",
    "exchange": "/workspace/messages/%s",
    "feedback": "/workspace/feedback/%s",
    "inbound": "/workspace/inbound/%s",
    "message": "/workspace/deliveries/%s",
    "queue": "/workspace/queues/%s",
    "session": "/workspace/sessions/%s",
}


@dataclass(frozen=True, slots=True)
class Target:
    """`words` and `code` are for people, `raw` is what the entry says, `same` the query that finds others like it."""

    words: str
    code: str
    raw: str
    href: str
    same: str

    @property
    def is_short(self) -> bool:
        """Whether `code` stands for an id, and is set as one."""
        return bool(self.code) and self.code not in self.raw and self.code.lstrip("…").isascii()


def target_of(raw: str, pages: Mapping[str, str], actor: Actor) -> Target:
    """What `kind:id` stands for. No query: institutions come from the registry's cache."""
    kind, _, ref = raw.partition(":")
    words = said(_KINDS[kind]) if kind in _KINDS else raw if not ref else kind
    code = _code(kind, ref)
    return Target(words, "" if code == words else code, raw, _page(kind, ref, pages, actor), urlencode({"target": raw}))


def _code(kind: str, ref: str) -> str:
    if kind in ("institution", "hospital"):
        return next((row.name for row in registry.institutions() if row.code == ref), ref)
    try:
        known = UUID(ref)
    except ValueError:
        return ref
    # The same eight characters as on a booking's slip; other things are told apart by as many of theirs.
    number = spoken(domain_number("B", known))
    return number if kind in _BOOKINGS else f"…{number.replace('-', '')[-6:]}"


def _page(kind: str, ref: str, pages: Mapping[str, str], actor: Actor) -> str:
    """The address of the page about it, where there is one and the reader's roles open it."""
    if not ref or kind not in pages:
        return ""
    href = pages[kind] % quote(ref, safe="")
    try:
        guard = guard_of(resolve(href.partition("?")[0]).func)
    except Resolver404:
        return ""
    return href if guard is not None and (not guard.permission or actor.may(guard.permission)) else ""
