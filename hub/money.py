"""Money is an integer number of fen; yuan exist only at the borders (domain facts: payments, preamble)."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation


def fen_from_yuan(text: str | Decimal) -> int:
    """Fen of a yuan amount as HIS, bills and insurance write it; ValueError for more than two places or no number."""
    try:
        value = Decimal(text)
        exact = value.is_finite() and value == value.quantize(Decimal("0.01"))
    except InvalidOperation as problem:  # no number, or one beyond all bounds
        raise ValueError(f"not an amount in yuan: {str(text)[:40]!r}") from problem
    if not exact:
        raise ValueError(f"not an amount in yuan with at most two places: {text!r}")
    return int(value * 100)


def yuan_from_fen(fen: int) -> str:
    """`1250` -> `12.50`, for HIS, bills and insurance."""
    sign, rest = ("-", -fen) if fen < 0 else ("", fen)
    return f"{sign}{rest // 100}.{rest % 100:02d}"


def display(fen: int) -> str:
    """`1250` -> `¥12.50`, for people."""
    return ("-¥" if fen < 0 else "¥") + yuan_from_fen(abs(fen))
