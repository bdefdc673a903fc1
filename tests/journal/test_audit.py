"""The audit: written with the act or not at all, sealed soon, and every later change of it found and named."""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from datetime import timedelta
from functools import partial
from io import StringIO
from typing import Any

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, ProgrammingError, connections

from hub import clock
from hub.actor import Actor, ActorKind
from hub.audit import anchors, chain, merkle
from hub.audit.selectors import Search, entries_of
from hub.audit.verify import Flaw, verify
from hub.ids import uuid7
from hub.security.keyring import REGION_OWNER, ring
from hub.storage import objects
from hub.tenancy import registry
from hub.tenancy.context import on_host
from hub.tenancy.scope import REGION, hospital, region
from hub.work import Command, work
from tests.harness.anchors import forget_anchors, own_anchors
from tests.harness.threads import in_threads
from tests.journal.probes import ACTOR, Knock, query

pytestmark = pytest.mark.usefixtures("no_anchors")


def act(scope: str, number: int, **details: Any) -> None:
    with work(scope, actor=ACTOR) as unit:
        unit.audit("probe.act", target=f"thing:{number}", detail={"number": number}, **details)


def as_administrator(sql: str, *parameters: Any) -> None:
    """What somebody can do who owns the database and does not hold the key."""
    with psycopg.connect(os.environ["HUB_OWNER_DATABASE_URL"], autocommit=True) as connection:
        connection.execute("SET search_path = h_alpha, public")
        connection.execute(sql, parameters)


def findings(scope: str) -> list[tuple[Flaw, str]]:
    return [(finding.flaw, finding.where) for finding in verify(scope).findings]


def sealed_three(alpha: str) -> None:
    """Two seals over the entries 1, 2 and 3."""
    act(alpha, 1)
    act(alpha, 2)
    assert chain.seal_pending(alpha) == 2
    act(alpha, 3)
    assert chain.seal_pending(alpha) == 1


@pytest.mark.control("CES1-13/23")
def test_an_entry_tells_who_did_what(alpha: str) -> None:
    staff = Actor(
        kind=ActorKind.STAFF,
        id=uuid7(),
        name="李医生",
        role="doctor",
        institution=alpha,
        ip="10.1.2.3",
        request_id="r-1",
    )
    with work(alpha, actor=staff) as unit:
        unit.audit(
            "record.opened",
            target="archive:7",
            outcome="refused",
            reason="不在授权范围",
            detail={"fields": ["phone"]},
            before={"phone": "13800000000"},
            after={"phone": "13900000000"},
        )
    who, what = "actor_kind, actor_id, actor_name, actor_role, institution_code", "action, target, outcome, reason"
    [row] = query(alpha, f"SELECT {who}, {what}, ip, request_id FROM {{audit}}")
    assert row[:5] == ("staff", staff.id, "李医生", "doctor", alpha)
    assert row[5:] == ("record.opened", "archive:7", "refused", "不在授权范围", "10.1.2.3", "r-1")
    [(before, after)] = query(alpha, "SELECT before_digest, after_digest FROM {audit}")
    assert len(before) == len(after) == 64
    assert before != after
    assert verify(alpha).findings == []


def test_a_clean_chain_verifies(alpha: str) -> None:
    sealed_three(alpha)
    act(alpha, 4)
    report = verify(alpha)
    assert (report.entries, report.seals, report.pending, report.findings) == (4, 2, 1, [])
    assert query(alpha, "SELECT count(*) FROM {pending}") == [(1,)]


@pytest.mark.control("CES1-14/24", "CES1-26/38")
@pytest.mark.parametrize(
    "change",
    [
        "UPDATE hospital_audit SET actor_name = 'somebody else' WHERE id = 2",
        "UPDATE hospital_audit SET at = at + interval '1 second' WHERE id = 2",
        "UPDATE hospital_audit SET detail = '{\"number\": 3}' WHERE id = 2",
        "UPDATE hospital_audit SET outcome = 'refused' WHERE id = 2",
    ],
)
def test_an_altered_entry_is_named(alpha: str, change: str) -> None:
    sealed_three(alpha)
    as_administrator(change)
    assert findings(alpha) == [(Flaw.ALTERED, "entry 2")]


def test_an_altered_entry_is_named_before_it_is_sealed(alpha: str) -> None:
    act(alpha, 1)
    as_administrator("UPDATE hospital_audit SET target = 'thing:9' WHERE id = 1")
    assert findings(alpha) == [(Flaw.ALTERED, "entry 1")]


def test_a_removed_entry_is_named(alpha: str) -> None:
    sealed_three(alpha)
    act(alpha, 4)
    as_administrator("DELETE FROM hospital_audit WHERE id IN (2, 4)")
    assert findings(alpha) == [(Flaw.MISSING, "entry 2 under seal 1"), (Flaw.MISSING, "entry 4, not sealed yet")]


