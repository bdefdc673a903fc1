"""The nightly job: what is forgotten, who is put to rest, and what stays."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from hub import clock
from hub.accounts import housekeeping
from hub.accounts.errors import CredentialsWrong
from hub.accounts.models import PhoneCode, RefreshToken
from hub.actor import system_actor
from hub.tenancy.scope import region
from tests.accounts.people import App, StaffMember

ACTOR = system_actor("账号整理")


def test_spent_codes_and_tokens_go_after_their_time(app: App) -> None:
    app.signed_in()
    assert housekeeping.tidy(actor=ACTOR) == housekeeping.Tidied(0, 0, 0, 0)
    with clock.shifted(timedelta(days=3)):
        assert housekeeping.tidy(actor=ACTOR).codes == 1
    with clock.shifted(timedelta(days=38)):
        assert housekeeping.tidy(actor=ACTOR).tokens == 1
    with region(read_only=True):
        assert not PhoneCode.objects.exists()
        assert not RefreshToken.objects.exists()


@pytest.mark.control("CES1-07/13")
def test_staff_unused_for_ninety_days_are_disabled(staff: Callable[..., StaffMember]) -> None:
    idle, busy = staff("idle.one"), staff("busy.one")
    with clock.shifted(timedelta(days=80)):
        busy.sign_in()
    with clock.shifted(timedelta(days=91)):
        assert housekeeping.tidy(actor=ACTOR).disabled == 1
        with pytest.raises(CredentialsWrong):
            idle.password_step()
        assert busy.password_step()
