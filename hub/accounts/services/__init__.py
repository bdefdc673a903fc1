"""Writes of accounts, for pages and API alike."""

from hub.accounts.services.administration import (
    create_staff,
    disable_account,
    enable_account,
    end_role,
    grant_role,
    reset_totp,
    revoke_sign_ins,
    set_data_scope,
    set_expiry,
    unlock_account,
)
from hub.accounts.services.residents import (
    bind_phone,
    check_phone_code,
    openid_of,
    prove_identity,
    request_phone_code,
    sign_in_with_code,
    split_phone_to_new_account,
)
from hub.accounts.services.sign_ins import (
    end_all_sign_ins,
    end_sign_in,
    refresh_tokens,
    revoke_refresh_token,
    tokens_of,
)
from hub.accounts.services.staff import (
    begin_totp,
    change_password,
    confirm_totp,
    sign_in_staff,
    verify_totp,
)
from hub.accounts.services.wechat import (
    bind_wechat,
    receive_wechat_code,
    sign_in_with_wechat,
    start_wechat,
    wechat_progress,
)

__all__ = [
    "begin_totp",
    "bind_phone",
    "bind_wechat",
    "change_password",
    "check_phone_code",
    "confirm_totp",
    "create_staff",
    "disable_account",
    "enable_account",
    "end_all_sign_ins",
    "end_role",
    "end_sign_in",
    "grant_role",
    "openid_of",
    "prove_identity",
    "receive_wechat_code",
    "refresh_tokens",
    "request_phone_code",
    "reset_totp",
    "revoke_refresh_token",
    "revoke_sign_ins",
    "set_data_scope",
    "set_expiry",
    "sign_in_staff",
    "sign_in_with_code",
    "sign_in_with_wechat",
    "split_phone_to_new_account",
    "start_wechat",
    "tokens_of",
    "unlock_account",
    "verify_totp",
    "wechat_progress",
]
