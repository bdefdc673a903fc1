"""A booking broken off at any instant: no hold outlives its deadline, no money stays without a number or a refund."""

from __future__ import annotations

import signal
from datetime import timedelta
from multiprocessing.context import ForkServerContext

import pytest

from hub import clock
from hub.outbox.relay import drain
from hub.tenancy.scope import region
from regional_services.booking import services, steps
from regional_services.booking.models import Booking, State
from regional_services.booking.process import ENDED, IGNORED, Decision, Effect, Input, Standing, decide
from regional_services.booking.verify import verify_hospital
from tenants.registry import selectors as registry
from tenants.registry.models import Institution
from tests.booking import world
from tests.crash import booking_process, lives
from tests.crash.conftest import exit_code
from tests.crash.guillotine import Guillotine
from tests.crash.lives import Life, Story
from tests.flow.conftest import District, district, his_program, parties_program
from tests.scheduling.builders import session_id

__all__ = ["district", "his_program", "parties_program"]

COMMITS_OF_A_BOOKING = 3


@pytest.fixture
def hurried(district: District, monkeypatch: pytest.MonkeyPatch) -> District:
    """The district with a minute to pay, half a minute of grace, and a channel that refunds at once."""
    with region():
        Institution.objects.update(pay_minutes=lives.PAY_MINUTES)
    registry.forget()
    monkeypatch.setattr(steps, "HARD_GRACE", lives.GRACE)
    district.parties.switch("wechat-pay", "refund_seconds", 0)
    return district


def _name(value: object) -> str:
    return getattr(value, "__name__", str(value))


@pytest.mark.parametrize(("story", "code", "stride"), lives.STORIES, ids=_name)
def test_broken_off_at_an_instant(story: Story, code: str, stride: int, hurried: District) -> None:
    assert lives.walk(hurried, story, code=code, stride=stride) >= 10


@pytest.mark.slow
@pytest.mark.parametrize(("story", "code", "stride"), lives.STORIES, ids=_name)
def test_broken_off_at_every_instant(story: Story, code: str, stride: int, hurried: District) -> None:
    assert stride > 1
    assert lives.walk(hurried, story, code=code) >= 10


def _kill_while_booking(server: ForkServerContext, alpha: str, die_at: int) -> tuple[int | None, world.Resident]:
    session, who = world.open_for_booking(alpha), world.resident()
    wish = world.wish(alpha, session, who, world.free_numbers(alpha, session)[0])
    process = server.Process(target=booking_process.book, args=(who.actor, wish, world.command(), die_at))
    process.start()
    return exit_code(process), who


@pytest.mark.control("CES1-31/45")
@pytest.mark.parametrize("die_at", range(1, COMMITS_OF_A_BOOKING + 1))
def test_a_process_killed_while_booking(die_at: int, alpha: str, server: ForkServerContext) -> None:
    """SIGKILL before each of the three commits; the sweep takes the booking up, its deadline ends it."""
    ended, who = _kill_while_booking(server, alpha, die_at)
    assert ended == -signal.SIGKILL
    with clock.shifted(timedelta(seconds=6)):
        services.sweep()
        drain(outside=False)
    states = list(Booking.objects.filter(person_id=who.person_id).values_list("state", flat=True))
    assert states == ([State.AWAITING_PAYMENT] if die_at > 1 else [])
    for later in (timedelta(minutes=16), timedelta(minutes=30)):
        with clock.shifted(later):
            services.sweep()
            drain(outside=False)
    assert _held(alpha) == 0
    assert verify_hospital(alpha, quiet=lives.AT_ONCE) == []


def test_a_process_not_killed_ends_well(alpha: str, server: ForkServerContext) -> None:
    """There are three commits and no fourth: the walk above meets them all."""
    ended, who = _kill_while_booking(server, alpha, COMMITS_OF_A_BOOKING + 1)
    assert ended == 0
    assert Booking.objects.get(person_id=who.person_id).state == State.AWAITING_PAYMENT


def _held(code: str) -> int:
    return 3 - len(world.free_numbers(code, session_id(code)))


def test_without_the_sweep_a_crash_leaks_the_hold(alpha: str, server: ForkServerContext) -> None:
    """The negative control of the walk: nobody takes up what broke off, and the number stays taken."""
    _kill_while_booking(server, alpha, die_at=3)
    with clock.shifted(timedelta(hours=6)):
        drain(outside=False)
        assert _held(alpha) == 1
        services.sweep()
    with clock.shifted(timedelta(hours=6, minutes=30)):
        services.sweep()
        drain(outside=False)
    assert _held(alpha) == 0


def test_releasing_without_an_answer_about_the_money_keeps_money_for_nothing(
    hurried: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other negative control: a shop that frees holds at the deadline and never hears of what comes after."""

    def careless(now: Standing, what: Input) -> Decision:
        if what is Input.PAY_DEADLINE:
            return Decision(state=State.EXPIRED, effects=(Effect.WANT_RELEASE, Effect.FREE_RESERVATION))
        return IGNORED if now.state in ENDED else decide(now, what)

    assert _faults_of_late_money(hurried) == []
    monkeypatch.setattr(steps, "decide", careless)
    assert any("unpaid, its order is paid" in fault for fault in _faults_of_late_money(hurried))


def _faults_of_late_money(district: District) -> list[str]:
    life = Life(district)
    lives.live(life, lives.pay_too_late, Guillotine(10_000))
    lives.recover(district)
    return lives.district_faults()
