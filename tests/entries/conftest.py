"""Other official accounts and WeChat as one real program, and a community that immunises."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

import httpx
import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from hub import clock
from hub.accounts import steps as accounts
from hub.accounts.models import HandleKind, User
from hub.accounts.outside import WECHAT_SECRET
from hub.actor import Actor, ActorKind
from hub.outbox.relay import drain
from hub.security.keyring import ring
from hub.security.permissions import permissions_of
from hub.security.roles import Role
from hub.tenancy.scope import REGION, hospital, region
from hub.work import work
from regional_services.catalog import projection
from regional_services.entries import managing
from regional_services.entries.managing import CallerWish
from regional_services.identity.models import Relation, RelationKind, RelationState
from regional_services.identity.purposes import ALL
from sandbox.outside.entry_caller import signature
from sandbox.outside.wechat_open.signing_in import openid
from tenants.directory.models import Department
from tests.booking import world
from tests.booking.world import Resident
from tests.harness.outside import HOST, Outside, free_port
from tests.harness.parties import APPID, SECRET

CALLER = "qinghe-community"
CALLER_SECRET = "entry-test-secret"


@dataclass
class Others:
    """The accounts beside ours, and what WeChat is told of followers."""

    outside: Outside
    callers: str
    wechat: str

    def follow(self, person: int, *, on: bool = True) -> None:
        """A demo person follows our account, or stops."""
        form = {"appid": APPID, "person": person, "on": "1" if on else "0"}
        httpx.post(f"{self.wechat}/mp/profile_ext", data=form).raise_for_status()

    def read(self, address: str) -> str:
        """What the caller's page says of a result."""
        return httpx.get(address).raise_for_status().text


@dataclass
class Community:
    """A registered caller of a community that immunises, and how it signs."""

    code: str
    session: UUID
    caller_id: UUID
    key: str
    secret: str
    others: Others
    given: dict[str, str] = field(default_factory=dict)

    def link(self, **changes: str) -> str:
        """A link signed now; changes after signing are `broken_...`."""
        broken = {name.removeprefix("broken_"): value for name, value in changes.items() if name.startswith("broken_")}
        given = {
            "caller": CALLER,
            "key": self.key,
            "service": "immunisation",
            "at": self.code,
            "return": f"{self.others.callers}/back/{CALLER}",
            "state": "mark-7",
            "ts": str(int(clock.now().timestamp())),
            "nonce": uuid4().hex,
        }
        given |= {
            ("return" if name == "back" else name): value
            for name, value in changes.items()
            if not name.startswith("broken_")
        }
        given["sig"] = signature(self.secret, given)
        return f"/entry?{urlencode({**given, **broken})}"


def operator() -> Actor:
    """Somebody who runs the district."""
    return Actor(
        kind=ActorKind.STAFF, id=uuid4(), name="运营", institution=None, permissions=permissions_of([Role.OPERATIONS])
    )


@pytest.fixture(scope="module")
def others(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Others]:
    """One program for a file's tests."""
    ports = {"wechat_open": free_port(), "entry_callers": free_port()}
    program = Outside(
        Path(tmp_path_factory.mktemp("others")),
        hub_url="http://localhost",
        parties={
            "wechat_open": {"port": ports["wechat_open"], "apps": [{"appid": APPID, "secret": SECRET}]},
            "entry_callers": {
                "port": ports["entry_callers"],
                "accounts": [{"code": CALLER, "name": "青禾社区", "key": "k-demo", "secret": CALLER_SECRET}],
            },
        },
    )
    yield Others(program, f"http://{HOST}:{ports['entry_callers']}", f"http://{HOST}:{ports['wechat_open']}")
    program.stop()


def immunises(code: str) -> None:
    """The hospital says that its bookable department's numbers are for immunisation."""
    with hospital(code):
        Department.objects.filter(code="K1").update(service="immunisation", name="预防接种门诊")
    projection.project_directory(code)


@pytest.fixture
def community(alpha: str, beta: str, others: Others, settings: Settings) -> Community:
    """Alpha immunises, beta does not; the community's account is registered with one key."""
    others.outside.board("wechat-open").all_off()
    settings.HUB_OUTSIDE = {**settings.HUB_OUTSIDE, "wechat_open": others.wechat, "entry_callers": others.callers}
    settings.HUB_WECHAT_APPID = APPID
    settings.HUB_WECHAT_FOLLOW_URL = f"{others.wechat}/mp/profile_ext?action=home"
    ring().put_secret(WECHAT_SECRET, SECRET.encode())
    session = world.open_for_booking(alpha, 4, fee_fen=0)
    world.register_institution(beta)
    immunises(alpha)
    who = operator()
    wish = CallerWish(
        name="青禾社区健康服务号",
        services=("immunisation", "outpatient"),
        places=(alpha, beta),
        returns=(f"{others.callers}/back",),
    )
    caller_id = managing.register(actor=who, code=CALLER, wish=wish)
    made = managing.add_key(actor=who, caller_id=caller_id, algorithm="hmac")
    return Community(alpha, session, caller_id, made.name, made.secret, others)


def with_wechat(who: Resident, person: int) -> Resident:
    """The resident's account is opened by a demo person's WeChat."""
    with work(REGION, actor=world.SETUP) as unit:
        user = User.objects.get(id=str(who.actor.id))
        accounts.add_handle(user, HandleKind.WECHAT, openid(APPID, f"person:{person}"), realm=APPID)
        unit.audit("test.wechat", target=f"account:{user.id}")
    return who


def child_of(parent: Resident, born: date | None = None) -> UUID:
    """A child this resident acts for; the person's id."""
    assert parent.actor.id is not None
    child = world.resident(born=born or clock.today() - timedelta(days=700))
    with region():
        Relation.objects.filter(person_id=child.person_id).delete()
        Relation.objects.create(
            account_id=parent.actor.id,
            person_id=child.person_id,
            kind=RelationKind.CHILD,
            scope=list(ALL),
            evidence="test",
            state=RelationState.ACTIVE,
            created_at=clock.now(),
        )
    return child.person_id


def step_of(page: Any) -> str:
    """The step a visitor is asked to do."""
    text = page.content.decode()
    found = re.search(r'data-step="([\w-]+)"', text)
    assert found is not None, text
    return found.group(1)


def settle(browser: Client, address: str) -> Any:
    """Look, let WeChat answer, look again."""
    browser.get(address)
    drain()
    return browser.get(address)
