"""The rules of calling and checking in that a hospital set, inside its scope."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tenants.queueing.models import RuleSet
from tenants.queueing.rules import Rules


@dataclass(frozen=True, slots=True)
class RulesView:
    """A set of rules with who made it and from when it holds."""

    rules: Rules
    effective_from: datetime
    made_by: str


def current_rules(at: datetime) -> Rules:
    """The rules that hold at `at`; the built-in ones where the hospital set none. One query."""
    row = RuleSet.objects.filter(effective_from__lte=at).order_by("-effective_from", "-id").first()
    return Rules.from_json(row.rules) if row else Rules()


def rules_were_set() -> bool:
    """Whether this hospital ever set rules of its own. One query."""
    return RuleSet.objects.exists()


def rule_history(limit: int = 20) -> list[RulesView]:
    """The latest sets, newest first. One query."""
    rows = RuleSet.objects.order_by("-effective_from", "-id")[:limit]
    return [RulesView(Rules.from_json(row.rules), row.effective_from, row.made_by) for row in rows]
