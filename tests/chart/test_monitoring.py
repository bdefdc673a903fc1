"""Alerts and dashboard ask for what the code registers."""

from __future__ import annotations

import pytest

from tools import monitoring
from tools.monitoring import Expression, unknown


@pytest.mark.control("8.1.5.4/57")
def test_every_query_is_about_metrics_that_exist_and_every_alert_is_explained() -> None:
    assert list(monitoring.problems()) == []


def test_what_the_parts_of_the_hub_count_is_found() -> None:
    known = monitoring.registered()
    assert known["hub_http_request_seconds_bucket"] == {"route", "le"}
    assert known["hub_outbox_dead"] == {"source"}
    assert "hospital" in known["hub_connector_calls_total"]
    assert "hub_connector_calls" not in known


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ("rate(hub_http_request_total[5m])", "x: nothing registers hub_http_request_total"),
        ('hub_outbox_dead{hospital="renmin"}', "x: hub_outbox_dead has no label hospital"),
        ("sum by (hospital) (hub_outbox_dead)", "x: no metric in it has the label hospital"),
        ("label_values(hub_outbox_dead, hospital)", "x: hub_outbox_dead has no label hospital"),
        ("up", "x: asks for no metric of ours"),
    ],
)
def test_a_name_nobody_registers_is_found(query: str, problem: str) -> None:
    assert list(unknown(Expression("x", query), monitoring.registered())) == [problem]
