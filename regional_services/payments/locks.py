"""Which rows are locked and in which order: the order first, then its attempts, then its refunds, each by key."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet

from regional_services.payments.models import Attempt, Order, Refund


def order(order_id: UUID) -> Order | None:
    """The order, locked until the unit ends; everything about its money is decided under this lock."""
    return Order.objects.select_for_update().filter(pk=order_id).first()


def attempts(locked_order: Order) -> QuerySet[Attempt]:
    """The attempts of a locked order, locked as they are read."""
    return Attempt.objects.select_for_update(of=("self",)).filter(order=locked_order).order_by("pk")


def order_of_attempt(attempt_id: UUID) -> tuple[Order, Attempt]:
    """An attempt and its order, both locked."""
    order_id = Attempt.objects.values_list("order_id", flat=True).get(pk=attempt_id)
    locked = Order.objects.select_for_update().get(pk=order_id)
    return locked, Attempt.objects.select_for_update(of=("self",)).get(pk=attempt_id)


def order_of_refund(refund_id: UUID) -> tuple[Order, Refund]:
    """A refund and its order, both locked; the refund's attempt is read with it."""
    order_id = Refund.objects.values_list("order_id", flat=True).get(pk=refund_id)
    locked = Order.objects.select_for_update().get(pk=order_id)
    return locked, Refund.objects.select_for_update(of=("self",)).select_related("attempt").get(pk=refund_id)
