"""Adding people: the city's three answers, guardians, limits, strangers. Through the public interface."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connections

from hub import clock
from hub.errors import NotFound
from hub.outbox.relay import drain
from hub.tenancy.scope import region
from regional_services.identity import ages, purposes, selectors
from regional_services.identity.access import may_see_sensitive, patient_for
from regional_services.identity.errors import MinorConsentNeeded, RealNameNeeded, RelationExpired
from regional_services.identity.models import Identifier, Person, RealNameCheck
from tests.identity.city import City
from tests.identity.residents import CONSENTS, Resident, id_number

ADULT = date(1988, 3, 9)
MakeResident = Callable[[], Resident]


def _born(years: int, *, days: int = 0) -> date:
    """The birthday of somebody who turns `years` in `days` days."""
    day = clock.today() + timedelta(days=days)
    return date(day.year - years, day.month, day.day if (day.month, day.day) != (2, 29) else 28)


def test_oneself_is_bound_when_the_city_agrees(resident: MakeResident) -> None:
    """202 with a status address; after the answer the person is verified and may book."""
    alice = resident()
    response = alice.add("self", "顾听澜", id_number(ADULT), phone="13812345678")
    assert response.status_code == 202
    assert response.headers["Location"].endswith("/real-name")
    assert response.headers["Retry-After"] == "1"
    person = UUID(response.json()["id"])
    assert alice.call("get", f"persons/{person}/real-name").json()["state"] == "match"
    [shown] = alice.call("get", "persons").json()
    assert (shown["state"], shown["standing"], shown["kind"]) == ("active", "verified", "self")
    with region(read_only=True):
        assert patient_for(alice.actor, person, purposes.BOOKING).relation == "self"
        card = selectors.identity_of(person)
    assert (card.name, card.phone, card.is_minor) == ("顾听澜", "+8613812345678", False)


@pytest.mark.control("CES1-28/40")
def test_names_and_numbers_never_leave_in_clear(resident: MakeResident) -> None:
    """The answer holds masked values only; at rest there is ciphertext."""
    alice = resident()
    number = id_number(ADULT)
    alice.add("self", "顾听澜", number, phone="13812345678")
    page = alice.call("get", "persons").content.decode()
    assert "顾*澜" in page
    assert "138****5678" in page
    for secret in ("顾听澜", number, "13812345678"):
        assert secret not in page
    with region(read_only=True), connections["default"].cursor() as cursor:
        cursor.execute("SELECT name FROM identity_person")
        assert "顾听澜".encode() not in bytes(cursor.fetchone()[0])


@pytest.mark.parametrize(("known_as", "state"), [("别的名字", "mismatch"), ("", "absent")])
def test_a_wrong_name_or_number_is_refused_and_opens_nothing(resident: MakeResident, known_as: str, state: str) -> None:
    """The reason is shown; the person can't be booked for."""
    alice = resident()
    response = alice.add("self", "顾听澜", id_number(ADULT), known_as=known_as)
    person = UUID(response.json()["id"])
    [shown] = alice.call("get", "persons").json()
    assert (shown["state"], shown["refusal"]) == ("refused", state)
    with region(read_only=True), pytest.raises(NotFound):
        patient_for(alice.actor, person, purposes.BOOKING)


def test_no_definite_answer_is_unknown_and_asked_again(resident: MakeResident, city: City) -> None:
    """A broken city decides nothing; when it is back the same question is asked under the same number."""
    alice = resident()
    city.status = 503
    person = UUID(alice.add("self", "顾听澜", id_number(ADULT)).json()["id"])
    assert alice.call("get", f"persons/{person}/real-name").json()["state"] == "unknown"
    with region(read_only=True), pytest.raises(RealNameNeeded):
        patient_for(alice.actor, person, purposes.BOOKING)
    city.status = 200
    with clock.shifted(timedelta(seconds=30)):
        drain()
    assert alice.call("get", f"persons/{person}/real-name").json()["state"] == "match"
    assert len({question["request_id"] for question in city.asked}) == 1
    assert len(city.asked) >= 2


def test_the_same_request_under_the_same_key_adds_once(resident: MakeResident) -> None:
    """A repeated tap."""
    alice = resident()
    number = id_number(ADULT)
    alice.city.register[number] = "顾听澜"
    body = {"kind": "self", "name": "顾听澜", "document_type": "01", "document_number": number, "consents": CONSENTS}
    first = alice.call("post", "persons", body, key="0123456789abcdef")
    second = alice.call("post", "persons", body, key="0123456789abcdef")
    assert first.json()["id"] == second.json()["id"]
    other = alice.call("post", "persons", {**body, "name": "顾听风"}, key="0123456789abcdef")
    assert other.status_code == 422
    with region(read_only=True):
        assert RealNameCheck.objects.count() == 1


