"""Making the report of a night, telling the hospital's IT contact, and who that is."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta

from hub import clock
from hub.actor import Actor, system_actor
from hub.errors import InvalidInput, NotFound
from hub.outbox.selectors import dead_letters
from hub.security.permissions import require
from hub.tenancy.scope import hospital as hospital_scope
from hub.work import work
from institution_connectors.exchange import health as exchange
from institution_connectors.exchange.selectors import ExchangeRow
from tenants.nightly.events import NightReportMade
from tenants.nightly.models import Contact, NightReport, SmsState
from tenants.nightly.permissions import SET_CONTACT, VIEW
from tenants.scheduling import selectors as scheduling

CLOCKWORK = system_actor("夜间报告")
MORNING = time(7)
_MOBILE = re.compile(r"1\d{10}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One message of the hospital's connector in a report."""

    id: str
    operation: str
    state: str
    reason: str
    asked_at: str
    attempts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportView:
    """A stored report; `todo` is what waits for somebody."""

    day: date
    since: datetime
    until: datetime
    made_at: datetime
    asked: int
    failed: list[Line]
    healed: list[Line]
    waiting: list[Line]
    letters: int
    conflicts: int
    not_rerun: int
    refused: list[str]
    sms: SmsState
    seen_by: tuple[str, ...]

    @property
    def todo(self) -> int:
        """How many things wait for a person."""
        return len(self.waiting) + self.letters + self.conflicts + self.not_rerun


def make(code: str, day: date, *, actor: Actor = CLOCKWORK) -> None:
    """Compute and store the report of the 24 hours before 07:00 of `day`; the contact is told. Again replaces it."""
    until = clock.at(day, MORNING)
    letters = dead_letters(code, limit=1000)
    with work(code, actor=actor) as unit:
        night = exchange.night(until - clock.DAY, until=until)
        conflicts = scheduling.open_conflicts()
        content = {
            "asked": night.asked,
            "failed": [_line(row) for row in night.failed],
            "healed": [_line(row) for row in night.healed],
            "waiting": [_line(row) for row in night.waiting],
            "letters": len(letters),
            "conflicts": len(conflicts),
            "not_rerun": night.not_rerun,
            "refused": [f"{clock.local(row.received_at):%H:%M:%S} {row.reason}" for row in night.refused],
        }
        told = Contact.objects.exists()
        NightReport.objects.update_or_create(
            day=day,
            defaults={
                "since": until - clock.DAY,
                "until": until,
                "made_at": unit.now,
                "failed": len(night.failed),
                "healed": len(night.healed),
                "waiting": len(night.waiting) + len(letters) + len(conflicts) + night.not_rerun,
                "content": content,
                "seen_by": [],
                "sms": SmsState.QUEUED if told else SmsState.NONE,
            },
        )
        unit.publish(NightReportMade(hospital=code, day=day))
        unit.audit("nightly.made", target=f"day:{day}", detail={"failed": len(night.failed)})


def _line(row: ExchangeRow) -> dict[str, object]:
    return asdict(
        Line(
            id=str(row.id),
            operation=row.operation.value,
            state=row.state.value,
            reason=row.reason.text,
            asked_at=row.asked_at.isoformat(),
            attempts=row.attempts,
        )
    )


def reports(limit: int = 60) -> list[NightReport]:
    """The last reports, newest first, inside the hospital's scope. One query."""
    return list(NightReport.objects.order_by("-day")[:limit])


def unseen(actor: Actor) -> date | None:
    """The newest report this member of staff has not opened, inside the hospital's scope. One query."""
    row = NightReport.objects.order_by("-day").only("day", "seen_by").first()
    return row.day if row is not None and str(actor.id) not in row.seen_by else None


def open_report(*, actor: Actor, hospital: str, day: date) -> ReportView:
    """One stored report; that this person opened it is noted. NotFound for a day without."""
    require(actor, VIEW)
    with work(hospital, actor=actor) as unit:
        row = NightReport.objects.select_for_update().filter(day=day).first()
        if row is None:
            raise NotFound("这一天没有夜间报告。")
        if str(actor.id) not in row.seen_by:
            row.seen_by = [*row.seen_by, str(actor.id)]
            row.save(update_fields=["seen_by"])
        unit.audit("nightly.opened", target=f"day:{day}")
        return _view(row)


def _view(row: NightReport) -> ReportView:
    said = row.content
    return ReportView(
        day=row.day,
        since=row.since,
        until=row.until,
        made_at=row.made_at,
        asked=said["asked"],
        failed=[Line(**line) for line in said["failed"]],
        healed=[Line(**line) for line in said["healed"]],
        waiting=[Line(**line) for line in said["waiting"]],
        letters=said["letters"],
        conflicts=said["conflicts"],
        not_rerun=said["not_rerun"],
        refused=said["refused"],
        sms=SmsState(row.sms),
        seen_by=tuple(row.seen_by),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactView:
    """Who is told in the morning; the phone in clear, pages mask it."""

    name: str
    phone: str
    changed_by: str
    changed_at: datetime


def contact() -> ContactView | None:
    """The hospital's IT contact, inside its scope. One query."""
    row = Contact.objects.first()
    if row is None:
        return None
    return ContactView(name=row.name, phone=row.phone, changed_by=row.changed_by, changed_at=row.changed_at)


def set_contact(*, actor: Actor, hospital: str, name: str, phone: str) -> None:
    """Say who is told; InvalidInput for a number that is no mobile."""
    require(actor, SET_CONTACT)
    if not name.strip() or not _MOBILE.fullmatch(phone.strip()):
        raise InvalidInput("请填写姓名和 11 位手机号。", fields={"phone": "请填写姓名和 11 位手机号。"})
    with work(hospital, actor=actor) as unit:
        Contact.objects.update_or_create(
            id=1,
            defaults={
                "name": name.strip()[:60],
                "phone": phone.strip(),
                "changed_by": actor.name[:60],
                "changed_at": unit.now,
            },
        )
        unit.audit("nightly.contact_set", target=f"hospital:{hospital}")


def note_sms(code: str, day: date, state: SmsState) -> None:
    """Store what became of the short message."""
    with work(code, actor=CLOCKWORK) as unit:
        NightReport.objects.filter(day=day).update(sms=state)
        unit.audit("nightly.sms", target=f"day:{day}", detail={"state": state.value})


def letter_of(code: str, day: date) -> tuple[str, str] | None:
    """The phone and the words of the message that is still to be sent; None when there is none."""
    with hospital_scope(code, read_only=True):
        row, told = NightReport.objects.filter(day=day, sms=SmsState.QUEUED).first(), Contact.objects.first()
    if row is None or told is None:
        return None
    figures = f"失败 {row.failed}，自行恢复 {row.healed}，等您处理 {row.waiting}"
    return told.phone, f"{day:%m月%d日} 07:00 夜间报告：{figures}。请登录工作台查看。"


def last_morning() -> date:
    """The day of the latest 07:00 gone by."""
    today = clock.today()
    return today if clock.at(today, MORNING) <= clock.now() else today - timedelta(days=1)


def message_id(code: str, day: date) -> str:
    """One message a hospital and day, however often it is sent."""
    return f"night:{code}:{day}"
