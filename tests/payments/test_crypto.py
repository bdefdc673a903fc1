"""The v3 cryptography against values published with WeChat Pay's own libraries."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from regional_services.payments.channels.wechat import crypto

SAMPLES = Path(__file__).parents[1] / "samples" / "payments" / "wechatpay"


def sample(name: str) -> dict[str, Any]:
    """A published vector."""
    return dict(json.loads((SAMPLES / name).read_text()))


def test_our_signature_is_theirs() -> None:
    """PKCS#1 v1.5 is deterministic: byte for byte the published signature."""
    vector = sample("sign_rsa_sha256.json")
    key = crypto.private_key(vector["private_key_pem"].replace("TESTING KEY", "PRIVATE KEY"))
    assert crypto.sign(key, vector["message"].encode()) == vector["expected_signature"]


def notice() -> tuple[dict[str, Any], bytes]:
    """The published notice and the text its signature covers."""
    vector = sample("notify_v3_rsa.json")
    headers = vector["headers"]
    return vector, crypto.lines(headers["Wechatpay-Timestamp"], headers["Wechatpay-Nonce"], vector["body"])


def test_their_signature_verifies_and_opens() -> None:
    """With the key inside their platform certificate."""
    vector, signed = notice()
    key = crypto.public_key(vector["platform_certificate_pem"])
    assert crypto.verifies(key, signed, vector["headers"]["Wechatpay-Signature"])
    plain = crypto.open_resource(vector["api_v3_key"].encode(), json.loads(vector["body"])["resource"])
    assert plain.decode() == vector["plaintext"]


@pytest.mark.parametrize("harm", ["body", "signature", "probe", "not base64"])
def test_an_altered_notice_does_not_verify(harm: str) -> None:
    """One byte is enough; a probe of WeChat Pay must fail like any forgery."""
    vector, signed = notice()
    signature = vector["headers"]["Wechatpay-Signature"]
    if harm == "body":
        signed = signed.replace(b"PAYSCORE", b"PAYSCORF")
    elif harm == "signature":
        signature = "A" + signature[1:]
    else:
        signature = {"probe": crypto.PROBE_PREFIX + signature, "not base64": "…"}[harm]
    assert not crypto.verifies(crypto.public_key(vector["platform_certificate_pem"]), signed, signature)


@pytest.mark.parametrize("part", ["ciphertext", "nonce", "associated_data"])
def test_an_altered_resource_does_not_open(part: str) -> None:
    """The tag covers all three."""
    vector, _ = notice()
    resource = json.loads(vector["body"])["resource"]
    resource[part] = ("A" if resource[part][0] != "A" else "B") + resource[part][1:]
    with pytest.raises(ValueError, match="can't be opened"):
        crypto.open_resource(vector["api_v3_key"].encode(), resource)
