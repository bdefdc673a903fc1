"""The first answer of an ask beside the one it got when run again, line by line."""

from __future__ import annotations

import difflib
from dataclasses import dataclass

from django.utils.translation import gettext

from institution_connectors.exchange.selectors import ExchangeDetail


@dataclass(frozen=True, slots=True)
class Pair:
    """One line of both answers; `differs` where they are not the same."""

    first: str
    again: str
    differs: bool


def differing(first: ExchangeDetail, again: ExchangeDetail, *, bodies: bool) -> list[Pair]:
    """Outcome, reason, the hospital's words and, for who may read them, the last bodies received, masked, as pairs."""
    before, after = _said(first, bodies=bodies), _said(again, bodies=bodies)
    pairs: list[Pair] = []
    matcher = difflib.SequenceMatcher(a=before, b=after, autojunk=False)
    for kind, start, end, other, last in matcher.get_opcodes():
        left, right = before[start:end], after[other:last]
        for index in range(max(len(left), len(right))):
            pairs.append(
                Pair(
                    first=left[index] if index < len(left) else "",
                    again=right[index] if index < len(right) else "",
                    differs=kind != "equal",
                )
            )
    return pairs


def _said(detail: ExchangeDetail, *, bodies: bool) -> list[str]:
    row = detail.row
    lines = [
        gettext("状态：%(label)s") % {"label": row.state.label},
        gettext("原因：%(text)s") % {"text": row.reason.text or "—"},
        gettext("医院代码：%(his_code)s") % {"his_code": row.his_code or "—"},
        gettext("医院原话：%(his_text)s") % {"his_text": detail.his_text or "—"},
    ]
    received = [body.text for body in detail.messages if body.direction == "received" and body.text]
    return lines + (received[-1].splitlines() if bodies and received else [])
