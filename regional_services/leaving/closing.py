"""The last thing of an institution that left: its schema goes when the time of keeping its audit is over."""

from __future__ import annotations

from hub import clock
from hub.actor import system_actor
from hub.retention import services as retention
from hub.tenancy.provision import drop_schema
from hub.tenancy.scope import REGION, region
from hub.work import work
from regional_services.leaving import keeping
from regional_services.leaving.models import Leaving, Stage

WORKER = system_actor("机构退出")


def drop_due() -> int:
    """Remove what is over; how many schemas. A schema gone already is no trouble: a crash between is taken up again."""
    over = retention.before(keeping.AUDIT)
    with region(read_only=True):
        rows = Leaving.objects.filter(
            stage=Stage.LEFT,
            on_hold=False,
            schema_dropped_at__isnull=True,
            schema_until__lt=clock.today(),
            left_at__lt=over,
        )
        codes = list(rows.values_list("institution_code", flat=True))
    for code in codes:
        drop_schema(code)
        with work(REGION, actor=WORKER) as unit:
            Leaving.objects.filter(institution_code=code).update(schema_dropped_at=unit.now)
            unit.audit("leaving.schema_dropped", target=f"institution:{code}")
    return len(codes)
