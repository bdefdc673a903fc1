"""`manage.py onboard_demo_merchants`: make every hospital a merchant at the sandbox, with keys made for this run."""

from __future__ import annotations

import secrets
import zlib
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from hub.actor import system_actor
from hub.tenancy.registry import live_hospitals
from regional_services.payments.merchants import Credentials, institutions_without, put_in_force

_CHANNEL = "wechat"
_KEY_BITS = 2048


class Command(BaseCommand):
    """Register each hospital that has no merchant account yet; run again it does nothing."""

    help = "Register every live hospital as a merchant at the sandbox's WeChat Pay."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Keys are made on all cores, stored one hospital after the other."""
        missing = institutions_without(_CHANNEL, live_hospitals())
        with ThreadPoolExecutor() as pool:
            for code, credentials in zip(missing, pool.map(agree_at_sandbox, missing), strict=True):
                put_in_force(code, credentials, actor=system_actor("demo"))
        self.stdout.write(f"{len(missing)} merchants registered")


def agree_at_sandbox(code: str) -> Credentials:
    """New keys for a hospital, exchanged with the sandbox's merchant platform."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=_KEY_BITS)
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    mchid = f"19{zlib.crc32(code.encode()) % 10**8:08d}"
    serial_no, api_v3_key = secrets.token_hex(20).upper(), secrets.token_hex(16)
    try:
        answer = httpx.post(
            f"{settings.HUB_OUTSIDE['wechat_pay']}/merchant-platform/merchants",
            json={
                "mchid": mchid,
                "appid": settings.HUB_WECHAT_APPID,
                "serial_no": serial_no,
                "public_key": public.decode(),
                "api_v3_key": api_v3_key,
            },
            timeout=10,
        ).raise_for_status()
    except httpx.HTTPError as problem:
        raise CommandError(f"the sandbox's WeChat Pay can't be reached: {problem}") from problem
    platform = answer.json()
    return Credentials(
        channel=_CHANNEL,
        mchid=mchid,
        appid=settings.HUB_WECHAT_APPID,
        serial_no=serial_no,
        private_key=private.decode(),
        api_v3_key=api_v3_key,
        channel_key_id=platform["public_key_id"],
        channel_public_key=platform["public_key"],
    )
