"""Rescheduling: two bookings, the old one and the one that replaces it, each with its own process (docs/FLOW.md).

The old number is given back only when the hospital's own system has registered the new one; whatever happens before
leaves the old booking as it was. They never share a transaction: each tells the other what became of it, and each
message may come late, twice, or when the other has ended for a reason of its own.
"""

from __future__ import annotations

from dataclasses import replace

from regional_services.booking.models import Settlement, State
from regional_services.booking.process import moves
from regional_services.booking.process.moves import ENDED, IGNORED
from regional_services.booking.process.terms import Decision, Effect, Input, NotAllowed, Standing, Twin

_S, _P = State, Settlement
_SAID = frozenset({Input.NEW_REGISTERED, Input.NEW_FAILED, Input.OLD_GONE, Input.OLD_STAYS})


def decide(now: Standing, what: Input) -> Decision:
    """The decision for one input, whether or not the booking is part of a rescheduling.

    Raises NotAllowed where a person's wish makes no sense now.
    """
    if what in _SAID:
        return _heard(now, what)
    if what is Input.CANCEL_ASKED:
        _refuse_half_way(now)
    if what is Input.ORDER_PAID and now.twin is Twin.UNDONE and now.state is _S.EXPIRED:
        late = now.settlement is _P.UNPAID  # a difference to a booking that was not replaced after all
        return Decision(settlement=_P.REFUNDING, effects=(Effect.REFUND,)) if late else IGNORED
    decision = moves.decide(now, what)
    if now.twin is Twin.TAKING:
        return _of_the_new(now, what, decision)
    if now.twin is Twin.LEAVING:
        return _of_the_old(now, what, decision)
    return decision


def _refuse_half_way(now: Standing) -> None:
    if now.twin is Twin.LEAVING and now.state is _S.BOOKED:
        raise NotAllowed("正在为您改约，请等改约完成；不想改约了，请取消新的预约。")
    if now.twin is Twin.TAKING and now.state is _S.BOOKED and now.registered:
        raise NotAllowed("改约正在完成：原来的号退掉以后才能取消，请稍后再试。")


def _heard(now: Standing, what: Input) -> Decision:
    if what is Input.NEW_REGISTERED and now.twin is Twin.LEAVING:
        return _give_back(now)
    if what is Input.NEW_FAILED and now.twin is Twin.LEAVING:
        return _stay(now)
    if what is Input.OLD_GONE and now.twin is Twin.TAKING:
        moved = now.state in {_S.BOOKED, _S.CANCELLING, _S.FULFILLED} and now.registered
        return Decision(effects=(Effect.FINISH_MOVE,)) if moved else IGNORED
    if what is Input.OLD_STAYS and now.twin is Twin.TAKING:
        return _give_up(now)
    return IGNORED


def _give_back(now: Standing) -> Decision:
    """The new number is certain: the old one may go. One that is gone already says so once more."""
    if now.state is _S.BOOKED:
        return Decision(state=_S.CANCELLING, settlement=_lent(now), wish=_S.CANCELLED, effects=(Effect.WANT_CANCEL,))
    if now.state in ENDED:
        return Decision(effects=(Effect.SAY_GONE,))
    if now.state is _S.FULFILLED:
        return Decision(effects=(Effect.SAY_STAYS, Effect.LET_STAY))
    return IGNORED


def _stay(now: Standing) -> Decision:
    """There is no new booking: the old one is itself again, and so is its money."""
    if now.settlement is not _P.MOVED:
        return Decision(effects=(Effect.LET_STAY,))
    if now.state in ENDED:
        return Decision(settlement=_P.REFUNDING, effects=(Effect.REFUND, Effect.LET_STAY))
    return Decision(settlement=_P.PAID, effects=(Effect.LET_STAY,))


def _give_up(now: Standing) -> Decision:
    """The old number can't go back: the new one does."""
    if now.state is _S.BOOKED:
        return Decision(state=_S.CANCELLING, wish=_S.FAILED, effects=(Effect.WANT_CANCEL,))
    if now.state in {_S.NEW, _S.LOCKING, _S.AWAITING_PAYMENT, _S.CONFIRMING}:
        return moves.decide(now, Input.CANCEL_ASKED)
    return IGNORED


def _of_the_new(now: Standing, what: Input, decision: Decision) -> Decision:
    if now.state not in ENDED and decision.state in ENDED:
        effects = (*decision.effects, Effect.SAY_FAILED)
        if now.ordered or Effect.REFUND not in effects:
            return replace(decision, effects=effects)
        kept = tuple(effect for effect in effects if effect is not Effect.REFUND)
        return replace(decision, settlement=_P.MOVED, effects=kept)  # nothing was paid but for the old booking
    stands = decision.state is _S.BOOKED and now.registered
    if stands or (what is Input.REGISTERED and now.state is _S.BOOKED):
        return replace(decision, effects=(*decision.effects, Effect.SAY_REGISTERED))
    return decision


def _of_the_old(now: Standing, what: Input, decision: Decision) -> Decision:
    if now.state not in ENDED and decision.state in ENDED:
        return _gone(now, decision)
    seen = decision.state is _S.FULFILLED
    refused = what is Input.CANCEL_REFUSED and decision.state is _S.BOOKED
    if seen or refused or (what is Input.PAYMENT_REFUSED and decision.state is _S.CANCELLING):
        settlement = _P.PAID if now.settlement is _P.MOVED else decision.settlement
        kept = tuple(effect for effect in decision.effects if effect is not Effect.TELL_REFUSED)
        return replace(decision, settlement=settlement, effects=(*kept, Effect.SAY_STAYS, Effect.LET_STAY))
    return decision


def _gone(now: Standing, decision: Decision) -> Decision:
    """The old number is gone, given back or for a reason of its own; money that counts for the new one stays there."""
    effects = [*decision.effects, Effect.SAY_GONE]
    settlement = decision.settlement
    if now.shared and now.settlement is _P.PAID:
        effects = [effect for effect in effects if effect is not Effect.REFUND]
        settlement = _P.MOVED
    if now.state is _S.CANCELLING and now.wish is _S.CANCELLED and Effect.TELL_ENDED in effects:
        effects.remove(Effect.TELL_ENDED)  # what is told is that the visit was moved, of the new booking
    return replace(decision, settlement=settlement, effects=tuple(effects))


def _lent(now: Standing) -> Settlement | None:
    return _P.MOVED if now.shared and now.settlement is _P.PAID else None
