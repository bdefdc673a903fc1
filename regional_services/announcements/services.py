"""Publishing and withdrawing notices; each is one unit of work."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from hub import clock
from hub.actor import Actor
from hub.errors import InvalidInput, NotFound
from hub.security.permissions import require
from hub.tenancy.scope import REGION
from hub.work import work
from regional_services.announcements import selectors
from regional_services.announcements.models import Announcement, Urgency
from regional_services.announcements.permissions import PUBLISH

TITLE, TEXT = 60, 1000
LONGEST = timedelta(days=180)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A notice that may be published as it is."""

    title: str
    text: str
    urgency: Urgency
    shown_from: datetime
    shown_until: datetime


def read(values: Mapping[str, str]) -> Draft:
    """What a form carries; InvalidInput names each field that can't stand."""
    problems: dict[str, str] = {}
    title, text = values.get("title", "").strip(), values.get("text", "").strip()
    if not title or len(title) > TITLE:
        problems["title"] = f"请写标题，不超过 {TITLE} 字。"
    if not text or len(text) > TEXT:
        problems["text"] = f"请写正文，不超过 {TEXT} 字。"
    if values.get("urgency") not in Urgency.values:
        problems["urgency"] = "级别只能是一般或紧急。"
    start, end = _instant(values.get("shown_from", "")), _instant(values.get("shown_until", ""))
    if start is None:
        problems["shown_from"] = "请填写开始时间。"
    if end is None or end <= clock.now() or (start is not None and not start < end <= start + LONGEST):
        problems["shown_until"] = f"停止时间应晚于现在和开始时间，最长 {LONGEST.days} 天。"
    if problems or start is None or end is None:
        raise InvalidInput(fields=problems)
    return Draft(title=title, text=text, urgency=Urgency(values["urgency"]), shown_from=start, shown_until=end)


def publish(*, actor: Actor, values: Mapping[str, str]) -> UUID:
    """Publish for the actor's own institution, or for the district; its id."""
    require(actor, PUBLISH)
    draft = read(values)
    with work(REGION, actor=actor) as unit:
        row = Announcement.objects.create(
            institution_code=actor.institution or "",
            title=draft.title,
            text=draft.text,
            urgency=draft.urgency,
            shown_from=draft.shown_from,
            shown_until=draft.shown_until,
            published_by_name=actor.name[:60],
            published_at=unit.now,
        )
        unit.audit(
            "announcement.published",
            target=f"announcement:{row.id}",
            detail={"title": draft.title, "urgency": draft.urgency, "until": draft.shown_until.isoformat()},
        )
    selectors.forget()
    return row.id


def withdraw(*, actor: Actor, notice_id: UUID) -> None:
    """Take a notice down before its time; NotFound for another publisher's."""
    require(actor, PUBLISH)
    with work(REGION, actor=actor) as unit:
        mine = Announcement.objects.filter(
            pk=notice_id, institution_code=actor.institution or "", withdrawn_at__isnull=True
        )
        if not mine.update(withdrawn_at=unit.now, withdrawn_by_name=actor.name[:60]):
            raise NotFound
        unit.audit("announcement.withdrawn", target=f"announcement:{notice_id}")
    selectors.forget()


def _instant(text: str) -> datetime | None:
    """A browser's local date and time as an instant of the district's zone."""
    try:
        local = datetime.fromisoformat(text)
    except ValueError:
        return None
    return clock.at(local.date(), local.time()) if local.tzinfo is None else local
