"""Refusals around institutions."""

from __future__ import annotations

from hub.errors import Forbidden, InvalidInput, NotFound


class UnknownInstitution(NotFound):
    """No institution of the district has this code."""

    code = "registry.unknown_institution"
    text = "没有找到该医疗机构。"


class FunctionOff(Forbidden):
    """The function is switched off at this institution."""

    code = "registry.function_off"
    text = "该医疗机构暂未开通此项服务。"


class UnknownFunction(InvalidInput):
    """No such function exists."""

    code = "registry.unknown_function"
    text = "没有这项功能。"
