"""From another account's link to the community's numbers and back, and every link that must not lead in."""

from __future__ import annotations

import base64
import re
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit
from uuid import UUID, uuid4

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from django.test import Client

from hub import clock
from hub.outbox.relay import drain
from hub.security.roles import Role
from hub.tenancy.scope import region
from regional_services.booking.errors import TimeTaken
from regional_services.catalog.errors import AgeUnfit
from regional_services.catalog.models import CatalogSession
from regional_services.entries import managing, signing
from regional_services.entries.models import Follow, RefusalCount, Visit
from regional_services.identity.models import Person, Standing
from tests.booking import world
from tests.entries.conftest import (
    CALLER,
    Community,
    child_of,
    operator,
    settle,
    step_of,
    with_wechat,
)
from tests.portal.desks import desk_of, text_of
from tests.security.matrix.examples import resident_browser, resident_token

PERSON = 3


def opened(browser: Client, link: str) -> str:
    """Follow a link that leads in; the visit's address."""
    answer = browser.get(link)
    assert answer.status_code == 302, text_of(answer)
    return str(answer.headers["Location"])


def refused(answer: Any) -> str:
    """The reason a link did not lead in, by the code on the page."""
    assert answer.status_code == 403, text_of(answer)
    found = re.search(r"entries\.(\w+)", text_of(answer))
    assert found is not None
    return found.group(1)


@pytest.mark.requirement("JA-ENTRY-02", "JA-ENTRY-04", "JA-ENTRY-05", "JA-ENTRY-06")
def test_a_visitor_is_led_through_what_he_lacks_and_back(community: Community) -> None:
    who = world.resident()
    with region():
        Person.objects.filter(id=who.person_id).update(standing=Standing.UNVERIFIED)
    community.others.follow(PERSON, on=False)
    stranger = Client(SERVER_NAME="localhost")
    here = opened(stranger, community.link())
    assert step_of(stranger.get(here)) == "sign_in"
    browser = resident_browser(who)
    browser.cookies.update(stranger.cookies)  # the same browser, signed in meanwhile
    browser.cookies["sessionid"] = resident_browser(who).cookies["sessionid"].value
    assert step_of(browser.get(here)) == "wechat"
    with_wechat(who, PERSON)
    assert step_of(browser.get(here)) == "follow-asking"
    drain()
    assert step_of(browser.get(here)) == "follow"
    community.others.follow(PERSON)
    browser.post(f"{here}/follow")
    drain()
    assert step_of(browser.get(here)) == "real_name"
    with region():
        Person.objects.filter(id=who.person_id).update(standing=Standing.VERIFIED)
    page = browser.get(here)
    assert step_of(page) == "person"
    assert "不在服务对象内" in text_of(page), "an adult is shown, but can't be chosen"
    browser.post(f"{here}/person", {"person_id": str(who.person_id)})
    assert step_of(browser.get(here)) == "person", "an adult is not vaccinated as a child"
    child = child_of(who)
    browser.post(f"{here}/person", {"person_id": str(child)})
    onward = browser.get(here)
    assert (onward.status_code, onward.headers["Location"]) == (302, f"/services/immunisation/{community.code}")
    days = browser.get(onward.headers["Location"], follow=True)
    assert "预防接种门诊" in text_of(days)
    _book_and_return(community, browser, here, child)


def _book_and_return(community: Community, browser: Client, here: str, child: UUID) -> None:
    number = world.free_numbers(community.code, community.session)[0]
    confirm = f"/hospitals/{community.code}/sessions/{community.session}/numbers/{number.id}"
    page = text_of(browser.get(confirm))
    assert "预防接种证" in page
    assert str(child) in page
    form = {"person_id": str(child), "starts_at": number.start.isoformat(), "ends_at": number.end.isoformat()}
    booking = browser.post(confirm, form).headers["Location"]
    drain()
    assert f"{here}/return" in text_of(browser.get(booking))
    back = browser.get(f"{here}/return").headers["Location"]
    assert back.startswith(f"{community.others.callers}/back/{CALLER}?")
    result = dict(parse_qsl(urlsplit(back).query))
    assert (result["result"], result["state"], result["place"]) == ("booked", "mark-7", community.code)
    assert signing.is_hmac_right(community.secret, result)
    assert not signing.is_hmac_right(community.secret, {**result, "result": "none"})
    assert "签名不正确" in community.others.read(back), "the sandbox's own key is another one"


