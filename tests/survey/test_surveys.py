"""Satisfaction surveys: who is invited, what is asked, what stays as it was, what a hospital sees of it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from django.test import Client

from hub import clock
from hub.accounts.models import User
from hub.audit.selectors import Search, entries_of
from hub.outbox.relay import drain
from hub.security.roles import Role
from hub.tenancy.scope import REGION, region
from regional_services.booking.models import Booking, State
from regional_services.survey import selectors
from regional_services.survey.models import Answer, Invitation
from regional_services.survey.questions import DEFAULT, Kind, Question
from tests.booking import world
from tests.booking.world import Resident
from tests.portal.desks import desk_of, text_of
from tests.security.matrix.examples import resident_browser, resident_token
from tests.security.test_authorisation_matrix import staff_token

TEMPLATE, STYLE, RESULTS = "/workspace/surveys/template", "/workspace/surveys/style", "/workspace/surveys"
GOOD = {DEFAULT[0].key: "5", DEFAULT[1].key: "4", DEFAULT[2].key: "1", DEFAULT[3].key: "护士很耐心"}


@pytest.fixture
def session(alpha: str, beta: str) -> UUID:
    world.register_institution(beta)
    return world.open_for_booking(alpha, 8, fee_fen=0)


def visit(session: UUID, *, code: str = "alpha") -> tuple[Resident, Invitation]:
    """A resident whose visit has ended, and his invitation."""
    who = world.resident()
    booking = world.book(code, session, who)
    drain(outside=False)
    end(booking.id, who)
    with region(read_only=True):
        return who, Invitation.objects.get(booking_id=booking.id)


def end(booking_id: UUID, who: Resident, code: str = "alpha") -> None:
    """What a hospital's visit events publish."""
    world.seen_at(code, booking_id, who)


@pytest.mark.requirement("JA-APPT-25")
def test_one_invitation_comes_after_a_visit_and_none_after_a_cancelled_one(session: UUID) -> None:
    who, invitation = visit(session)
    end(invitation.booking_id, who)
    told = [message for message in world.messages_of(who) if message.kind == "survey.invited"]
    assert [message.about for message in told] == [invitation.id]
    phone = resident_browser(who)
    assert phone.get(f"/messages/{told[0].id}")["Location"] == f"/surveys/{invitation.id}"
    other = world.resident()
    cancelled = world.book("alpha", session, other)
    drain(outside=False)
    with region():
        Booking.objects.filter(pk=cancelled.id).update(state=State.CANCELLED)
    end(cancelled.id, other)
    assert "survey.invited" not in [message.kind for message in world.messages_of(other)]
    with region(read_only=True):
        assert Invitation.objects.count() == 1


@pytest.mark.requirement("JA-APPT-26")
def test_a_survey_is_answered_once_with_what_is_required(session: UUID) -> None:
    who, invitation = visit(session)
    phone, here = resident_browser(who), f"/surveys/{invitation.id}"
    missing = phone.post(here, {DEFAULT[0].key: "5"})
    assert missing.status_code == 422
    assert text_of(missing).count("这一题必须回答。") == 2
    assert f'name="{DEFAULT[0].key}" value="5" checked' in text_of(missing), "what was marked stays"
    assert phone.post(here, {**GOOD, DEFAULT[0].key: "7"}).status_code == 422
    assert phone.post(here, GOOD).status_code == 302
    done = text_of(phone.get(here))
    assert selectors.StyleView().thanks in done
    assert "护士很耐心" in done
    again = phone.post(here, {**GOOD, DEFAULT[0].key: "1"})
    assert again.status_code == 409
    assert "已经提交过" in text_of(again)
    with region(read_only=True):
        kept = dict(Answer.objects.filter(invitation=invitation).values_list("question", "mark"))
    assert kept == {DEFAULT[0].key: 5, DEFAULT[1].key: 4, DEFAULT[2].key: 1, DEFAULT[3].key: None}
    assert resident_browser(world.resident()).get(here).status_code == 404
    late, forgotten = visit(session)
    with clock.shifted(selectors.OPEN_FOR):
        assert resident_browser(late).post(f"/surveys/{forgotten.id}", GOOD).status_code == 409


