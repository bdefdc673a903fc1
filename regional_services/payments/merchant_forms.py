"""What an administrator types or pastes of a merchant's credentials, looked at before anything is kept."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import Certificate, load_pem_x509_certificate
from django.utils.translation import gettext

from hub import clock
from hub.errors import InvalidInput
from regional_services.payments.channels.wechat import crypto
from regional_services.payments.merchants import Credentials

CHANNEL = "wechat"
_MCHID = re.compile(r"[0-9]{8,16}")
_APPID = re.compile(r"wx[0-9a-zA-Z]{8,30}")
_KEY_ID = re.compile(r"(PUB_KEY_ID_)?[0-9A-Za-z]{8,60}")
_V3_LENGTH = 32
_SHORTEST_RSA = 2048


@dataclass(frozen=True, slots=True)
class Read:
    """Credentials that fit together, and until when their certificate is good."""

    credentials: Credentials
    certificate_until: datetime


def read(values: Mapping[str, str]) -> Read:
    """The credentials a form carries; InvalidInput names each part that can't be, and never repeats a secret.

    The merchant's certificate gives the serial number and must belong to the private key.
    """
    given = {name: text.strip() for name, text in values.items()}
    problems: dict[str, str] = {}
    if not _MCHID.fullmatch(given.get("mchid", "")):
        problems["mchid"] = gettext("商户号应为 8 到 16 位数字。")
    if not _APPID.fullmatch(given.get("appid", "")):
        problems["appid"] = gettext("AppID 以 wx 开头。")
    if len(given.get("api_v3_key", "").encode()) != _V3_LENGTH:
        problems["api_v3_key"] = gettext("APIv3 密钥应为 32 个字符。")
    if not _KEY_ID.fullmatch(given.get("channel_key_id", "")):
        problems["channel_key_id"] = gettext("请填写微信支付公钥 ID 或平台证书序列号。")
    certificate = _certificate(given, problems)
    _channel_key(given, problems)
    if problems or certificate is None:
        raise InvalidInput(fields=problems)
    return Read(
        Credentials(
            channel=CHANNEL,
            mchid=given["mchid"],
            appid=given["appid"],
            serial_no=f"{certificate.serial_number:X}",
            private_key=given["private_key"],
            api_v3_key=given["api_v3_key"],
            channel_key_id=given["channel_key_id"],
            channel_public_key=given["channel_public_key"],
        ),
        certificate.not_valid_after_utc,
    )


def _certificate(given: Mapping[str, str], problems: dict[str, str]) -> Certificate | None:
    try:
        key: rsa.RSAPrivateKey | None = crypto.private_key(given.get("private_key", ""))
    except (ValueError, TypeError):
        key = None
    if key is None or key.key_size < _SHORTEST_RSA:
        problems["private_key"] = gettext("不是 PEM 格式的 2048 位以上 RSA 私钥（apiclient_key.pem）。")
    try:
        certificate = load_pem_x509_certificate(given.get("certificate", "").encode())
    except ValueError:
        problems["certificate"] = gettext("不是 PEM 格式的商户证书（apiclient_cert.pem）。")
        return None
    form = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    if certificate.not_valid_after_utc <= clock.now():
        problems["certificate"] = gettext("这份商户证书已过期。")
    elif key is not None and certificate.public_key().public_bytes(*form) != key.public_key().public_bytes(*form):
        problems["certificate"] = gettext("商户证书与私钥不是一对。")
    return certificate


def _channel_key(given: Mapping[str, str], problems: dict[str, str]) -> None:
    try:
        crypto.public_key(given.get("channel_public_key", ""))
    except (ValueError, TypeError):
        problems["channel_public_key"] = gettext("不是 PEM 格式的微信支付公钥或平台证书。")
