"""Release rules: nobody books what is not open to him, and each sees when it is (issue: 排班与号源)."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from hub import clock
from hub.actor import Actor, ActorKind
from hub.errors import Forbidden, InvalidInput
from hub.security.permissions import permissions_of
from hub.security.roles import Role
from hub.tenancy.scope import hospital
from hub.work import work
from tenants.scheduling import releasing, services, steps
from tenants.scheduling.errors import NotReleased, OtherShare
from tenants.scheduling.models import Channel, Number, Session
from tenants.scheduling.services import RuleWish
from tests.scheduling.builders import SYNC, TOMORROW, numbers, open_hospital, open_session, schedule, snapshot


def manager(*, departments: frozenset[UUID] | None = None, role: Role = Role.HOSPITAL_MANAGER) -> Actor:
    return Actor(
        kind=ActorKind.STAFF,
        id=uuid4(),
        name="门办",
        institution="alpha",
        permissions=permissions_of([role]),
        departments=departments,
    )


def rule(*, days: int = 0, hour: str = "07:00", window: int = 0, family: int = 0, merge: int = 1) -> RuleWish:
    return RuleWish(
        department_id=None,
        valid_from=clock.today(),
        days_ahead=days,
        hour=clock.MIDNIGHT.fromisoformat(hour),
        window_share=window,
        family_share=family,
        merge_hours=merge,
    )


def pools(code: str) -> list[str]:
    with hospital(code, read_only=True):
        return list(Number.objects.order_by("sequence").values_list("pool", flat=True))


def claim(code: str, sequence: int, channel: Channel = Channel.APP) -> UUID:
    holder = uuid4()
    with hospital(code, read_only=True):
        number = Number.objects.values_list("id", flat=True).get(sequence=sequence)
    with work(code, actor=SYNC) as unit:
        unit.audit("test.claim", target=f"number:{number}")
        return steps.claim_number(unit, number_id=number, holder=holder, channel=channel).number_id


def test_a_number_is_refused_until_its_hour_and_says_when(alpha: str) -> None:
    open_hospital(alpha)
    open_session(alpha, 4)
    assert services.set_release_rule(actor=manager(), hospital=alpha, wish=rule()) == 1
    with pytest.raises(NotReleased, match="07:00放号"):
        claim(alpha, 1)
    opens = clock.at(TOMORROW, clock.MIDNIGHT.fromisoformat("07:00"))
    with clock.shifted(opens - clock.now() + timedelta(seconds=1)):
        assert claim(alpha, 1)


def test_shares_are_spread_over_the_session_and_each_channel_keeps_to_its_own(alpha: str) -> None:
    open_hospital(alpha)
    open_session(alpha, 10)
    services.set_release_rule(actor=manager(), hospital=alpha, wish=rule(days=5, window=30, family=20))
    told = pools(alpha)
    assert (told.count("window"), told.count("family"), told.count("app")) == (3, 2, 5)
    window, family, app = (told.index(name) + 1 for name in ("window", "family", "app"))
    for sequence in (window, family):
        with pytest.raises(OtherShare):
            claim(alpha, sequence)
    with pytest.raises(OtherShare):
        claim(alpha, app, Channel.WINDOW)
    assert claim(alpha, window, Channel.WINDOW)
    assert claim(alpha, family, Channel.FAMILY)
    assert claim(alpha, app)


def test_the_window_and_referrals_need_not_wait_for_the_hour_and_the_rest_is_everybodys_in_the_end(alpha: str) -> None:
    open_hospital(alpha)
    session = open_session(alpha, 10)
    services.set_release_rule(actor=manager(), hospital=alpha, wish=rule(days=0, hour="06:00", window=50))
    first = pools(alpha).index("window") + 1
    assert claim(alpha, first, Channel.WINDOW)
    with hospital(alpha, read_only=True):
        due = Session.objects.values_list("shares_end_at", flat=True).get(id=session)
    assert due is not None
    assert services.merge_shares(alpha, actor=SYNC) == 0
    with clock.shifted(due - clock.now() + timedelta(seconds=1)):
        assert services.merge_shares(alpha, actor=SYNC) == 1
        assert set(pools(alpha)) == {""}
        assert services.merge_shares(alpha, actor=SYNC) == 0


def test_a_departments_rule_goes_before_the_hospitals_and_an_ended_one_gives_way(alpha: str) -> None:
    open_hospital(alpha)
    session = open_session(alpha, 2)
    with hospital(alpha, read_only=True):
        department = Session.objects.values_list("department_id", flat=True).get(id=session)
    services.set_release_rule(actor=manager(), hospital=alpha, wish=rule(days=30))
    own = RuleWish(department_id=department, valid_from=clock.today(), days_ahead=0, hour=clock.MIDNIGHT)
    services.set_release_rule(actor=manager(), hospital=alpha, wish=own)
    with hospital(alpha, read_only=True):
        assert Session.objects.values_list("release_at", flat=True).get() == clock.at(TOMORROW, clock.MIDNIGHT)
        held = next(one for one in releasing.rules() if one.department_id)
    services.end_release_rule(actor=manager(), hospital=alpha, rule_id=held.id)
    with hospital(alpha, read_only=True):
        assert Session.objects.values_list("release_at", flat=True).get() == clock.at(
            TOMORROW - timedelta(days=30), clock.MIDNIGHT.fromisoformat("07:00")
        )


def test_a_session_told_later_follows_the_rule_from_its_first_moment(alpha: str) -> None:
    open_hospital(alpha)
    services.set_release_rule(actor=manager(), hospital=alpha, wish=rule(window=50))
    open_session(alpha, 4)
    assert pools(alpha).count("window") == 2
    with pytest.raises(NotReleased):
        claim(alpha, pools(alpha).index("app") + 1)


def test_rules_are_for_managers_and_never_wider_than_what_they_see(alpha: str) -> None:
    open_hospital(alpha)
    with pytest.raises(Forbidden):
        services.set_release_rule(actor=manager(role=Role.RECEPTION), hospital=alpha, wish=rule())
    with pytest.raises(Forbidden, match="全院"):
        services.set_release_rule(actor=manager(departments=frozenset({uuid4()})), hospital=alpha, wish=rule())
    with pytest.raises(InvalidInput, match="100%"):
        services.set_release_rule(actor=manager(), hospital=alpha, wish=rule(window=70, family=40))


def test_what_the_hospital_stopped_here_stays_stopped_while_its_his_repeats_itself(alpha: str) -> None:
    open_hospital(alpha)
    session = open_session(alpha, 4)
    noon = clock.at(TOMORROW, clock.MIDNIGHT.fromisoformat("08:30"))
    services.stop_own_session(actor=manager(), hospital=alpha, session_id=session, reason="外出", from_time=noon)
    services.apply_snapshot(alpha, snapshot((schedule(),), numbers(4)), actor=SYNC)
    with hospital(alpha, read_only=True):
        states = list(Number.objects.order_by("sequence").values_list("state", flat=True))
    assert states == ["free", "free", "stopped", "stopped"]
    services.apply_snapshot(alpha, snapshot((schedule(room="203"),), numbers(4)), actor=SYNC)
    with hospital(alpha, read_only=True):
        states = list(Number.objects.order_by("sequence").values_list("state", flat=True))
    assert states == ["free"] * 4, "the HIS says something new: its word counts"
