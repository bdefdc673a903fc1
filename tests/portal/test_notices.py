"""Notices: who writes them, who reads them, until when; and that text stays text."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from hub import clock
from hub.audit.selectors import Search, entries_of
from hub.security.roles import Role
from hub.tenancy.scope import REGION, region
from regional_services.announcements import selectors
from regional_services.announcements.models import Announcement
from tests.booking.world import register_institution
from tests.portal.desks import desk_of, text_of

EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)>\n\njavascript:alert(3)"
HOME, HERE = "/", "/district/notices"


def form(**changes: str) -> dict[str, str]:
    now = clock.local(clock.now())
    return {
        "act": "publish",
        "title": "国庆门诊安排",
        "text": "10月1日至3日只开急诊。",
        "urgency": "normal",
        "shown_from": (now - timedelta(minutes=1)).strftime("%Y-%m-%dT%H:%M"),
        "shown_until": (now + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M"),
        **changes,
    }


@pytest.fixture
def operator(alpha: str, beta: str) -> Client:
    selectors.forget()
    register_institution(alpha)
    register_institution(beta)
    return desk_of(Role.OPERATIONS)


def test_the_district_previews_publishes_and_withdraws(operator: Client, client: Client, alpha: str) -> None:
    preview = operator.post(HERE, form(act="preview"))
    assert "居民将看到" in text_of(preview)
    assert "国庆门诊安排" not in text_of(client.get(HOME)), "a preview publishes nothing"
    assert operator.post(HERE, form()).status_code == 302
    assert "10月1日至3日只开急诊。" in text_of(client.get(HOME))
    assert "国庆门诊安排" not in text_of(client.get(f"/hospitals/{alpha}")), "only urgent ones go everywhere"
    with region(read_only=True):
        notice = Announcement.objects.get()
    assert operator.post(f"{HERE}/{notice.id}/withdraw").status_code == 302
    assert "国庆门诊安排" not in text_of(client.get(HOME))
    assert "已撤下" in text_of(operator.get(HERE))
    done = [entry.action for entry in entries_of(REGION, Search(target=f"announcement:{notice.id}"))]
    assert done == ["announcement.withdrawn", "announcement.published"]


def test_a_hospital_speaks_on_its_own_page_and_urgently_at_home(operator: Client, client: Client, alpha: str) -> None:
    manager = desk_of(Role.HOSPITAL_MANAGER, hospital=alpha)
    assert manager.post("/workspace/notices", form(title="本院停电通知")).status_code == 302
    assert "本院停电通知" in text_of(client.get(f"/hospitals/{alpha}"))
    assert "本院停电通知" not in text_of(client.get(HOME))
    assert "本院停电通知" not in text_of(client.get("/hospitals/beta"))
    assert manager.post("/workspace/notices", form(title="本院急诊搬迁", urgency="urgent")).status_code == 302
    assert "本院急诊搬迁" in text_of(client.get(HOME))


def test_a_notice_ends_by_its_time_and_begins_not_before(operator: Client, client: Client) -> None:
    later = clock.local(clock.now()) + timedelta(days=1)
    operator.post(HERE, form(title="明天起", shown_from=later.strftime("%Y-%m-%dT%H:%M")))
    assert "明天起" not in text_of(client.get(HOME))
    with clock.shifted(timedelta(days=1, hours=1)):
        assert "明天起" in text_of(client.get(HOME))
    with clock.shifted(timedelta(days=3)):
        assert "明天起" not in text_of(client.get(HOME))


def test_text_stays_text(operator: Client, client: Client, alpha: str) -> None:
    evil = form(title="<b onclick=alert(0)>公告", text=EVIL, urgency="urgent")
    pages = [operator.post(HERE, {**evil, "act": "preview"})]
    assert operator.post(HERE, evil).status_code == 302
    pages += [client.get(HOME), client.get(f"/hospitals/{alpha}"), operator.get(HERE)]
    for page in pages:
        shown = text_of(page)
        assert "<script>alert" not in shown
        assert "<img src=x" not in shown
        assert "<b onclick" not in shown
        assert 'href="javascript' not in shown
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text_of(pages[1])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"title": " "}, "请写标题"),
        ({"text": "字" * 1001}, "请写正文"),
        ({"urgency": "shouted"}, "级别只能是"),
        ({"shown_until": "2020-01-01T00:00"}, "停止时间应晚于现在"),
        ({"shown_from": "soon"}, "请填写开始时间"),
    ],
)
def test_a_notice_that_cannot_stand_names_its_field(operator: Client, changes: dict[str, str], words: str) -> None:
    refused = operator.post(HERE, form(**changes))
    assert (refused.status_code, words in text_of(refused)) == (422, True)
    assert Announcement.objects.count() == 0


def test_strangers_and_other_roles_publish_nothing(operator: Client, client: Client, alpha: str, beta: str) -> None:
    manager = desk_of(Role.HOSPITAL_MANAGER, hospital=alpha)
    manager.post("/workspace/notices", form(title="甲院公告"))
    with region(read_only=True):
        mine = Announcement.objects.get()
    stranger = desk_of(Role.HOSPITAL_MANAGER, hospital=beta)
    assert "甲院公告" not in text_of(stranger.get("/workspace/notices"))
    assert stranger.post(f"/workspace/notices/{mine.id}/withdraw").status_code == 404
    assert operator.post(f"{HERE}/{mine.id}/withdraw").status_code == 404, "a hospital's notice is the hospital's"
    assert desk_of(Role.RECEPTION, hospital=alpha).post("/workspace/notices", form()).status_code == 403
    assert desk_of(Role.REVIEWER).post(HERE, form()).status_code == 403
    assert client.post(HERE, form())["Location"].startswith("/desk/signin")
