"""Accounts: sign-in only, nothing clinical. All tables live in public; hospital rows keep an account's UUID at most."""

from hub.accounts.models.credentials import PasswordHistory, RecoveryCode, TotpDevice
from hub.accounts.models.sign_ins import KnownDevice, PhoneCode, RefreshToken, SignIn, WechatAsk
from hub.accounts.models.users import (
    DISTRICT,
    AccountKind,
    AccountState,
    HandleKind,
    LoginHandle,
    StaffMembership,
    User,
)

__all__ = [
    "DISTRICT",
    "AccountKind",
    "AccountState",
    "HandleKind",
    "KnownDevice",
    "LoginHandle",
    "PasswordHistory",
    "PhoneCode",
    "RecoveryCode",
    "RefreshToken",
    "SignIn",
    "StaffMembership",
    "TotpDevice",
    "User",
    "WechatAsk",
]
