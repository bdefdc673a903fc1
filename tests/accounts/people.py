"""People who sign in, as the tests drive them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pyotp
from django.test import Client as HttpClient

from hub import clock
from hub.accounts import services
from hub.accounts.models import DISTRICT
from hub.accounts.results import Client, NewStaff, SignedIn
from hub.actor import Actor, ActorKind, system_actor
from hub.outbox import relay
from hub.security.roles import Role
from tests.accounts.parties import Parties

NOBODY = Actor(kind=ActorKind.RESIDENT, id=None, name="未登录", ip="203.0.113.7")
PHONE = "13800001234"
BASE = "/api/resident/v1/auth"


class App:
    """A resident's app: a device and an HTTP client of the public API."""

    def __init__(self, http: HttpClient, parties: Parties, device: str) -> None:
        self.http = http
        self.parties = parties
        self.device = device

    def post(self, path: str, body: dict[str, Any], **headers: str) -> Any:
        """POST JSON; the answer."""
        return self.http.post(BASE + path, body, content_type="application/json", headers=headers)

    def ask_code(self, phone: str = PHONE, purpose: str = "sign_in") -> Any:
        """Ask for a code."""
        return self.post("/codes", {"phone": phone, "purpose": purpose, "device_id": self.device})

    def read_sms(self, phone: str = PHONE) -> str:
        """Let the relay send what is due and read the newest message."""
        relay.drain()
        return self.parties.code_sent_to("+86" + phone)

    def sign_in(self, code: str, phone: str = PHONE) -> Any:
        """Trade a code for tokens."""
        return self.post("/tokens", {"grant": "phone", "phone": phone, "code": code, "device_id": self.device})

    def signed_in(self, phone: str = PHONE) -> dict[str, Any]:
        """Sign in from beginning to end; the tokens."""
        assert self.ask_code(phone).status_code == 202
        answer = self.sign_in(self.read_sms(phone), phone)
        assert answer.status_code == 201, answer.content
        return dict(answer.json())

    def me(self, access_token: str) -> Any:
        """Who am I?"""
        return self.http.get(BASE + "/me", headers={"Authorization": f"Bearer {access_token}"})


@dataclass(frozen=True)
class StaffMember:
    """A staff account with its secrets."""

    account: NewStaff
    hospital: str

    def totp(self, at: datetime | None = None) -> str:
        """The code the authenticator shows."""
        assert self.account.totp_secret
        return pyotp.TOTP(self.account.totp_secret).at(int((at or clock.now()).timestamp()))

    def password_step(self, password: str | None = None, *, hospital: str | None = None) -> Any:
        """The first factor."""
        return services.sign_in_staff(
            actor=NOBODY,
            login_name=self.account.login_name,
            password=password or self.account.password,
            hospital=self.hospital if hospital is None else hospital,
        )

    def sign_in(self, device: str = "desk-1") -> SignedIn:
        """Both factors."""
        accepted = self.password_step()
        client = Client(binding="b", device=device, hospital=self.hospital)
        return services.verify_totp(actor=NOBODY, accepted=accepted, code=self.totp(), client=client)


def make_staff(
    login_name: str = "zhang.wei", *, hospital: str = "", roles: tuple[Role, ...] = (), **options: Any
) -> StaffMember:
    """A staff account made by the hub itself, with a second factor; a vendor's engineer gets a week."""
    seed, is_vendor, place = system_actor("seed"), Role.VENDOR in roles, hospital or DISTRICT
    account = services.create_staff(
        actor=seed,
        login_name=login_name,
        display_name="张伟",
        institution_code=place,
        roles=() if is_vendor else roles or ((Role.RECEPTION,) if hospital else (Role.OPERATIONS,)),
        with_totp=options.pop("with_totp", True),
        must_change_password=False,
        **options,
    )
    if is_vendor:
        services.set_expiry(actor=seed, user_id=account.user_id, until=clock.now() + timedelta(days=7))
        for role in roles:
            services.grant_role(actor=seed, user_id=account.user_id, institution_code=place, role=role)
    return StaffMember(account, hospital)