def test_two_entries_that_changed_places_are_found(alpha: str) -> None:
    sealed_three(alpha)
    for statement in ("id = 100 WHERE id = 1", "id = 1 WHERE id = 2", "id = 2 WHERE id = 100"):
        as_administrator(f"UPDATE hospital_audit SET {statement}")
    assert findings(alpha) == [(Flaw.BROKEN, "seal 1 does not match its entries")]


def test_an_entry_of_another_hospital_does_not_fit(alpha: str, beta: str) -> None:
    act(alpha, 1)
    act(beta, 1)
    columns = "at, actor_kind, actor_id, actor_name, actor_role, institution_code, action, target, outcome, reason, ip,"
    columns += " request_id, detail, before_digest, after_digest, key_id, mac"
    as_administrator(f"INSERT INTO h_alpha.hospital_audit ({columns}) SELECT {columns} FROM h_beta.hospital_audit")
    as_administrator("INSERT INTO h_alpha.hospital_audit_pending VALUES (2, now())")
    assert findings(alpha) == [(Flaw.ALTERED, "entry 2")]


def test_an_entry_waiting_for_over_a_minute_is_reported(alpha: str) -> None:
    act(alpha, 1)
    assert findings(alpha) == []
    with clock.shifted(timedelta(seconds=61)):
        assert [flaw for flaw, _ in findings(alpha)] == [Flaw.UNSEALED]
        chain.seal_pending(alpha)
        assert findings(alpha) == []


def test_an_entry_nobody_will_seal_is_reported(alpha: str) -> None:
    act(alpha, 1)
    as_administrator("DELETE FROM hospital_audit_pending")
    with clock.shifted(timedelta(seconds=61)):
        assert findings(alpha) == [(Flaw.UNMARKED, "entry 1")]


@pytest.mark.parametrize(
    ("change", "flaw"),
    [
        ("DELETE FROM hospital_audit_seal WHERE sequence = 1", "seals 1 to 1 are missing"),
        ("UPDATE hospital_audit_seal SET count = 1 WHERE sequence = 1", "seal 1 was altered"),
        ("UPDATE hospital_audit_seal SET previous = root WHERE sequence = 2", "seal 2 does not follow seal 1"),
    ],
)
def test_a_changed_seal_is_found(alpha: str, change: str, flaw: str) -> None:
    sealed_three(alpha)
    as_administrator(change)
    with clock.shifted(timedelta(seconds=61)):
        assert (Flaw.BROKEN, flaw) in findings(alpha)


@pytest.mark.control("CES1-14/24")
def test_a_chain_cut_off_at_its_end_is_found_by_its_anchor(alpha: str) -> None:
    sealed_three(alpha)
    anchors.anchor()
    assert findings(alpha) == []
    for table, condition in (("audit_seal", "sequence = 2"), ("audit", "id = 3")):
        as_administrator(f"DELETE FROM hospital_{table} WHERE {condition}")
    assert findings(alpha) == [(Flaw.CUT, "seal 2 of an anchor")] * 2
    as_administrator("DELETE FROM region_audit")  # the district's chain is cut too: the object store still knows
    assert findings(alpha) == [(Flaw.CUT, "seal 2 of an anchor")]


def test_an_anchor_somebody_else_made_is_not_believed(alpha: str) -> None:
    sealed_three(alpha)
    anchors.anchor()
    [key] = own_anchors()
    stored = anchors._stored_object(key)
    assert stored is not None
    content = objects.get(stored)
    forged = content.replace(b"[2,", b"[9,")
    assert forged != content
    objects.delete(key)
    name = f"{anchors._installation()}-20260101T000000Z-{len(forged)}-{hashlib.sha256(forged).hexdigest()}"
    objects.put_public(f"{REGION}/audit-anchor/{name}.json", forged, content_type="application/json")
    assert findings(alpha) == []


def test_the_anchors_of_a_neighbour_in_the_bucket_are_left_alone(alpha: str) -> None:
    anchors.anchor()
    [key] = own_anchors()
    neighbour = key.replace(f"{anchors._installation()}-", f"{anchors._installation()}2-")
    objects.put_public(neighbour, b"{}", content_type="application/json")
    try:
        assert own_anchors() == [key]
        forget_anchors()
        assert (list(objects.keys(key)), list(objects.keys(neighbour))) == ([], [neighbour])
    finally:
        objects.delete(neighbour)


def test_anchors_are_made_hourly(alpha: str) -> None:
    assert anchors.is_due(clock.now())
    anchors.anchor()
    assert not anchors.is_due(clock.now() + timedelta(minutes=59))
    assert anchors.is_due(clock.now() + timedelta(minutes=61))


