"""Monthly figures anybody may read; nothing of few people is among them."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest
from django.db import connections
from django.test import Client
from django.test.utils import CaptureQueriesContext

from hub import clock
from hub.outbox.relay import drain
from hub.tenancy.scope import region
from regional_services.openfigures import selectors, tasks
from regional_services.openfigures.models import MonthFigure
from regional_services.openfigures.suppression import withheld
from tests.booking.world import book, open_for_booking, resident
from tests.portal.desks import text_of


@pytest.mark.parametrize(
    ("counts", "gone"),
    [
        ({"a": 10, "b": 20}, set()),
        ({"a": 0, "b": 20}, set()),
        ({"a": 4, "b": 20, "c": 9}, {"a", "c"}),
        ({"a": 4, "b": 1, "c": 9}, {"a", "b"}),
        ({"a": 5}, set()),
        ({"a": 3}, {"a"}),
    ],
)
def test_a_small_cell_and_what_would_give_it_away_are_withheld(counts: dict[str, int], gone: set[str]) -> None:
    assert withheld(counts) == gone


def test_the_months_are_computed_of_bookings_and_told_to_everybody(alpha: str, beta: str, client: Client) -> None:
    for code, count in ((alpha, 7), (beta, 6)):
        session = open_for_booking(code, count=count, fee_fen=0)
        for _ in range(count):
            book(code, session, resident())
    drain(outside=False)
    assert tasks.refresh() == 2
    assert tasks.refresh() == 0, "nothing is due within the hour"
    with clock.shifted(timedelta(minutes=61)):
        assert tasks.refresh() == 2
    page = text_of(client.get("/open"))
    assert "云栖区alpha医院" in page
    assert "<svg" in page
    told = client.get("/open/figures.json").json()["months"][0]
    assert (told["total"]["bookings"], told["provisional"]) == (13, True)
    by_code = {line["code"]: line["bookings"] for line in told["institutions"]}
    assert by_code == {alpha: 7, beta: 6}
    assert told["total"]["waiting_days"] == 1.0
    rows = list(csv.reader(io.StringIO(client.get("/open/figures.csv").content.decode("utf-8-sig"))))
    assert [row[4] for row in rows if row[1] == alpha] == ["7"]
    with CaptureQueriesContext(connections["default"]) as queries:
        client.get("/open")
    assert len(queries) == 0, "everybody may ask, so asking costs nothing"


def test_few_people_are_not_told_of(alpha: str, beta: str, client: Client) -> None:
    open_for_booking(alpha)
    open_for_booking(beta)
    month = clock.today().replace(day=1)
    with region():
        for code, count in ((alpha, 3), (beta, 40)):
            MonthFigure.objects.create(
                month=month,
                institution_code=code,
                bookings=count,
                cancelled=0,
                registered=count,
                waiting_days=count,
                computed_at=clock.now(),
            )
    selectors.forget()
    told = client.get("/open/figures.json").json()["months"][0]
    assert {line["code"]: line["bookings"] for line in told["institutions"]} == {alpha: None, beta: None}
    assert told["total"]["bookings"] == 43
    assert ">3<" not in text_of(client.get("/open"))
