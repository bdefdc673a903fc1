"""What follows from a manager's word: the resident is told where to read it."""

from __future__ import annotations

from hub.outbox.events import RunsIn, handles
from hub.work import Unit
from regional_services.feedback.deadlines import DISTRICT
from regional_services.feedback.events import FeedbackMoved
from regional_services.feedback.models import Entry, Kind
from regional_services.notifications import steps as notifications
from tenants.registry import selectors as registry


@handles(FeedbackMoved, runs_in=RunsIn.REGION)
def tell(event: FeedbackMoved, unit: Unit) -> None:
    """One message for each reply and for the closing; the reply itself is read on the item's own page."""
    entry = Entry.objects.select_related("feedback").get(pk=event.entry_id)
    code = entry.institution_code
    notifications.send(
        unit,
        kind="feedback.closed" if entry.kind == Kind.CLOSED else "feedback.replied",
        account_id=entry.feedback.account_id,
        person_id=None,
        institution_code=code,
        about=entry.id,
        subject=entry.feedback_id,
        facts={"institution": registry.institution(code).name if code else DISTRICT},
    )
