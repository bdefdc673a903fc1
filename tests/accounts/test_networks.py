"""Administrators work from registered networks only, once there are any (CES1-19)."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.test import Client

from hub.accounts import addresses, services
from hub.accounts.errors import CredentialsWrong
from hub.actor import Actor, ActorKind
from hub.audit.selectors import Search, entries_of
from hub.security.roles import Role
from hub.tenancy.scope import REGION
from tests.accounts.people import StaffMember, make_staff
from tests.booking.world import register_institution
from tests.portal.desks import browser_of, text_of

INSIDE, OUTSIDE = "10.8.3.4", "203.0.113.9"


def at(browser: Client, address: str) -> Client:
    browser.defaults["REMOTE_ADDR"] = address
    return browser


def password_step(member: StaffMember, address: str) -> object:
    nobody = Actor(kind=ActorKind.RESIDENT, id=None, name="未登录", ip=address)
    return services.sign_in_staff(
        actor=nobody, login_name=member.account.login_name, password=member.account.password, hospital=member.hospital
    )


@pytest.mark.control("CES1-19/31", "8.1.5.3/56")
def test_a_foreign_address_is_refused_before_and_after_sign_in(alpha: str) -> None:
    register_institution(alpha)
    security = make_staff("sec", hospital=alpha, roles=(Role.SECURITY_ADMIN,))
    system = make_staff("sys", hospital=alpha, roles=(Role.SYSTEM_ADMIN,))
    clerk = make_staff("clerk", hospital=alpha, roles=(Role.RECEPTION,))
    hers, his, desk = at(browser_of(security), INSIDE), at(browser_of(system), OUTSIDE), at(browser_of(clerk), OUTSIDE)
    assert his.get("/workspace/staff").status_code == 200
    assert hers.post("/desk/networks/allow", {"network": "10.8.0.0/16", "note": "信息科"}).status_code == 302
    assert his.get("/workspace/staff").status_code == 302, "he is led to the door within one request"
    with pytest.raises(CredentialsWrong):
        password_step(system, OUTSIDE)
    assert password_step(system, INSIDE)
    assert at(his, INSIDE).get("/workspace/staff").status_code == 200
    assert desk.get("/workspace/appointments").status_code == 200, "others work from where they work"
    refused = [entry for entry in entries_of(REGION, Search()) if entry.action == "accounts.address_refused"]
    assert [(entry.target, entry.reason) for entry in refused] == [(f"account:{system.account.user_id}", OUTSIDE)]


def test_nobody_locks_himself_out_and_operators_open_again(alpha: str, beta: str) -> None:
    register_institution(alpha)
    security = make_staff("sec", hospital=alpha, roles=(Role.SECURITY_ADMIN,))
    hers = at(browser_of(security), INSIDE)
    system = at(browser_of(make_staff("sys", hospital=alpha, roles=(Role.SYSTEM_ADMIN,))), INSIDE)
    locking = hers.post("/desk/networks/allow", {"network": "192.0.2.0/24", "note": "机房"})
    assert locking.status_code == 409
    assert "您自己也无法再登录" in text_of(locking)
    assert hers.post("/desk/networks/allow", {"network": "10.8.0.0/99", "note": "机房"}).status_code == 422
    assert hers.post("/desk/networks/allow", {"network": "10.8.3.4", "note": ""}).status_code == 422
    hers.post("/desk/networks/allow", {"network": "10.8.3.4", "note": "我的桌子"})
    hers.post("/desk/networks/allow", {"network": "192.0.2.0/24", "note": "机房"})
    page = text_of(hers.get("/desk/networks"))
    assert "10.8.3.4/32" in page
    own = page.split("/end")[0].rsplit("/", 1)[1]
    assert hers.post(f"/desk/networks/{own}/end").status_code == 409, "the one she sits in"
    register_institution(beta)
    neighbour = at(browser_of(make_staff("sec.b", hospital=beta, roles=(Role.SECURITY_ADMIN,))), OUTSIDE)
    assert neighbour.post(f"/desk/networks/{own}/end").status_code == 404
    assert "10.8.3.4" not in text_of(neighbour.get("/desk/networks"))
    assert system.get("/desk/networks").status_code == 403
    assert at(hers, OUTSIDE).get("/desk/networks").status_code == 302
    call_command("open_networks", institution=alpha, by="运维 王工")
    assert at(hers, OUTSIDE).get("/desk/networks").status_code == 200


def test_addresses() -> None:
    assert addresses.within("10.8.3.4", ["10.8.0.0/16"])
    assert addresses.within("::ffff:10.8.3.4", ["10.8.0.0/16"])
    assert not addresses.within("10.9.3.4", ["10.8.0.0/16"])
    assert not addresses.within("", ["0.0.0.0/0"])
    assert addresses.within("2001:db8::1", ["2001:db8::/32"])
