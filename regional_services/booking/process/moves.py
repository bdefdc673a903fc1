"""The moves: a function per state, each input's decision in it."""

from __future__ import annotations

from regional_services.booking.models import Settlement, State
from regional_services.booking.process.terms import Decision, Effect, Input, NotAllowed, Standing

IGNORED = Decision()
ENDED = frozenset({State.CANCELLED, State.EXPIRED, State.STOPPED, State.FAILED})
_S, _P = State, Settlement
_GOING_BACK = frozenset({_P.REFUNDING, _P.REFUNDED, _P.REFUND_FAILED})


def decide(now: Standing, what: Input) -> Decision:
    """The decision for one input. Unlisted machine inputs are late repeats and change nothing.

    Raises NotAllowed for `CANCEL_ASKED` where cancelling makes no sense any more.
    """
    if what in {Input.REFUNDED, Input.REFUND_FAILED}:
        return _refund_finished(now, what)
    if now.state in ENDED:
        return _after_the_end(now, what)
    return _TABLE[now.state](now, what)


def _refund_finished(now: Standing, what: Input) -> Decision:
    if now.settlement is not _P.REFUNDING and now.settlement is not _P.REFUND_FAILED:
        return IGNORED
    if what is Input.REFUNDED:
        return Decision(settlement=_P.REFUNDED, effects=(Effect.TELL_REFUNDED,))
    return Decision(settlement=_P.REFUND_FAILED)


def _after_the_end(now: Standing, what: Input) -> Decision:
    """Money may still arrive after the end: an expired hold claims again, anything else is refunded by itself."""
    if what is Input.ORDER_PAID and now.settlement is _P.UNPAID:
        if now.state is _S.EXPIRED:
            return Decision(
                state=_S.CONFIRMING,
                settlement=_P.PAID,
                effects=(Effect.RETAKE_RESERVATION, Effect.WANT_CONFIRM),
            )
        return Decision(settlement=_P.REFUNDING, effects=(Effect.REFUND,))
    if what is Input.CANCEL_ASKED:
        raise NotAllowed("该预约已结束。")
    return IGNORED


def _new(now: Standing, what: Input) -> Decision:
    if what is Input.HOLD_REFUSED:
        return Decision(state=_S.FAILED, effects=(Effect.FREE_RESERVATION,))
    if what is Input.HELD:
        if now.his_locked or now.quoting:
            return Decision(state=_S.LOCKING)
        if now.wish:
            return Decision(state=_S.CLOSING, effects=(Effect.WANT_RELEASE,))
        if now.fee and not now.pay_on_day:
            return Decision(state=_S.AWAITING_PAYMENT, effects=(Effect.OPEN_ORDER, Effect.TELL_PAY))
        return Decision(state=_S.BOOKED, effects=(Effect.TELL_BOOKED,))
    if what is Input.STOPPED:
        return _stopped(now)
    if what is Input.CANCEL_ASKED:
        return Decision(wish=_S.CANCELLED)
    return IGNORED


def _locking(now: Standing, what: Input) -> Decision:
    """The hospital is asked for the number, for this person's price, or for both; the price is what comes last."""
    if what is Input.LOCKED:
        return IGNORED if now.quoting else _agreed(now)
    if what in {Input.QUOTED, Input.UNQUOTED}:
        return _agreed(now)
    if what is Input.REFUSED:
        return Decision(state=_S.FAILED, effects=(Effect.FREE_RESERVATION, Effect.TELL_REFUSED))
    if what is Input.CANCEL_ASKED:
        return Decision(wish=_S.CANCELLED)
    if what is Input.HARD_DEADLINE:
        return Decision(state=_S.CLOSING, wish=_S.FAILED, effects=(Effect.WANT_RELEASE,))
    if what is Input.STOPPED:
        return _stopped(now)
    return IGNORED


def _agreed(now: Standing) -> Decision:
    """The hospital holds the number and the price is known: pay first, or book at once where nothing is due now."""
    if now.wish:
        return Decision(state=_S.CLOSING, effects=(Effect.WANT_RELEASE,))
    if now.fee and not now.pay_on_day:
        return Decision(state=_S.AWAITING_PAYMENT, effects=(Effect.OPEN_ORDER, Effect.TELL_PAY))
    settlement = None if now.fee else _P.FREE
    return Decision(state=_S.CONFIRMING, settlement=settlement, effects=(Effect.WANT_CONFIRM,))


