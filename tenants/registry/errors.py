"""Refusals around institutions."""

from __future__ import annotations

from hub.errors import Conflict, Forbidden, InvalidInput, NotFound


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


class InstitutionSuspended(FunctionOff):
    """The institution is suspended; the text is what its notice says to residents."""

    code = "registry.suspended"
    text = "该医疗机构已暂停线上服务，请到医院窗口办理。"


class InstitutionLeaving(FunctionOff):
    """The institution leaves the platform; the text is what its notice says to residents."""

    code = "registry.leaving"
    text = "该医疗机构正在退出本平台，不再接受新的预约，请到医院窗口办理。"


class InstitutionRepaired(FunctionOff):
    """The institution's data are being restored and compared with its books; it opens when both agree."""

    code = "registry.repaired"
    text = "该医疗机构正在恢复并核对数据，暂停线上办理，请稍后再试。已有的预约仍然有效，请按时就诊。"


class AlreadyThere(Conflict):
    """An institution with this code is here already, or on its way in."""

    code = "registry.already_there"
    text = "该代码已有机构，或正在接入。"


class NotReady(Conflict):
    """Not every step of joining is done."""

    code = "registry.not_ready"
    text = "接入步骤还没有全部完成，暂不能开通。"
