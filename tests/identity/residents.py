"""A resident who uses the public interface."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID, uuid4

from django.test import Client

from hub.accounts import steps, tokens
from hub.accounts.models import CodePurpose, PhoneCode, SignInMethod
from hub.accounts.phone_codes import digits_of
from hub.accounts.results import Client as Device
from hub.accounts.services import request_phone_code
from hub.actor import Actor, ActorKind, system_actor
from hub.outbox.relay import drain
from hub.tenancy.scope import REGION, region
from hub.work import work
from regional_services.identity.documents import check_character
from tests.identity.city import City

CONSENTS = ["service_use", "hospital_sharing"]
_sequence = itertools.count(1)


def id_number(born: date, *, male: bool = True) -> str:
    """A fictional resident's number, never the same twice in a run."""
    place = next(_sequence) * 2 + (1 if male else 0)
    first = f"310199{born:%Y%m%d}{place % 1000:03d}"
    return first + check_character(first)


@dataclass
class Resident:
    """Signed in, with a token."""

    client: Client
    city: City
    account_id: UUID
    token: str

    @property
    def actor(self) -> Actor:
        """For calls of services."""
        return Actor(kind=ActorKind.RESIDENT, id=self.account_id, name="测试居民")

    def call(self, method: str, path: str, body: Any = None, *, key: str = "") -> Any:
        """A call of the API; the response."""
        headers = {"Authorization": f"Bearer {self.token}", "Idempotency-Key": key or uuid4().hex}
        return getattr(self.client, method)(
            f"/api/resident/v1/{path}", data=body, content_type="application/json", headers=headers
        )

    def add(
        self,
        kind: str,
        name: str,
        number: str,
        *,
        known_as: str | None = None,
        consents: list[str] | None = None,
        **more: Any,
    ) -> Any:
        """Add a person whom the city knows as `known_as` (default: the same name; "": not at all); the response."""
        if known_as != "":
            self.city.register.setdefault(number, known_as or name)
        body = {
            "kind": kind,
            "name": name,
            "document_type": "01",
            "document_number": number,
            "consents": CONSENTS if consents is None else consents,
            **more,
        }
        response = self.call("post", "persons", body)
        drain()
        return response

    def become(self, name: str, born: date) -> UUID:
        """Add oneself; the person's id."""
        response = self.add("self", name, id_number(born))
        assert response.status_code == 202, response.content.decode()
        return UUID(response.json()["id"])

    def phone_code(self, phone: str, binding: str) -> str:
        """Request a code for adding a member and read it as the phone would show it."""
        request_phone_code(actor=self.actor, phone=phone, purpose=CodePurpose.ADD_MEMBER, binding=binding)
        with region(read_only=True):
            return digits_of(PhoneCode.objects.order_by("-created_at")[0])


def sign_up(client: Client, city: City) -> Resident:
    """A new account with a token."""
    with work(REGION, actor=system_actor("test")) as unit:
        user = steps.create_resident(unit, display_name="测试居民")
        device = Device(binding=uuid4().hex, device=uuid4().hex)
        signed_in = steps.open_sign_in(unit, user=user, method=SignInMethod.PHONE, client=device, new_account=True)
    token, _ = tokens.issue_access(tokens.AccessClaims(user.id, signed_in.sign_in_id, "", False))
    return Resident(client, city, user.id, token)
