"""One set of services: those the environment configures are used as they are, the others are started here."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Protocol

from hub.embedded import credentials, trouble
from hub.embedded.places import Places
from hub.embedded.ports import PortBook
from hub.embedded.postgres import DURABLE, THROWAWAY, Postgres
from hub.embedded.s3 import ObjectStore
from hub.embedded.valkey import Valkey

DATABASE_VARIABLES = {
    "owner": "HUB_OWNER_DATABASE_URL",
    "region": "HUB_REGION_DATABASE_URL",
    "hospital": "HUB_HOSPITAL_DATABASE_URL",
}
# For commands that read settings but talk to no service (makemigrations, type checks): addresses nobody answers.
DUMMY = {
    **{name: f"postgresql://nobody:none@127.0.0.1:1/{login}" for login, name in DATABASE_VARIABLES.items()},
    "HUB_REDIS_URL": "redis://127.0.0.1:1/0",
    "HUB_S3_ENDPOINT": "127.0.0.1:1",
    "HUB_SECRET_KEY": "only-for-commands-that-use-no-service",
}


class Service(Protocol):
    """What the supervisor needs of an embedded server."""

    @property
    def name(self) -> str:
        """Its short name."""

    def start(self) -> None:
        """Start and wait until it answers."""

    def stop(self) -> bool:
        """End it; False if force was needed."""

    def ended(self) -> bool:
        """Whether it has ended without being asked to."""

    def healthy(self) -> bool:
        """Whether it answers."""


class Services:
    """The services of one checkout, in starting order, and the environment that leads to them."""

    def __init__(
        self,
        where: Places,
        *,
        durable: bool,
        given: Mapping[str, str] | None = None,
        postgres_settings: Mapping[str, str] | None = None,
    ) -> None:
        given = os.environ if given is None else given
        where.prepare()
        secrets = credentials.load(where.secrets)
        book = PortBook(where.secrets / "ports.json")
        prefix = given.get("HUB_ROLE_PREFIX", "hub")
        self.env: dict[str, str] = {
            "HUB_SECRET_KEY": given.get("HUB_SECRET_KEY", secrets.django),
            "HUB_ROLE_PREFIX": prefix,
            "HUB_VAR": str(where.base),
        }
        self.parts: list[Service] = []
        configured, outside = _configured_databases(given), given.get("HUB_OUTSIDE_DATABASE_URL", "")
        if not configured or (durable and not outside):  # the sandbox's hospitals need a server in any case
            settings = postgres_settings or (DURABLE if durable else THROWAWAY)
            postgres = Postgres(where, secrets, book.port("postgres"), prefix=prefix, settings=settings)
            self.parts.append(postgres)
            self.env["HUB_OUTSIDE_DATABASE_URL"] = outside or postgres.url("outside")
            if not configured:
                self.env |= {name: postgres.url(login) for login, name in DATABASE_VARIABLES.items()}
                self.env["HUB_BACKUP_DATABASE_URL"] = postgres.url("backup")
        if "HUB_REDIS_URL" not in given:
            valkey = Valkey(where, secrets, book.port("valkey"), durable=durable)
            self.parts.append(valkey)
            self.env["HUB_REDIS_URL"] = valkey.url
        if "HUB_S3_ENDPOINT" not in given:
            bucket = given.get("HUB_S3_BUCKET", "hub")
            store = ObjectStore(where, secrets, book.port("s3"), bucket=bucket)
            self.parts.append(store)
            self.env |= {
                "HUB_S3_ENDPOINT": store.endpoint,
                "HUB_S3_ACCESS_KEY": secrets.s3_access,
                "HUB_S3_SECRET_KEY": secrets.s3_secret,
                "HUB_S3_BUCKET": bucket,
                "HUB_S3_SECURE": "no",
            }

    def start(self, announce: Callable[[str], None] = lambda _: None) -> None:
        """Start all; if one fails, the earlier ones are stopped again."""
        try:
            for part in self.parts:
                part.start()
                announce(part.name)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop all, the database last."""
        for part in reversed(self.parts):
            part.stop()

    def healthy(self) -> bool:
        """Whether all embedded ones answer."""
        return all(part.healthy() for part in self.parts)


def _configured_databases(given: Mapping[str, str]) -> bool:
    """Whether the environment names the database; naming only some of the logins is a mistake we stop at."""
    present = [name for name in DATABASE_VARIABLES.values() if name in given]
    if present and len(present) < len(DATABASE_VARIABLES):
        lacking = ", ".join(sorted(set(DATABASE_VARIABLES.values()) - set(present)))
        raise trouble.StartupError(
            f"数据库配置不完整，还缺少：{lacking}。", f"The database is configured in part; set also {lacking}."
        )
    return bool(present)
