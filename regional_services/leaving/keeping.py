"""What has to be kept, how long, and by whom, when an institution leaves (practice 22).

The least periods are the law's in the district's reading, to be confirmed with its lawyers. They stand on the page that
asks for destruction and on the certificate.
"""

from __future__ import annotations

from dataclasses import dataclass

from hub import words
from hub.retention import services as retention
from hub.retention.rules import rule

YEAR = 366


class Keeper(words.TextChoices):
    """Who keeps a kind of data after the institution has left."""

    HOSPITAL = "hospital", "医院（移交包）"
    DISTRICT = "district", "平台"


_RECORDS = "《医疗机构病历管理规定》第二十九条"
OUTPATIENT = rule("leaving.outpatient", "门（急）诊记录与患者档案", days=15 * YEAR, least=15 * YEAR, basis=_RECORDS)
INPATIENT = rule("leaving.inpatient", "住院病历", days=30 * YEAR, least=30 * YEAR, basis=_RECORDS)
MONEY = rule(
    "leaving.money", "订单、收款、退款与分录", days=30 * YEAR, least=30 * YEAR, basis="《会计档案管理办法》附表"
)
AUDIT = rule(
    "leaving.audit",
    "已退出机构的数据空间（含审计日志）",
    days=184,
    least=184,
    basis="《网络安全法》第二十一条（不少于六个月）",
)
VOICES = rule("leaving.voices", "意见反馈与满意度答卷", days=3 * YEAR, least=3 * YEAR, basis="平台投诉处理约定")
MESSAGES = "接口报文"

_HANDED = "在移交包中交给医院，平台密钥销毁后不再可读"
_HOW: dict[str, tuple[Keeper, str]] = {
    OUTPATIENT: (Keeper.HOSPITAL, _HANDED),
    INPATIENT: (Keeper.HOSPITAL, _HANDED),
    MONEY: (Keeper.DISTRICT, "金额与单号原样保留；付款人与渠道通知改用保留密钥加密"),
    AUDIT: (Keeper.DISTRICT, "数据空间内的审计表保留到期后随数据空间删除"),
    VOICES: (Keeper.DISTRICT, "由平台密钥加密保留，经办与统计照常；医院的一份在移交包中"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """One kind of data; `days` counts from the day the keys are destroyed, 0 where nothing is kept."""

    kind: str
    days: int
    keeper: Keeper
    basis: str
    how: str


def kept() -> list[Kept]:
    """Every kind of data with the period in force. One query."""
    found = {one.rule.code: one for one in retention.standing()}
    lines = [
        Kept(kind=found[code].rule.title, days=found[code].days, keeper=keeper, basis=found[code].rule.basis, how=how)
        for code, (keeper, how) in _HOW.items()
    ]
    return [*lines, Kept(kind=MESSAGES, days=0, keeper=Keeper.HOSPITAL, basis="合同约定", how=_HANDED)]
