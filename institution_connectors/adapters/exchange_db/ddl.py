"""The exchange database as a script a hospital runs, for each of the four databases.

`python -m tools.exchange_ddl` writes the scripts of docs/interfaces/exchange_db; a test holds them to this.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from institution_connectors.adapters.exchange_db.tables.asking import ANSWER, ASKING, EVENT, REQUEST
from institution_connectors.adapters.exchange_db.tables.columns import Field, Kind, Shape
from institution_connectors.adapters.exchange_db.tables.data import CLOCK, DATA

ACCOUNT = "hub_reader"
_KEYS: Mapping[str, tuple[str, ...]] = {
    "v_hub_department": ("dept_code",),
    "v_hub_doctor": ("doctor_code",),
    "v_hub_number_class": ("class_code",),
    "v_hub_schedule": ("schedule_no",),
    "v_hub_number": ("number_no",),
    "v_hub_stop": ("schedule_no",),
    "v_hub_registration": ("reg_no",),
    "v_hub_queue": ("reg_no",),
    "v_hub_bill": ("bill_no",),
    "v_hub_bill_item": ("bill_no", "line_no"),
    "v_hub_paid_bill": ("receipt_no",),
    "v_hub_invoice": ("settlement_no", "state"),
    "v_hub_ledger": ("line_no",),
    "v_hub_stay": ("stay_no",),
    "v_hub_medicine": ("dispense_no",),
    "v_hub_lab_report": ("report_no",),
    "v_hub_lab_value": ("report_no", "line_no"),
    "v_hub_exam_report": ("report_no",),
    "v_hub_exam_image": ("report_no", "line_no"),
    "v_hub_discharge": ("report_no",),
}
# What the hub asks for by, where the primary key does not serve it.
_INDEXES: tuple[tuple[str, str, str], ...] = (
    ("ix_hub_request_flag", "hub_request", "flag, asked_at"),
    ("ix_hub_event_taken", "hub_event", "taken_flag, event_no"),
    ("ix_hub_event_written", "hub_event", "written_at"),
    ("ix_hub_schedule_day", "t_hub_schedule", "clinic_date"),
    ("ix_hub_number_schedule", "t_hub_number", "schedule_no"),
    ("ix_hub_stop_day", "t_hub_stop", "clinic_date"),
    ("ix_hub_registration_day", "t_hub_registration", "clinic_date"),
    ("ix_hub_bill_patient", "t_hub_bill", "patient_no"),
    ("ix_hub_item_settlement", "t_hub_bill_item", "settlement_no"),
    ("ix_hub_paid_patient", "t_hub_paid_bill", "patient_no, paid_at"),
    ("ix_hub_invoice_patient", "t_hub_invoice", "patient_no, paid_at"),
    ("ix_hub_ledger_time", "t_hub_ledger", "trade_time"),
    ("ix_hub_stay_patient", "t_hub_stay", "patient_no"),
    ("ix_hub_medicine_patient", "t_hub_medicine", "patient_no"),
    ("ix_hub_lab_patient", "t_hub_lab_report", "patient_no, reported_at"),
    ("ix_hub_exam_patient", "t_hub_exam_report", "patient_no, reported_at"),
    ("ix_hub_discharge_patient", "t_hub_discharge", "patient_no, reported_at"),
)


@dataclass(frozen=True, slots=True)
class Words:
    """How one database writes types and its present time; `head` opens the script, `batch` begins a view."""

    title: str
    types: Mapping[Kind, Callable[[int], str]]
    now: str
    now_time: str
    head: str = ""
    tail: str = ""
    batch: str = ""


def _plain(name: str) -> Callable[[int], str]:
    return lambda _size: name


DATABASES: Mapping[str, Words] = {
    "postgresql": Words(
        "PostgreSQL 12 及以上",
        {
            Kind.CODE: lambda size: f"VARCHAR({size})",
            Kind.TEXT: lambda size: f"VARCHAR({size})",
            Kind.LONG: _plain("TEXT"),
            Kind.FLAG: _plain("CHAR(1)"),
            Kind.WHOLE: _plain("INTEGER"),
            Kind.BIG: _plain("BIGINT"),
            Kind.MONEY: _plain("NUMERIC(12,2)"),
            Kind.TIME: _plain("TIMESTAMP(0)"),
            Kind.DAY: _plain("DATE"),
        },
        now="LOCALTIMESTAMP(0)",
        now_time="LOCALTIMESTAMP(0)",
        head="-- 服务器或账号的时区应为 Asia/Shanghai：ALTER ROLE hub_reader SET timezone = 'Asia/Shanghai';\n",
    ),
    "mariadb": Words(
        "MariaDB 10.5 及以上、MySQL 8.0",
        {
            Kind.CODE: lambda size: f"VARCHAR({size})",
            Kind.TEXT: lambda size: f"VARCHAR({size})",
            Kind.LONG: _plain("LONGTEXT"),
            Kind.FLAG: _plain("CHAR(1)"),
            Kind.WHOLE: _plain("INT"),
            Kind.BIG: _plain("BIGINT"),
            Kind.MONEY: _plain("DECIMAL(12,2)"),
            Kind.TIME: _plain("DATETIME"),
            Kind.DAY: _plain("DATE"),
        },
        now="CURRENT_TIMESTAMP",
        now_time="NOW()",
        head="-- 表必须为 InnoDB；库的字符集建议 utf8mb4，旧库 gbk 亦可（在接口资料中登记）。\n",
        tail=" ENGINE=InnoDB",
    ),
    "oracle": Words(
        "Oracle 11g 及以上",
        {
            Kind.CODE: lambda size: f"VARCHAR2({size})",
            Kind.TEXT: lambda size: f"VARCHAR2({size} CHAR)",
            Kind.LONG: _plain("CLOB"),
            Kind.FLAG: _plain("CHAR(1)"),
            Kind.WHOLE: _plain("NUMBER(9)"),
            Kind.BIG: _plain("NUMBER(18)"),
            Kind.MONEY: _plain("NUMBER(12,2)"),
            Kind.TIME: _plain("DATE"),
            Kind.DAY: _plain("DATE"),
        },
        now="SYSDATE",
        now_time="SYSDATE",
        head="-- 数据库主机的时区应为东八区（SYSDATE 取主机时间）。\n",
    ),
    "sqlserver": Words(
        "SQL Server 2012 及以上",
        {
            Kind.CODE: lambda size: f"VARCHAR({size})",
            Kind.TEXT: lambda size: f"NVARCHAR({size})",
            Kind.LONG: _plain("NVARCHAR(MAX)"),
            Kind.FLAG: _plain("CHAR(1)"),
            Kind.WHOLE: _plain("INT"),
            Kind.BIG: _plain("BIGINT"),
            Kind.MONEY: _plain("DECIMAL(12,2)"),
            Kind.TIME: _plain("DATETIME2(0)"),
            Kind.DAY: _plain("DATE"),
        },
        now="SYSDATETIME()",
        now_time="CAST(SYSDATETIME() AS DATETIME2(0))",
        head="-- 建议打开 READ_COMMITTED_SNAPSHOT，平台的查询便不与作业互相等待。\n",
        batch="GO\n",  # a view must be the first statement of its batch
    ),
}


def script(database: str) -> str:
    """The whole script for one of `DATABASES`; each statement ends with a semicolon at the end of a line."""
    words = DATABASES[database]
    parts = [
        f"-- 区域便捷就医平台 交换库（exchange_db）建表脚本 · {words.title}\n"
        "-- 由平台的接口定义生成；在医院交换库自己的模式中执行。t_ 开头的表是数据落地表：医院也可以不建，\n"
        f"-- 把同名视图改写为对自己业务表的查询，列名、类型和含义不变即可。{ACCOUNT} 是平台的账号。\n" + words.head
    ]
    parts += [_table(shape, shape.name, shape.key, words) for shape in ASKING]
    parts += [_table(shape, _base(shape), _KEYS.get(shape.name, ()), words) for shape in DATA if shape is not CLOCK]
    job_time = f"  job_time {words.types[Kind.TIME](0)}  -- 作业每次运行时改写\n"
    parts.append(f"-- 作业心跳\nCREATE TABLE t_hub_clock (\n{job_time}){words.tail};\n")
    parts.append("INSERT INTO t_hub_clock (job_time) VALUES (NULL);\n")
    parts.append("".join(f"CREATE INDEX {name} ON {table} ({columns});\n" for name, table, columns in _INDEXES))
    parts += [_view(shape, words) for shape in DATA]
    parts.append(words.batch + "".join(_grants(database)))
    return "\n".join(parts)


def _base(shape: Shape) -> str:
    return shape.name.replace("v_hub_", "t_hub_")


def _table(shape: Shape, name: str, key: tuple[str, ...], words: Words) -> str:
    lines = [f"-- {shape.title}", f"CREATE TABLE {name} ("]
    for field in shape.fields:
        last = not key and field is shape.fields[-1]
        note = f"  -- {field.note}" if field.note else ""
        lines.append(f"  {_column(field, words, required=field.name in key)}{'' if last else ','}{note}")
    if key:
        lines.append(f"  PRIMARY KEY ({', '.join(key)})")
    return "\n".join(lines) + f"\n){words.tail};\n"


def _column(field: Field, words: Words, *, required: bool) -> str:
    default = f" DEFAULT {words.now}" if field.now else f" DEFAULT '{field.default}'" if field.default else ""
    wanted = " NOT NULL" if field.required or required else ""
    return f"{field.name} {words.types[field.kind](field.size)}{default}{wanted}"


def _view(shape: Shape, words: Words) -> str:
    if shape is CLOCK:
        columns, base = f"{words.now_time} AS now_time, job_time", "t_hub_clock"
    else:
        columns, base = ", ".join(field.name for field in shape.fields), _base(shape)
    made = f"CREATE VIEW {shape.name} AS SELECT {columns}\n  FROM {base};\n"  # noqa: S608 - a script to be read
    return f"-- {shape.title}\n{words.batch}{made}"


def _grants(database: str) -> Iterator[str]:
    """The least the hub needs: read views and answers, insert requests, set two flags."""
    yield "-- 平台账号的全部权限\n"
    for shape in DATA:
        yield f"GRANT SELECT ON {shape.name} TO {ACCOUNT};\n"
    for shape in ASKING:
        yield f"GRANT SELECT ON {shape.name} TO {ACCOUNT};\n"
    given = ", ".join(field.name for field in REQUEST.fields if field.name not in {"asked_at", "flag", "taken_at"})
    yield f"GRANT INSERT{'' if database == 'sqlserver' else f' ({given})'} ON {REQUEST.name} TO {ACCOUNT};\n"
    for shape, column in ((REQUEST, "flag"), (EVENT, "taken_flag")):
        told = f"UPDATE ON {shape.name} ({column})" if database == "sqlserver" else f"UPDATE ({column}) ON {shape.name}"
        yield f"GRANT {told} TO {ACCOUNT};\n"
    yield f"-- 平台从不写 {ANSWER.name} 与任何数据表\n"
