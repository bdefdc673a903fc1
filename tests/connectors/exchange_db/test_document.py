"""The vendors' document and scripts say what the adapter does: tables, columns, codes, operations, the job's SQL."""

from __future__ import annotations

import re
import threading
import time
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from institution_connectors.adapters.exchange_db import ExchangeDbAdapter
from institution_connectors.adapters.exchange_db.adapter import CODES
from institution_connectors.adapters.exchange_db.databases import DATABASES, address
from institution_connectors.adapters.exchange_db.ddl import DATABASES as SCRIPTS
from institution_connectors.adapters.exchange_db.ddl import script
from institution_connectors.adapters.exchange_db.errors import Incomplete, NotCarried, Unreadable
from institution_connectors.adapters.exchange_db.mapping import READERS, WRITERS, Row, Words, columns_of
from institution_connectors.adapters.exchange_db.mapping.views import span
from institution_connectors.adapters.exchange_db.reading import select
from institution_connectors.adapters.exchange_db.tables import EVENT, REQUEST, SHAPES, TABLES
from institution_connectors.contracts import Call, MoneyUnit, Options, Ping, Reason, Registered, Timeouts
from tests.connectors import test_interface_document as rest
from tests.connectors.dialects import exchange_case
from tests.connectors.exchange_db.conftest import Hand

DIRECTORY = Path(__file__).resolve().parents[3] / "docs" / "interfaces"
DOCUMENT = (DIRECTORY / "exchange_db.md").read_text(encoding="utf-8")
PROFILE = exchange_case("paper", "postgresql").profile
WORDS = Words(PROFILE)
DIALECTS = {name: sa.make_url(f"{one.driver}://").get_dialect()() for name, one in DATABASES.items()}


@pytest.mark.parametrize("database", SCRIPTS)
def test_a_script_makes_every_table_and_column_the_adapter_uses(database: str) -> None:
    written = (DIRECTORY / "exchange_db" / f"{database}.sql").read_text(encoding="utf-8")
    assert written == script(database), "run `python -m tools.exchange_ddl`"
    for name, shape in SHAPES.items():
        made = re.search(rf"CREATE (?:TABLE|VIEW) {name} (.*?);\n", written, re.S)
        assert made is not None, name
        missing = [field.name for field in shape.fields if not re.search(rf"\b{field.name}\b", made[1])]
        assert missing == [], name
        assert f"GRANT SELECT ON {name} TO hub_reader" in written
    granted = re.findall(r"GRANT (INSERT|UPDATE|DELETE)", written)
    assert sorted(granted) == ["INSERT", "UPDATE", "UPDATE"]


@pytest.mark.parametrize("database", DIALECTS)
def test_the_statements_are_the_databases_own(database: str) -> None:
    schema = {"schema_translate_map": {None: "exch"}}

    def compiled(statement: sa.sql.ClauseElement) -> str:
        made = statement.compile(dialect=DIALECTS[database], schema_translate_map=schema["schema_translate_map"])
        return re.sub(r"\s+", " ", str(made)).replace("[", "").replace("]", "").replace("__schema__none", "exch.")

    ledger = TABLES["v_hub_ledger"].c
    page = select("v_hub_ledger", span(ledger.trade_time, date(2026, 1, 6), date(2026, 1, 6)), order=("line_no",))
    paged = compiled(page.limit(500).offset(500))
    wanted = {"postgresql": "LIMIT", "mariadb": "LIMIT", "oracle": "ROWS ONLY", "sqlserver": "ROW_NUMBER() OVER"}
    assert wanted[database] in paged or "FETCH" in paged
    taken_back = compiled(sa.update(REQUEST).where(REQUEST.c.request_no == "R", REQUEST.c.flag == "0").values(flag="9"))
    assert taken_back.startswith("UPDATE")
    assert " SET flag=" in taken_back
    handed_in = compiled(sa.insert(REQUEST).values(dict.fromkeys(REQUEST.c.keys())))
    assert all(re.search(rf"\b{column}\b", handed_in) for column in REQUEST.columns.keys())  # noqa: SIM118 - no mapping
    assert "IN (" in compiled(sa.update(EVENT).where(EVENT.c.event_no.in_([1, 2])).values(taken_flag="1"))
    for name in SHAPES:
        assert "complete_flag =" in compiled(select(name)) or "complete_flag" not in TABLES[name].c
    found, url, named = address(f"{database}://hub_reader@10.1.2.3/EXCH?schema=HIS", "secret")
    assert (found, url.host, url.password, named) == (DATABASES[database], "10.1.2.3", "secret", "HIS")
    assert url.port == found.port


def test_codes_are_bound_as_characters_so_that_oracle_compares_padded_columns() -> None:
    codes = [column for table in TABLES.values() for column in table.c if column.name.endswith(("request_no", "_code"))]
    texts = [column for column in codes if isinstance(column.type, sa.String)]
    assert len(texts) > 20
    assert all(isinstance(column.type, sa.CHAR) for column in texts)