@pytest.mark.requirement("WX-SURVEY-01")
def test_a_completed_visit_is_rated_from_its_booking_and_an_unvisited_one_is_not(session: UUID) -> None:
    who, invitation = visit(session)
    phone = resident_browser(who)
    assert f'href="/surveys/{invitation.id}"' in text_of(phone.get(f"/bookings/{invitation.booking_id}"))
    waiting = world.resident()
    booking = world.book("alpha", session, waiting)
    drain(outside=False)
    page = text_of(resident_browser(waiting).get(f"/bookings/{booking.id}"))
    assert "/surveys/" not in page
    assert phone.post(f"/surveys/{booking.id}", GOOD).status_code == 404


def _questions(*texts: str) -> dict[str, str]:
    values = {"act": "publish", "base": "0"}
    for place, text in enumerate(texts, start=1):
        values |= {f"text-{place}": text, f"kind-{place}": "stars", f"required-{place}": "1"}
    return values


@pytest.mark.requirement("JA-APPT-27", "WX-SURVEY-02")
def test_changed_questions_are_asked_afterwards_and_answered_ones_keep_their_wording(session: UUID) -> None:
    before, first = visit(session)
    resident_browser(before).post(f"/surveys/{first.id}", GOOD)
    manager = desk_of(Role.HOSPITAL_MANAGER, hospital="alpha")
    preview = text_of(manager.post(TEMPLATE, {**_questions("停车方便吗？"), "act": "preview"}))
    assert "居民将看到" in preview
    assert manager.post(TEMPLATE, {**_questions("停车方便吗？"), "kind-1": "choice"}).status_code == 422
    assert manager.post(TEMPLATE, _questions()).status_code == 422
    assert manager.post(TEMPLATE, _questions("停车方便吗？")).status_code == 302
    assert manager.post(TEMPLATE, _questions("别人改的")).status_code == 409
    after, second = visit(session)
    asked = text_of(resident_browser(after).get(f"/surveys/{second.id}"))
    assert "停车方便吗？" in asked
    assert DEFAULT[0].text not in asked
    kept = text_of(resident_browser(before).get(f"/surveys/{first.id}"))
    assert DEFAULT[0].text in kept
    assert "停车方便吗？" not in kept
    parking = Question(text="停车方便吗？", kind=Kind.STARS)
    resident_browser(after).post(f"/surveys/{second.id}", {parking.key: "2"})
    results = text_of(manager.get(RESULTS))
    assert "停车方便吗？" in results
    assert DEFAULT[0].text in results


@pytest.mark.requirement("JA-APPT-28")
def test_a_style_is_published_apart_from_the_questions(session: UUID) -> None:
    before, first = visit(session)
    manager = desk_of(Role.HOSPITAL_MANAGER, hospital="alpha")
    style = {"colour": "plum", "greeting": "请您评一评。", "thanks": "感谢！", "base": "0"}
    assert manager.post(STYLE, {**style, "colour": "invisible"}).status_code == 422
    assert manager.post(STYLE, style).status_code == 302
    assert manager.post(STYLE, style).status_code == 409
    after, second = visit(session)
    looks = [
        text_of(resident_browser(who).get(f"/surveys/{one.id}")) for who, one in ((before, first), (after, second))
    ]
    assert 'class="survey teal' in looks[0]
    assert 'class="survey plum' in looks[1]
    assert "请您评一评。" in looks[1]
    assert [all(question.text in look for question in DEFAULT) for look in looks] == [True, True]
    assert second.template_version == first.template_version


