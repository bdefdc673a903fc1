"""Password policy as a profile: MLPS asks for character classes and regular change, ASVS 5.0 forbids both.

`settings.HUB_PASSWORD_PROFILE` chooses; the default in China is `mlps`, and the deviation stands in the ASVS report.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError

from hub import clock
from hub.accounts.errors import PasswordRefused
from hub.accounts.models import PasswordHistory, User

_ALPHABET = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
_GENERATED_LENGTH = 14
_MARKS = "-+=%@"


@dataclass(frozen=True, slots=True)
class Profile:
    """One policy."""

    min_length: int
    min_classes: int
    max_age: timedelta | None
    history: int


PROFILES = {
    "mlps": Profile(min_length=10, min_classes=3, max_age=timedelta(days=90), history=5),
    "asvs": Profile(min_length=12, min_classes=1, max_age=None, history=1),
}
_weak = CommonPasswordValidator()


def profile() -> Profile:
    """The policy in force."""
    return PROFILES[settings.HUB_PASSWORD_PROFILE]


def rule_text() -> str:
    """The policy in force, as people read it before they choose."""
    rules = profile()
    classes = f"，包含大写字母、小写字母、数字、符号中的至少 {rules.min_classes} 类" if rules.min_classes > 1 else ""
    return f"至少 {rules.min_length} 位{classes}；不含登录名，不与最近 {rules.history} 次相同。"


def check_new(user: User, password: str) -> None:
    """Refuse a new password that breaks the policy; PasswordRefused names the first rule broken."""
    reason = _broken_rule(user, password)
    if reason:
        raise PasswordRefused(fields={"password": reason})


def is_too_old(user: User) -> bool:
    """Whether the password has to be changed before anything else."""
    limit = profile().max_age
    return limit is not None and user.password_changed_at is not None and clock.now() - user.password_changed_at > limit


def set_new(user: User, password: str) -> None:
    """Put a checked password on the row (not saved) and keep the old hash in the history."""
    if user.password and user.has_usable_password():
        PasswordHistory.objects.create(user=user, password=user.password)
    user.password = make_password(password)
    user.password_changed_at = clock.now()
    user.must_change_password = False


def generate(user: User) -> str:
    """A password for this user that satisfies every profile and can be read aloud."""
    while True:
        body = "".join(secrets.choice(_ALPHABET) for _ in range(_GENERATED_LENGTH - 4))
        made = (
            body
            + secrets.choice("abcdefgh")
            + secrets.choice("ABCDEFGH")
            + secrets.choice("23456789")
            + secrets.choice(_MARKS)
        )
        if not _broken_rule(user, made):  # a short login name may lie in it by chance
            return made


def _broken_rule(user: User, password: str) -> str:
    rules = profile()
    if len(password) < rules.min_length:
        return f"至少 {rules.min_length} 位"
    if _classes(password) < rules.min_classes:
        return f"须包含大写字母、小写字母、数字、符号中的至少 {rules.min_classes} 类"
    if user.login_name and user.login_name.lower() in password.lower():
        return "不能包含登录名"
    if len(set(password)) <= len(password) // 3:
        return "重复字符太多"
    try:
        _weak.validate(password.strip("0123456789!@#$%^&*.-_ "))
        _weak.validate(password)
    except ValidationError:
        return "过于常见，容易被猜到"
    return "不能使用当前或最近用过的口令" if _was_used(user, password, rules.history) else ""


def _classes(password: str) -> int:
    kinds = (str.islower, str.isupper, str.isdigit, lambda c: not c.isalnum())
    return sum(any(kind(character) for character in password) for kind in kinds)


def _was_used(user: User, password: str, history: int) -> bool:
    if user.password and check_password(password, user.password):
        return True
    rows = PasswordHistory.objects.filter(user=user).order_by("-created_at")
    return any(check_password(password, old) for old in rows.values_list("password", flat=True)[: history - 1])
