"""What residents choose, by other programs too; and what is forgotten of the ways their messages went."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from django.test import Client

from hub import clock
from hub.accounts import steps as accounts
from hub.accounts.models import SignInMethod, User
from hub.accounts.results import Client as Device
from hub.accounts.services import tokens_of
from hub.actor import system_actor
from hub.recovery import cleanups
from hub.recovery.models import Cleanup
from hub.retention import services as retention
from hub.security.roles import Role
from hub.tenancy.scope import REGION, region
from hub.work import work
from regional_services.notifications import tidying
from regional_services.notifications.models import Delivery, DeliveryState, DeliveryStep
from tests.harness.parties import Parties
from tests.notifications.conftest import messages, resident_with, stands, tell
from tests.security.matrix import standing

HERE = "/api/resident/v1/messages/preferences"


class App:
    """Another program of an account."""

    def __init__(self, account_id: UUID) -> None:
        with work(REGION, actor=system_actor("test")) as unit:
            device = Device(binding="b", device=uuid4().hex, wants_tokens=True)
            user = User.objects.get(pk=str(account_id))
            signed_in = accounts.open_sign_in(
                unit, user=user, method=SignInMethod.PHONE, client=device, new_account=False
            )
        self.headers = {"Authorization": f"Bearer {tokens_of(signed_in).access_token}"}
        self.http = Client(SERVER_NAME="localhost")

    def read(self) -> Any:
        """The account's preferences."""
        return self.http.get(HERE, headers=self.headers).json()

    def put(self, path: str, **body: Any) -> int:
        """The status of a change."""
        answer = self.http.put(HERE + path, body, content_type="application/json", headers=self.headers)
        return int(answer.status_code)

    def channels(self, kind: str) -> dict[str, bool]:
        """The channels shown for a kind."""
        rows = next(row["channels"] for row in self.read()["kinds"] if row["kind"] == kind)
        return {row["channel"]: row["wanted"] for row in rows}


def test_other_programs_choose_as_the_page_does(resident: UUID, outside: Parties) -> None:
    """Seen, changed, obeyed; must-haves stay, strangers change nothing, channels not shown stay as they were."""
    app, stranger = App(resident), App(resident_with("+8619900000077"))
    assert app.channels("visit.medicine_ready") == {"in_site": True, "sms": True}
    assert [app.put("/visit.medicine_ready", channels=["in_site"]) for _ in range(2)] == [204, 204]
    assert app.channels("visit.medicine_ready") == {"in_site": True, "sms": False}
    assert stranger.channels("visit.medicine_ready") == {"in_site": True, "sms": True}
    tell(resident, uuid4(), kind="visit.medicine_ready")
    assert stands(resident) == {}
    assert app.put("/booking.booked", channels=["in_site"]) == 422, "nobody does without it"
    assert app.put("/doctors.moved.elsewhere", channels=[]) == 404
    assert app.put("", first="app", language="en") == 204
    assert app.put("", first="pigeon", language="en") == 422
    shown = app.read()
    assert (shown["first"], shown["language"], stranger.read()["first"]) == ("app", "en", "")
    assert Client(SERVER_NAME="localhost").get(HERE).status_code == 401


def test_old_deliveries_are_put_aside_and_removed(resident: UUID, outside: Parties) -> None:
    """After the district's period and not before, never under a legal hold, never what is still on its way."""
    tell(resident, uuid4())
    waiting = resident_with("+8619900000078")
    tell(waiting, uuid4())
    with region():
        Delivery.objects.filter(message__account_id=waiting).update(state=DeliveryState.HELD)
    security = standing.staff(Role.SECURITY_ADMIN)
    with clock.shifted(timedelta(days=170)):
        assert tidying.tidy() == 0
    with clock.shifted(timedelta(days=190)):
        retention.hold(actor=security, code="notifications.deliveries", on=True, reason="诉讼保全 8 号")
        assert tidying.tidy() == 0
        retention.hold(actor=security, code="notifications.deliveries", on=False, reason="结案")
        assert (tidying.tidy(), tidying.tidy()) == (1, 0)
    assert (stands(resident), stands(waiting)) == ({}, {"sms": "held"})
    assert len(messages(resident)) == 1, "the inbox is the resident's"
    with region(read_only=True):
        put_aside = list(Cleanup.objects.filter(table="notifications_delivery").values_list("id", flat=True))
        assert DeliveryStep.objects.filter(delivery__message__account_id=resident).count() == 0
    assert [cleanups.restore(one, actor=security) for one in put_aside] == [1]
    assert stands(resident) == {"sms": "sent"}
