"""Doctors of the district, by the public interface: figures, rankings, search, and what followers are told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connections
from django.test import Client
from django.test.utils import CaptureQueriesContext

from hub import clock
from hub.outbox.relay import drain
from hub.tenancy.scope import region
from regional_services.catalog import projection
from regional_services.catalog.models import CatalogDepartment, CatalogDoctor, CatalogSession
from regional_services.doctors import finding, guidance, selectors, symptoms
from regional_services.doctors.finding import Order, Wanted
from regional_services.doctors.inbound import PRESENCE_LEASE
from regional_services.doctors.models import DoctorEvent, Follow, Symptom
from tenants.scheduling import services as scheduling
from tests.booking import world
from tests.doctors.conftest import LU, SHEN, Town, event
from tests.scheduling.builders import SYNC, numbers, open_session, schedule, session_id, snapshot
from tests.security.matrix.examples import resident_token

V1 = "/api/resident/v1/"
Tell = Callable[..., Any]


def _find(client: Client, query: str = "") -> list[dict[str, Any]]:
    answer = client.get(f"{V1}practitioners?{query}")
    assert answer.status_code == 200, answer.content.decode()
    return list(answer.json()["items"])


def _names(client: Client, query: str = "") -> list[str]:
    return [row["name"] for row in _find(client, query)]


def _home(client: Client, who: UUID, token: str = "") -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    answer = client.get(f"{V1}practitioners/{who}", headers=headers)
    assert answer.status_code == 200, answer.content.decode()
    return dict(answer.json())


def _follow(client: Client, who: UUID, token: str, *, stop: bool = False) -> dict[str, Any]:
    send = client.delete if stop else client.put
    answer = send(f"{V1}practitioners/{who}/follow", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200, answer.content.decode()
    return dict(answer.json())


@pytest.mark.requirement("JA-DOCREC-01", "JA-DOCREC-02", "JA-DOCREC-03")
def test_rankings_follow_the_stored_figures_and_change_with_them(town: Town, tell: Tell, client: Client) -> None:
    shen, lu = "沈明远", "陆清禾"
    tell(event("enquiry", LU), event("enquiry", LU), event("enquiry"))
    tell(event("consultation"), event("review", LU, review_id="r1", rating=5, text="耐心"))
    assert _names(client, "order=enquiries") == [lu, shen]
    assert _names(client, "order=consultations") == [shen, lu]
    assert _names(client, "order=reviews") == [lu, shen]
    tell(event("enquiry"), event("enquiry"), event("consultation", LU), event("consultation", LU))
    tell(*(event("review", review_id=f"s{n}", rating=4, text="好") for n in range(2)))
    assert _names(client, "order=enquiries") == [shen, lu]
    assert _names(client, "order=consultations") == [lu, shen]
    assert _names(client, "order=reviews") == [shen, lu]
    tell(event("review_withdrawn", review_id="s0"), event("review", review_id="s1", rating=2, text="改了"))
    assert _names(client, "order=reviews") == [lu, shen]
    first = client.get(f"{V1}practitioners?order=enquiries&limit=1").json()
    second = client.get(f"{V1}practitioners?order=enquiries&limit=1&cursor={first['next']}").json()
    assert [row["name"] for row in first["items"] + second["items"]] == [shen, lu]
    assert second["next"] is None


@pytest.mark.requirement("JA-DOCREC-04")
def test_the_three_figures_equal_the_records(town: Town, tell: Tell, client: Client) -> None:
    """Also when the internet hospital says everything twice, and bookings count for nothing."""
    batch = [*(event("enquiry") for _ in range(3)), *(event("consultation") for _ in range(2))]
    assert {one["outcome"] for one in tell(*batch)} == {"taken"}
    assert {one["outcome"] for one in tell(*batch)} == {"known"}
    reader = world.resident()
    _follow(client, town.shen, resident_token(reader))
    world.book(town.alpha, session_id(town.alpha), reader)
    drain()
    figures = _home(client, town.shen)["figures"]
    with region(read_only=True):
        rows = DoctorEvent.objects.filter(practitioner_id=town.shen)
        counted = [rows.filter(kind=kind).count() for kind in ("enquiry", "consultation")]
        followers = Follow.objects.filter(practitioner_id=town.shen).count()
    assert [figures["enquiries"], figures["consultations"], figures["followers"]] == [*counted, followers] == [3, 2, 1]


@pytest.mark.requirement("JA-DOCREC-05")
def test_the_introduction_is_the_one_maintained_for_him(town: Town, tell: Tell, client: Client) -> None:
    """The hospital's until the doctor has his own; an old word that arrives late does not replace a newer one."""
    assert _home(client, town.shen)["introduction"] == "高血压"
    assert _home(client, town.lu)["introduction"] == "陆清禾的简介"
    tell(event("introduction", text="心血管病专家"))
    late = event("introduction", text="旧的") | {"at": (clock.now() - timedelta(hours=1)).isoformat()}
    tell(late)
    assert _home(client, town.shen)["introduction"] == "心血管病专家"


