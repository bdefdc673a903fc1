"""What the catalogue does when a hospital's directory or schedules change.

The delivery that finds a hospital up to date is answerable for its refresh, and ends only when it has seen the hospital
up to date again. All other changes there meanwhile are absorbed by it: they only raise the marks.
"""

from __future__ import annotations

from redis import RedisError

from hub import redis
from hub.outbox.events import Delivery, RunsIn, Temporary, handles
from regional_services.catalog import projection
from tenants.directory.events import DirectoryChanged
from tenants.scheduling.events import SessionChanged

AT_MOST_EVERY = 1.0
PACED_ATTEMPTS = 3  # after them a refresh is due whatever the pace, because pauses between attempts grow


@handles(SessionChanged, runs_in=RunsIn.BETWEEN)
def refresh_sessions(event: SessionChanged, delivery: Delivery) -> None:
    """Mark, and refresh what is stale at this hospital, at most once a second.

    An attempt before this one was answerable, or died before it marked anything: either way this one is answerable.
    """
    code, paced = event.hospital, delivery.attempt <= PACED_ATTEMPTS
    if not projection.mark(code, event.session_ids) and delivery.attempt == 1:
        return
    if paced and not _may_refresh(code):
        raise Temporary("the catalogue was refreshed a moment ago", retry_after=AT_MOST_EVERY)
    while projection.catch_up(code).behind:
        if paced:
            raise Temporary("more has changed meanwhile", retry_after=AT_MOST_EVERY)


@handles(DirectoryChanged, runs_in=RunsIn.BETWEEN)
def project_directory(event: DirectoryChanged, _delivery: Delivery) -> None:
    """Copy departments and doctors."""
    projection.project_directory(event.hospital)


def _may_refresh(code: str) -> bool:
    """Take this second's turn of the hospital; without Redis nothing is paced."""
    try:
        return bool(redis.client().set(redis.key("catalog", "turn", code), "1", nx=True, px=int(AT_MOST_EVERY * 1000)))
    except RedisError:
        return True
