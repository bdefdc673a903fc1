"""One primary archive per person and hospital, found by blind index, followed through merges."""

from __future__ import annotations

import dataclasses
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connections

from hub.actor import system_actor
from hub.security import blind
from hub.tenancy.scope import hospital
from hub.work import work
from tenants.patients import selectors, steps
from tenants.patients.models import PatientAlias, PatientArchive
from tests.harness.threads import in_threads

DESK = system_actor("test")
IDENTITY = steps.PatientIdentity(
    name="顾听澜",
    document_type="01",
    document_number="310106199001011236",
    phone="+8613812345678",
    sex="1",
    birth_date=date(1990, 1, 1),
)


def _ensure(code: str, person: UUID, identity: steps.PatientIdentity = IDENTITY) -> UUID:
    with work(code, actor=DESK) as unit:
        archive = steps.ensure_archive(unit, person_id=person, identity=identity).id
        unit.audit("test.archive", target=f"archive:{archive}")
        return archive


def _merge(code: str, kept: str, merged: str) -> bool:
    with work(code, actor=DESK) as unit:
        known = steps.merge_his_patients(unit, kept_id=kept, merged_id=merged, source="his")
        unit.audit("test.merged", target="archive")
        return known


@pytest.mark.race
def test_twenty_at_once_make_one_archive(alpha: str) -> None:
    """The partial unique constraint decides, and every caller gets the same answer."""
    person = uuid4()
    assert len(set(in_threads(20, lambda _: _ensure(alpha, person)))) == 1
    with hospital(alpha, read_only=True):
        assert PatientArchive.objects.count() == 1


def test_a_changed_identity_is_followed_with_its_indexes(alpha: str) -> None:
    """A new phone: the old one finds nobody any more."""
    person = uuid4()
    archive = _ensure(alpha, person)
    assert _ensure(alpha, person, dataclasses.replace(IDENTITY, phone="+8613900000001")) == archive
    with hospital(alpha, read_only=True):
        assert selectors.find(alpha, phone="+8613812345678") == []
        assert [view.phone for view in selectors.find(alpha, phone="+8613900000001")] == ["+8613900000001"]


def test_desks_search_by_exact_values_and_last_four_only(alpha: str, beta: str) -> None:
    """And only in their own hospital, whose index key is its own."""
    archive = _ensure(alpha, uuid4())
    with hospital(alpha, read_only=True):
        searches: tuple[dict[str, Any], ...] = (
            {"document": "310106199001011236"},
            {"name": "顾听澜"},
            {"document_tail": "1236", "phone_tail": "5678"},
        )
        for wanted in searches:
            assert [view.archive_id for view in selectors.find(alpha, **wanted)] == [archive]
        assert selectors.find(alpha, name="顾听") == []
        assert selectors.find(alpha, name="顾听澜", phone_tail="0000") == []
        assert selectors.find(alpha) == []
    with hospital(beta, read_only=True):
        assert selectors.find(beta, name="顾听澜") == []
    assert blind.index("patients.name", "顾听澜", alpha) != blind.index("patients.name", "顾听澜", beta)


def test_nothing_personal_is_stored_in_clear(alpha: str) -> None:
    """The row as the server has it."""
    _ensure(alpha, uuid4())
    with hospital(alpha, read_only=True), connections["hospital"].cursor() as cursor:
        cursor.execute("SELECT * FROM patients_patientarchive")
        stored = b"|".join(bytes(value) for value in cursor.fetchone() if isinstance(value, bytes | memoryview))
    for secret in ("顾听澜", "310106199001011236", "13812345678"):
        assert secret.encode() not in stored


def test_a_number_the_his_gave_to_another_is_not_taken_over(alpha: str) -> None:
    """Also a number that was merged into another archive stays that archive's alias."""
    first, second = _ensure(alpha, uuid4()), _ensure(alpha, uuid4())

    def learnt(archive: UUID, number: str) -> bool:
        with work(alpha, actor=DESK) as unit:
            unit.audit("test.numbered", target="archive")
            return steps.learn_his_patient_id(unit, archive_id=archive, his_patient_id=number)

    assert learnt(first, "P1")
    assert not learnt(first, "P1")
    assert not learnt(second, "P1")
    assert _merge(alpha, "P2", "P1")
    assert not learnt(second, "P1")
    assert not learnt(second, "P2")
    assert learnt(second, "P3")


def test_a_merge_at_the_his_keeps_both_numbers_findable(alpha: str) -> None:
    """F14: the merged number becomes an alias; the primary archive is the kept one."""
    person = uuid4()
    first = _ensure(alpha, person)
    with work(alpha, actor=DESK) as unit:
        assert steps.learn_his_patient_id(unit, archive_id=first, his_patient_id="P1")
        unit.audit("test.numbered", target="archive")
    assert _merge(alpha, "P2", "P1")
    assert not _merge(alpha, "P9", "P8")
    with hospital(alpha, read_only=True):
        assert PatientArchive.objects.get(pk=first).his_patient_id == "P2"
        assert PatientAlias.objects.get(his_patient_id="P1").archive_id == first