@pytest.mark.requirement("JA-DOCREC-06")
def test_reviews_tell_nothing_of_who_wrote_them(town: Town, tell: Tell, client: Client) -> None:
    tell(event("review", review_id="a", rating=5, text="谢谢沈医生，我的电话13800000000，身份证310101199001011234"))
    tell(
        event("review", review_id="b", rating=3, text="等了很久"),
        event("review", LU, review_id="c", rating=1, text="他"),
    )
    answer = client.get(f"{V1}practitioners/{town.shen}/reviews").json()
    assert [row["text"] for row in answer["items"]] == ["等了很久", "谢谢沈医生，我的电话***，身份证***"]
    assert set(answer["items"][0]) == {"id", "rating", "text", "month"}
    named = event("review", review_id="d", rating=5, text="好", patient_name="沈云")
    assert "events[0].patient_name" in str(tell(named, status=422))


@pytest.mark.requirement("JA-DOCREC-07")
def test_following_and_stopping_twice_has_no_further_effect(town: Town, client: Client) -> None:
    mine, other = resident_token(world.resident()), resident_token(world.resident())
    assert _follow(client, town.shen, other)["followers"] == 1
    for _ in range(2):
        told = _follow(client, town.shen, mine)
        assert (told["followers"], told["is_followed"]) == (2, True)
    assert _home(client, town.shen, mine)["figures"]["is_followed"]
    assert not _home(client, town.shen)["figures"]["is_followed"]
    followed = client.get(f"{V1}practitioners/followed", headers={"Authorization": f"Bearer {mine}"}).json()
    assert [(row["name"], row["free"], len(row["posts"])) for row in followed["items"]] == [("沈明远", 3, 2)]
    for _ in range(2):
        told = _follow(client, town.shen, mine, stop=True)
        assert (told["followers"], told["is_followed"]) == (1, False)
    assert client.put(f"{V1}practitioners/{town.shen}/follow").status_code == 401
    stranger = client.put(f"{V1}practitioners/{uuid4()}/follow", headers={"Authorization": f"Bearer {mine}"})
    assert (stranger.status_code, stranger.json()["code"]) == (404, "doctors.not_found")


def _told(who: world.Resident) -> list[str]:
    """What he was told, oldest first, once the paced refresh of the catalogue is over."""
    drain()
    projection.refresh("alpha")
    drain()
    return [message.kind for message in reversed(world.messages_of(who))]