def _awaiting_payment(now: Standing, what: Input) -> Decision:  # noqa: ARG001 - one shape for the table
    if what is Input.ORDER_PAID:
        return Decision(state=_S.CONFIRMING, settlement=_P.PAID, effects=(Effect.WANT_CONFIRM,))
    if what is Input.ORDER_CLOSED:
        return Decision(state=_S.CLOSING, wish=_S.EXPIRED, effects=(Effect.WANT_RELEASE,))
    if what is Input.CANCEL_ASKED:
        return Decision(state=_S.CLOSING, wish=_S.CANCELLED, effects=(Effect.CLOSE_ORDER,))
    if what is Input.PAY_DEADLINE:
        return Decision(state=_S.CLOSING, wish=_S.EXPIRED, effects=(Effect.CLOSE_ORDER,))
    if what is Input.STOPPED:
        return Decision(state=_S.CLOSING, wish=_S.STOPPED, effects=(Effect.CLOSE_ORDER,))
    return IGNORED


def _closing(now: Standing, what: Input) -> Decision:
    """The order is being closed. Only "closed, unpaid" or the hard deadline lets the number go."""
    if what is Input.ORDER_CLOSED:
        return Decision(effects=(Effect.WANT_RELEASE,))
    if what is Input.ORDER_PAID:
        if now.wish is _S.EXPIRED:  # paid at the last moment: the hold still stands, so the number is theirs
            return Decision(state=_S.CONFIRMING, settlement=_P.PAID, clear_wish=True, effects=(Effect.WANT_CONFIRM,))
        return Decision(settlement=_P.REFUNDING, effects=(Effect.REFUND, Effect.WANT_RELEASE))
    if what is Input.HARD_DEADLINE:
        return Decision(effects=(Effect.WANT_RELEASE,))
    if what in {Input.RELEASED, Input.CANCELLED, Input.REFUSED}:
        return Decision(
            state=now.wish or _S.EXPIRED, clear_wish=True, effects=(Effect.FREE_RESERVATION, Effect.TELL_ENDED)
        )
    if what is Input.CANCEL_REFUSED and now.settlement is _P.UNPAID:  # a registration that waits for its payment
        return Decision(state=_S.BOOKED, clear_wish=True, effects=(Effect.TELL_WINDOW,))
    if what is Input.STOPPED:
        return Decision(wish=_S.STOPPED)
    if what is Input.VISIT_ENDED:  # seen at the window's price while its online order was being closed
        return Decision(state=_S.FULFILLED, clear_wish=True)
    if what is Input.CANCEL_ASKED:
        return Decision(wish=_S.CANCELLED) if now.wish is _S.EXPIRED else IGNORED
    return IGNORED


def _confirming(now: Standing, what: Input) -> Decision:
    if what is Input.BOOKED:
        if now.wish is _S.CANCELLED:
            return Decision(state=_S.CANCELLING, effects=(Effect.WANT_CANCEL,))
        return Decision(state=_S.BOOKED, effects=(Effect.TELL_BOOKED,))
    if what in {Input.REFUSED, Input.CANCELLED}:
        return _refused(now)
    if what is Input.CANCEL_ASKED:
        return Decision(wish=_S.CANCELLED)
    if what is Input.STOPPED:
        return _stopped(now)
    return IGNORED


def _booked(now: Standing, what: Input) -> Decision:
    if what is Input.CANCEL_ASKED:
        return Decision(state=_S.CANCELLING, wish=_S.CANCELLED, effects=(Effect.WANT_CANCEL,))
    if what is Input.ORDER_PAID and now.settlement is _P.UNPAID:
        return Decision(settlement=_P.PAID, effects=(Effect.WANT_CONFIRM, Effect.TELL_PAID))
    if what in {Input.CUTOFF_WINDOW, Input.CUTOFF_RELEASE}:
        return _cutoff(now, what)
    if what in {Input.REFUSED, Input.CANCELLED}:  # cancelled: the release at the cut-off was overtaken by a payment
        return _refused(now)
    if what is Input.STOPPED:
        return _stopped(now)
    if what is Input.PAYMENT_REFUSED and now.settlement is _P.PAID:  # the hospital is asked to cancel what is unpaid
        return Decision(state=_S.CANCELLING, settlement=_P.REFUNDING, wish=_S.FAILED, effects=(Effect.REFUND,))
    if what is Input.VISIT_ENDED:
        owed = now.settlement is _P.UNPAID and now.ordered  # it was settled at the window: nobody pays online any more
        return Decision(state=_S.FULFILLED, effects=(Effect.CLOSE_ORDER,) if owed else ())
    return IGNORED


