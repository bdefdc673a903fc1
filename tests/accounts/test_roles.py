"""The three administrators: what each may do, and what nobody may hold together."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from uuid import uuid4

import pytest
from django.db import IntegrityError

from hub.accounts import services
from hub.accounts.models import DISTRICT, StaffMembership
from hub.accounts.permissions import GRANT_ROLES, MANAGE_ACCOUNTS, REVEAL, UNLOCK_ACCOUNTS
from hub.actor import Actor, ActorKind, system_actor
from hub.errors import Forbidden, NotFound
from hub.security.permissions import permissions_of, registered
from hub.security.roles import ADMINISTRATORS, Level, Role, RoleConflict, RoleMisplaced, check_combination
from hub.tenancy.context import on_host
from hub.tenancy.scope import REGION
from hub.work import work
from tests.accounts.people import StaffMember

Make = Callable[..., StaffMember]
BUSINESS = sorted(set(Role) - ADMINISTRATORS)


def holder(*roles: Role, institution: str | None = None) -> Actor:
    return Actor(
        kind=ActorKind.STAFF, id=uuid4(), name="管理员", institution=institution, permissions=permissions_of(roles)
    )


@pytest.mark.control("CES1-08/14")
@pytest.mark.parametrize("pair", combinations(sorted(ADMINISTRATORS), 2))
def test_no_two_administrators_in_one_person(pair: tuple[Role, Role]) -> None:
    with pytest.raises(RoleConflict):
        check_combination(pair)


@pytest.mark.control("CES1-08/14")
@pytest.mark.parametrize("administrator", sorted(ADMINISTRATORS))
@pytest.mark.parametrize("business", BUSINESS)
def test_no_administrator_does_business(administrator: Role, business: Role) -> None:
    with pytest.raises(RoleConflict):
        check_combination([administrator, business])


def test_business_roles_go_together() -> None:
    check_combination([Role.RECEPTION, Role.CASHIER])


def test_no_administrator_reads_what_business_reads() -> None:
    business = {name for name, entry in registered().items() if entry.roles & frozenset(BUSINESS)}
    shared = {
        name
        for name in business
        for role in ADMINISTRATORS
        if name in permissions_of([role]) and not name.startswith(("accounts.", "audit."))
    }
    assert REVEAL not in permissions_of(ADMINISTRATORS)
    assert REVEAL not in permissions_of([role for role in Role if role.level is Level.DISTRICT]), (
        "patients are hospitals'"
    )
    assert {name for name in shared if "view_booking" in name or "record" in name} == set()


@pytest.mark.control("CES1-08/14")
def test_making_accounts_and_granting_roles_lie_with_two_people() -> None:
    assert MANAGE_ACCOUNTS in permissions_of([Role.SYSTEM_ADMIN])
    assert GRANT_ROLES in permissions_of([Role.SECURITY_ADMIN])
    for role in Role:
        assert not {MANAGE_ACCOUNTS, GRANT_ROLES} <= permissions_of([role])
    assert UNLOCK_ACCOUNTS not in permissions_of([Role.SYSTEM_ADMIN])


def test_an_account_is_useless_until_the_other_administrator_gives_it_a_role(committed: None) -> None:
    system, security = holder(Role.SYSTEM_ADMIN), holder(Role.SECURITY_ADMIN)
    made = services.create_staff(actor=system, login_name="wang", display_name="王")
    with pytest.raises(Forbidden):
        services.grant_role(actor=system, user_id=made.user_id, institution_code=DISTRICT, role=Role.REVIEWER)
    with pytest.raises(Forbidden):
        services.create_staff(actor=security, login_name="zhao", display_name="赵")
    with pytest.raises(Forbidden):
        services.create_staff(actor=system, login_name="qian", display_name="钱", roles=[Role.REVIEWER])
    services.grant_role(actor=security, user_id=made.user_id, institution_code=DISTRICT, role=Role.REVIEWER)
    with pytest.raises(RoleConflict):
        services.grant_role(actor=security, user_id=made.user_id, institution_code=DISTRICT, role=Role.AUDIT_ADMIN)


def test_nobody_gives_himself_a_role(staff: Make) -> None:
    member = staff(roles=(Role.SECURITY_ADMIN,))
    own = Actor(
        kind=ActorKind.STAFF,
        id=member.account.user_id,
        name="安全管理员",
        permissions=permissions_of([Role.SECURITY_ADMIN]),
    )
    with pytest.raises(Forbidden):
        services.grant_role(
            actor=own, user_id=member.account.user_id, institution_code=DISTRICT, role=Role.SYSTEM_ADMIN
        )


def test_a_conflict_is_refused_from_a_host_that_cannot_see_the_other_role(staff: Make, alpha: str, beta: str) -> None:
    member = staff(hospital=alpha, roles=(Role.RECEPTION,))
    security = holder(Role.SECURITY_ADMIN, institution=beta)
    with on_host(beta), pytest.raises(RoleConflict):
        services.grant_role(
            actor=security, user_id=member.account.user_id, institution_code=beta, role=Role.AUDIT_ADMIN
        )


@pytest.mark.control("CES1-08/14")
def test_the_database_refuses_a_second_administrator_role(staff: Make, alpha: str) -> None:
    member = staff(roles=(Role.SYSTEM_ADMIN,))
    with pytest.raises(IntegrityError), work(REGION, actor=system_actor("测试")) as unit:
        StaffMembership.objects.create(
            user_id=member.account.user_id, institution_code=alpha, role=Role.AUDIT_ADMIN, granted_at=unit.now
        )


def test_a_hospitals_administrators_end_at_their_hospital(staff: Make, alpha: str, beta: str) -> None:
    member = staff(hospital=beta)
    security = holder(Role.SECURITY_ADMIN, institution=alpha)
    system = holder(Role.SYSTEM_ADMIN, institution=alpha)
    for place in (beta, DISTRICT):
        with on_host(alpha), pytest.raises(NotFound):
            services.grant_role(
                actor=security, user_id=member.account.user_id, institution_code=place, role=Role.RECEPTION
            )
        with on_host(alpha), pytest.raises(NotFound):
            services.disable_account(actor=system, user_id=member.account.user_id, institution_code=place)
    with on_host(alpha), pytest.raises(NotFound):
        services.disable_account(actor=system, user_id=member.account.user_id, institution_code=alpha)


@pytest.mark.parametrize("role", [r for r in Role if r.level is not Level.BOTH])
def test_roles_are_held_where_they_belong(staff: Make, alpha: str, role: Role) -> None:
    wrong = alpha if role.level is Level.DISTRICT else ""
    with pytest.raises(RoleMisplaced):
        staff(hospital=wrong, roles=(role,))
