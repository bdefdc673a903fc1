"""Merchant accounts: a hospital's credentials at a channel, by version. A change never touches what is already paid."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Max

from hub.actor import Actor
from hub.security.keyring import ring
from hub.tenancy.scope import REGION, region
from hub.work import work
from regional_services.payments.models import MerchantAccount


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What a hospital and its channel agreed on; the secrets go to the key ring, never into a row."""

    channel: str
    mchid: str
    appid: str
    serial_no: str
    private_key: str
    api_v3_key: str
    channel_key_id: str
    channel_public_key: str


def institutions_without(channel: str, codes: list[str]) -> list[str]:
    """Which of these hospitals can't collect by this channel yet."""
    with region(read_only=True):
        rows = MerchantAccount.objects.filter(channel=channel, institution_code__in=codes, effective_to=None)
        have = set(rows.values_list("institution_code", flat=True))
    return [code for code in codes if code not in have]


def put_in_force(institution_code: str, credentials: Credentials, *, actor: Actor) -> UUID:
    """Make these the credentials of all new attempts; older attempts keep theirs."""
    with work(REGION, actor=actor) as unit:
        mine = MerchantAccount.objects.filter(institution_code=institution_code, channel=credentials.channel)
        version = (mine.aggregate(latest=Max("version"))["latest"] or 0) + 1
        mine.filter(effective_to=None).update(effective_to=unit.now)
        references = _keep_secrets(institution_code, version, credentials)
        row = MerchantAccount.objects.create(
            institution_code=institution_code,
            channel=credentials.channel,
            version=version,
            mchid=credentials.mchid,
            appid=credentials.appid,
            serial_no=credentials.serial_no,
            private_key_ref=references[0],
            api_v3_key_ref=references[1],
            channel_key_id=credentials.channel_key_id,
            channel_public_key=credentials.channel_public_key,
            effective_from=unit.now,
        )
        unit.audit(
            "payment.merchant_in_force",
            target=f"merchant:{row.id}",
            detail={"institution": institution_code, "mchid": row.mchid, "version": version},
        )
        return row.id


def _keep_secrets(institution_code: str, version: int, credentials: Credentials) -> tuple[str, str]:
    stem = f"merchant.{institution_code}.{credentials.channel}.{version}"
    references = (f"{stem}.private_key", f"{stem}.api_v3_key")
    ring().put_secret(references[0], credentials.private_key.encode())
    ring().put_secret(references[1], credentials.api_v3_key.encode())
    return references
