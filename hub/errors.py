"""Coded failures: what a person reads, what a machine branches on, what staff look up.

Every refusal in the product is a `HubError`. Views and the API turn it into a page or an
RFC 9457 problem document; nothing else may decide on a text.
"""

from __future__ import annotations

from collections.abc import Mapping

from hub.words import said


class HubError(Exception):
    """A refusal with a stable code, an HTTP status and a text for the person concerned, in his language.

    `fields` names each input at fault, in the caller's own names, with the reason for each.
    """

    code = "hub.error"
    status = 400
    text = "操作没有完成，请稍后再试。"

    def __init__(
        self,
        text: str | None = None,
        *,
        fields: Mapping[str, str] | None = None,
        retry_after: int | None = None,
        detail: Mapping[str, object] | None = None,
    ) -> None:
        words = text or type(self).text
        self.text = said(words)
        self.fields: dict[str, str] = {name: said(reason) for name, reason in (fields or {}).items()}
        self.retry_after = retry_after
        self.detail: dict[str, object] = dict(detail or {})
        super().__init__(f"{self.code}: {words}")


class InvalidInput(HubError):
    """The input can't be accepted as it is; `fields` says which part and why."""

    code = "hub.invalid_input"
    status = 422
    text = "填写的内容有误，请按提示修改。"


class NotFound(HubError):
    """Absent, or not for this actor: the two are never told apart."""

    code = "hub.not_found"
    status = 404
    text = "没有找到，或您无权查看。"


class NotSignedIn(HubError):
    """No valid session or token."""

    code = "hub.not_signed_in"
    status = 401
    text = "请先登录。"


class Forbidden(HubError):
    """Signed in, but the role lacks the permission."""

    code = "hub.forbidden"
    status = 403
    text = "您没有进行此操作的权限。"


class Conflict(HubError):
    """The state changed meanwhile, or forbids this act."""

    code = "hub.conflict"
    status = 409
    text = "状态已变化，请刷新后重试。"


class IdempotencyMismatch(HubError):
    """The same Idempotency-Key came with a different request."""

    code = "hub.idempotency_mismatch"
    status = 422
    text = "同一请求编号对应了不同的内容，请重新发起。"


class TooManyRequests(HubError):
    """A rate limit; `retry_after` seconds say when to come back."""

    code = "hub.too_many_requests"
    status = 429
    text = "操作太频繁，请稍后再试。"


class Unavailable(HubError):
    """A service we depend on is away; nothing was done."""

    code = "hub.unavailable"
    status = 503
    text = "服务暂时不可用，请稍后再试。"
