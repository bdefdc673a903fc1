"""Settings read from the environment, in one place, with a clear line when one is missing or wrong."""

from __future__ import annotations

import os
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

# What a database address may say besides: encryption, and which of several servers is meant.
_LIBPQ = frozenset({"sslmode", "sslrootcert", "sslcert", "sslkey", "target_session_attrs", "connect_timeout"})


_SHORTEST_SECRET = 32
_FEWEST_CHARACTERS = 10
_KNOWN = ("only-for-commands", "django-insecure", "changeme", "change-me", "secret", "test")


class SettingError(RuntimeError):
    """A setting is missing or can't be read; the text names the variable."""


def text(name: str, default: str | None = None) -> str:
    """The variable, or its default; no default means it must be set."""
    value = os.environ.get(name, default)
    if value is None:
        raise SettingError(f"{name} is not set (`make run` and `make test` set it; see README)")
    return value


def secret(name: str, *, exposed: bool) -> str:
    """A secret of this installation; where others reach the hub (`exposed`) a short or well-known one is refused."""
    value = text(name)
    weak = len(value) < _SHORTEST_SECRET or len(set(value)) < _FEWEST_CHARACTERS or value.lower().startswith(_KNOWN)
    if exposed and weak:
        raise SettingError(f"{name} is short, repetitive or a well-known default: make one of 50 random characters")
    return value


def given(name: str) -> bool:
    """Whether the variable is set and not empty."""
    return bool(os.environ.get(name))


def number(name: str, default: int) -> int:
    """An integer variable."""
    raw = os.environ.get(name, str(default))
    try:
        return int(raw)
    except ValueError as problem:
        raise SettingError(f"{name} must be a whole number, not {raw!r}") from problem


def flag(name: str, default: bool) -> bool:
    """A yes/no variable: 1, true, yes, on or their opposites."""
    raw = os.environ.get(name, "1" if default else "0").strip().lower()
    if raw in {"1", "true", "yes", "on"}:
        return True
    if raw in {"0", "false", "no", "off", ""}:
        return False
    raise SettingError(f"{name} must be yes or no, not {raw!r}")


def names(name: str, default: str = "") -> list[str]:
    """A comma-separated list."""
    return [part.strip() for part in os.environ.get(name, default).split(",") if part.strip()]


def database(name: str, *, pool: dict[str, Any] | None, options: str) -> dict[str, Any]:
    """A Django database entry from a URL `postgresql://user:password@host:port/name?sslmode=verify-full`.

    Several hosts may stand there, separated by commas, with `target_session_attrs=read-write`: the primary is found.
    """
    url = urlsplit(text(name))
    login, _at, hosts = url.netloc.rpartition("@")
    user, _colon, password = login.partition(":")
    if url.scheme not in {"postgresql", "postgres"} or not url.path.strip("/"):
        raise SettingError(f"{name} must look like postgresql://user:password@host:port/name")
    said = dict(parse_qsl(url.query))
    if unknown := set(said) - _LIBPQ:
        raise SettingError(f"{name} may not say {', '.join(sorted(unknown))}; known are {', '.join(sorted(_LIBPQ))}")
    places = [_host_and_port(host) for host in hosts.split(",")]
    return {
        "ENGINE": "hub.tenancy.backend",
        "NAME": unquote(url.path.lstrip("/")),
        "USER": unquote(user),
        "PASSWORD": unquote(password),
        "HOST": ",".join(host for host, _ in places),
        "PORT": ",".join(port for _, port in places),
        "CONN_MAX_AGE": 0 if pool else 60,
        "CONN_HEALTH_CHECKS": False,
        "ATOMIC_REQUESTS": False,
        "DISABLE_SERVER_SIDE_CURSORS": True,
        # Plans are kept for `hub.tenancy.statements` only: the ORM's cursors never ask for one.
        "OPTIONS": {"options": options, "prepare_threshold": 0, **said, **({"pool": pool} if pool else {})},
        "TEST": {"MIGRATE": False},
    }


def _host_and_port(place: str) -> tuple[str, str]:
    """One server of an address; IPv6 stands in brackets."""
    if place.startswith("["):
        host, _bracket, rest = place[1:].partition("]")
        return host, rest.removeprefix(":") or "5432"
    host, _colon, port = place.partition(":")
    return unquote(host), port or "5432"
