"""A stop in the middle of claims and releases."""

from __future__ import annotations

import random
from uuid import UUID, uuid4

from hub.actor import system_actor
from hub.tenancy.scope import hospital
from hub.work import work
from institution_connectors.contracts.values import Stop
from tenants.scheduling import services, steps
from tenants.scheduling.errors import NumberBusy, NumberTaken
from tenants.scheduling.models import Number, NumberState
from tests.harness.threads import in_threads
from tests.scheduling.builders import TOMORROW, open_hospital, open_session

ACTOR = system_actor("停诊演练")


def stop_while_claiming(code: str) -> tuple[int, set[UUID], set[UUID]]:
    """Numbers left free, holders the stop told of, and holders there are afterwards."""
    open_hospital(code)
    session = open_session(code, 60)

    def run(index: int) -> set[UUID]:
        if index == 0:
            stop = Stop(schedule_code="S1", day=TOMORROW, reason="医生临时出诊")
            return set(services.stop_session(code, stop, actor=ACTOR))
        chance = random.Random(index)
        for _ in range(20):
            holder = uuid4()
            try:
                with work(code, actor=ACTOR) as unit:
                    steps.claim_any(unit, session_id=session, holder=holder)
                    unit.audit("test.claimed", target=f"session:{session}")
            except (NumberTaken, NumberBusy):
                continue
            if chance.random() < 0.7:
                with work(code, actor=ACTOR) as unit:
                    steps.release_number(unit, holder=holder)
                    unit.audit("test.released", target=f"session:{session}")
        return set()

    told = in_threads(12, run)[0]
    with hospital(code, read_only=True):
        free = Number.objects.filter(session_id=session, state=NumberState.FREE).count()
        holding = {h for h in Number.objects.values_list("holder", flat=True) if h is not None}
    return free, told, holding
