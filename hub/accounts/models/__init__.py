"""Accounts: sign-in only, nothing clinical. All tables live in public; hospital rows keep an account's UUID at most."""

from hub.accounts.models.credentials import PasswordHistory, RecoveryCode, TotpDevice
from hub.accounts.models.networks import AdminNetwork
from hub.accounts.models.sign_ins import (
    AskState,
    CodePurpose,
    HandleAsk,
    KnownDevice,
    PhoneCode,
    RefreshToken,
    SignIn,
    SignInMethod,
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
    "AskState",
    "CodePurpose",
    "DataScope",
    "Duty",
    "HandleAsk",
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
]
