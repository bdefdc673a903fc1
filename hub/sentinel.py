"""Addresses of a Redis behind Sentinels, in one URL.

    redis+sentinel://user:password@one:26379,two:26379,three:26379/<service>/<database>

`rediss+sentinel` speaks TLS; `?sentinel_password=` is for Sentinels that ask for a password of their own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

_SCHEMES = {"redis+sentinel": False, "rediss+sentinel": True}
_PORT = 26379


@dataclass(frozen=True, slots=True)
class Sentinels:
    """Who is asked for the master, and how the master is spoken to."""

    addresses: tuple[tuple[str, int], ...]
    service: str
    database: int
    username: str | None
    password: str | None
    sentinel_password: str | None
    tls: bool

    @property
    def to_master(self) -> dict[str, Any]:
        """Connection arguments for the server itself."""
        given = {"username": self.username, "password": self.password, "ssl": self.tls or None}
        return {"db": self.database, **{name: value for name, value in given.items() if value is not None}}

    @property
    def to_sentinels(self) -> dict[str, Any]:
        """Connection arguments for the Sentinels; one that hangs must not hold up the question to the next."""
        given = {"password": self.sentinel_password, "ssl": self.tls or None}
        patience = {"socket_timeout": 1, "socket_connect_timeout": 1}
        return {**patience, **{name: value for name, value in given.items() if value is not None}}

    @property
    def broker_url(self) -> str:
        """The same address as Celery's transport writes it."""
        login = "".join(
            (quote(self.username or "", safe=""), f":{quote(self.password, safe='')}@" if self.password else "")
        )
        return ";".join(f"sentinel://{login}{host}:{port}/{self.database}" for host, port in self.addresses)

    @property
    def broker_options(self) -> dict[str, Any]:
        """Celery's transport options that go with `broker_url`."""
        return {"master_name": self.service, "sentinel_kwargs": self.to_sentinels}


def parse(url: str) -> Sentinels | None:
    """The Sentinels of `url`; None when it leads to a server directly."""
    parts = urlsplit(url)
    if parts.scheme not in _SCHEMES:
        return None
    login, _at, hosts = parts.netloc.rpartition("@")
    username, _colon, password = login.partition(":")
    service, _slash, database = parts.path.strip("/").partition("/")
    addresses = tuple(_address(host) for host in hosts.split(",") if host)
    if not addresses or not service or not (database or "0").isdigit():
        raise ValueError("a Sentinel address must look like redis+sentinel://user:password@host:26379,host/service/0")
    own = parse_qs(parts.query).get("sentinel_password", [""])[0]
    return Sentinels(
        addresses=addresses,
        service=service,
        database=int(database or 0),
        username=unquote(username) or None,
        password=unquote(password) or None,
        sentinel_password=own or None,
        tls=_SCHEMES[parts.scheme],
    )


def _address(text: str) -> tuple[str, int]:
    host, _colon, port = text.partition(":")
    return host, int(port or _PORT)
