"""Accounts, the handles residents sign in with, and the roles staff hold."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q

from hub import clock, words
from hub.ids import uuid7
from hub.security.fields import BlindIndexField, EncryptedTextField
from hub.security.roles import ADMINISTRATORS, Role
from hub.tenancy.grants import Grant
from hub.tenancy.rows import InstitutionRow

DISTRICT = "district"
"""The institution code of memberships at the district itself; no hospital may be called so."""


class AccountKind(words.TextChoices):
    """Who signs in with an account."""

    RESIDENT = "resident", "居民"
    STAFF = "staff", "工作人员"
    SERVICE = "service", "系统对接"


class AccountState(words.TextChoices):
    """Accounts are disabled, never deleted, so that a login name is never given to somebody else."""

    ACTIVE = "active", "正常"
    DISABLED = "disabled", "停用"


class Duty(words.TextChoices):
    """Which of two exclusive kinds of role a staff account holds, wherever it holds them.

    Kept on the account because a hospital's host sees only its own memberships: the refusal must not depend on that.
    """

    NONE = "none", "无"
    ADMINISTRATION = "administration", "三员"
    BUSINESS = "business", "业务"


class UserManager(BaseUserManager["User"]):
    """Finds accounts by login name; making them is the business of `services`."""

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(login_name=username)


class User(AbstractBaseUser):
    """One login. A resident's has handles (phone, WeChat) and no password; staff have a login name, password and TOTP.

    `display_name` of a resident never says more than a masked phone: his name belongs to the person, not the login.
    """

    staff_grant = Grant.RW
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=16, choices=AccountKind.choices)
    state = models.CharField(max_length=16, choices=AccountState.choices, default=AccountState.ACTIVE)
    login_name = models.CharField(max_length=64, null=True, unique=True)
    display_name = models.CharField(max_length=64)
    duty = models.CharField(max_length=16, choices=Duty.choices, default=Duty.NONE)
    created_at = models.DateTimeField(default=clock.now)
    expires_at = models.DateTimeField(null=True)
    password_changed_at = models.DateTimeField(null=True)
    must_change_password = models.BooleanField(default=False)
    failed_attempts = models.PositiveSmallIntegerField(default=0)
    locked_until = models.DateTimeField(null=True)
    last_seen_at = models.DateTimeField(null=True)

    USERNAME_FIELD = "login_name"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["display_name"]
    objects: ClassVar[UserManager] = UserManager()

    class Meta:
        db_table = "accounts_user"
        constraints = [
            models.CheckConstraint(
                condition=Q(kind=AccountKind.RESIDENT, login_name__isnull=True)
                | (~Q(kind=AccountKind.RESIDENT) & Q(login_name__isnull=False)),
                name="accounts_user_login_name_by_kind",
            )
        ]

    def __str__(self) -> str:
        return self.display_name

    @property
    def is_active(self) -> bool:  # type: ignore[override]
        """Whether it may sign in at all now."""
        return self.state == AccountState.ACTIVE and (self.expires_at is None or self.expires_at > clock.now())


class HandleKind(words.TextChoices):
    """What a resident signs in with, or is reached at: the platforms he came from."""

    PHONE = "phone", "手机号"
    WECHAT = "wechat", "微信"
    ALIPAY = "alipay", "支付宝"
    CITY_APP = "city_app", "随申办"


class LoginHandle(models.Model):
    """A phone or a WeChat openid that opens an account; WeChat is keyed on (appid, openid), `realm` is the appid.

    Numbers are re-issued: a handle that moves to another account is ended, never rewritten.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="handles")
    kind = models.CharField(max_length=16, choices=HandleKind.choices)
    realm = models.CharField(max_length=64, default="", blank=True)
    subject_index = BlindIndexField()
    subject = EncryptedTextField(purpose="accounts.handle")
    created_at = models.DateTimeField(default=clock.now)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "accounts_login_handle"
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "realm", "subject_index"],
                condition=Q(ended_at__isnull=True),
                name="accounts_handle_subject_uniq",
            )
        ]


HIDEABLE = ("name", "document", "phone", "fee")
"""Kinds of fields a member of staff may be kept from seeing."""


class DataScope(InstitutionRow):
    """What of an institution's data a member of its staff may see, where that is less than all of it (JA-ADMIN-02).

    `departments` are ids of that hospital's departments (null: all of them), `hidden` kinds of fields out of HIDEABLE.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="scopes")
    departments = models.JSONField(null=True)
    hidden = models.JSONField(default=list)
    changed_by = models.UUIDField(null=True)
    changed_at = models.DateTimeField(default=clock.now)

    class Meta:
        db_table = "accounts_data_scope"
        constraints = [models.UniqueConstraint(fields=["user", "institution_code"], name="accounts_data_scope_uniq")]


class StaffMembership(InstitutionRow):
    """A role of a staff account at one institution (or at the district)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=32, choices=[(role.value, role.label) for role in Role])
    granted_by = models.UUIDField(null=True)
    granted_at = models.DateTimeField(default=clock.now)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "accounts_staff_membership"
        constraints = [
            models.UniqueConstraint(
                fields=["user", "institution_code", "role"],
                condition=Q(ended_at__isnull=True),
                name="accounts_membership_uniq",
            ),
            models.UniqueConstraint(
                fields=["user"],
                condition=Q(ended_at__isnull=True, role__in=sorted(ADMINISTRATORS)),
                name="accounts_membership_one_admin",
            ),
        ]
        indexes = [models.Index(fields=["institution_code", "role"], name="accounts_membership_place")]
