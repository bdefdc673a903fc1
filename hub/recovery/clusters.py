"""The servers whose data are put aside: the one of the district, and every other hospitals live on (ADR 0911, 1001).

A further database (`HUB_HOSPITAL_DATABASES=b`) may lie on the district's server; its base backup holds it then. On a
server of its own it needs a login of its own to be copied by, `HUB_BACKUP_DATABASE_URL_B`; without one its backup is
recorded as failed every night, so that nobody takes it for safe.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings

from hub.recovery.errors import BackupFailed
from hub.security.keyring import REGION_OWNER
from hub.tenancy.context import HOME_ALIAS
from hub.tenancy.models import Tenant, TenantState
from hub.tenancy.schemas import OWNER, owner_connection, owner_of

_PREFIX = "db-"  # no hospital's code has a hyphen


@dataclass(frozen=True, slots=True)
class Cluster:
    """One server; `name` is empty for the district's, else that of the database its backup login is configured for."""

    name: str

    @property
    def scope(self) -> str:
        """What its backups and drills are filed under."""
        return f"{_PREFIX}{self.name}" if self.name else REGION_OWNER

    @property
    def alias(self) -> str:
        """The database alias hospitals are reached by."""
        return f"{HOME_ALIAS}_{self.name}" if self.name else HOME_ALIAS

    @property
    def owner(self) -> str:
        """The owner's alias there."""
        return owner_of(self.alias)

    @property
    def url(self) -> str:
        """The address of the login that may copy the whole server; empty when there is none."""
        return str(settings.HUB_BACKUP_DATABASE_URLS.get(self.name, ""))

    @property
    def log(self) -> str:
        """The vault's directory of its write-ahead log."""
        return f"wal-{self.name}" if self.name else "wal"


HOME = Cluster("")


def named(scope: str) -> Cluster:
    """The cluster a backup was filed under, configured or not: the vault may be all that is left."""
    return Cluster(scope.removeprefix(_PREFIX)) if scope.startswith(_PREFIX) else HOME


def copied() -> list[Cluster]:
    """Those with a login to copy them by, the district's first whether or not it has one."""
    return [HOME, *(Cluster(name) for name in _names() if settings.HUB_BACKUP_DATABASE_URLS.get(name))]


def has_login(scope: str) -> bool:
    """Whether there is a login to copy a server by."""
    return bool(named(scope).url)


def uncovered() -> list[Cluster]:
    """Further databases on a server nobody can copy."""
    lacking = [Cluster(name) for name in _names() if not settings.HUB_BACKUP_DATABASE_URLS.get(name)]
    covered = {_server(cluster) for cluster in copied()} if lacking else set()
    return [one for one in lacking if _server(one) not in covered]


def databases(cluster: Cluster) -> list[Cluster]:
    """The configured databases that lie on a cluster's server."""
    server = _server(cluster)
    others = [Cluster(name) for name in _names() if name != cluster.name]
    return [cluster, *(one for one in others if _server(one) == server)]


def hospitals_of(cluster: Cluster) -> list[str]:
    """The codes of the hospitals that live on a cluster's server."""
    aliases = [one.alias for one in databases(cluster)]
    rows = Tenant.objects.using(OWNER).filter(database__in=aliases).exclude(state=TenantState.LEFT)
    return list(rows.exclude(state=TenantState.JOINING).order_by("code").values_list("code", flat=True))


def _names() -> list[str]:
    prefix = f"{HOME_ALIAS}_"
    return sorted(alias.removeprefix(prefix) for alias in settings.DATABASES if alias.startswith(prefix))


def _server(cluster: Cluster) -> int:
    """PostgreSQL's own number of the server, the same by every name and address."""
    if cluster.owner not in settings.DATABASES:
        raise BackupFailed(f"没有配置 {cluster.alias} 的属主（HUB_OWNER_DATABASE_URL_{cluster.name.upper()}）。")
    with owner_connection(cluster.owner) as connection:
        row = connection.execute("SELECT system_identifier FROM pg_control_system()").fetchone()
    assert row is not None
    return int(row[0])
