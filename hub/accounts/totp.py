"""The second factor (RFC 6238: SHA-1, 30 s, 6 digits, one step of tolerance) and recovery codes."""

from __future__ import annotations

import hmac
import secrets

import pyotp

from hub import clock
from hub.accounts.models import RecoveryCode, TotpDevice, User
from hub.security import blind

ISSUER = "健康云栖"
STEP_SECONDS = 30
RECOVERY_CODES = 8
_TOLERANCE = 1
_RECOVERY_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
_RECOVERY_LENGTH = 12
_INDEX = "accounts.recovery"


def new_secret() -> str:
    """A secret for an authenticator app, base 32."""
    return pyotp.random_base32(length=32)


def uri(secret: str, login_name: str) -> str:
    """The address behind the QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=login_name, issuer_name=ISSUER)


def accept(device: TotpDevice, code: str) -> bool:
    """Check a code against the locked device row and remember its step: each code passes once, older ones never."""
    generator = pyotp.TOTP(device.secret)
    present = int(clock.now().timestamp()) // STEP_SECONDS
    for step in range(present - _TOLERANCE, present + _TOLERANCE + 1):
        expected = generator.generate_otp(step)
        if hmac.compare_digest(expected.encode(), code.strip().encode()) and step > device.last_step:
            device.last_step = step
            device.save(update_fields=["last_step"])
            return True
    return False


def new_recovery_codes(user: User) -> tuple[str, ...]:
    """Fresh recovery codes in place of any older ones; stored as keyed digests only."""
    RecoveryCode.objects.filter(user=user, used_at__isnull=True).update(used_at=clock.now())
    codes = tuple(
        "".join(secrets.choice(_RECOVERY_ALPHABET) for _ in range(_RECOVERY_LENGTH)) for _ in range(RECOVERY_CODES)
    )
    RecoveryCode.objects.bulk_create([RecoveryCode(user=user, code_index=blind.index(_INDEX, code)) for code in codes])
    return codes


def accept_recovery(user: User, code: str) -> bool:
    """Spend a recovery code."""
    indexes = blind.candidates(_INDEX, code.replace("-", "").replace(" ", ""))
    used = RecoveryCode.objects.filter(user=user, code_index__in=indexes, used_at__isnull=True)
    return used.update(used_at=clock.now()) == 1
