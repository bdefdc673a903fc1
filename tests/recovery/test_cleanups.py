"""Nothing is cleaned up that was not put aside and read back, nor in the hours people need the hub."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pytest_django.fixtures import Settings

from hub import clock
from hub.accounts import housekeeping as accounts
from hub.accounts.models import HandleAsk
from hub.actor import system_actor
from hub.outbox import housekeeping
from hub.outbox.relay import drain
from hub.recovery import cleanups, selectors
from hub.recovery.errors import CleanupRefused
from hub.recovery.models import CleanupState
from hub.staff_platform import services as staff_platform
from hub.staff_platform.models import PlatformAsk
from hub.storage import client, objects
from hub.tenancy.scope import region
from regional_services.catalog import projection
from regional_services.catalog.models import CatalogSession
from tests.journal.probes import Knock, publish, states
from tests.scheduling import builders

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


@pytest.mark.requirement("JA-SEC-06", "JA-SEC-07", "JA-SEC-08")
def test_sign_ins_and_days_gone_by_are_put_aside_before_they_go(alpha: str, settings: Settings) -> None:
    """What is short-lived or derived is no exception; it is only kept for a shorter time."""
    builders.open_hospital(alpha)
    builders.open_session(alpha, 1)
    projection.rebuild(alpha)
    with region():
        HandleAsk.objects.create(kind="wechat", binding=b"x" * 32, realm="wx", expires_at=clock.now())
        PlatformAsk.objects.create(binding=b"x" * 32, nonce="n", expires_at=clock.now())
    later = timedelta(days=3)
    with clock.shifted(later):
        settings.HUB_PEAK_HOURS = "00:00-23:59"
        tidied = (accounts.tidy(actor=WHO).asks, staff_platform.forget_old(), projection.forget_before(clock.today()))
        assert tidied == (0, 0, 0), "not while people need the hub"
        assert selectors.cleanups(limit=5) == []
        settings.HUB_PEAK_HOURS = "00:00-00:00"
        tidied = (accounts.tidy(actor=WHO).asks, staff_platform.forget_old(), projection.forget_before(clock.today()))
        assert tidied == (1, 1, 1)
    made = {one.table: one for one in selectors.cleanups(limit=9)}
    assert made.keys() == {
        "accounts_handle_ask", "staff_platform_ask", "regional_catalog_catalogmark", "regional_catalog_catalogsession",
    }  # fmt: skip
    assert {one.keep_until for one in made.values()} == {clock.today() + later + timedelta(days=35)}
    for one in made.values():
        assert cleanups.restore(one.id, actor=WHO) == 1
    with region(read_only=True):
        assert bytes(HandleAsk.objects.get().binding) == b"x" * 32
        assert CatalogSession.every.count() == 1


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