def test_every_operation_is_in_the_document_with_the_columns_it_sends() -> None:
    told = dict(re.findall(r"^\| `(\w+)` \| [^|]+ \| ([^|]*) \|", DOCUMENT.split("## 4")[1].split("## 5")[0], re.M))
    del told["business"]  # the head of the table
    assert set(told) == {str(operation) for operation in WRITERS}
    told["update_patient"] += told["create_patient"]
    for request in rest.REQUESTS:
        if request.operation in WRITERS:
            missing = [name for name in columns_of(request, WORDS) if f"`{name}`" not in told[str(request.operation)]]
            assert missing == [], request.operation
    views = DOCUMENT.split("## 5")[1]
    told_in_words = {"list_visit_events", "confirm_visit_events"}  # section 7
    assert all(f"`{operation}`" in views or operation in told_in_words for operation in map(str, READERS))
    assert [name for name in SHAPES if not re.search(rf"`{name}\b", DOCUMENT)] == []
    assert ExchangeDbAdapter.operations == frozenset({*READERS, *WRITERS})


def test_every_code_is_in_the_document() -> None:
    codes = set(re.findall(r"^\| `(-?\d+)` \|", DOCUMENT.split("## 6")[1].split("## 7")[0], re.M))
    assert codes == {*CODES, "0", "-1"}


def test_a_job_made_of_the_documents_own_sql_registers(hand: Hand) -> None:
    steps = dict(re.findall(r"```sql step:(\w+)\n(.*?)\n```", DOCUMENT, re.S))
    assert set(steps) == {"heartbeat", "take", "answer", "done"}
    register = next(request for request in rest.REQUESTS if str(request.operation) == "register")

    def step(name: str, row: dict[str, Any]) -> None:
        sql, values = steps[name], []
        for found in re.findall(r":(\w+)", sql):
            values.append(row[found])
        hand.run(re.sub(r":\w+", "%s", sql), *values)

    def job() -> None:
        end = time.monotonic() + 3
        while time.monotonic() < end:
            step("heartbeat", {})
            for number, attempt in hand.run("SELECT request_no, attempt_no FROM hub_request WHERE flag = '0'"):
                for name in ("take", "answer", "done"):
                    step(name, {"request_no": number, "attempt_no": attempt})
                return
            time.sleep(0.02)

    vendor = threading.Thread(target=job)
    vendor.start()
    told = hand.ask(register, seconds=3).expect(Registered)
    vendor.join()
    assert (told.his_number, told.sequence, told.place) == ("G2601060007", 7, "门诊楼3层12诊室")


@pytest.mark.parametrize(
    ("endpoint", "why"),
    [("oracle://hub_reader@10.1.2.3/EXCH", "oracledb"), ("jdbc:oracle:thin:@10.1.2.3", "address is not one of")],
)
def test_a_driver_that_is_not_there_or_a_wrong_address_reaches_nobody(endpoint: str, why: str) -> None:
    adapter = ExchangeDbAdapter(replace(PROFILE, endpoint=endpoint), b"secret")
    told = adapter.call(Ping(), Call(trace_id="t", timeouts=Timeouts(connect=1, read=1), record=lambda _wire: None))
    adapter.close()
    assert (told.reason, told.sent) == (Reason.UNREACHABLE, False)
    assert why in told.text


def row(**values: object) -> Row:
    return Row(values, WORDS, "v_hub_x")


def test_money_is_exact_or_it_is_no_money() -> None:
    assert row(fee=Decimal("25.00")).fen("fee") == 2500
    assert row(fee=Decimal("-0.50")).fen("fee") == -50
    for wrong in (25.1, Decimal("25.005"), "25.00", True):
        with pytest.raises(Unreadable):
            row(fee=wrong).fen("fee")
    with pytest.raises(Incomplete):
        row(fee=None).fen("fee")
    in_fen = Words(replace(PROFILE, options=Options(money_unit=MoneyUnit.FEN)))
    assert Row({"fee": Decimal(2500)}, in_fen, "x").fen("fee") == 2500


def test_padding_goes_and_damage_is_refused() -> None:
    assert row(name="内科   ").text("name") == "内科"
    assert row(name="José García").text("name") == "José García"
    for spoilt in (
        "内\ufffd",
        "????",
        "锟斤拷",
        "内科".encode("gbk").decode("latin-1"),
        "内科".encode().decode("latin-1"),
    ):
        with pytest.raises(Unreadable):
            row(name=spoilt).text("name")
    with pytest.raises(NotCarried, match="longer than 120"):
        WORDS.stored("patient_name", "名" * 121)
    with pytest.raises(NotCarried, match="ASCII"):
        WORDS.stored("cert_no", "１２３")
