"""Alert rules and dashboard against the metrics the code registers: a panel without data is worse than none."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import django
import yaml
from prometheus_client import REGISTRY

from tools.catalogue import ROOT
from tools.documents import anchors
from tools.rules import PACKAGES

FILES = ROOT / "charts" / "health-district-hub" / "monitoring"
MANUAL = ROOT / "docs" / "operations.zh.md"
_SUFFIXES = {"counter": ("_total",), "gauge": ("",), "histogram": ("_bucket", "_sum", "_count")}
_NAME = re.compile(r"\bhub_[a-z0-9_]+")
_SELECTOR = re.compile(r"\b(hub_[a-z0-9_]+)\{([^}]*)\}")
_LABEL = re.compile(r"(\w+)\s*(?:=~|!~|!=|=)")
_GROUPING = re.compile(r"\b(?:by|without)\s*\(([^)]*)\)")
_VARIABLE = re.compile(r"label_values\((hub_[a-z0-9_]+),\s*(\w+)\)")


@dataclass(frozen=True, slots=True)
class Expression:
    """One query and where it stands."""

    where: str
    text: str


def registered() -> dict[str, frozenset[str]]:
    """Every series of ours a scrape may hold, with its labels: all modules that register one are imported."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hub.settings")
    django.setup()
    for path in _registering():
        import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
    found: dict[str, frozenset[str]] = {}
    for collector in list(REGISTRY._collector_to_names):
        kind = getattr(collector, "_type", "")
        name = getattr(collector, "_name", "")
        if name.startswith("hub_"):
            labels = frozenset(getattr(collector, "_labelnames", ())) | ({"le"} if kind == "histogram" else set())
            found |= {name + suffix: labels for suffix in _SUFFIXES[kind]}
    return found


def _registering() -> Iterator[Path]:
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            if "from prometheus_client import" in path.read_text(encoding="utf-8"):
                yield path


def expressions() -> Iterator[Expression]:
    """All queries of the alert rules and of the dashboard."""
    for rule in rules():
        yield Expression(rule["alert"], rule["expr"])
    board = json.loads((FILES / "dashboard.json").read_text(encoding="utf-8"))
    for panel in board["panels"]:
        yield from (Expression(panel["title"], target["expr"]) for target in panel.get("targets", ()))
    for variable in board["templating"]["list"]:
        if variable["type"] == "query":
            yield Expression(f"${variable['name']}", variable["query"])


def rules() -> list[dict[str, Any]]:
    """The alert rules."""
    groups = yaml.safe_load((FILES / "alerts.yaml").read_text(encoding="utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def unknown(expression: Expression, known: Mapping[str, frozenset[str]]) -> Iterator[str]:
    """The series and labels of a query that nothing registers."""
    names = set(_NAME.findall(expression.text))
    if not names:
        yield f"{expression.where}: asks for no metric of ours"
    for name in sorted(names - set(known)):
        yield f"{expression.where}: nothing registers {name}"
    everywhere = frozenset[str]().union(*(known.get(name, frozenset()) for name in names))
    for name, matchers in _SELECTOR.findall(expression.text):
        for label in sorted(set(_LABEL.findall(re.sub(r'"[^"]*"', '""', matchers))) - known.get(name, everywhere)):
            yield f"{expression.where}: {name} has no label {label}"
    grouped = {label.strip() for labels in _GROUPING.findall(expression.text) for label in labels.split(",")}
    for label in sorted(grouped - everywhere):
        yield f"{expression.where}: no metric in it has the label {label}"
    for name, label in _VARIABLE.findall(expression.text):
        if label not in known.get(name, {label}):
            yield f"{expression.where}: {name} has no label {label}"


def problems() -> Iterator[str]:
    """Unknown names, and alerts the manual does not explain."""
    known = registered()
    for expression in expressions():
        yield from unknown(expression, known)
    explained = anchors(MANUAL)
    for rule in rules():
        if rule["alert"].lower() not in explained:
            yield f"{rule['alert']}: docs/operations.zh.md does not say what to do"


if __name__ == "__main__":
    sys.exit("\n".join(problems()) or 0)
