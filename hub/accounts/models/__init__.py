"""Accounts: sign-in only, nothing clinical. All tables live in public; hospital rows keep an account's UUID at most."""

from hub.accounts.models.credentials import PasswordHistory, RecoveryCode, TotpDevice
from hub.accounts.models.networks import AdminNetwork
from hub.accounts.models.sign_ins import (
    CodePurpose,
    KnownDevice,
    PhoneCode,
    RefreshToken,
    SignIn,
    SignInMethod,
    WechatAsk,
    WechatAskState,
)
from hub.accounts.models.users import (
    DISTRICT,
    HIDEABLE,
    AccountKind,
    AccountState,
    DataScope,
    Duty,
    HandleKind,
    LoginHandle,
    StaffMembership,
    User,
)

__all__ = [
    "DISTRICT",
    "HIDEABLE",
    "AccountKind",
    "AccountState",
    "AdminNetwork",
    "CodePurpose",
    "DataScope",
    "Duty",
    "HandleKind",
    "KnownDevice",
    "LoginHandle",
    "PasswordHistory",
    "PhoneCode",
    "RecoveryCode",
    "RefreshToken",
    "SignIn",
    "SignInMethod",
    "StaffMembership",
    "TotpDevice",
    "User",
    "WechatAsk",
    "WechatAskState",
]
