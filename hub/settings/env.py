"""Settings read from the environment, in one place, with a clear line when one is missing or wrong."""

from __future__ import annotations

import os
from typing import Any
from urllib.parse import unquote, urlsplit


class SettingError(RuntimeError):
    """A setting is missing or can't be read; the text names the variable."""


def text(name: str, default: str | None = None) -> str:
    """The variable, or its default; no default means it must be set."""
    value = os.environ.get(name, default)
    if value is None:
        raise SettingError(f"{name} is not set (`make run` and `make test` set it; see README)")
    return value


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
    """A Django database entry from a URL `postgresql://user:password@host:port/name`."""
    url = urlsplit(text(name))
    if url.scheme not in {"postgresql", "postgres"} or not url.path.strip("/"):
        raise SettingError(f"{name} must look like postgresql://user:password@host:port/name")
    return {
        "ENGINE": "hub.tenancy.backend",
        "NAME": unquote(url.path.lstrip("/")),
        "USER": unquote(url.username or ""),
        "PASSWORD": unquote(url.password or ""),
        "HOST": unquote(url.hostname or ""),
        "PORT": str(url.port or 5432),
        "CONN_MAX_AGE": 0 if pool else 60,
        "CONN_HEALTH_CHECKS": False,
        "ATOMIC_REQUESTS": False,
        "DISABLE_SERVER_SIDE_CURSORS": True,
        "OPTIONS": {"options": options, **({"pool": pool} if pool else {})},
        "TEST": {"MIGRATE": False},
    }