def test_a_restored_hospital_is_not_held_to_the_anchors_of_its_former_life(alpha: str) -> None:
    sealed_three(alpha)
    anchors.anchor()
    as_administrator("DELETE FROM hospital_audit_seal WHERE sequence = 2")
    as_administrator("DELETE FROM hospital_audit WHERE id = 3")
    as_administrator("UPDATE tenancy_tenant SET incarnation = 2 WHERE code = 'alpha'")
    registry.forget()
    assert findings(alpha) == []


@pytest.mark.control("CES1-14/24")
def test_postgresql_refuses_to_change_or_remove_entries_and_seals(alpha: str) -> None:
    sealed_three(alpha)
    act(REGION, 1)
    chain.seal_pending(REGION)
    for statement in ("UPDATE {} SET key_id = ''", "DELETE FROM {}", "TRUNCATE {}"):
        for table in ("audit", "audit_seal"):
            with pytest.raises(ProgrammingError, match="permission denied"), hospital(alpha):
                connections["hospital"].cursor().execute(statement.format(f"hospital_{table}"))
            with pytest.raises(ProgrammingError, match="permission denied"), region():
                connections["default"].cursor().execute(statement.format(f"region_{table}"))


def test_a_hospitals_staff_write_the_districts_audit_and_see_only_their_own(alpha: str, beta: str) -> None:
    act(REGION, 1)
    for code in (alpha, beta):
        with on_host(code), work(REGION, actor=ACTOR) as unit:
            unit.claim(Command(name="probe.act", key="k", fingerprint="f"))
            unit.audit("probe.act", target="thing:2")
            unit.publish(Knock(number=2))
    with on_host(alpha):
        for table in ("audit", "command"):
            assert query_as_staff(f"SELECT institution_code FROM region_{table}") == [(alpha,)]
        with pytest.raises(ProgrammingError, match="permission denied"):
            query_as_staff("SELECT count(*) FROM region_outbox")
    assert query(REGION, "SELECT count(*) FROM {audit}") == [(3,)]


def test_a_rotated_key_still_verifies_what_it_signed(alpha: str) -> None:
    act(alpha, 1)
    chain.seal_pending(alpha)
    ring().add(REGION_OWNER, "audit", replace=True)
    act(alpha, 2)
    chain.seal_pending(alpha)
    assert len(query(alpha, "SELECT DISTINCT key_id FROM {audit}")) == 2
    assert findings(alpha) == []


@pytest.mark.race
def test_sealers_and_writers_at_once_leave_one_whole_chain(alpha: str) -> None:
    def write_or_seal(number: int) -> None:
        for turn in range(10):
            if number % 4:
                act(alpha, number * 100 + turn)
            else:
                seal_if_first(alpha)

    in_threads(8, write_or_seal)
    chain.seal_pending(alpha)
    report = verify(alpha)
    assert (report.entries, report.pending, report.findings) == (60, 0, [])


def query_as_staff(sql: str) -> list[tuple[Any, ...]]:
    with region(read_only=True), connections["default"].cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())


def seal_if_first(scope: str) -> None:
    with suppress(IntegrityError):
        chain.seal_pending(scope)


def test_the_command_reports_and_fails(alpha: str, beta: str) -> None:
    sealed_three(alpha)
    out = StringIO()
    call_command("verify_audit", "--all", stdout=out)
    assert "alpha: 3 entries, 2 seals, 0 pending, 0 findings" in out.getvalue()
    assert "beta: 0 entries" in out.getvalue()
    as_administrator("UPDATE hospital_audit SET reason = 'x' WHERE id = 2")
    with pytest.raises(CommandError, match="1 findings"):
        call_command("verify_audit", "--hospital", alpha, stdout=out)
    assert "altered: entry 2" in out.getvalue()


def test_a_merkle_root_binds_every_leaf_and_their_order() -> None:
    leaves = [bytes([n]) * 32 for n in range(5)]
    roots = {
        merkle.root(leaves),
        merkle.root(leaves[::-1]),
        merkle.root(leaves[:-1]),
        merkle.root([*leaves[:-1], b"x" * 32]),
    }
    assert len(roots) == 4
    assert merkle.root(leaves[:1]) == leaves[0]


@pytest.mark.control("8.1.5.2/55")
def test_an_auditor_finds_entries_by_what_he_knows(alpha: str) -> None:
    for number in range(5):
        act(alpha, number, outcome="refused" if number == 3 else "success")
    find = partial(entries_of, alpha)
    assert [entry.target for entry in find(Search(), limit=2)] == ["thing:4", "thing:3"]
    [_, third, *_] = find(Search())
    assert [entry.target for entry in find(Search(), before=third.id)] == ["thing:2", "thing:1", "thing:0"]
    assert [entry.detail for entry in find(Search(outcome="refused"))] == [{"number": 3}]
    assert len(find(Search(actor_name="tests", action="probe."))) == 5
    assert find(Search(target="thing:2", until=third.at - timedelta(days=1))) == []
