"""The variables of the catalogue, each with its type and an example for previews."""

from __future__ import annotations

from datetime import UTC, datetime

from regional_services.notifications.catalogue.terms import Type, Variable

_MORNING = datetime(2026, 11, 21, 1, 0, tzinfo=UTC)
_ALL = (
    Variable(name="institution", title="机构", type=Type.TEXT, example="云栖区中心医院"),
    Variable(name="department", title="科室", type=Type.TEXT, example="骨科门诊", telling=True),
    Variable(name="doctor", title="医生", type=Type.TEXT, example="林知远", telling=True),
    Variable(name="when", title="就诊时间", type=Type.MOMENT, example=_MORNING),
    Variable(name="days", title="门诊日期", type=Type.TEXT, example="11月22日上午、11月23日下午", telling=True),
    Variable(name="sequence", title="就诊序号", type=Type.NUMBER, example=7),
    Variable(name="fee", title="金额", type=Type.MONEY, example=2500),
    Variable(name="deadline", title="截止时间", type=Type.TIME, example=_MORNING),
    Variable(name="ended", title="结束状态", type=Type.TEXT, example="已取消", telling=True),
    Variable(name="reason", title="原因", type=Type.TEXT, example="医生临时外出会诊", telling=True),
    Variable(name="place", title="地点", type=Type.TEXT, example="门诊药房"),
    Variable(name="window", title="窗口", type=Type.TEXT, example="3号窗口"),
    Variable(name="carrier", title="快递公司", type=Type.TEXT, example="云栖速运"),
    Variable(name="tracking", title="运单号", type=Type.TEXT, example="YX20261121001"),
    Variable(name="ticket", title="排队号", type=Type.TEXT, example="A007"),
    Variable(name="room", title="诊室", type=Type.TEXT, example="2楼5诊室", telling=True),
    Variable(name="ahead", title="前面人数", type=Type.NUMBER, example=3),
    Variable(name="number", title="编号", type=Type.TEXT, example="FK20261121001"),
    Variable(name="way", title="登录方式", type=Type.TEXT, example="微信"),
    Variable(name="at", title="发生时间", type=Type.MOMENT, example=_MORNING),
    Variable(name="link", title="查看链接", type=Type.LINK, example="https://yunxi.example/m/0Ab9"),
)
VARIABLES = {variable.name: variable for variable in _ALL}
EVERYWHERE = ("institution", "link")
"""Variables of every kind."""
