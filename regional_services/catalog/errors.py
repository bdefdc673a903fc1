"""Refusals around what is offered to whom."""

from hub.errors import Conflict


class AgeUnfit(Conflict):
    """The service is not for people of this age on the day of the visit; the text says for whom it is."""

    code = "catalog.age_unfit"
    text = "该就诊人的年龄不在这项服务的对象范围内。"
