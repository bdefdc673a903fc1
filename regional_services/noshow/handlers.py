"""What follows from a decided appeal, and from a visit a hospital tells of late. Both may run again."""

from __future__ import annotations

from hub.outbox.events import RunsIn, handles
from hub.work import Unit
from regional_services.noshow.counting import judge_everywhere, tell
from regional_services.noshow.events import AppealDecided
from regional_services.noshow.models import COUNTING, NoShow, State
from tenants.appointments.events import VisitEnded

TOLD_LATE = "医院补报了就诊记录"


@handles(AppealDecided, runs_in=RunsIn.REGION)
def on_decided(event: AppealDecided, unit: Unit) -> None:
    """Bring the person's blocks to what still counts, and tell the resident."""
    _follow(unit, NoShow.objects.get(booking_id=event.booking_id))


@handles(VisitEnded, runs_in=RunsIn.REGION)
def on_visit_ended(event: VisitEnded, unit: Unit) -> None:
    """The hospital tells after all that the patient was seen: the record is taken back without anybody's asking."""
    row = NoShow.objects.select_for_update().filter(booking_id=event.booking_id, state__in=COUNTING).first()
    if row is None:
        unit.audit("noshow.not_counted", target=f"booking:{event.booking_id}", outcome="nothing")
        return
    row.state, row.decision, row.decided_by, row.decided_at = State.EXCUSED, TOLD_LATE, unit.actor.name[:60], unit.now
    row.save(update_fields=["state", "decision", "decided_by", "decided_at"])
    _follow(unit, row)


def _follow(unit: Unit, row: NoShow) -> None:
    judge_everywhere(unit, row.booking_id)
    unit.audit("noshow.followed", target=f"booking:{row.booking_id}", after={"state": row.state})
    tell(unit, "noshow.decided", row, ended=State(row.state).label, reason=row.decision)
