"""A booking broken off at any instant: no hold outlives its deadline, no money stays without a number or a refund."""

from __future__ import annotations

import pytest

from hub.tenancy.scope import region
from regional_services.booking import steps
from tenants.registry import selectors as registry
from tenants.registry.models import Institution
from tests.crash import lives
from tests.crash.lives import Story
from tests.flow.conftest import District, district, his_program, parties_program

__all__ = ["district", "his_program", "parties_program"]


@pytest.fixture(autouse=True)
def short_deadlines(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    """A minute to pay and half a minute of grace."""
    with region():
        Institution.objects.update(pay_minutes=lives.PAY_MINUTES)
    registry.forget()
    monkeypatch.setattr(steps, "HARD_GRACE", lives.GRACE)
    district.parties.switch("wechat-pay", "refund_seconds", 0)


@pytest.mark.parametrize("story", lives.STORIES, ids=lambda story: story.__name__)
def test_broken_off_at_any_instant(story: Story, district: District) -> None:
    print(story.__name__, lives.walk(district, story))
