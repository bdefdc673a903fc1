"""Who acts for whom ends: on its day by itself, at once by whom it concerns; a document that ran out adds nobody."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from hub import clock
from hub.errors import NotFound
from hub.tenancy.scope import region
from regional_services.identity import proxies, purposes
from regional_services.identity.access import patient_for
from regional_services.identity.consents import PROXY
from regional_services.identity.errors import ProxyExpired
from regional_services.identity.models import Consent, Identifier, Relation, RelationState
from tests.identity.residents import CONSENTS, Resident, id_number

MakeResident = Callable[[], Resident]
ADULT = date(1988, 4, 5)
FATHERS = date(1956, 5, 6)


def acts_for(daughter: Resident, father: str, **more: Any) -> Any:
    """The father agrees by a code on his phone."""
    code = daughter.phone_code("13900001111", "device-1")
    return daughter.add("parent", "顾长风", father, phone="13900001111", phone_code=code, device_id="device-1", **more)


@pytest.fixture
def pair(resident: MakeResident) -> tuple[Resident, Resident, str]:
    """A daughter who acts for her father, and he with an account of his own."""
    daughter, father = resident(), resident()
    number = id_number(FATHERS)
    daughter.become("顾听澜", ADULT)
    assert father.add("self", "顾长风", number).status_code == 202
    until = clock.today() + timedelta(days=29)
    assert acts_for(daughter, number, until=str(until)).status_code == 202
    return daughter, father, number


def test_an_agreement_ends_on_its_day(pair: tuple[Resident, Resident, str]) -> None:
    daughter, _father, number = pair
    with region(read_only=True):
        relation = Relation.objects.get(account_id=daughter.account_id, kind="parent")
        assert relation.expires_on == clock.today() + timedelta(days=30)
        assert Consent.objects.filter(person_id=relation.person_id, purpose=PROXY, is_given=True).count() == 1
        patient_for(daughter.actor, relation.person_id, purposes.BOOKING)
        with clock.shifted(timedelta(days=30)), pytest.raises(ProxyExpired):
            patient_for(daughter.actor, relation.person_id, purposes.BOOKING)
    assert proxies.end_expired() == 0
    with clock.shifted(timedelta(days=30)):
        assert proxies.end_expired() == 1
        assert proxies.end_expired() == 0
    with region(read_only=True):
        assert Relation.objects.get(pk=relation.pk).state == RelationState.ENDED
        assert Identifier.objects.filter(person_id=relation.person_id).get().number == number


def test_whom_it_concerns_sees_his_proxies_and_ends_them(pair: tuple[Resident, Resident, str]) -> None:
    daughter, father, _number = pair
    [seen] = father.call("get", "proxies").json()
    assert seen["name"] == "顾*澜"
    assert daughter.call("get", "proxies").json() == []
    assert daughter.call("delete", f"proxies/{seen['id']}").status_code == 404
    assert father.call("delete", f"proxies/{seen['id']}").status_code == 204
    assert father.call("get", "proxies").json() == []
    with region(read_only=True):
        person = Relation.objects.get(account_id=father.account_id).person_id
        assert not Consent.objects.filter(person_id=person, purpose=PROXY).order_by("-id")[0].is_given
        with pytest.raises(NotFound):
            patient_for(daughter.actor, person, purposes.VIEW)


def test_nobody_agrees_for_longer_than_the_rule(resident: MakeResident, settings: Any) -> None:
    settings.HUB_PROXY_DAYS = 90
    daughter = resident()
    daughter.become("顾听澜", ADULT)
    acts_for(daughter, id_number(FATHERS), until="2099-01-01")
    with region(read_only=True):
        relation = Relation.objects.get(account_id=daughter.account_id, kind="parent")
    assert relation.expires_on == clock.today() + timedelta(days=90)


def test_a_document_that_ran_out_adds_nobody(resident: MakeResident) -> None:
    alice = resident()
    passport: dict[str, Any] = {"document_type": "31", "sex": "2", "birth_date": "1990-01-02", "country": "FRA"}
    yesterday = str(clock.today() - timedelta(days=1))
    refused = alice.add("self", "Marie Curie", "20FR00001", **passport, valid_until=yesterday)
    assert "已过期" in str(refused.json())
    later = clock.today() + timedelta(days=400)
    kept = alice.add("self", "Marie Curie", "20FR00001", consents=CONSENTS, **passport, valid_until=str(later))
    assert kept.status_code == 202
    with region(read_only=True):
        assert Identifier.objects.get().valid_until == later
