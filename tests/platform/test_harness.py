"""What tests rely on: nothing of one test is met by the next."""

from __future__ import annotations

import pytest
from django.conf import settings

from hub.journal.region.models import OutboxRow
from tests.harness import databases
from tests.harness.browser import executable, playing

pytestmark = pytest.mark.browser


def test_a_browser_leaves_no_connection_for_the_next(committed: None) -> None:
    executable()
    for _ in range(2):
        with playing():
            assert not OutboxRow.objects.exists()
        databases.close_everything()
        databases._end_sessions(settings.DATABASES["default"]["NAME"])  # as before another copy of the template