@pytest.mark.requirement("JA-DOCREC-08")
def test_followers_are_told_every_change_once_and_nobody_who_has_unfollowed(town: Town, client: Client) -> None:
    """Released, moved, stopped, withdrawn; a sold number, a repeat and a rebuilt catalogue are no news."""
    stays, leaves, never = (world.resident() for _ in range(3))
    for who in (stays, leaves):
        _follow(client, town.shen, resident_token(who))
    open_session(town.alpha, 2, his_code="S2")
    assert _told(stays) == _told(leaves) == ["doctors.released"]
    _follow(client, town.shen, resident_token(leaves), stop=True)
    open_session(town.alpha, 2, his_code="S2")
    world.book(town.alpha, session_id(town.alpha, "S2"), never)
    projection.rebuild(town.alpha)
    with region():
        CatalogSession.objects.all().delete()
    projection.rebuild(town.alpha)
    assert _told(stays) == ["doctors.released"]
    moved = schedule("S2", room="3楼8诊室")
    scheduling.apply_snapshot(town.alpha, snapshot((moved,), numbers(2, "S2")), actor=SYNC)
    assert _told(stays)[1:] == ["doctors.moved"]
    world.stop_session(town.alpha, session_id(town.alpha, "S2"))
    assert _told(stays)[2:] == ["doctors.stopped"]
    scheduling.apply_snapshot(town.alpha, snapshot((), (), withdrawn=("S1",)), actor=SYNC)
    assert _told(stays)[3:] == ["doctors.stopped"]
    assert _told(leaves) == ["doctors.released"]
    assert [name for name in _told(never) if name.startswith("doctors.")] == []
    newest = world.messages_of(stays)[0]
    day = clock.today() + timedelta(days=1)
    assert "沈明远" in newest.text
    assert f"{day.month}月{day.day}日上午" in newest.text


@pytest.mark.requirement("JA-DOCREC-09")
def test_online_is_at_this_moment(town: Town, tell: Tell, client: Client) -> None:
    """It ends by itself when the internet hospital falls silent; an old word does not bring it back."""
    assert _names(client, "online=true") == []
    tell(event("presence", online=True))
    assert _names(client, "online=true") == ["沈明远"]
    with clock.shifted(PRESENCE_LEASE + timedelta(seconds=1)):
        assert _names(client, "online=true") == []
    earlier = event("presence", online=True) | {"at": (clock.now() - timedelta(minutes=1)).isoformat()}
    tell(event("presence", online=False), earlier)
    assert _names(client, "online=true") == []


@pytest.mark.requirement("JA-DOCREC-10", "JA-DOCREC-11")
def test_conditions_combine_on_one_post(town: Town, tell: Tell, client: Client) -> None:
    """Shen is at beta and Lu in the second department: nobody is in the second department of beta."""
    tell(event("presence", LU, online=True))
    assert set(_names(client, f"institution={town.alpha}")) == {"沈明远", "陆清禾"}
    assert _names(client, f"institution={town.beta}") == ["沈明远"]
    assert _names(client, "department=精神心理科") == ["陆清禾"]
    assert _names(client, f"department=心血管内科&institution={town.beta}") == ["沈明远"]
    assert _names(client, f"department=精神心理科&institution={town.beta}") == []
    assert _names(client, f"institution={town.alpha}&department=精神心理科&online=true&order=enquiries") == ["陆清禾"]
    assert _names(client, f"institution={town.alpha}&department=心血管内科&online=true&with_number=true") == []
    assert _names(client, "q=SMY") == _names(client, "q=shenming") == _names(client, "q=明远") == ["沈明远"]
    assert client.get(f"{V1}practitioners?order=fame").status_code == 422


def test_who_has_a_number_this_week_without_opening_every_day(town: Town, client: Client) -> None:
    """Counts come from all his posts; held-back, past and far-away sessions are not this week's."""
    [row] = _find(client, "with_number=true")
    assert (row["name"], row["free"], len(row["posts"])) == ("沈明远", 3, 2)
    assert row["next_start"].startswith((clock.today() + timedelta(days=1)).isoformat())
    with region():
        CatalogSession.objects.update(release_at=clock.now() + timedelta(hours=1))
    assert _find(client, "with_number=true") == []
    [session] = _home(client, town.shen)["week"]
    assert session["release_at"] is not None
    with region():
        CatalogSession.objects.update(release_at=None, date=clock.today() + timedelta(days=7))
    assert _find(client, "with_number=true") == []