def test_somebody_elses_document_shows_nothing_of_him(resident: MakeResident) -> None:
    """Mallory types Alice's number with another name: she sees what she typed, and no more."""
    alice, mallory = resident(), resident()
    number = id_number(ADULT)
    alice.add("self", "顾听澜", number, phone="13812345678")
    mallory.add("self", "马洛丽", number)
    [shown] = mallory.call("get", "persons").json()
    assert (shown["state"], shown["name"], shown["phone"]) == ("refused", "马*丽", "")
    assert shown["standing"] == "unverified"
    with region(read_only=True):
        assert Person.objects.count() == 1
        assert selectors.people_of(alice.account_id)[0].name == "顾听澜"


def test_a_stranger_reaches_nobody(resident: MakeResident) -> None:
    """By none of the addresses."""
    alice, mallory = resident(), resident()
    person = alice.become("顾听澜", ADULT)
    mallory.become("马洛丽", ADULT)
    for method, path in (
        ("get", f"persons/{person}"),
        ("delete", f"persons/{person}"),
        ("get", f"persons/{person}/real-name"),
        ("post", f"persons/{person}/real-name"),
        ("get", f"persons/{person}/consents"),
    ):
        assert mallory.call(method, path).status_code == 404
    with region(read_only=True), pytest.raises(NotFound):
        patient_for(mallory.actor, person, purposes.VIEW)
    assert alice.call("get", f"persons/{person}").status_code == 200
    assert alice.client.get(f"/api/resident/v1/persons/{person}").status_code == 401


def test_consents_are_required_and_can_be_withdrawn(resident: MakeResident) -> None:
    """Without them nobody is added; the ledger keeps each giving and withdrawal."""
    alice = resident()
    assert alice.add("self", "顾听澜", id_number(ADULT), consents=["service_use"]).status_code == 422
    person = alice.become("顾听澜", ADULT)
    assert (
        alice.call("post", f"persons/{person}/consents", {"purpose": "hospital_sharing", "given": False}).status_code
        == 204
    )
    with region(read_only=True):
        assert not selectors.has_consent(person, "hospital_sharing")
        assert selectors.has_consent(person, "service_use")
    answer = {c["purpose"]: c["is_given"] for c in alice.call("get", f"persons/{person}/consents").json()}
    assert (answer["hospital_sharing"], answer["service_use"]) == (False, True)


@pytest.mark.control("MLPS/20")
@pytest.mark.parametrize(
    ("years", "days", "group"),
    [(14, 1, "child"), (14, 0, "adolescent"), (18, 1, "adolescent"), (18, 0, "adult")],
)
def test_age_boundaries(years: int, days: int, group: str) -> None:
    """The birthday itself counts; the day before does not."""
    assert ages.group_on(_born(years, days=days), clock.today()) == group


def test_born_on_29_february_comes_of_age_on_1_march() -> None:
    """In a year without that day."""
    born = date(2008, 2, 29)
    assert ages.group_on(born, date(2026, 2, 28)) is ages.AgeGroup.ADOLESCENT
    assert ages.group_on(born, date(2026, 3, 1)) is ages.AgeGroup.ADULT


def test_a_child_needs_a_verified_adult_and_the_guardians_consent(resident: MakeResident) -> None:
    """Neither alone is enough."""
    alice, child = resident(), id_number(_born(9))
    with_consent = [*CONSENTS, "guardian_consent"]
    assert alice.add("child", "顾小满", child, consents=with_consent).json()["code"] == "identity.self_first"
    alice.become("顾听澜", ADULT)
    assert alice.add("child", "顾小满", child).json()["code"] == "identity.consent_unknown"
    response = alice.add("child", "顾小满", child, consents=with_consent)
    assert response.status_code == 202
    person = UUID(response.json()["id"])
    with region(read_only=True):
        assert patient_for(alice.actor, person, purposes.BOOKING, sensitivity="psychiatric").is_minor
        guardian = selectors.identity_of(person, account_id=alice.account_id).guardian
        assert guardian is not None
        assert guardian.name == "顾听澜"
        assert may_see_sensitive(alice.actor, person)


def test_a_minor_is_nobodys_spouse_and_an_adult_nobodys_child(resident: MakeResident) -> None:
    """The relation must fit the age the number tells."""
    alice = resident()
    alice.become("顾听澜", ADULT)
    assert alice.add("other", "少年", id_number(_born(16))).json()["code"] == "identity.guardian_required"
    assert alice.add("child", "成年", id_number(_born(18))).json()["code"] == "identity.not_a_child"


def test_a_child_can_not_register_himself_but_a_fifteen_year_old_can(resident: MakeResident) -> None:
    """Under 14 only by a guardian."""
    assert resident().add("self", "童童", id_number(_born(14, days=1))).json()["code"] == "identity.guardian_required"
    assert resident().add("self", "少年", id_number(_born(14))).status_code == 202


