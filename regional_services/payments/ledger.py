"""The postings of each movement of money. An entry is written once, adds up to zero, and is never changed."""

from __future__ import annotations

from datetime import datetime

from regional_services.payments.models import OF_THE_ORDER, Account, Attempt, Posting, Refund, RefundState


def post_payment(attempt: Attempt, *, now: datetime) -> None:
    """Money came in: the channel holds it, for the order or as surplus."""
    _post(attempt, f"paid:{attempt.id}", attempt.paid_fen, _claim(surplus=not attempt.settles), now)


def post_refund(refund: Refund, *, now: datetime) -> None:
    """Money went back, through the channel or over the desk: the mirror of the payment it undoes."""
    _post(
        refund.attempt,
        f"refunded:{refund.id}",
        -refund.amount_fen,
        _claim(surplus=refund.kind not in OF_THE_ORDER),
        now,
        held=Account.DESK if refund.state == RefundState.BY_HAND else Account.CHANNEL,
    )


def _claim(*, surplus: bool) -> Account:
    return Account.SURPLUS if surplus else Account.ORDERS


def _post(
    attempt: Attempt,
    entry: str,
    amount_fen: int,
    against: Account,
    now: datetime,
    *,
    held: Account = Account.CHANNEL,
) -> None:
    Posting.objects.bulk_create(
        [
            Posting(
                institution_code=attempt.institution_code,
                entry=entry,
                account=account,
                channel=attempt.channel,
                order_id=attempt.order_id,
                amount_fen=amount,
                posted_at=now,
            )
            for account, amount in ((held, amount_fen), (against, -amount_fen))
        ]
    )
