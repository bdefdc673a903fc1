"""Lives of bookings, from the tap to the end of everything, and what must be true wherever they broke off."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from hub import clock
from hub.outbox.relay import drain
from regional_services.booking import services
from regional_services.booking.models import Booking, His, Reservation, Settlement, State
from regional_services.booking.process import ENDED
from regional_services.booking.selectors import BookingView, booking_view
from regional_services.booking.services import BookingWish
from regional_services.booking.verify import verify_hospital
from regional_services.payments import services as payments
from regional_services.payments.models import CashierTask
from regional_services.payments.verification import differences as money_differences
from tests.booking import world
from tests.booking.world import Resident
from tests.crash.guillotine import Guillotine, Killed
from tests.flow.conftest import District

AT_ONCE = timedelta(0)
# The channel refuses requests signed five minutes off its own clock, so a booking's whole life has to fit in those:
# a minute to pay, half a minute of grace; then the sweep looks, again a minute later, and once more.
PAY_MINUTES, GRACE = 1, timedelta(seconds=30)
PAY_DEADLINE, HARD_DEADLINE = timedelta(seconds=65), timedelta(seconds=130)
LATER = (timedelta(seconds=125), timedelta(seconds=190), timedelta(seconds=255))


@dataclass
class Life:
    """One resident and his booking, at one hospital of the district."""

    district: District
    code: str = "alpha"
    who: Resident = field(default_factory=world.resident)
    command: str = ""

    def book(self) -> None:
        """Choose the first number of some session and send the request."""
        wish = _some_wish(self.code, self.who)
        services.create_booking(actor=self.who.actor, wish=wish, command=world.command(key=self.command))

    def relay(self) -> None:
        """Everything due is delivered."""
        drain()

    def press_pay(self) -> None:
        """Pay at the channel's cashier; the notice is on its way."""
        self.district.press_pay(self._view(), self.who)

    def notices(self) -> None:
        """What the channel sent arrives and is followed."""
        deliver_all(self.district)
        drain()

    def cancel(self) -> None:
        """Change one's mind."""
        services.cancel_booking(actor=self.who.actor, booking_id=self._view().id, reason="时间有变化")

    def pay_on_the_day(self) -> None:
        """The hospital lets people pay on the visit day."""
        world.limit(self.code, settle_mode="pay_on_day")

    def refuse_payments(self) -> None:
        """The hospital's own system takes no payment for what it holds unpaid."""
        self.district.his[self.code].switch("reject", "缴费失败", only=["pay_registration"])

    def register(self) -> None:
        """去挂号. The channel's clock can't be moved to the visit day, so the visit is moved to this one."""
        Booking.objects.filter(person_id=self.who.person_id).update(visit_date=clock.today())
        services.register_booking(actor=self.who.actor, booking_id=self._view().id, command=world.command())

    def stop_clinic(self) -> None:
        """The hospital stops the session."""
        world.stop_session(self.code, self._view().session_id)

    def wait(self, time: timedelta, *, outside: bool = True) -> Callable[[], None]:
        """Time passes; the sweeps look. `outside=False`: nobody beyond the hub can be reached meanwhile."""

        def act() -> None:
            with clock.shifted(time):
                sweeps()
                drain(outside=outside)

        return act

    def booking(self) -> Booking | None:
        """The row, if it came to be."""
        return Booking.objects.filter(person_id=self.who.person_id).first()

    def _view(self) -> BookingView:
        row = self.booking()
        assert row is not None
        return booking_view(row)


Act = Callable[[], None]
Story = Callable[[Life], list[Act]]


def _some_wish(code: str, who: Resident) -> BookingWish:
    """The first free number from tomorrow on."""
    session = world.open_session(code)
    return world.wish(code, session, who, world.free_numbers(code, session)[0])


def deliver_all(district: District) -> None:
    """Hand over whatever letters have come by now."""
    letters, district.postbox.letters = district.postbox.letters, []
    for letter in letters:
        letter.deliver(district.client)


def sweeps() -> None:
    """What the scheduler runs every few seconds."""
    services.sweep()
    payments.sweep()


def live(life: Life, story: Story, blade: Guillotine) -> None:
    """Go through the story until its end or the blade's."""
    try:
        with blade.standing():
            for act in story(life):
                act()
    except Killed:
        return


