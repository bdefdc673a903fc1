"""Background tasks that belong to a hospital."""

from __future__ import annotations

import logging
from typing import Any

from celery import Task

from hub.tenancy.errors import UnknownHospital
from hub.tenancy.registry import repair_of, tenant

logger = logging.getLogger(__name__)


class HospitalTask(Task):  # type: ignore[misc]
    """Celery base of every task that works in a hospital: refuses to be sent or run without `hospital=<code>`.

    The task opens its scopes itself, in short transactions.
    """

    abstract = True

    def apply_async(self, args: Any = None, kwargs: Any = None, **options: Any) -> Any:
        """Send it, if it names a hospital there is."""
        _require((kwargs or {}).get("hospital"), self.name)
        return super().apply_async(args, kwargs, **options)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run it, if it names a hospital there is."""
        code = _require(kwargs.get("hospital"), self.name)
        if repair_of(code):
            logger.info("left for later: the hospital is closed for repair", extra={"hospital": code})
            return None
        return super().__call__(*args, **kwargs)


def _require(code: object, task: str) -> str:
    if not isinstance(code, str):
        raise UnknownHospital(detail={"task": task, "reason": "no hospital= was given"})
    return tenant(code).code
