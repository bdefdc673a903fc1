"""Re-derives every order's state from its legs, attempts, refunds and postings (`manage.py verify_money`)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from hub.tenancy.scope import region
from regional_services.payments.models import (
    OF_THE_ORDER,
    OPEN_ATTEMPTS,
    RETURNED,
    Account,
    Attempt,
    AttemptState,
    Leg,
    LegState,
    Order,
    OrderState,
    Posting,
    Refund,
    RefundKind,
    RefundState,
)

_BATCH = 500
_UNSETTLED = frozenset({*OPEN_ATTEMPTS, AttemptState.DISPUTED})


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that does not follow from the rows it should follow from."""

    order_id: UUID
    what: str
    stored: str
    derived: str

    def __str__(self) -> str:
        return f"order {self.order_id}: {self.what} is {self.stored}, must be {self.derived}"


def differences(institution_code: str | None = None) -> Iterator[Difference]:
    """Every difference, order by order; each batch is read in one snapshot of its own."""
    last: UUID | None = None
    while True:
        with region(read_only=True):
            orders = _orders_after(last, institution_code)
            found = [difference for books in _books(orders) for difference in _of(books)]
        yield from found
        if len(orders) < _BATCH:
            return
        last = orders[-1].id


@dataclass(frozen=True, slots=True)
class _Books:
    order: Order
    legs: list[Leg]
    attempts: list[Attempt]
    refunds: list[Refund]
    postings: list[Posting]


def _orders_after(last: UUID | None, institution_code: str | None) -> list[Order]:
    rows = Order.objects.order_by("pk")
    if last is not None:
        rows = rows.filter(pk__gt=last)
    if institution_code is not None:
        rows = rows.filter(institution_code=institution_code)
    return list(rows[:_BATCH])


def _books(orders: list[Order]) -> list[_Books]:
    books = {order.id: _Books(order, [], [], [], []) for order in orders}
    for leg in Leg.objects.filter(order_id__in=books):
        books[leg.order_id].legs.append(leg)
    for attempt in Attempt.objects.filter(order_id__in=books).defer("payer"):
        books[attempt.order_id].attempts.append(attempt)
    for refund in Refund.objects.filter(order_id__in=books):
        books[refund.order_id].refunds.append(refund)
    for posting in Posting.objects.filter(order_id__in=books):
        books[posting.order_id].postings.append(posting)
    return list(books.values())


def _of(books: _Books) -> Iterator[Difference]:
    order = books.order
    expectations = [
        ("the sum of the legs", sum(leg.amount_fen for leg in books.legs), order.amount_fen),
        ("the state", order.state, _order_state(books)),
        ("the postings", _posted(books), _to_post(books)),
        ("the surplus not on its way back", _kept_surplus(books), 0),
    ]
    for leg in books.legs:
        returned = _returned(books, leg)
        expectations.append((f"the refunded amount of leg {leg.kind}", leg.refunded_fen, returned))
        expectations.append((f"the state of leg {leg.kind}", leg.state, _leg_state(books, leg, returned)))
    for what, stored, derived in expectations:
        if stored != derived:
            yield Difference(order.id, what, str(stored), str(derived))


def _order_state(books: _Books) -> str:
    """The state that follows from the movements; a state they leave open is believed."""
    order = books.order
    if order.amount_fen == 0 or any(attempt.settles for attempt in books.attempts):
        return _paid_state(books)
    waiting = any(attempt.state in _UNSETTLED for attempt in books.attempts)
    if order.state in {OrderState.CLOSING, OrderState.CLOSED}:
        return OrderState.CLOSING if waiting else OrderState.CLOSED
    return OrderState.PAYING if waiting else OrderState.AWAITING_PAYMENT


def _paid_state(books: _Books) -> str:
    requested = [refund for refund in books.refunds if refund.kind == RefundKind.REQUESTED]
    owed = [refund for refund in books.refunds if refund.kind in OF_THE_ORDER]
    returned = sum(refund.amount_fen for refund in owed if refund.state in RETURNED)
    if any(refund.state not in {*RETURNED, RefundState.CLOSED} for refund in requested):
        return OrderState.REFUNDING
    if returned == 0:
        return OrderState.PAID
    return OrderState.REFUNDED if returned == books.order.amount_fen else OrderState.PARTIALLY_REFUNDED


def _leg_state(books: _Books, leg: Leg, returned: int) -> str:
    if leg.amount_fen == 0 or any(attempt.settles and attempt.leg_id == leg.id for attempt in books.attempts):
        if returned == 0:
            return LegState.PAID
        return LegState.REFUNDED if returned == leg.amount_fen else LegState.PARTIALLY_REFUNDED
    return LegState.VOID if books.order.state == OrderState.CLOSED else LegState.DUE


def _returned(books: _Books, leg: Leg) -> int:
    attempts = {attempt.id for attempt in books.attempts if attempt.leg_id == leg.id}
    return sum(
        refund.amount_fen
        for refund in books.refunds
        if refund.attempt_id in attempts and refund.kind in OF_THE_ORDER and refund.state in RETURNED
    )


def _posted(books: _Books) -> list[tuple[str, str, int]]:
    return sorted((posting.entry, posting.account, posting.amount_fen) for posting in books.postings)


def _to_post(books: _Books) -> list[tuple[str, str, int]]:
    lines: list[tuple[str, str, int]] = []
    for attempt in books.attempts:
        if attempt.state == AttemptState.PAID:
            against = Account.ORDERS if attempt.settles else Account.SURPLUS
            lines += _entry(f"paid:{attempt.id}", against, attempt.paid_fen)
    for refund in books.refunds:
        if refund.state in RETURNED:
            against = Account.ORDERS if refund.kind in OF_THE_ORDER else Account.SURPLUS
            held = Account.DESK if refund.state == RefundState.BY_HAND else Account.CHANNEL
            lines += _entry(f"refunded:{refund.id}", against, -refund.amount_fen, held)
    return sorted(lines)


def _entry(name: str, against: Account, amount_fen: int, held: Account = Account.CHANNEL) -> list[tuple[str, str, int]]:
    return [(name, held.value, amount_fen), (name, against.value, -amount_fen)]


def _kept_surplus(books: _Books) -> int:
    refunded = {refund.attempt_id for refund in books.refunds}
    return sum(
        attempt.paid_fen
        for attempt in books.attempts
        if attempt.state == AttemptState.PAID and not attempt.settles and attempt.id not in refunded
    )
