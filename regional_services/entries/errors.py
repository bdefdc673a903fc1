"""Why a link from outside does not lead in, in words a visitor can act on; `reason` is what statistics count."""

from __future__ import annotations

from typing import ClassVar

from hub.errors import Conflict, Forbidden, NotFound


class EntryRefused(Forbidden):
    """A link that does not lead in."""

    code = "entries.refused"
    reason: ClassVar[str] = "refused"


class CallerUnknown(EntryRefused):
    """The source is not registered."""

    code = "entries.caller_unknown"
    reason = "unknown"
    text = "这个链接的来源没有在本平台登记，不能由此进入。您可以直接在本平台预约。"


class CallerOff(EntryRefused):
    """The district switched the source off."""

    code = "entries.caller_off"
    reason = "off"
    text = "这个入口已停用。您可以直接在本平台预约。"


class SignatureWrong(EntryRefused):
    """The signature does not fit the link, or its key is not (any longer) the caller's."""

    code = "entries.signature_wrong"
    reason = "signature"
    text = "这个链接的签名不正确，可能被改动过，为您的安全没有打开。请回到原来的公众号重新点开，或直接在本平台预约。"


class LinkExpired(EntryRefused):
    """Signed too long ago, or in the future."""

    code = "entries.link_expired"
    reason = "expired"
    text = "这个链接已过期。请回到原来的公众号重新点开，或直接在本平台预约。"


class LinkReplayed(EntryRefused):
    """The link led somebody in before."""

    code = "entries.link_replayed"
    reason = "replayed"
    text = "这个链接已经用过，每个链接只能打开一次。请回到原来的公众号重新点开，或直接在本平台预约。"


class ReturnRefused(EntryRefused):
    """The address to return to is not one of the caller's."""

    code = "entries.return_refused"
    reason = "return"
    text = "这个链接要返回的地址没有登记，为您的安全没有打开。请回到原来的公众号重新点开，或直接在本平台预约。"


class ServiceRefused(EntryRefused):
    """The caller may not lead into this service."""

    code = "entries.service_refused"
    reason = "service"
    text = "这个来源没有开通所选的服务。您可以直接在本平台预约。"


class PlaceRefused(EntryRefused):
    """The institution named is not one this caller leads to, or does not offer the service."""

    code = "entries.place_refused"
    reason = "place"
    text = "链接指定的机构不提供这项服务，或不是该来源可以进入的机构。请确认您所属的社区后再试。"


class VisitNotFound(NotFound):
    """Absent, another's, or over."""

    code = "entries.visit_not_found"
    text = "这次进入已经结束，请回到原来的公众号重新点开。"


class StepsLeft(Conflict):
    """Something is to be done before the service."""

    code = "entries.steps_left"
    text = "请先完成前面的步骤。"


class CallerTaken(Conflict):
    """Another caller has this code."""

    code = "entries.caller_taken"
    text = "这个来源代码已被使用。"
