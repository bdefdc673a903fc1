"""Everything stays inside: the hub speaks to what its settings name, and to nobody else (WX-DEPLOY-01, -02)."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from pytest_django.fixtures import Settings

from hub import redis
from hub.outbox.relay import drain
from hub.outgoing import http as outgoing
from hub.security.roles import Role
from hub.storage import client as storage
from hub.tenancy.scope import hospital
from institution_connectors.catalog import selectors as connectors
from institution_connectors.runtime import adapters
from regional_services.booking import services
from regional_services.booking.models import His, Settlement, State
from tenants.directory import photos
from tenants.directory import selectors as directory
from tests.booking import world
from tests.feedback.pictures import picture
from tests.flow.conftest import District
from tests.portal.desks import desk_of
from tests.security.matrix import standing
from tests.security.matrix.examples import resident_browser

Place = tuple[str, int]
STORES = {"s3", "redis"}


@dataclass
class Wall:
    """What the firewall of a hospital's intranet would let out: declared places, and who tried what."""

    declared: dict[Place, str]
    reached: set[str] = field(default_factory=set)
    stopped: list[object] = field(default_factory=list)

    def passes(self, address: object) -> bool:
        """Whether a connection may be made; either way it is written down."""
        if not isinstance(address, tuple):  # a socket of this machine, no network
            return True
        name = self.declared.get((str(address[0]).replace("localhost", "127.0.0.1"), int(address[1])))
        if name is None:
            self.stopped.append(address)
        else:
            self.reached.add(name)
        return name is not None


def _place(url: str) -> Place:
    parts = urlsplit(url)
    return (parts.hostname or "").replace("localhost", "127.0.0.1"), parts.port or {"https": 443}.get(parts.scheme, 80)


def declared(settings: Settings) -> dict[Place, str]:
    """The stores of the settings, the parties of the settings, and the hospitals' own systems."""
    named = {"s3": f"//{settings.HUB_S3['endpoint']}", "redis": settings.HUB_REDIS_URL}
    named |= {"broker": settings.CELERY_BROKER_URL, **settings.HUB_OUTSIDE}
    named |= {f"his.{code}": connectors.profile(code).endpoint for code in ("alpha", "beta")}
    return {_place(url): name for name, url in reversed(named.items())}


@contextmanager
def walled(wall: Wall, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every connection of this process is looked at, and a name is resolved only where it is declared."""
    connect, resolve = socket.socket.connect, socket.getaddrinfo

    def guarded(line: socket.socket, address: Any) -> None:
        if not wall.passes(address):
            raise ConnectionRefusedError(f"the wall stops {address}")
        connect(line, address)

    def resolved(host: Any, port: Any, *rest: Any, **named: Any) -> Any:
        if not wall.passes((host, port or 0)):
            raise socket.gaierror(f"the wall stops {host}")
        return resolve(host, port, *rest, **named)

    with monkeypatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded)
        patch.setattr(socket, "getaddrinfo", resolved)
        yield


@pytest.mark.requirement("WX-DEPLOY-01", "WX-DEPLOY-02")
def test_the_main_job_leaves_by_the_declared_doors_only(
    district: District, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Booked, paid, registered, told, cancelled, refunded, a photograph stored, pages read: nothing else is asked."""
    settings.HUB_OUTGOING_PUBLIC = False
    wall, who = Wall(declared(settings)), world.resident()
    adapters.close_all()  # connections to the hospitals and to the stores are made anew, in sight of the wall
    redis.client().connection_pool.disconnect()
    storage.connection.cache_clear()
    with walled(wall, monkeypatch):
        booking = district.book("alpha", world.open_session("alpha"), who)
        locked = district.book("beta", world.open_session("beta", days=2), who)
        for one in (booking, locked):
            district.pay(one, who)
            after = district.booking(one.id)
            assert (after.state, after.settlement, after.his) == (State.BOOKED, Settlement.PAID, His.REGISTERED)
        services.cancel_booking(actor=who.actor, booking_id=locked.id, reason="时间有变化")
        drain()
        district.deliver()
        drain()
        assert district.booking(locked.id).settlement is Settlement.REFUNDED
        with hospital("alpha", read_only=True):
            doctor = directory.doctors()[0].id
        manager = standing.staff(Role.HOSPITAL_MANAGER, "alpha")
        content = picture(size=(400, 400)).read()
        photos.set_photo(actor=manager, hospital="alpha", doctor_id=doctor, content=content)
        for path in ("/", f"/bookings/{booking.id}", "/messages"):
            assert resident_browser(who).get(path).status_code == 200
        assert desk_of(Role.RECEPTION, hospital="alpha").get("/workspace/").status_code == 200
        assert wall.stopped == []
        assert wall.reached >= {*STORES, "wechat_pay", "his.alpha", "his.beta"}, "the wall saw what it let through"
        with pytest.raises(httpx.HTTPError), outgoing.client(timeout=httpx.Timeout(1)) as stranger:
            stranger.get("http://198.51.100.7/")
        with pytest.raises(OSError, match="the wall stops"):
            socket.create_connection(("storage.example", 443), timeout=1)
        assert wall.stopped, "or it would stop nobody"


@pytest.mark.requirement("WX-DEPLOY-02")
def test_every_store_is_one_the_site_names(settings: Settings) -> None:
    """No table, file, session or log goes to a place that no setting names."""
    databases = {row["ENGINE"] for row in settings.DATABASES.values()}
    assert databases == {"hub.tenancy.backend"}
    assert {row["BACKEND"] for row in settings.STORAGES.values()} <= {
        "django.core.files.storage.InMemoryStorage",
        "django.contrib.staticfiles.storage.StaticFilesStorage",
        "whitenoise.storage.CompressedManifestStaticFilesStorage",
    }
    assert {row["BACKEND"] for row in settings.CACHES.values()} == {"django.core.cache.backends.redis.RedisCache"}
    assert settings.CACHES["default"]["LOCATION"] == [settings.HUB_REDIS_URL]
    assert settings.SESSION_ENGINE == "django.contrib.sessions.backends.cache"
    assert not settings.STATIC_URL.startswith("http"), "style and script come from the hub itself"