def test_a_hospital_counts_its_own_answers_and_no_other_does(session: UUID) -> None:
    for marks in ("5", "3"):
        who, invitation = visit(session)
        resident_browser(who).post(f"/surveys/{invitation.id}", {**GOOD, DEFAULT[0].key: marks})
    visit(session)
    page = text_of(desk_of(Role.HOSPITAL_MANAGER, hospital="alpha").get(RESULTS))
    assert "<b>3</b>" in page
    assert "<b>67%</b>" in page
    assert "平均 4.0 星" in page
    assert page.count("护士很耐心") == 2
    sheet = desk_of(Role.HOSPITAL_MANAGER, hospital="alpha", login_name="sheets").get(f"{RESULTS}.csv")
    lines = sheet.content.decode("utf-8-sig").splitlines()
    assert "发出邀请,3,其中已答,2" in lines
    assert f"{DEFAULT[0].text},{DEFAULT[0].kind.label},5 星,1,4.00,," in lines
    assert len([line for line in lines if line.endswith(",护士很耐心")]) == 2
    [entry] = entries_of(REGION, Search(action="survey.exported"), limit=9)
    assert entry.target.removeprefix("export:") in lines[0]
    stranger: Client = desk_of(Role.HOSPITAL_MANAGER, hospital="beta")
    assert "护士很耐心" not in text_of(stranger.get(f"{RESULTS}.csv"))
    theirs = text_of(stranger.get(RESULTS))
    assert "护士很耐心" not in theirs
    assert "<b>0</b>" in theirs
    clerk = desk_of(Role.RECEPTION, hospital="alpha")
    assert [clerk.get(path).status_code for path in (RESULTS, f"{RESULTS}.csv")] == [403, 403]
    with region(read_only=True, staff_of="beta"):
        assert not Invitation.objects.exists()
        assert not Answer.objects.exists()


@pytest.mark.requirement("JA-APPT-25", "JA-APPT-26")
def test_programs_list_fetch_and_answer_surveys_and_a_hospital_reads_its_figures(session: UUID) -> None:
    """A repeat under the same key is the same answer; a stranger and another hospital see nothing of it."""
    who, invitation = visit(session)
    api, own, stranger = Client(SERVER_NAME="localhost"), _bearer(who), _bearer(world.resident())
    here = f"/api/resident/v1/surveys/{invitation.id}"
    waiting = "/api/resident/v1/surveys?state=waiting"
    [listed] = api.get(waiting, headers=own).json()["items"]
    assert (listed["id"], listed["booking_id"]) == (str(invitation.id), str(invitation.booking_id))
    assert api.get(waiting, headers=stranger).json()["items"] == []
    asked = api.get(here, headers=own).json()
    assert [question["key"] for question in asked["questions"]] == [question.key for question in DEFAULT]
    assert asked["questions"][2]["marks"][1] == {"value": "2", "text": "有点长"}

    def answer(values: dict[str, str], key: str, bearer: dict[str, str] = own) -> tuple[int, dict[str, Any]]:
        sent = api.post(
            f"{here}/answers",
            {"answers": values},
            content_type="application/json",
            headers={**bearer, "Idempotency-Key": key},
        )
        return sent.status_code, sent.json()

    assert (api.get(here, headers=stranger).status_code, answer(GOOD, "of-a-stranger", stranger)[0]) == (404, 404)
    status, wrong = answer({**GOOD, DEFAULT[0].key: "6"}, "first-try")
    assert (status, [one["field"] for one in wrong["errors"]]) == (422, [DEFAULT[0].key])
    status, told = answer(GOOD, "second-try")
    assert (status, told["state"]) == (200, "answered")
    assert {question["key"]: question["answer"] for question in told["questions"]} == GOOD
    assert answer(GOOD, "second-try") == (status, told)
    assert answer(GOOD, "another-key")[1]["code"] == "survey.answered"
    assert api.get(waiting, headers=own).json()["items"] == []
    with region(read_only=True):
        assert Answer.objects.count() == len(GOOD)

    def figures(code: str, role: Role) -> Any:
        hall = Client(SERVER_NAME=f"{code}.localhost")
        bearer = {"Authorization": f"Bearer {staff_token(role, code)}"}
        return hall.get("/api/hospital/v1/surveys/figures", headers=bearer)

    counted = figures("alpha", Role.HOSPITAL_MANAGER).json()
    assert (counted["invited"], counted["answered"]) == (1, 1)
    assert (counted["questions"][0]["mean"], counted["questions"][3]["comments"][0]["text"]) == (5.0, "护士很耐心")
    assert figures("alpha", Role.RECEPTION).status_code == 403
    with region():
        User.objects.filter(login_name=f"staff.{Role.HOSPITAL_MANAGER}").update(login_name="staff.elsewhere")
    assert figures("beta", Role.HOSPITAL_MANAGER).json()["invited"] == 0


def _bearer(who: Resident) -> dict[str, str]:
    return {"Authorization": f"Bearer {resident_token(who)}"}
