"""A model's app label decides its world: the hospitals' schemas or public (kernel decision 2)."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connections
from django.db.models import Model

from hub.tenancy.context import REGION_ALIAS, hospital_alias


@cache
def hospital_labels() -> frozenset[str]:
    """Labels of the apps whose tables live in every hospital's schema."""
    wanted = set(settings.HOSPITAL_APPS)
    return frozenset(config.label for config in apps.get_app_configs() if config.name in wanted)


class HubRouter:
    """The open scope's database for hospital apps, `default` for all others; migrations run on `owner` only."""

    def db_for_read(self, model: type[Model], **_hints: Any) -> str:
        """The alias of this model."""
        return hospital_alias() if model._meta.app_label in hospital_labels() else REGION_ALIAS

    db_for_write = db_for_read

    def allow_relation(self, first: Model, second: Model, **_hints: Any) -> bool:
        """Objects of one world may be related, those of two never."""
        labels = hospital_labels()
        return (first._meta.app_label in labels) == (second._meta.app_label in labels)

    def allow_migrate(self, db: str, app_label: str, **_hints: Any) -> bool:
        """On `owner`, the apps of the schema its connection stands in."""
        if db != "owner":
            return False
        in_public: bool = connections[db].schema_name == "public"  # type: ignore[attr-defined]
        return (app_label in hospital_labels()) != in_public