def test_lists_cost_the_same_for_one_doctor_and_for_many(town: Town) -> None:
    """Two statements for a search, three for a home page, however many posts and sessions."""

    def cost(act: Callable[[], object]) -> int:
        with region(read_only=True), CaptureQueriesContext(connections["default"]) as caught:
            act()
        return len(caught)

    def costs() -> tuple[int, ...]:
        return (
            cost(lambda: finding.find(Wanted(order=Order.REVIEWS, with_number=False))),
            cost(lambda: selectors.doctor_page(town.shen)),
            cost(lambda: guidance.advise("胸痛")),
        )

    symptoms.seed(actor=SYNC)
    before = costs()
    with region():
        post = CatalogDoctor.objects.filter(practitioner_id=town.shen, institution_code=town.alpha).get()
        for number in range(12):
            post.pk, post.code = uuid4(), f"X{number}"
            post.practitioner_id = town.shen if number % 2 else uuid4()
            post.save(force_insert=True)
    assert costs() == before == (2, 3, 2)


def test_words_of_symptoms_lead_to_departments_and_say_why(town: Town, client: Client) -> None:
    """In sentences, aliases, pinyin and initials; what may be urgent comes first; words people edited stay."""
    symptoms.seed(actor=SYNC)

    def advise(text: str) -> list[dict[str, Any]]:
        answer = client.get(f"{V1}guidance?q={text}").json()
        assert answer["helpline"]
        return list(answer["advice"])

    first = advise("我爸爸胸口痛，还有点头晕")[0]
    assert (first["word"], first["said"], first["is_urgent"]) == ("胸痛", "胸口痛", True)
    assert first["reason"]
    assert {row["name"] for row in first["departments"]} == {"心血管内科"}
    assert first["departments"][0]["free"] == 3
    for said in ("gaoxueya", "GXY", "血压高"):
        assert "高血压" in [row["word"] for row in advise(said)]
    assert [row["word"] for row in advise("发烧")] == ["发热", "小儿发热"], "what was said, before what it is part of"
    assert advise("没有这样的话") == []
    with region():
        department = CatalogDepartment.objects.filter(institution_code=town.alpha).first()
        assert department is not None
        for name in ("口腔内科", "消化内科", "内科"):
            department.department_id, department.code, department.name = uuid4(), name, name
            department.save(force_insert=True)
    fever = next(row for row in advise("发烧") if row["word"] == "发热")
    assert fever["departments"][0]["name"] == "内科", "the department called so, before those that only contain it"
    with region():
        Symptom.objects.filter(word="高血压").update(is_edited=True, departments=["精神心理科"])
    symptoms.seed(actor=SYNC)
    [edited] = advise("血压高")
    assert {row["name"] for row in edited["departments"]} == {"精神心理科"}


def test_the_internet_hospital_is_believed_by_its_signature_only(town: Town, tell: Tell, client: Client) -> None:
    """A stranger is refused; a doctor who is not ours, or a word from the future, is refused by itself."""
    assert tell(event("enquiry"), secret="other", status=401)
    strange, ahead = event("enquiry", "D000"), event("enquiry") | {"at": (clock.now() + timedelta(hours=1)).isoformat()}
    receipts = tell(strange, ahead, event("enquiry"))
    assert [one["outcome"] for one in receipts] == ["refused", "refused", "taken"]
    assert tell(event("praise"), status=422)
    assert _home(client, town.shen)["figures"]["enquiries"] == 1
    assert _home(client, town.shen)["posts"][0]["institution_code"] in (town.alpha, town.beta)
    assert client.get(f"{V1}practitioners/{uuid4()}").status_code == 404
    assert SHEN not in client.get(f"{V1}practitioners/{town.shen}").content.decode()
