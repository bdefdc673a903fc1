"""Celery: the schedule and heavy jobs (PDF, imports, exports). Deliveries are the relay's, not its."""

from __future__ import annotations

import os
from typing import Any

from celery import Celery
from celery.signals import setup_logging, task_postrun, worker_ready
from django.conf import settings

from hub.observability import logs, metrics

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hub.settings")

app = Celery("hub")
app.set_default()  # in every thread: the relay hands work over from its pools
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect  # type: ignore[untyped-decorator]
def _our_logging(**_: Any) -> None:
    """Celery leaves the logging alone when somebody answers this signal; the format and its guards are ours."""
    logs.configure(settings.LOGGING)


@worker_ready.connect  # type: ignore[untyped-decorator]
def _be_scraped(**_: Any) -> None:
    metrics.serve()


@task_postrun.connect  # type: ignore[untyped-decorator]
def _count(task: Any, state: str | None = None, **_: Any) -> None:
    metrics.tasks_total.labels(task.name, (state or "unknown").lower()).inc()