def test_an_adolescent_agrees_himself_to_sensitive_care(resident: MakeResident) -> None:
    """The mother books the eye clinic for her fifteen-year-old, and psychiatry only with his own consent."""
    mother, son = resident(), resident()
    mother.become("顾听澜", ADULT)
    number = id_number(_born(15))
    person = UUID(mother.add("child", "顾少安", number).json()["id"])
    son.add("self", "顾少安", number)
    with region(read_only=True):
        patient_for(mother.actor, person, purposes.BOOKING)
        with pytest.raises(MinorConsentNeeded):
            patient_for(mother.actor, person, purposes.BOOKING, sensitivity="psychiatric")
        assert not may_see_sensitive(mother.actor, person)
        assert patient_for(son.actor, person, purposes.BOOKING, sensitivity="psychiatric").relation == "self"
    consent = {"purpose": "minor_sensitive_care", "given": True}
    assert mother.call("post", f"persons/{person}/consents", consent).status_code == 403
    assert son.call("post", f"persons/{person}/consents", consent).status_code == 204
    with region(read_only=True):
        assert patient_for(mother.actor, person, purposes.BOOKING, sensitivity="psychiatric").is_minor


@pytest.mark.control("MLPS/20")
def test_the_relation_to_a_child_ends_at_18(resident: MakeResident) -> None:
    """On the birthday, without anybody doing anything."""
    alice = resident()
    alice.become("顾听澜", ADULT)
    person = UUID(alice.add("child", "顾少安", id_number(_born(18, days=1))).json()["id"])
    with region(read_only=True):
        patient_for(alice.actor, person, purposes.BOOKING)
        with clock.shifted(timedelta(days=1)), pytest.raises(RelationExpired):
            patient_for(alice.actor, person, purposes.BOOKING)


def test_another_adult_agrees_by_a_code_on_his_own_phone(resident: MakeResident) -> None:
    """A wrong code, or one for somebody else's phone, adds nobody."""
    alice = resident()
    alice.become("顾听澜", ADULT)
    father = id_number(date(1956, 5, 6))
    assert alice.add("parent", "顾长风", father).json()["code"] == "accounts.code_wrong"
    code = alice.phone_code("13900001111", "device-1")
    wrong: dict[str, Any] = {"phone": "13900002222", "phone_code": code, "device_id": "device-1"}
    assert alice.add("parent", "顾长风", father, **wrong).json()["code"] == "accounts.code_wrong"
    right: dict[str, Any] = {"phone": "13900001111", "phone_code": code, "device_id": "device-1"}
    assert alice.add("parent", "顾长风", father, **right).status_code == 202
    assert [p["state"] for p in alice.call("get", "persons").json()] == ["active", "active"]


def test_a_newborn_has_a_temporary_identity_until_its_number_is_shown(resident: MakeResident) -> None:
    """Bound on the birth certificate; both parents may; later the number takes its place and the history stays."""
    mother, father = resident(), resident()
    mother.become("顾听澜", ADULT)
    father.become("陆予安", ADULT)
    newborn: dict[str, Any] = {
        "document_type": "99", "sex": "2", "birth_date": str(clock.today()),
        "consents": [*CONSENTS, "guardian_consent"],
    }  # fmt: skip
    person = UUID(mother.add("child", "顾之女", "T310000001", **newborn).json()["id"])
    assert UUID(father.add("child", "顾之女", "T310000001", **newborn).json()["id"]) == person
    with region(read_only=True):
        assert patient_for(mother.actor, person, purposes.BOOKING).is_minor
    number = id_number(clock.today(), male=False)
    mother.city.register[number] = "顾初一"
    shown = {"name": "顾初一", "document_type": "01", "document_number": number}
    assert mother.call("post", f"persons/{person}/documents", shown).status_code == 202
    drain()
    with region(read_only=True):
        card = selectors.identity_of(person)
        assert (card.name, card.document_number, card.standing) == ("顾初一", number, "verified")
        assert Identifier.objects.filter(person_id=person).count() == 2


def test_limits_against_resale(resident: MakeResident) -> None:
    """So many additions a day and no more."""
    alice = resident()
    alice.become("顾听澜", ADULT)
    consents = [*CONSENTS, "guardian_consent"]
    codes = [
        alice.add("child", f"童{'一二三四五'[index]}", id_number(_born(6)), consents=consents).status_code
        for index in range(5)
    ]
    assert codes == [202, 202, 202, 202, 409]


def test_a_renamed_person_keeps_the_history(resident: MakeResident) -> None:
    """The city agrees with a new name for the same number: a new row of the document, the old one retired."""
    alice, other = resident(), resident()
    number = id_number(ADULT)
    person = UUID(alice.add("self", "顾听澜", number).json()["id"])
    alice.city.register[number] = "顾听雪"
    other.add("self", "顾听雪", number)
    with region(read_only=True):
        assert selectors.identity_of(person).name == "顾听雪"
        rows = {row.name: row.retired_at is None for row in Identifier.objects.filter(person_id=person)}
    assert rows == {"顾听澜": False, "顾听雪": True}
