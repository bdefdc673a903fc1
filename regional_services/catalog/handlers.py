"""What the catalogue does when a hospital's directory or schedules change."""

from __future__ import annotations

from hub import clock
from hub.outbox.events import Delivery, RunsIn, Temporary, handles
from regional_services.catalog import projection
from tenants.directory.events import DirectoryChanged
from tenants.scheduling.events import SessionChanged

AT_MOST_EVERY = 1.0


@handles(SessionChanged, runs_in=RunsIn.BETWEEN)
def refresh_sessions(event: SessionChanged, delivery: Delivery) -> None:
    """Mark, and refresh at most once a second per session.

    A first attempt that finds its sessions stale already leaves the refresh to the delivery that made them so.
    """
    if delivery.attempt == 1:
        marked = projection.mark(event.hospital, event.session_ids)
        if marked.was_stale:
            return
        if marked.refreshed_at is not None:
            since = (clock.now() - marked.refreshed_at).total_seconds()
            if since < AT_MOST_EVERY:
                raise Temporary("refreshed a moment ago", retry_after=AT_MOST_EVERY - since)
    projection.refresh(event.hospital)


@handles(DirectoryChanged, runs_in=RunsIn.BETWEEN)
def project_directory(event: DirectoryChanged, _delivery: Delivery) -> None:
    """Copy departments and doctors."""
    projection.project_directory(event.hospital)
