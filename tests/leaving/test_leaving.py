"""A hospital leaves: bookings end, money goes back, it gets its data, its keys go, nothing opens any more."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from hub import clock
from hub.accounts import services as accounts
from hub.accounts.errors import CredentialsWrong
from hub.accounts.models import AccountState, SignIn, StaffMembership, User
from hub.actor import system_actor
from hub.audit.selectors import Search, entries_of
from hub.outbox.relay import drain
from hub.security import envelope
from hub.security.keyring import KeyDestroyed, KeyMissing, ring
from hub.security.roles import Role
from hub.tenancy.errors import UnknownHospital
from hub.tenancy.registry import state_of
from hub.tenancy.scope import REGION, hospital, region
from regional_services.booking.models import Booking, Settlement, State
from regional_services.booking.services import create_booking
from regional_services.feedback import services as feedback
from regional_services.feedback.services import Wish
from regional_services.leaving import tasks
from regional_services.leaving.models import Leaving, Stage
from regional_services.payments.models import Attempt
from tenants.appointments import daily
from tenants.registry.errors import InstitutionLeaving
from tests.accounts.people import StaffMember, make_staff
from tests.booking import world
from tests.feedback.pictures import picture
from tests.flow.conftest import District
from tests.portal.desks import browser_of, desk_of, text_of

TOOL = Path(__file__).resolve().parents[2] / "tools" / "verify_package.py"
WORDS = "本院自即日起退出区域平台，请到医院窗口或公众号预约。"
PAGES = ("", "/begin", "/certificate")
ACTS = ("/begin", "/key", "/hold", "/ask", "/confirm")


def begin_form(**changes: str) -> dict[str, str]:
    today = str(clock.today() - timedelta(days=0))
    return {"typed": "alpha", "words": WORDS, "reason": "合同到期", "last_day": today, **changes}


def turns(count: int = 6) -> None:
    """What the worker's schedule does, with the relay's work between."""
    for _ in range(count):
        tasks.sweep()
        drain()


def stage() -> str:
    with region(read_only=True):
        return Leaving.objects.get(institution_code="alpha").stage


def verify(package: Path, key: str, target: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-I", str(TOOL), str(package), "--key", key, "--extract", str(target)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_a_hospital_leaves_with_its_data_and_nothing_of_it_opens_any_more(
    own_ring: Path, district: District, alpha: str, tmp_path: Path
) -> None:
    paid_by, unpaid_by = world.resident(), world.resident()
    session = world.open_session(alpha)
    paid = district.book(alpha, session, paid_by)
    district.pay(paid, paid_by)
    waiting = district.book(alpha, session, unpaid_by)
    assert district.booking(paid.id).settlement is Settlement.PAID
    daily.make(alpha, clock.today())
    feedback.submit(
        actor=paid_by.actor,
        wish=Wish(text="候诊区太冷", institution_code=alpha, photos=[picture()]),
        key=paid.id.hex,
    )

    operator = desk_of(Role.OPERATIONS, login_name="ops")
    here = f"/district/leaving/{alpha}"
    page = text_of(operator.get(f"{here}/begin"))
    assert "<b>2</b>要取消的预约" in page
    assert f"<b>¥{paid.fee_fen / 100:.2f}</b>退款合计" in page
    refused = operator.post(f"{here}/begin", begin_form(typed="alhpa"))
    assert (refused.status_code, state_of(alpha)) == (422, "live")
    assert operator.post(f"{here}/begin", begin_form()).status_code == 302
    assert state_of(alpha) == "leaving"

    newcomer, number = world.resident(), world.free_numbers(alpha, session)[0]
    with pytest.raises(InstitutionLeaving, match="退出区域平台"):
        create_booking(actor=newcomer.actor, wish=world.wish(alpha, session, newcomer, number), command=world.command())
    assert WORDS in text_of(district.client.get(f"/hospitals/{alpha}"))

    turns(3)
    assert district.booking(waiting.id).state is State.CANCELLED
    assert district.booking(paid.id).state is State.CANCELLED
    assert stage() == Stage.SETTLING, "money is on its way back, and the last day is not over"
    district.deliver(1)
    drain()
    assert district.booking(paid.id).settlement is Settlement.REFUNDED
    with clock.shifted(timedelta(days=1)):
        turns()
        assert stage() == Stage.RECEIPT
        _hand_over_and_destroy(alpha, paid_by.person_id.hex, tmp_path)


def _hand_over_and_destroy(alpha: str, person: str, tmp_path: Path) -> None:
    here, operator = f"/district/leaving/{alpha}", desk_of(Role.OPERATIONS, login_name="ops2")
    security, system = desk_of(Role.SECURITY_ADMIN, login_name="sec"), desk_of(Role.SYSTEM_ADMIN, login_name="sys")
    manager = desk_of(Role.HOSPITAL_MANAGER, hospital=alpha)
    answer = manager.get("/workspace/leaving/package")
    package = tmp_path / "handover.hdhp"
    package.write_bytes(b"".join(answer.streaming_content))  # type: ignore[attr-defined]
    assert operator.post(f"{here}/key").status_code == 403
    key = text_of(security.post(f"{here}/key")).split('<p class="mono strong">')[1].split("<")[0]

    out = tmp_path / "out"
    done = verify(package, key, out)
    assert done.returncode == 0, done.stderr
    _check_contents(out, person)
    _check_damage(package, key, tmp_path)

    wrong = manager.post("/workspace/leaving/receipt", {"receipt": "0000-0000-0000-0000"})
    assert (wrong.status_code, stage()) == (422, Stage.RECEIPT)
    code = done.stdout.split("收据码：")[1].strip()
    assert manager.post("/workspace/leaving/receipt", {"receipt": code.lower()}).status_code == 302
    assert json.loads(manager.get("/workspace/leaving/receipt.json").content)["institution"] == alpha
    turns(1)
    assert stage() == Stage.DECIDING

    nurse = make_staff("nurse.li", hospital=alpha, roles=(Role.RECEPTION,))
    elsewhere = make_staff("dr.wu", hospital=alpha, roles=(Role.DOCTOR,))
    accounts.grant_role(
        actor=system_actor("布置"), user_id=elsewhere.account.user_id, institution_code="beta", role=Role.DOCTOR
    )
    hers = browser_of(nurse)
    assert hers.get("/workspace/").status_code == 200
    _decide(alpha, operator, security, system)
    sealed = envelope.seal("anything", b"of this hospital", owner=alpha)
    turns(3)
    _accounts_are_closed(alpha, nurse, elsewhere, hers)
    assert (stage(), state_of(alpha)) == (Stage.LEFT, "left")
    with pytest.raises(KeyMissing):
        envelope.open_sealed("anything", sealed)
    with pytest.raises(KeyDestroyed):
        ring().active(alpha)
    with pytest.raises(UnknownHospital), hospital(alpha):
        pytest.fail("a hospital that left has no scope")
    with region(read_only=True):
        payer = Attempt.objects.filter(institution_code=alpha).first()
    assert payer is not None
    assert payer.payer, "what the law keeps still opens, under a key that stays"
    paper = text_of(security.get(f"{here}/certificate"))
    assert "密钥销毁证明" in paper
    assert "仍能解开" not in paper
    assert paper.count("不能解开（KeyMissing）") >= 3
    assert "patients_patientarchive." in paper
    assert manager.get("/workspace/leaving").status_code in (302, 404)


def _accounts_are_closed(alpha: str, nurse: StaffMember, elsewhere: StaffMember, hers: Client) -> None:
    """Signed out everywhere, no way back in, still named by the audit; who works elsewhere too keeps that."""
    assert hers.get("/workspace/").status_code in (302, 404)
    with pytest.raises(CredentialsWrong):
        nurse.sign_in()
    with region(read_only=True):
        assert not StaffMembership.objects.filter(institution_code=alpha, ended_at__isnull=True).exists()
        assert not SignIn.objects.filter(hospital=alpha, ended_at__isnull=True).exists()
        assert User.objects.get(id=nurse.account.user_id).state == AccountState.DISABLED
        assert User.objects.get(id=elsewhere.account.user_id).state == AccountState.ACTIVE
    told = entries_of(REGION, Search(target=f"account:{nurse.account.user_id}"), limit=20)
    assert [entry.reason for entry in told if entry.action == "accounts.disabled"] == ["institution_left"]
    assert any(entry.action == "accounts.signed_in" for entry in told), "what she did stays hers"


def _check_contents(out: Path, person: str) -> None:
    archives = lines(out / "hospital" / "patients_patientarchive.jsonl")
    mine = [row for row in archives if row["person_id"].replace("-", "") == person]
    assert [row["name"] for row in mine] == ["沈云"], "the hospital gets its data in plain"
    assert "name_index" not in mine[0]
    assert {row["institution_code"] for row in lines(out / "public" / "payments_refund.jsonl")} == {"alpha"}
    assert lines(out / "public" / "booking.jsonl")
    assert lines(out / "hospital" / "exchange_exchange.jsonl")[0]["request"]
    assert (out / "schema" / "hospital.dump").read_bytes()[:5] == b"PGDMP"
    [kept] = list((out / "objects" / "alpha" / "daily-list").iterdir())
    [photograph] = list((out / "objects" / "feedback").iterdir())
    assert photograph.read_bytes()[:3] == b"\xff\xd8\xff", "the photograph of a complaint, in plain"
    assert "预约清单" in kept.read_text(encoding="utf-8")
    assert "patients_patientarchive" in (out / "dictionary.csv").read_text(encoding="utf-8-sig")


def _check_damage(package: Path, key: str, tmp_path: Path) -> None:
    whole = bytearray(package.read_bytes())
    whole[len(whole) // 2] ^= 1
    bad = tmp_path / "bad.hdhp"
    bad.write_bytes(whole)
    assert verify(bad, key, tmp_path / "bad").returncode == 1
    bad.write_bytes(package.read_bytes()[:-20])
    assert verify(bad, key, tmp_path / "bad").returncode == 1
    other = "A" + key[1:] if key[0] != "A" else "B" + key[1:]
    assert "不匹配" in verify(package, other, tmp_path / "bad").stderr


def _decide(alpha: str, operator: Client, security: Client, system: Client) -> None:
    """Nobody alone: hold, asking and confirming are told apart."""
    here = f"/district/leaving/{alpha}"
    ask = {"typed": alpha, "destruction_reason": "移交完成，合同第 9 条"}
    assert security.post(f"{here}/ask", ask).status_code == 403
    assert security.post(f"{here}/confirm", {"typed": alpha}).status_code == 409
    assert security.post(f"{here}/hold", {"to": "on", "hold_reason": "诉讼保全"}).status_code == 302
    assert system.post(f"{here}/ask", ask).status_code == 409
    assert security.post(f"{here}/hold", {"to": "off", "hold_reason": "已结案"}).status_code == 302
    assert system.post(f"{here}/ask", {**ask, "typed": "beta"}).status_code == 422
    assert system.post(f"{here}/ask", ask).status_code == 302
    assert system.post(f"{here}/confirm", {"typed": alpha}).status_code == 403
    assert operator.post(f"{here}/confirm", {"typed": alpha}).status_code == 403
    assert stage() == Stage.DECIDING
    assert security.post(f"{here}/confirm", {"typed": alpha}).status_code == 302
    actions = {entry.action for entry in entries_of(REGION, Search(target=f"institution:{alpha}"), limit=100)}
    assert {"leaving.destruction_asked", "leaving.destruction_confirmed", "leaving.key_shown"} <= actions


def test_what_the_hospital_refuses_to_cancel_ends_all_the_same(own_ring: Path, district: District, alpha: str) -> None:
    who = world.resident()
    paid = district.book(alpha, world.open_session(alpha), who)
    district.pay(paid, who)
    district.his[alpha].switch("reject", "已超过退号时间", only=("cancel_registration",))
    operator = desk_of(Role.OPERATIONS)
    assert operator.post(f"/district/leaving/{alpha}/begin", begin_form()).status_code == 302
    turns(4)
    assert district.booking(paid.id).state in (State.STOPPED, State.CANCELLED)
    with region(read_only=True):
        assert Booking.objects.get(id=paid.id).settlement in (Settlement.REFUNDING, Settlement.REFUNDED)


def test_a_dead_worker_leaves_a_lease_that_ends(own_ring: Path, district: District, alpha: str) -> None:
    operator = desk_of(Role.OPERATIONS)
    assert operator.post(f"/district/leaving/{alpha}/begin", begin_form()).status_code == 302
    with region():
        Leaving.objects.update(leased_until=clock.now() + timedelta(minutes=2))
    assert tasks.sweep() == 0, "another worker has it"
    with clock.shifted(timedelta(minutes=3)):
        assert tasks.sweep() == 1
    assert stage() == Stage.SETTLING


def test_strangers_and_other_roles_get_nothing(alpha: str, beta: str, client: Client) -> None:
    world.register_institution(alpha)
    world.register_institution(beta)
    begun = desk_of(Role.OPERATIONS, login_name="ops").post(f"/district/leaving/{alpha}/begin", begin_form())
    assert begun.status_code == 302
    here = f"/district/leaving/{alpha}"
    for role in (Role.REVIEWER, Role.AUDIT_ADMIN):
        other = desk_of(role)
        assert {other.post(here + act).status_code for act in ACTS} == {403}
        assert other.get(here).status_code == 403
    for act in ACTS:
        assert client.post(here + act)["Location"].startswith("/desk/signin")
    stranger = desk_of(Role.HOSPITAL_MANAGER, hospital=beta)
    assert "没有在办理退出" in text_of(stranger.get("/workspace/leaving"))
    assert stranger.get("/workspace/leaving/package").status_code == 404
    assert stranger.post("/workspace/leaving/receipt", {"receipt": "x"}).status_code == 409
    assert stranger.get(here).status_code == 403