@pytest.mark.requirement("JA-ENTRY-01")
def test_a_link_that_must_not_lead_in_is_refused_in_words_and_counted(community: Community, client: Client) -> None:
    old = str(int((clock.now() - timedelta(hours=1)).timestamp()))
    cases = {
        "caller_unknown": community.link(caller="nobody"),
        "signature_wrong": community.link(broken_service="outpatient"),
        "link_expired": community.link(ts=old),
        "return_refused": community.link(back=f"{community.others.callers}.evil.example/back/x"),
        "service_refused": community.link(service="checkup"),
        "place_refused": community.link(at="beta"),
    }
    for code, link in cases.items():
        assert refused(client.get(link)) == code
    assert refused(client.get(community.link(at=""))) == "place_refused", "immunisation names its community"
    assert refused(client.get(community.link(broken_key="k-none"))) == "signature_wrong"
    once = community.link()
    first = opened(client, once)
    assert opened(client, once) == first, "a reload goes on"
    assert refused(Client(SERVER_NAME="localhost").get(once)) == "link_replayed"
    assert Client(SERVER_NAME="localhost").get(first).status_code == 404, "nobody else's browser opens the visit"
    managing.switch(actor=operator(), caller_id=community.caller_id, on=False)
    assert refused(client.get(community.link())) == "caller_off"
    with region(read_only=True):
        counted = dict(RefusalCount.objects.filter(caller__isnull=False).values_list("reason", "count"))
        assert Visit.objects.count() == 1
    assert counted == {
        **dict.fromkeys(("expired", "return", "service", "replayed", "off"), 1),
        "signature": 2,
        "place": 2,
    }


@pytest.mark.requirement("JA-ENTRY-01", "JA-ENTRY-04")
def test_wechat_that_does_not_answer_is_never_taken_for_a_no(community: Community) -> None:
    who = with_wechat(world.resident(), 5)
    community.others.follow(5)
    browser = resident_browser(who)
    board = community.others.outside.board("wechat-open")
    board.switch("user_info_down")
    here = opened(browser, community.link(service="outpatient"))
    assert "微信暂时没有回答" in text_of(settle(browser, here))
    board.all_off()
    board.switch("token_dead", times=1)
    with clock.shifted(timedelta(seconds=8)):
        assert step_of(settle(browser, here)) == "person", "a token that ran out is fetched anew"
        browser.post(f"{here}/person", {"person_id": str(who.person_id)})
        assert browser.get(here).headers["Location"] == f"/hospitals/{community.code}"
    board.switch("user_info_down")
    with clock.shifted(timedelta(hours=11)):
        assert browser.get(here).status_code == 302, "what WeChat said today is believed today"
    with region():
        Follow.objects.update(answered_at=clock.now() - timedelta(hours=25))
    assert step_of(browser.get(here)) == "follow-asking", "and asked again after a day"


@pytest.mark.requirement("JA-ENTRY-03")
def test_whom_a_service_is_for_is_data_and_holds_on_every_way(community: Community) -> None:
    who = world.resident()
    number = world.free_numbers(community.code, community.session)[0]
    with pytest.raises(AgeUnfit, match="age_unfit"):
        world.book(community.code, community.session, who, number)
    desk = desk_of(Role.OPERATIONS)
    assert "不满18周岁" in text_of(desk.get("/district/entries"))
    form = {"from_months": "0", "below_months": "", "bring": "成人也可接种"}
    assert "不限年龄" in text_of(desk.post("/district/entries/rules/immunisation", form, follow=True))
    world.book(community.code, community.session, who, number)
    with pytest.raises(TimeTaken):
        world.book(community.code, community.session, who, number)
    wrong = {**form, "from_months": "20", "below_months": "10"}
    assert "年龄范围不正确" in text_of(desk.post("/district/entries/rules/immunisation", wrong, follow=True))
    staff = desk_of(Role.HOSPITAL_MANAGER, hospital=community.code)
    with region(read_only=True):
        department = CatalogSession.objects.get(session_id=community.session).department_id
    here = f"/workspace/facts/departments/{department}"
    kept = staff.post(here, {"own_intro": "", "notice": "", "sensitivity": "", "service": "checkup"}, follow=True)
    assert "已保存" in text_of(kept)
    drain()
    anybody = Client(SERVER_NAME="localhost")
    assert anybody.get(f"/services/immunisation/{community.code}").status_code == 404
    assert community.code in text_of(anybody.get("/services/checkup"))
    entering = managing.caller(operator(), community.caller_id)
    assert entering.services, "the hospital's own change asks nothing of the callers"
    managing.change(
        actor=operator(),
        caller_id=community.caller_id,
        wish=managing.CallerWish(name="云栖生活", services=("checkup",), returns=entering.returns),
    )
    browser = resident_browser(with_wechat(who, PERSON))
    community.others.follow(PERSON)
    at = opened(browser, community.link(service="checkup", at=""))
    assert step_of(settle(browser, at)) == "person"
    browser.post(f"{at}/person", {"person_id": str(who.person_id)})
    assert browser.get(at).headers["Location"] == "/services/checkup"