def recover(district: District) -> None:
    """What happens by itself afterwards: leases end, sweeps look, deadlines pass. The resident never comes back."""
    for later in LATER:
        with clock.shifted(later):
            for _ in range(2):
                sweeps()
                drain()
                deliver_all(district)
            drain()


def faults_of(life: Life) -> list[str]:
    """What is wrong with this booking now that everything had its time."""
    row = life.booking()
    if row is None:
        return []
    found = []
    if row.state in ENDED and row.settlement not in {Settlement.UNPAID, Settlement.FREE, Settlement.REFUNDED}:
        found.append(f"{row.state} and {row.settlement}: money without a number or a refund")
    if row.state in ENDED and Reservation.objects.filter(booking_id=row.id, active=True).exists():
        found.append(f"{row.state} and the person's time is taken")
    owes = row.pay_on_day and row.settlement == Settlement.UNPAID
    if row.state == State.BOOKED and not owes and (row.settlement, row.his) != (Settlement.PAID, His.REGISTERED):
        found.append(f"booked, but {row.settlement} and {row.his}")
    if row.state not in ENDED | {State.BOOKED}:
        found.append(f"still {row.state}")
    if found and row.order_id:
        found += [f"cashier: {task.kind} {task.detail}" for task in CashierTask.objects.filter(order_id=row.order_id)]
    return found


def district_faults() -> list[str]:
    """Disagreements of the three truths, over both hospitals and the money."""
    found: list[object] = [
        difference for code in ("alpha", "beta") for difference in verify_hospital(code, quiet=AT_ONCE)
    ]
    found += list(money_differences())
    return [str(difference) for difference in found]


def walk(district: District, story: Story, *, code: str = "alpha", stride: int = 1) -> int:
    """Live the story again and again, each time broken off at a later instant; how many instants there are."""
    for at in itertools.count(1, stride):
        life, blade = Life(district, code), Guillotine(at)
        live(life, story, blade)
        recover(district)
        faults = faults_of(life)
        assert faults == [], f"broken off at instant {at}: {faults}"
        if not blade.fell:
            assert district_faults() == []
            return blade.passed
    raise AssertionError("unreachable")


def pay_then_cancel(life: Life) -> list[Act]:
    """Through the whole main job and back."""
    return [life.book, life.relay, life.press_pay, life.notices, life.cancel, life.relay, life.notices]


def never_pay(life: Life) -> list[Act]:
    """The hold ends at its deadline."""
    return [life.book, life.relay, life.wait(PAY_DEADLINE), life.relay]


def cancel_unpaid(life: Life) -> list[Act]:
    """Give the hold back before paying."""
    return [life.book, life.relay, life.cancel, life.relay]


def lock_then_pay(life: Life) -> list[Act]:
    """A hospital that owns its numbers."""
    return [life.book, life.relay, life.press_pay, life.notices]


def pay_too_late(life: Life) -> list[Act]:
    """The channel can't be asked, the hard deadline frees the hold, then the payment is heard of."""
    return [
        life.book,
        life.relay,
        life.press_pay,
        life.wait(PAY_DEADLINE, outside=False),
        life.wait(HARD_DEADLINE, outside=False),
        life.notices,
    ]


def clinic_stopped(life: Life) -> list[Act]:
    """A paid booking's session is stopped."""
    return [life.book, life.relay, life.press_pay, life.notices, life.stop_clinic, life.relay, life.notices]


def payment_refused(life: Life) -> list[Act]:
    """A booking that stood unpaid is paid on its day, and the hospital does not take the payment."""
    return [
        life.pay_on_the_day,
        life.book,
        life.relay,
        life.refuse_payments,
        life.register,
        life.relay,
        life.press_pay,
        life.notices,
        life.notices,
    ]


# Each with its hospital and how many instants a step of the quick walk is; the slow walk meets them all.
STORIES = (
    (pay_then_cancel, "alpha", 2),
    (lock_then_pay, "beta", 3),
    (never_pay, "alpha", 3),
    (cancel_unpaid, "alpha", 3),
    (pay_too_late, "alpha", 3),
    (clinic_stopped, "alpha", 4),
    (payment_refused, "alpha", 4),
)
