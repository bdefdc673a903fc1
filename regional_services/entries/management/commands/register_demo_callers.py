"""`manage.py register_demo_callers`: let the sandbox's other official accounts send people here."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from hub import ids
from hub.actor import system_actor
from hub.security.keyring import ring
from hub.tenancy.scope import REGION
from hub.work import work
from regional_services.entries.models import Algorithm, Caller, CallerKey
from tenants.directory.models import Service

SEED = system_actor("演示数据")
# Code, name, services, communities; the sandbox's own list stands in tenants/registry/seeding/outside.py.
CALLERS = (
    ("qinghe-community", "青禾社区健康服务号", (Service.IMMUNISATION, Service.CHECKUP), ("qinghe",)),
    ("yunxi-life", "云栖生活应用", tuple(Service), ()),
)


class Command(BaseCommand):
    """Register each that is not there yet; run again it does nothing."""

    help = "Register the sandbox's callers with the keys they sign with."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """One unit of work."""
        origin = settings.HUB_OUTSIDE["entry_callers"]
        with work(REGION, actor=SEED) as unit:
            there = set(Caller.objects.values_list("code", flat=True))
            new = [row for row in CALLERS if row[0] not in there]
            for code, name, services, places in new:
                caller = Caller.objects.create(
                    id=ids.uuid7(),
                    code=code,
                    name=name,
                    services=list(services),
                    places=list(places),
                    returns=[f"{origin}/back/{code}"],
                    made_by=SEED.name,
                    made_at=unit.now,
                )
                CallerKey.objects.create(
                    id=ids.uuid7(),
                    caller=caller,
                    name=f"demo-{len(code)}",
                    algorithm=Algorithm.HMAC,
                    secret=ring().ensure_secret(f"entries.{code}").decode(),
                    made_by=SEED.name,
                    made_at=unit.now,
                )
                unit.audit("entries.caller_registered", target=f"caller:{code}")
        self.stdout.write(f"{len(new)} callers registered")