@pytest.mark.requirement("JA-ENTRY-01")
def test_the_district_registers_a_caller_changes_its_keys_and_sees_what_comes(community: Community) -> None:
    desk = desk_of(Role.OPERATIONS)
    filled = {"code": "yunxi-life", "name": "云栖生活", "services": ["outpatient"], "returns": "ftp://x"}
    assert "https地址" in text_of(desk.post("/district/entries/new", filled))
    made = desk.post("/district/entries/new", {**filled, "returns": "https://life.example/back"})
    here = made.headers["Location"]
    assert "还没有密钥" in text_of(desk.get(here))
    shown = text_of(desk.post(f"{here}/keys", {"algorithm": "hmac", "overlap_days": "7"}))
    assert "只显示这一次" in shown
    secret = re.findall(r'<dd class="strong">([\w-]+)</dd>', shown)[0]
    assert secret not in text_of(desk.get(here))
    browser = Client(SERVER_NAME="localhost")
    first = community.link()
    old = community.key, community.secret
    fresh = managing.add_key(actor=operator(), caller_id=community.caller_id, algorithm="hmac", overlap_days=1)
    opened(browser, first)
    opened(browser, community.link())
    with clock.shifted(timedelta(days=2)):
        assert refused(browser.get(community.link())) == "signature_wrong", "the old key's overlap is over"
        community.key, community.secret = fresh.name, fresh.secret
        opened(browser, community.link())
    community.key, community.secret = old
    refused(browser.get(community.link(broken_at="beta")))
    page = f"/district/entries/{community.caller_id}"
    assert "签名不正确" in text_of(desk.get(page))
    assert "进入" in text_of(desk.get(f"{page}/figures.csv"))
    with clock.shifted(timedelta(minutes=1)):
        key_id = next(key.id for key in managing.caller(operator(), community.caller_id).keys if key.name == fresh.name)
        assert "密钥已失效" in text_of(desk.post(f"{page}/keys/{key_id}/end", follow=True))
    assert "已停用" in text_of(desk.post(f"{page}/switch", {"on": "0"}, follow=True))


def test_a_caller_with_a_key_pair_signs_with_rsa_and_verifies_the_result(community: Community) -> None:
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    made = managing.add_key(
        actor=operator(), caller_id=community.caller_id, algorithm="rsa", public_key=public.decode()
    )
    given = dict(parse_qsl(urlsplit(community.link(key=made.name, service="outpatient")).query))
    given["sig"] = base64.urlsafe_b64encode(
        private.sign(signing.text_of(given), padding.PKCS1v15(), hashes.SHA256())
    ).decode()
    who = world.resident()
    browser = resident_browser(who)
    assert refused(browser.get(f"/entry?{urlencode({**given, 'nonce': uuid4().hex})}")) == "signature_wrong"
    here = opened(browser, f"/entry?{urlencode(given)}")
    result = dict(parse_qsl(urlsplit(browser.get(f"{here}/return").headers["Location"]).query))
    assert result["result"] == "none"
    assert signing.is_rsa_right(signing.own_public_key(), result)


def test_an_app_opens_a_link_by_the_interface(community: Community) -> None:
    who, other = with_wechat(world.resident(), 7), world.resident()
    community.others.follow(7)
    link = dict(parse_qsl(urlsplit(community.link(service="outpatient")).query))
    mine = {"Authorization": f"Bearer {resident_token(who)}"}
    theirs = {"Authorization": f"Bearer {resident_token(other)}"}
    http = Client(SERVER_NAME="localhost")

    def call(method: str, path: str, headers: dict[str, str], body: dict[str, Any] | None = None) -> Any:
        return getattr(http, method)(
            f"/api/resident/v1/entries{path}", body, content_type="application/json", headers=headers
        )

    made = call("post", "", mine, {"parameters": link})
    assert (made.status_code, made.json()["step"], made.json()["follow"]) == (201, "follow", "asked")
    assert call("post", "", theirs, {"parameters": link}).json()["code"] == "entries.link_replayed"
    one = f"/{made.json()['id']}"
    assert call("get", one, theirs).status_code == 404
    drain()
    assert call("get", one, mine).json()["step"] == "person"
    chosen = call("post", f"{one}/person", mine, {"person_id": str(who.person_id)})
    assert (chosen.json()["step"], chosen.json()["target"]) == ("service", f"/hospitals/{community.code}")
    assert call("post", f"{one}/return", mine).json()["address"].startswith(community.others.callers)
    assert call("post", f"{one}/return", theirs).status_code == 404


def test_the_documents_example_is_right() -> None:
    text = (Path(__file__).parents[2] / "docs/interfaces/entries.md").read_text(encoding="utf-8")
    line = re.search(r"^`(at=[^`]+)`", text, re.M)
    signature = re.search(r"签名 `([0-9a-f]{64})`", text)
    assert line is not None
    assert signature is not None
    given = dict(part.split("=", 1) for part in line.group(1).split("&"))
    assert signing.hmac_of("example-secret", given) == signature.group(1)
