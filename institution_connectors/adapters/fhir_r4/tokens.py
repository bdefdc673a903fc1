"""Who we are to a hospital's server: a bearer agreed on beforehand, or SMART backend services.

`options.extra["auth"]` is `bearer` (the default) or `smart`; the latter needs `client_id`, and takes `key_id`, `scope`
and `token_url` (else found at `.well-known/smart-configuration`). The connector's secret is then our private key (PEM):
EC P-384 signs ES384, RSA signs RS384, the two that SMART asks every server to know.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
import time
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode, urlsplit
from uuid import uuid4

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from hub import clock
from institution_connectors.contracts import Answer, Call, ConnectorProfile, Direction, Reason, Wire
from institution_connectors.http import CallFailed, HospitalHttp, Received

ASSERTION: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
SCOPE: Final = "system/*.read system/*.write"
_ASSERTION_SECONDS, _SPARE_SECONDS = 240, 30
_FORM = "application/x-www-form-urlencoded"


def bearer_token(secret: bytes, hospital: str) -> str:
    """The bearer the hub shows this hospital, derived from the shared secret."""
    return hmac.new(secret, f"fhir_bearer:{hospital}".encode(), hashlib.sha256).hexdigest()


def fresh_key() -> bytes:
    """A private key of our own for SMART backend services, as the connector's secret holds it."""
    return ec.generate_private_key(ec.SECP384R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def public_key(private: bytes) -> str:
    """The half of a key that a hospital is given (PEM)."""
    key = serialization.load_pem_private_key(private, password=None).public_key()
    return key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()


class Bearer:
    """The same token in every call."""

    def __init__(self, profile: ConnectorProfile, secret: bytes) -> None:
        self._token = bearer_token(secret, profile.hospital)

    def header(self, _call: Call) -> str:
        """The value of `Authorization`."""
        return f"Bearer {self._token}"

    def forget(self) -> bool:
        """A token that never changes is not asked for anew."""
        return False


class Smart:
    """Tokens asked for with a signed assertion, kept until shortly before their end; thread-safe."""

    def __init__(self, profile: ConnectorProfile, secret: bytes, http: HospitalHttp) -> None:
        self._endpoint, self._extra, self._http = profile.endpoint.rstrip("/"), profile.options.extra, http
        self._secret = secret
        self._guard = threading.Lock()
        self._token, self._until = "", 0.0
        self._url = self._extra.get("token_url", "")

    def header(self, call: Call) -> str:
        """The value of `Authorization`; `CallFailed` when there is no token, with nothing sent of what was asked."""
        with self._guard:
            if time.monotonic() >= self._until:
                self._token, seconds = self._asked(call)
                self._until = time.monotonic() + max(seconds - _SPARE_SECONDS, 1)
            return f"Bearer {self._token}"

    def forget(self) -> bool:
        """The server refused the token: the next call asks for another."""
        with self._guard:
            self._until = 0.0
        return True

    def _asked(self, call: Call) -> tuple[str, float]:
        try:
            self._url = self._url or self._discovered(call)
            form = {
                "grant_type": "client_credentials",
                "scope": self._extra.get("scope", SCOPE),
                "client_assertion_type": ASSERTION,
                "client_assertion": self._assertion(),
            }
            shown = urlencode({**form, "client_assertion": "(signed)"}).encode()
            head = {"method": "POST", "path": urlsplit(self._url).path}
            call.record(Wire(direction=Direction.SENT, at=clock.now(), body=shown, content_type=_FORM, head=head))
            received = self._http.post(
                self._url,
                urlencode(form).encode(),
                {"Content-Type": _FORM, "Accept": "application/json"},
                call.timeouts,
            )
            return self._granted(received, call)
        except CallFailed as failure:
            raise CallFailed(_not_sent(failure.answer)) from failure

    def _granted(self, received: Received, call: Call) -> tuple[str, float]:
        answer = _object(received.body)
        token, seconds = answer.get("access_token"), answer.get("expires_in", 300)
        shown = json.dumps({**answer, "access_token": "(token)"} if token else answer, ensure_ascii=False).encode()
        call.record(
            Wire(
                direction=Direction.RECEIVED, at=clock.now(), body=shown, content_type="application/json",
                head={"status": str(received.status)},
            )
        )  # fmt: skip
        if received.status != 200 or not isinstance(token, str) or not token:
            said = f"{answer.get('error', '')} {answer.get('error_description', '')}".strip()
            raise CallFailed(
                Answer.rejected(Reason.NOT_AUTHORISED, text=f"token: HTTP {received.status} {said}"[:300], sent=False)
            )
        return token, float(seconds) if isinstance(seconds, int | float) else 300.0

    def _discovered(self, call: Call) -> str:
        url = f"{self._endpoint}/.well-known/smart-configuration"
        received = self._http.send("GET", url, None, {"Accept": "application/json"}, call.timeouts)
        found = _object(received.body).get("token_endpoint")
        if received.status != 200 or not isinstance(found, str):
            text = f".well-known/smart-configuration: HTTP {received.status}, no token_endpoint"
            raise CallFailed(Answer.rejected(Reason.NOT_AUTHORISED, text=text, sent=False))
        return found

    def _assertion(self) -> str:
        client = self._extra.get("client_id", "")
        now = int(time.time())
        claims = {
            "iss": client, "sub": client, "aud": self._url, "iat": now, "exp": now + _ASSERTION_SECONDS,
            "jti": uuid4().hex,
        }  # fmt: skip
        try:
            key = serialization.load_pem_private_key(self._secret, password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm) as problem:
            text = "the connector's secret is no private key in PEM"
            raise CallFailed(Answer.rejected(Reason.NOT_AUTHORISED, text=text, sent=False)) from problem
        head = {"kid": self._extra["key_id"]} if "key_id" in self._extra else None
        if isinstance(key, rsa.RSAPrivateKey):
            return jwt.encode(claims, key, algorithm="RS384", headers=head)
        if isinstance(key, ec.EllipticCurvePrivateKey) and isinstance(key.curve, ec.SECP384R1):
            return jwt.encode(claims, key, algorithm="ES384", headers=head)
        text = "SMART takes an RSA key (RS384) or an EC key on P-384 (ES384)"
        raise CallFailed(Answer.rejected(Reason.NOT_AUTHORISED, text=text, sent=False))


def authority(profile: ConnectorProfile, secret: bytes, http: HospitalHttp) -> Bearer | Smart:
    """How this hospital's profile says that we prove who we are."""
    if profile.options.extra.get("auth", "bearer") == "smart":
        return Smart(profile, secret, http)
    return Bearer(profile, secret)


def _object(body: bytes) -> Mapping[str, object]:
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _not_sent(answer: Answer) -> Answer:
    """Without a token nothing was asked: whatever became of the token request, nothing was done."""
    reason = answer.reason if answer.reason in {Reason.NOT_AUTHORISED, Reason.BUSY} else Reason.UNREACHABLE
    return Answer.rejected(reason, text=answer.text, code=answer.code, sent=False)
