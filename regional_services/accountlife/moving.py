"""What belongs to an account, derived from the models: every row of a regional app that names one.

A table made tomorrow takes part by itself; `TITLES` says what people call it, and a test asks for every one.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import IntegrityError, models, transaction

from regional_services.accountlife.models import Did, Merge, MergeItem

FIELDS = ("account_id", "payer_account_id")
_PREFIX = "regional_services."
_OWN = "accountlife"
TITLES = {
    "booking.Booking": "预约",
    "payments.Order": "订单",
    "identity.Relation": "就诊人",
    "waitlist.Entry": "候补",
    "waiting.Place": "候诊位置",
    "doctors.Follow": "关注的医生",
    "doctors.Reminder": "有号提醒",
    "notifications.Message": "消息",
    "notifications.Declined": "不接收的消息",
    "feedback.Feedback": "意见反馈",
    "survey.Invitation": "满意度评价",
    "idverify.Application": "实名审核申请",
    "entries.Visit": "第三方入口记录",
    "insurance.Activation": "医保凭证激活记录",
}


@dataclass(frozen=True, slots=True)
class Holding:
    """A column of a table that names accounts."""

    label: str
    model: type[models.Model]
    field: str

    def rows(self, account_id: UUID) -> models.QuerySet[Any]:
        """The rows of one account."""
        return self.model._base_manager.filter(**{self.field: account_id})


@cache
def holdings() -> tuple[Holding, ...]:
    """Every such column, by label. Rows keyed by the account itself are facts of a login and stay with it."""
    found = [
        Holding(f"{model._meta.app_label}.{model.__name__}", model, field.name)
        for config in apps.get_app_configs()
        if config.name.startswith(_PREFIX) and config.label != _OWN
        for model in config.get_models()
        for field in model._meta.local_fields
        if field.name in FIELDS and not field.primary_key
    ]
    return tuple(sorted(found, key=lambda holding: (holding.label, holding.field)))


def counts(account_id: UUID) -> dict[str, int]:
    """How many rows of each kind an account has, by label. One query a table."""
    return {holding.label: number for holding in holdings() if (number := holding.rows(account_id).count())}


def move(merge: Merge) -> dict[str, tuple[int, int]]:
    """Give what the merged account has to the kept one, inside an open unit; by label how many moved and stayed.

    Once more finds what came meanwhile; what stayed before is not counted again.
    """
    done: dict[str, tuple[int, int]] = {}
    stayed = set(merge.items.filter(did=Did.LEFT).values_list("model", "row"))
    for holding in holdings():
        moved, left = _move(holding, merge)
        left = [row for row in left if (holding.label, str(row)) not in stayed]
        _note(merge, holding, moved, Did.MOVED)
        _note(merge, holding, left, Did.LEFT)
        if moved or left:
            done[holding.label] = (len(moved), len(left))
    return done


def _move(holding: Holding, merge: Merge) -> tuple[list[Any], list[Any]]:
    rows = list(holding.rows(merge.merged_id).order_by("pk").values_list("pk", flat=True))
    if not rows:
        return [], []
    to = {holding.field: merge.kept_id}
    try:
        with transaction.atomic():
            holding.rows(merge.merged_id).update(**to)
    except IntegrityError:
        return _one_by_one(holding, rows, to)
    return rows, []


def _one_by_one(holding: Holding, rows: list[Any], to: dict[str, UUID]) -> tuple[list[Any], list[Any]]:
    """The kept account has some of it already (a follow, a person, an open application): those stay."""
    moved, left = [], []
    for key in rows:
        try:
            with transaction.atomic():
                holding.model._base_manager.filter(pk=key).update(**to)
        except IntegrityError:
            left.append(key)
        else:
            moved.append(key)
    return moved, left


def move_back(merge: Merge) -> int:
    """Give back what the merge moved and the kept account still has; how many rows."""
    by_label = {(holding.label, holding.field): holding for holding in holdings()}
    count = 0
    for item in merge.items.filter(did=Did.MOVED, model__in={holding.label for holding in holdings()}):
        holding = by_label[item.model, item.field]
        count += holding.rows(merge.kept_id).filter(pk=item.row).update(**{holding.field: merge.merged_id})
    return count


def _note(merge: Merge, holding: Holding, rows: list[Any], did: Did) -> None:
    MergeItem.objects.bulk_create(
        [MergeItem(merge=merge, model=holding.label, field=holding.field, row=str(row), did=did) for row in rows]
    )
