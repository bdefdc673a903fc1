"""抢号防护: who is slowed and who is not, what staff see and decide, and what it costs a booking that is in order."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext
from redis.exceptions import RedisError

from hub import clock, redis, tallies, waiting_room
from hub.actor import Actor, ActorKind
from hub.errors import Forbidden, InvalidInput
from hub.ids import uuid7
from hub.outbox.relay import drain
from hub.security.permissions import permissions_of
from hub.security.roles import Role
from hub.tallies import Rule
from hub.tenancy.scope import region
from regional_services.booking import rush, services
from regional_services.fairness import noting, selectors
from regional_services.fairness import services as fairness
from regional_services.fairness.errors import HeldForCheck, NothingToDecide, PatternNotFound, TooEager
from regional_services.fairness.kinds import DEFAULTS, Kind
from regional_services.fairness.models import Pattern, State
from regional_services.fairness.selectors import Asked
from tenants.registry import selectors as registry
from tests.accounts.people import make_staff
from tests.booking import world
from tests.portal.desks import browser_of

OFF = Rule(seconds=600, note=0, refuse=0)


def staff(role: Role = Role.OPERATIONS, institution: str | None = None) -> Actor:
    """A member of staff, of the district unless said otherwise."""
    return Actor(
        kind=ActorKind.STAFF, id=uuid7(), name="运营", institution=institution, permissions=permissions_of([role])
    )


def _rules(**wanted: Rule) -> None:
    """Only these are in force."""
    tallies.put_rules({str(kind): wanted.get(kind.value, OFF) for kind in Kind})


def _on(who: world.Resident, *, device: str = "", ip: str = "") -> world.Resident:
    return replace(who, actor=replace(who.actor, device=device, ip=ip))


def _ask(code: str, who: world.Resident, *, person_id: UUID | None = None, session: UUID | None = None) -> bool:
    """Come to the door of a booking, and no further."""
    institution = registry.institution(code)
    return rush.enter(who.actor, institution, person_id=person_id or who.person_id, session_id=session or uuid7())


def _pattern(kind: Kind) -> Pattern:
    with region(read_only=True):
        return Pattern.objects.get(kind=kind)


def test_the_first_of_a_device_or_account_go_on_and_the_next_are_refused(alpha: str) -> None:
    world.register_institution(alpha)
    _rules(device=Rule(seconds=600, note=1, refuse=2), patients=Rule(seconds=600, note=0, refuse=2))
    device = uuid7().hex[:16]
    family = [_on(world.resident(), device=device) for _ in range(3)]
    for who in family[:2]:
        assert not _ask(alpha, who)
    with pytest.raises(TooEager, match="这台设备"):
        _ask(alpha, family[2])
    assert not _ask(alpha, family[0]), "who came first goes on"
    assert not _ask(alpha, _on(family[2], device=uuid7().hex[:16])), "from his own device he may"
    seen = _pattern(Kind.DEVICE)
    assert (seen.count, len(seen.members), seen.refused, seen.place) == (3, 3, True, alpha)
    patients = [uuid7() for _ in range(2)]
    _ask(alpha, family[0], person_id=patients[0])
    with pytest.raises(TooEager, match="太多就诊人"):
        _ask(alpha, family[0], person_id=patients[1])
    with region(read_only=True):
        assert Pattern.objects.filter(kind=Kind.PATIENTS, refused=True, count=3).exists()


def test_an_address_is_noted_and_not_refused_and_tries_are_both(alpha: str) -> None:
    world.register_institution(alpha)
    _rules(address=Rule(seconds=600, note=2, refuse=0), tries=Rule(seconds=600, note=2, refuse=3))
    crowd = [_on(world.resident(), ip="203.0.113.7") for _ in range(4)]
    for who in crowd:
        _ask(alpha, who)
    for _ in range(2):
        _ask(alpha, crowd[0])
    with pytest.raises(TooEager, match="过于频繁"):
        _ask(alpha, crowd[0])
    [address] = selectors.patterns(staff(), Asked(kind="address"))
    assert (address.who, address.count, address.refused) == ("203.0.*.*", 3, False)
    assert {row.kind for row in selectors.patterns(staff(), Asked())} == {Kind.ADDRESS, Kind.TRIES}


def test_cancelling_and_swapping_is_counted(alpha: str) -> None:
    session = world.open_for_booking(alpha, 6)
    _rules(cancels=Rule(seconds=600, note=0, refuse=1), swaps=Rule(seconds=600, note=0, refuse=1))
    seller, buyer = world.resident(), uuid7()
    for _ in range(2):
        booking = world.book(alpha, session, seller)
        services.cancel_booking(actor=seller.actor, booking_id=booking.id, reason="转让")
        drain(outside=False)
    with pytest.raises(TooEager, match="取消预约太多次"):
        _ask(alpha, seller)
    _rules(swaps=Rule(seconds=600, note=0, refuse=1))
    assert not _ask(alpha, seller, session=session), "for himself again is no swap"
    assert not _ask(alpha, seller, person_id=buyer, session=session)
    with pytest.raises(TooEager, match="马上给别人约"):
        _ask(alpha, seller, person_id=buyer, session=session)


def test_staff_hold_and_release_and_the_door_obeys(alpha: str) -> None:
    session = world.open_for_booking(alpha, 4, fee_fen=0)
    _rules(tries=Rule(seconds=600, note=1, refuse=2))
    who, other = world.resident(), world.resident()
    for _ in range(2):
        _ask(alpha, who)
    pattern = _pattern(Kind.TRIES)
    district = browser_of(make_staff("ops", roles=(Role.OPERATIONS,)))
    assert "一个账号频繁提交预约" in district.get("/district/rush").content.decode()
    for stranger, refusal in ((staff(Role.AUDIT_ADMIN), Forbidden), (staff(Role.HOSPITAL_MANAGER, alpha), Forbidden)):
        with pytest.raises(refusal):
            fairness.hold(actor=stranger, pattern_id=pattern.id, reason="没有权限")
    with pytest.raises(InvalidInput):
        fairness.hold(actor=staff(), pattern_id=pattern.id, reason="")
    with pytest.raises(PatternNotFound):
        fairness.hold(actor=staff(), pattern_id=uuid7(), reason="没有这条")
    posted = district.post(f"/district/rush/{pattern.id}/decide", {"answer": "hold", "reason": "疑似软件抢号"})
    assert posted.status_code == 302
    with pytest.raises(HeldForCheck, match="本人带证件"):
        world.book(alpha, session, who)
    assert world.book(alpha, session, other).state == "booked"
    with pytest.raises(NothingToDecide):
        fairness.hold(actor=staff(), pattern_id=pattern.id, reason="再来一次")
    redis.client().delete(tallies._key("standing", pattern.subject))  # Redis lost it: the clock repeats what stands
    assert noting.repeat() == 1
    _rules(tries=Rule(seconds=600, note=1, refuse=2))
    with pytest.raises(HeldForCheck):
        world.book(alpha, session, who)
    fairness.release(actor=staff(), pattern_id=pattern.id, reason="电话核实本人", days="30")
    for _ in range(4):
        _ask(alpha, who)  # found in order: not refused nor noted for some days
    assert world.book(alpha, session, who).state == "booked"
    assert _pattern(Kind.TRIES).state == State.FREE
    assert noting.forget_old() == 0
    with clock.shifted(200 * clock.DAY):
        assert noting.forget_old() == 1
    kinds = [message.kind for message in world.messages_of(who)]
    assert [kind for kind in kinds if kind.startswith("fairness")] == ["fairness.freed", "fairness.held"]


def test_rules_are_data_and_rooms_are_seen(alpha: str) -> None:
    world.register_institution(alpha)
    figures = {kind.value: {"minutes": "10", "note": "3", "refuse": "5"} for kind in Kind}
    with pytest.raises(Forbidden):
        fairness.set_rules(actor=staff(Role.REVIEWER), values=figures)
    with pytest.raises(InvalidInput):
        fairness.set_rules(actor=staff(), values={**figures, "tries": {"minutes": "x", "note": "", "refuse": "-1"}})
    fairness.set_rules(actor=staff(), values=figures)
    fairness.set_rules(actor=staff(), values=figures)
    assert selectors.rules(staff())[Kind.SWAPS] == Rule(seconds=600, note=3, refuse=5)
    waiting_room.open_room(alpha, waiting_room.Terms(rate=1, most=1))
    for index in range(3):
        waiting_room.join(alpha, f"p{index}", "s")
    [(room, name)] = selectors.open_rooms(staff())
    assert (room.room, room.waiting, room.inside, room.served) == (alpha, 2, 1, 1)
    assert alpha in name


def test_it_costs_an_ordinary_booking_no_statement_and_redis_gone_refuses_nobody(
    alpha: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.register_institution(alpha)
    tallies.put_rules({str(kind): rule for kind, rule in DEFAULTS.items()})
    who = _on(world.resident(), device="d" * 16, ip="203.0.113.9")
    _ask(alpha, who)  # the institutions are read
    with CaptureQueriesContext(connections["default"]) as seen:
        _ask(alpha, who)
    assert seen.captured_queries == []
    _rules(tries=Rule(seconds=600, note=0, refuse=1))

    def silent() -> object:
        raise RedisError("gone")

    monkeypatch.setattr(redis, "client", silent)
    for _ in range(3):
        assert not _ask(alpha, who)