def _cutoff(now: Standing, what: Input) -> Decision:
    """Not registered in time: the hospital's rule keeps the booking for the window, or lets the number go.

    Like any unpaid number it goes only after a definite answer about its order.
    """
    if not now.pay_on_day or now.settlement is not _P.UNPAID:
        return IGNORED
    if what is Input.CUTOFF_WINDOW:
        return Decision(effects=(Effect.TELL_WINDOW,))
    ending = Effect.CLOSE_ORDER if now.ordered else Effect.WANT_RELEASE
    return Decision(state=_S.CLOSING, wish=_S.EXPIRED, effects=(ending,))


def _cancelling(now: Standing, what: Input) -> Decision:
    if what in {Input.CANCELLED, Input.RELEASED, Input.REFUSED}:
        return _refused(now) if now.wish is _S.FAILED else _end(now, _S.CANCELLED)
    if what is Input.CANCEL_REFUSED:
        unpaid = now.settlement in _GOING_BACK
        told = Effect.TELL_PAY_AT_WINDOW if unpaid else Effect.TELL_REFUSED
        return Decision(state=_S.BOOKED, clear_wish=True, effects=(told,))
    if what is Input.PAYMENT_REFUSED and now.settlement is _P.PAID:
        return Decision(settlement=_P.REFUNDING, effects=(Effect.REFUND,))
    if what is Input.VISIT_ENDED:  # the wish came too late, the money is the hospital's
        return Decision(state=_S.FULFILLED, clear_wish=True)
    if what is Input.ORDER_PAID and now.settlement is _P.UNPAID:
        return Decision(settlement=_P.PAID)
    if what is Input.STOPPED:
        return _stopped(now)
    return IGNORED


def _fulfilled(now: Standing, what: Input) -> Decision:
    """Seen. A payment that was on its way counts if the hospital takes it, and goes back if it does not."""
    if what is Input.CANCEL_ASKED:
        raise NotAllowed("已就诊的预约不能取消。")
    if what is Input.ORDER_PAID and now.settlement is _P.UNPAID:
        return Decision(settlement=_P.PAID, effects=(Effect.WANT_CONFIRM,))
    if what is Input.PAYMENT_REFUSED and now.settlement is _P.PAID:
        return Decision(settlement=_P.REFUNDING, effects=(Effect.REFUND, Effect.TELL_PAY_AT_WINDOW))
    return IGNORED


def _refused(now: Standing) -> Decision:
    ended = _end(now, _S.FAILED)
    effects = tuple(Effect.TELL_REFUSED if e is Effect.TELL_ENDED else e for e in ended.effects)
    return Decision(state=ended.state, settlement=ended.settlement, clear_wish=True, effects=effects)


def _stopped(now: Standing) -> Decision:
    return _end(now, _S.STOPPED)


def _end(now: Standing, state: State) -> Decision:
    """The number is gone for a definite reason: free the person's time, and end the money whichever way it stands."""
    effects: list[Effect] = [Effect.FREE_RESERVATION, Effect.TELL_ENDED]
    settlement: Settlement | None = None
    if now.settlement is _P.PAID:
        settlement = _P.REFUNDING
        effects.insert(0, Effect.REFUND)
    elif now.settlement is _P.UNPAID and now.ordered:
        effects.insert(0, Effect.CLOSE_ORDER)
    return Decision(state=state, settlement=settlement, clear_wish=True, effects=tuple(effects))


_TABLE = {
    State.NEW: _new,
    State.LOCKING: _locking,
    State.AWAITING_PAYMENT: _awaiting_payment,
    State.CLOSING: _closing,
    State.CONFIRMING: _confirming,
    State.BOOKED: _booked,
    State.CANCELLING: _cancelling,
    State.FULFILLED: _fulfilled,
}
