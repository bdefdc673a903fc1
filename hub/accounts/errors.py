"""Refusals of sign-in. None of them tells whether a phone, a login name or an account is known."""

from hub.accounts.models import HandleKind
from hub.errors import Conflict, Forbidden, HubError, InvalidInput, NotSignedIn, TooManyRequests


class CodeWrong(HubError):
    """The phone code is wrong, spent, run out, or of another session: never said which."""

    code = "accounts.code_wrong"
    status = 422
    text = "验证码错误或已失效，请核对后重试或重新获取。"


class CodeTooSoon(TooManyRequests):
    """A code was sent less than a minute ago, or too many today."""

    code = "accounts.code_too_soon"
    text = "验证码发送太频繁，请稍后再试。"


class CredentialsWrong(NotSignedIn):
    """Login name, password or second factor wrong, or the account locked or disabled: never said which."""

    code = "accounts.credentials_wrong"
    text = "账号、口令或动态码不正确，或账号已暂时锁定。请核对后重试，连续多次失败将锁定 30 分钟。"


class SecondFactorDue(NotSignedIn):
    """The password step is missing or too long ago."""

    code = "accounts.second_factor_due"
    text = "请重新输入账号和口令。"


class TokenExpired(NotSignedIn):
    """The token has run out."""

    code = "accounts.token_expired"
    text = "登录已过期，请重新登录。"


class TokenInvalid(NotSignedIn):
    """No token of ours, or one whose sign-in was ended."""

    code = "accounts.token_invalid"
    text = "登录凭证无效，请重新登录。"


class TokenReused(NotSignedIn):
    """A refresh token came twice: its whole sign-in was ended."""

    code = "accounts.token_reused"
    text = "登录凭证被重复使用，为保护您的账号已退出登录，请重新登录。"


class IdentityDue(Forbidden):
    """A new or long idle device: name and document come before any record."""

    code = "accounts.identity_due"
    text = "这是新设备或很久未使用的设备，请先核对姓名和证件号码。"


class AuthorisationRefused(HubError):
    """The platform did not confirm who signs in."""

    code = "accounts.authorisation_refused"
    status = 422
    text = "授权没有完成，请重试，或换一种方式登录。"


class WechatRefused(AuthorisationRefused):
    """WeChat did not."""

    code = "accounts.wechat_refused"
    text = "微信授权没有完成，请重新从微信登录。"


class AuthorisationPending(Conflict):
    """The platform's answer is not here yet."""

    code = "accounts.authorisation_pending"
    text = "正在等待确认，请稍候。"


class WechatPending(AuthorisationPending):
    """WeChat's is not."""

    code = "accounts.wechat_pending"
    text = "正在等待微信确认，请稍候。"


class HandleTaken(Conflict):
    """The platform's user opens another account; one person's two accounts can be made one."""

    code = "accounts.handle_taken"
    text = "它已绑定另一账号，请用它登录那个账号，或把两个账号合并。"


class WechatTaken(HandleTaken):
    """The WeChat does."""

    code = "accounts.wechat_taken"
    text = "该微信已绑定另一账号，请用微信登录那个账号，或把两个账号合并。"


class PhoneTaken(HandleTaken):
    """The phone does; said only to whoever has shown the code sent to it."""

    code = "accounts.phone_taken"
    text = "该手机号已用于另一账号，请用它登录那个账号，或把两个账号合并。"


class PhoneOwn(Conflict):
    """The phone opens this very account already."""

    code = "accounts.phone_own"
    text = "这个手机号已经可以登录本账号，不用更换。不要旧号的话，可以在登录方式里解绑。"


class LastWayIn(Conflict):
    """Without it nobody could sign in to this account any more."""

    code = "accounts.last_way_in"
    text = "这是登录本账号的最后一种方式，不能解绑。请先绑定另一种方式。"


class PasswordRefused(InvalidInput):
    """The new password breaks the policy; `fields` says how."""

    code = "accounts.password_refused"
    text = "新口令不符合要求。"


class LoginNameTaken(Conflict):
    """Login names are never given twice, also after an account was disabled."""

    code = "accounts.login_name_taken"
    text = "该登录名已被使用或曾被使用，请换一个。"


def refused(kind: HandleKind) -> AuthorisationRefused:
    """The refusal of a platform; WeChat's has a code of its own, which programs know."""
    return WechatRefused() if kind is HandleKind.WECHAT else AuthorisationRefused()


def pending(kind: HandleKind) -> AuthorisationPending:
    """The waiting for a platform."""
    return WechatPending() if kind is HandleKind.WECHAT else AuthorisationPending()


def taken(kind: HandleKind) -> HandleTaken:
    """The double account by a platform."""
    return WechatTaken() if kind is HandleKind.WECHAT else HandleTaken()
