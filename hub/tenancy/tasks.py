"""Background tasks say for whom they work: one hospital, the region, or one hospital after another.

    @shared_task(base=RegionTask, name="statistics.refresh")

A task without one of these bases fails `tests/security/test_task_matrix.py`: nothing in the background works unbounded
by accident.
"""

from __future__ import annotations

import logging
from typing import Any

from celery import Task

from hub.tenancy.context import bound_to
from hub.tenancy.errors import UnknownHospital
from hub.tenancy.registry import repair_of, tenant

logger = logging.getLogger(__name__)


class HospitalTask(Task):  # type: ignore[misc]
    """Works in one hospital: refuses to be sent or run without `hospital=<code>`, and can open no other's scope.

    The task opens its scopes itself, in short transactions.
    """

    abstract = True
    works_for = "hospital"

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
        with bound_to(code):
            return super().__call__(*args, **kwargs)


class RegionTask(Task):  # type: ignore[misc]
    """Works on public; it may read hospitals, but the scope of one in which it could write is refused."""

    abstract = True
    works_for = "region"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run it."""
        with bound_to(""):
            return super().__call__(*args, **kwargs)


class DistrictTask(Task):  # type: ignore[misc]
    """Works for one hospital after another (sweeps, an institution's life), each in scopes of its own.

    The few there are stand by name in `tests/security/matrix/expectations.py`.
    """

    abstract = True
    works_for = "district"


SCOPES = (HospitalTask, RegionTask, DistrictTask)


def _require(code: object, task: str) -> str:
    if not isinstance(code, str):
        raise UnknownHospital(detail={"task": task, "reason": "no hospital= was given"})
    return tenant(code).code
