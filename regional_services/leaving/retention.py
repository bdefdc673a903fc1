"""What has to be kept, how long, and by whom, when an institution leaves (practice 22).

The periods are the district's reading, to be confirmed with its lawyers; they stand here once, on the page that asks
for destruction, and on the certificate.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Keeper(StrEnum):
    """Who keeps a kind of data after the institution has left."""

    HOSPITAL = "医院（移交包）"
    DISTRICT = "平台"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """One kind of data; `days` counts from the day the keys are destroyed."""

    kind: str
    days: int
    keeper: Keeper
    basis: str
    how: str


YEAR = 366
SCHEMA_DAYS = 184
RETENTION: tuple[Kept, ...] = (
    Kept(
        kind="门（急）诊记录与患者档案",
        days=15 * YEAR,
        keeper=Keeper.HOSPITAL,
        basis="《医疗机构病历管理规定》第二十九条",
        how="在移交包中交给医院，平台密钥销毁后不再可读",
    ),
    Kept(
        kind="住院病历",
        days=30 * YEAR,
        keeper=Keeper.HOSPITAL,
        basis="《医疗机构病历管理规定》第二十九条",
        how="在移交包中交给医院，平台密钥销毁后不再可读",
    ),
    Kept(
        kind="订单、收款、退款与分录",
        days=30 * YEAR,
        keeper=Keeper.DISTRICT,
        basis="《会计档案管理办法》附表",
        how="金额与单号原样保留；付款人与渠道通知改用保留密钥加密",
    ),
    Kept(
        kind="审计日志",
        days=SCHEMA_DAYS,
        keeper=Keeper.DISTRICT,
        basis="《网络安全法》第二十一条（不少于六个月）",
        how="数据空间内的审计表保留到期后随数据空间删除",
    ),
    Kept(
        kind="意见反馈与满意度答卷",
        days=3 * YEAR,
        keeper=Keeper.DISTRICT,
        basis="平台投诉处理约定",
        how="由平台密钥加密保留，经办与统计照常；医院的一份在移交包中",
    ),
    Kept(
        kind="接口报文",
        days=0,
        keeper=Keeper.HOSPITAL,
        basis="合同约定",
        how="在移交包中交给医院，平台密钥销毁后不再可读",
    ),
)
