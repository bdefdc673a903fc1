"""Nothing is cleaned up that was not put aside and read back, nor in the hours people need the hub."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pytest_django.fixtures import Settings

from hub import clock
from hub.actor import system_actor
from hub.outbox import housekeeping
from hub.outbox.relay import drain
from hub.recovery import cleanups, selectors
from hub.recovery.errors import CleanupRefused
from hub.recovery.models import CleanupState
from hub.storage import client, objects
from tests.journal.probes import Knock, publish, states

WHO = system_actor("运维 王工")
OLD = timedelta(days=15)


@pytest.fixture
def old_events(alpha: str) -> str:
    """A hospital with five delivered events that have served."""
    publish(alpha, *(Knock(number=n) for n in range(5)))
    drain()
    return alpha


@pytest.mark.requirement("JA-SEC-06", "JA-SEC-07")
def test_what_is_removed_can_be_put_back(old_events: str) -> None:
    with clock.shifted(OLD):
        assert housekeeping.purge(old_events) == 5
    assert states(old_events) == {}
    [made] = selectors.cleanups(limit=5)
    assert (made.rows, made.state, made.scope) == (5, CleanupState.DONE, old_events)
    with clock.shifted(timedelta(days=1000)):
        assert cleanups.expire(actor=WHO) == 0, "none is deleted before its time"
        assert cleanups.restore(made.id, actor=WHO) == 5
    assert states(old_events) == {"done": 5}
    assert cleanups.restore(made.id, actor=WHO) == 0, "rows that are there stay as they are"
    with clock.shifted(timedelta(days=1200)):
        assert cleanups.expire(actor=WHO) == 1


@pytest.mark.requirement("JA-SEC-06")
@pytest.mark.parametrize("harm", ["altered", "absent", "store away"])
def test_a_backup_that_does_not_read_back_stops_the_cleanup(
    harm: str, old_events: str, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    real = objects.put

    def harmed(key: str, content: bytes, **options: str) -> objects.StoredObject:
        stored = real(key, content[:-2] + b"9}" if harm == "altered" else content, **options)
        if harm == "absent":
            objects.delete(key)
        return stored

    if harm == "store away":
        settings.HUB_S3 = {**settings.HUB_S3, "endpoint": "127.0.0.1:1"}
        client.connection.cache_clear()
    else:
        monkeypatch.setattr(objects, "put", harmed)
    try:
        with clock.shifted(OLD), pytest.raises(CleanupRefused):
            housekeeping.purge(old_events)
    finally:
        client.connection.cache_clear()
    assert states(old_events) == {"done": 5}, "not a row was touched"
    [refused] = selectors.cleanups(limit=5)
    assert refused.state is CleanupState.REFUSED
    assert refused.reason


@pytest.mark.requirement("JA-SEC-08")
def test_nothing_is_cleaned_up_in_peak_hours(old_events: str, settings: Settings) -> None:
    now = clock.local(clock.now() + OLD)
    settings.HUB_PEAK_HOURS = f"{(now - timedelta(hours=1)):%H:%M}-{(now + timedelta(hours=1)):%H:%M}"
    with clock.shifted(OLD):
        with pytest.raises(CleanupRefused, match="业务高峰"):
            housekeeping.purge(old_events)
        housekeeping.run_if_due()
    assert states(old_events) == {"done": 5}, "the nightly job waits for the night"
    with clock.shifted(OLD + timedelta(hours=3)):
        housekeeping.run_if_due()
    assert states(old_events) == {}
