"""Roles and scopes written past the hub, by whoever holds the database: no rights, and somebody hears of it."""

from __future__ import annotations

import pytest

from hub.accounts import integrity, selectors, services
from hub.accounts.models import DataScope, StaffMembership
from hub.actor import system_actor
from hub.ids import uuid7
from hub.security.roles import Role
from hub.tenancy.scope import region
from hub.vigilance import services as vigilance
from tests.accounts.people import make_staff
from tests.booking.world import register_institution
from tests.portal.desks import browser_of, desk_of, text_of

SETUP = system_actor("布置")


def forget(user_id: object) -> None:
    """What thirty seconds do."""
    selectors.forget(user_id)  # type: ignore[arg-type]


@pytest.mark.control("CES1-26/38")
def test_a_role_written_into_the_database_gives_no_rights_and_is_told(alpha: str) -> None:
    register_institution(alpha)
    clerk = make_staff("clerk", hospital=alpha, roles=(Role.RECEPTION,))
    user_id, browser = clerk.account.user_id, browser_of(clerk)
    assert browser.get("/workspace/appointments").status_code == 200
    assert list(integrity.altered()) == []
    with region():
        StaffMembership.objects.filter(user_id=user_id).update(role=Role.HOSPITAL_MANAGER)
        made = StaffMembership.objects.create(user_id=user_id, institution_code=alpha, role=Role.HOSPITAL_IT)
    forget(user_id)
    assert browser.get("/workspace/appointments").status_code == 302, "neither the old role nor the written ones hold"
    assert {(one.says, one.institution_code) for one in integrity.altered()} == {
        ("hospital_manager", alpha),
        ("hospital_it", alpha),
    }
    assert vigilance.verify_access() == 2
    page = text_of(desk_of(Role.SECURITY_ADMIN, hospital=alpha).get("/desk/flags"))
    assert "角色或数据范围被绕过平台改写" in page
    assert str(made.id) in page


@pytest.mark.control("CES1-26/38")
def test_a_role_given_back_past_the_hub_stays_ended(alpha: str) -> None:
    clerk = make_staff("clerk", hospital=alpha, roles=(Role.RECEPTION, Role.CASHIER))
    user_id = clerk.account.user_id
    services.end_role(actor=SETUP, user_id=user_id, institution_code=alpha, role=Role.CASHIER)
    assert list(integrity.altered()) == [], "an ending by the hub is genuine"
    with region():
        StaffMembership.objects.filter(user_id=user_id).update(ended_at=None)
    forget(user_id)
    view = selectors.account(user_id)
    assert view is not None
    assert view.roles_at(alpha) == {Role.RECEPTION}


@pytest.mark.control("CES1-26/38")
def test_a_widened_scope_shows_nothing(alpha: str) -> None:
    doctor = make_staff("doctor", hospital=alpha, roles=(Role.DOCTOR,))
    user_id, own = doctor.account.user_id, frozenset({uuid7()})
    services.set_data_scope(
        actor=SETUP, user_id=user_id, institution_code=alpha, departments=own, hidden=frozenset({"phone"})
    )
    assert selectors.scope_of(user_id, alpha) == (own, frozenset({"phone"}))
    with region():
        DataScope.objects.filter(user_id=user_id).update(departments=None, hidden=[])
    departments, hidden = selectors.scope_of(user_id, alpha)
    assert departments == frozenset()
    assert hidden == {"name", "document", "phone", "fee"}
    assert [one.says for one in integrity.altered()] == ["scope"]
