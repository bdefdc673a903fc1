"""Cases a person decides: a cashier of the hospital ends them, by name; the money follows by event."""

from __future__ import annotations

from uuid import UUID

from hub.actor import Actor
from hub.errors import InvalidInput, NotFound
from hub.security.permissions import require
from hub.tenancy.scope import REGION
from hub.work import Unit, work
from regional_services.payments import refunding, settlement
from regional_services.payments.events import CashierTaskClosed
from regional_services.payments.models import CashierTask, TaskKind
from regional_services.payments.permissions import CLOSE_TASKS


def close_task(task_id: UUID, *, actor: Actor, resolution: str) -> None:
    """End a case of the actor's own hospital: the money was given back by hand, as `resolution` says how."""
    require(actor, CLOSE_TASKS)
    if not resolution.strip():
        raise InvalidInput(fields={"resolution": "请说明处理方式"})
    with work(REGION, actor=actor) as unit:
        task = (
            CashierTask.objects.select_for_update(of=("self",))
            .select_related("order")
            .filter(pk=task_id, institution_code=actor.institution, closed_at=None)
            .first()
        )
        if task is None:
            raise NotFound
        task.closed_at = unit.now
        task.closed_by = actor.id
        task.closed_by_name = actor.name
        task.resolution = resolution.strip()[:200]
        task.save(update_fields=["closed_at", "closed_by", "closed_by_name", "resolution"])
        unit.audit(
            "payment.cashier_task_closed", target=f"task:{task.id}", reason=task.resolution, detail={"kind": task.kind}
        )
        unit.publish(
            CashierTaskClosed(
                order_id=task.order_id,
                booking_id=task.order.booking_id,
                institution_code=task.institution_code,
                task_id=task.id,
            )
        )


def follow(unit: Unit, task_id: UUID) -> None:
    """What a closed case means for the money."""
    task = CashierTask.objects.get(pk=task_id)
    unit.audit("payment.cashier_task_followed", target=f"task:{task.id}", detail={"kind": task.kind})
    if task.refund_id is not None and task.kind != TaskKind.REFUNDED_TWICE:
        refunding.settle_by_hand(unit, task.refund_id)
    elif task.attempt_id is not None:
        settlement.drop_dispute(unit, task.attempt_id)
