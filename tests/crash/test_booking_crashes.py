"""A booking broken off at any instant: no hold outlives its deadline, no money stays without a number or a refund."""

from __future__ import annotations

import pytest

from tests.crash import lives
from tests.crash.guillotine import Guillotine
from tests.crash.lives import Life, Story
from tests.flow.conftest import District, district, his_program, parties_program

__all__ = ["district", "his_program", "parties_program"]


@pytest.mark.parametrize("story", lives.STORIES, ids=lambda story: story.__name__)
def test_broken_off_at_any_instant(story: Story, district: District) -> None:  # noqa: F811
    print(story.__name__, lives.walk(district, story))
