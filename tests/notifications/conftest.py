"""A resident with a phone and what else he is reached at; every channel's own program."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from uuid import UUID, uuid4

import httpx
import pytest
from pytest_django.fixtures import Settings

from hub.accounts import steps as accounts
from hub.accounts.models import HandleKind, User
from hub.actor import Actor, ActorKind, system_actor
from hub.outbox.relay import drain
from hub.security.keyring import ring
from hub.security.permissions import permissions_of
from hub.security.roles import Role
from hub.tenancy.scope import REGION, region
from hub.work import work
from regional_services.notifications import editing, quiet, selectors, steps, wordings
from regional_services.notifications.catalogue import Channel, FactValue
from regional_services.notifications.management.commands.onboard_demo_messages import agree_with_alipay
from regional_services.notifications.models import Delivery
from regional_services.notifications.selectors import MessageView
from tests.harness.parties import APPID, EVENT_KEY, EVENT_TOKEN, SECRET, Parties, Postbox

PHONE = "+8619900000042"
VISIT_TEMPLATE = "TM-VISIT-0000000000000000000000000000000001"
FIELDS = "thing1={institution}\nthing2={department}\ntime3={when}\nthing4=请按时前往"
DISCREET = "thing1={institution}\nthing2=门诊\ntime3={when}\nthing4=详情请登录查看"
EDITOR = Actor(
    kind=ActorKind.STAFF, id=uuid4(), name="运营甲", institution=None, permissions=permissions_of([Role.OPERATIONS])
)
FACTS: dict[str, FactValue] = {
    "institution": "云栖区中心医院",
    "department": "骨科",
    "doctor": "林医生",
    "when": "2026-11-21T01:00:00+00:00",
    "sequence": 7,
}


_agreed: dict[str, str] = {}


@pytest.fixture(scope="session")
def postbox() -> Iterator[Postbox]:
    """What the parties tell the hub's public address."""
    with Postbox() as box:
        yield box


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory, postbox: Postbox) -> Iterator[Parties]:
    """The parties outside, one process for the session."""
    parties = Parties(tmp_path_factory.mktemp("outside"), hub_url=postbox.origin)
    yield parties
    parties.outside.stop()


@pytest.fixture
def outside(sandbox: Parties, settings: Settings) -> Parties:
    """The parties outside, calm, with the hub's settings pointing at them."""
    sandbox.calm()
    settings.HUB_OUTSIDE = dict(sandbox.urls)
    settings.HUB_WECHAT_APPID = APPID
    held = {
        "sms.hmac": SECRET.encode(),
        "city_app.hmac": SECRET.encode(),
        "wechat.open.app_secret": SECRET.encode(),
        "wechat.open.event_token": EVENT_TOKEN.encode(),
        "wechat.open.event_aes_key": EVENT_KEY.encode(),
    }
    for reference, secret in held.items():
        ring().put_secret(reference, secret)
    if _agreed.get("with") != sandbox.urls["alipay"]:
        agree_with_alipay()
        _agreed["with"] = sandbox.urls["alipay"]
    wordings.forget()
    return sandbox


@pytest.fixture(autouse=True)
def no_quiet_hours(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is sent does not depend on when the tests run; who tests quiet hours sets them."""
    monkeypatch.setattr(quiet, "BEGINS", quiet.ENDS)


@pytest.fixture
def resident(alpha: str) -> UUID:
    """An account that signs in by phone."""
    return resident_with(PHONE)


def resident_with(phone: str | None, **others: str) -> UUID:
    """An account with or without a phone, and with handles by kind (`wechat`, `alipay`, `city_app`)."""
    realms = {"wechat": APPID, "alipay": "2021000000000001"}
    with work(REGION, actor=system_actor("test")) as unit:
        user = accounts.create_resident(unit, display_name="测试居民")
        if phone is not None:
            accounts.add_handle(user, HandleKind.PHONE, phone)
        for kind, subject in others.items():
            accounts.add_handle(user, HandleKind(kind), subject, realm=realms.get(kind, ""))
        unit.audit("test.account_made", target=f"account:{user.id}")
    return user.id


def bind_wechat(account_id: UUID | None, openid: str) -> None:
    """An account that is there binds its WeChat."""
    with work(REGION, actor=system_actor("test")) as unit:
        user = User.objects.get(pk=str(account_id))
        accounts.add_handle(user, HandleKind.WECHAT, openid, realm=APPID)
        unit.audit("test.bound", target=f"account:{account_id}")


def word_wechat(kind: str) -> None:
    """The district publishes a WeChat template for a kind."""
    values = {"template_id": VISIT_TEMPLATE, "fields": FIELDS, "discreet_fields": DISCREET}
    if not kind.startswith("booking."):
        values = {name: text.replace("{when}", "近日") for name, text in values.items()}
    editing.publish(actor=EDITOR, kind=kind, channel=Channel.WECHAT, language="zh", values=values, base=0)


def tell(account_id: UUID, about: UUID, kind: str = "booking.booked", **facts: FactValue) -> None:
    """Send a message in a unit of work of its own, and let the relay run."""
    with work(REGION, actor=system_actor("test")) as unit:
        steps.send(
            unit,
            kind=kind,
            account_id=account_id,
            person_id=uuid4(),
            institution_code="alpha",
            about=about,
            facts={**FACTS, **facts},
        )
    drain()


def messages(account_id: UUID) -> list[MessageView]:
    """What the account sees."""
    with region(read_only=True):
        return selectors.messages(account_id)


def stands(account_id: UUID) -> dict[str, str]:
    """Channel -> state of the account's one message."""
    with region(read_only=True):
        rows = Delivery.objects.filter(message__account_id=account_id)
        return dict(rows.values_list("channel", "state"))


def follow(outside: Parties, openid: str, *, follows: bool) -> None:
    """A reader follows the official account, or does not any more."""
    httpx.post(f"{outside.urls['wechat_open']}/control/wechat/followers", json={"openid": openid, "follows": follows})


def body_of(values: Mapping[str, str]) -> bytes:
    """A JSON body."""
    return json.dumps(dict(values)).encode()
