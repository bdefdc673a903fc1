"""JSON logs in which personal data can't appear, whatever a caller passes.

Three rules, applied where the line is written and not where it is asked for:
- the message is its template; of the arguments only numbers, ids and enumerations are filled in, text becomes `[…]`;
- of `extra` only the names in FIELDS pass, and only values that look like codes;
- of an exception its type, code and frames are kept, never its text (a database error quotes the row).
"""

from __future__ import annotations

import json
import logging
import re
import sys
import traceback
from collections.abc import Mapping
from datetime import UTC, date, datetime
from enum import Enum
from typing import Any
from uuid import UUID

from hub.observability import context

HIDDEN = "[…]"
FIELDS = frozenset(
    {
        "aggregate",
        "attempt",
        "booking_id",
        "code",
        "count",
        "delay_ms",
        "dialect",
        "duration_ms",
        "event",
        "event_id",
        "exchange_id",
        "failure",
        "handler",
        "hospital",
        "method",
        "operation",
        "order_id",
        "outcome",
        "peer",
        "port",
        "queue",
        "reason",
        "route",
        "runtime",
        "schema",
        "scope",
        "size",
        "state",
        "status",
        "task",
        "task_id",
    }
)
# A code: ASCII, no run of digits that could be a phone, document or card number.
_CODE = re.compile(r"[A-Za-z0-9_.:/<>{}()\[\]=+ -]{1,200}")
_LONG_NUMBER = re.compile(r"\d{7,}")
_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
_NAMED = re.compile(r"(?:[A-Za-z][A-Za-z_.]{0,60}: ){1,3}")
_LARGEST_NUMBER = 10_000_000
_FRAMES = 25
_CELERY_NAMES = {"name": "task", "id": "task_id", "runtime": "runtime"}


def safe(value: object) -> object:
    """`value` if it can't be personal data, else `[…]`."""
    if value is None or isinstance(value, bool | UUID | datetime):
        return value if isinstance(value, bool | None) else str(value)
    if isinstance(value, Enum):
        return safe(value.value)
    if isinstance(value, int | float):
        return value if abs(value) < _LARGEST_NUMBER else HIDDEN
    if isinstance(value, str):
        bare = _UUID.sub("", value)
        if not bare or (_CODE.fullmatch(bare) and not _LONG_NUMBER.search(bare)):
            return value
        named = _NAMED.match(value)  # "NotFound: hub.not_found: <text>" keeps what names the failure
        return (named.group() if named else "") + HIDDEN
    return HIDDEN


def _argument(value: object) -> object:
    """Message arguments are stricter than named fields: any text could be a name."""
    if isinstance(value, str) and not isinstance(value, Enum) and not _UUID.fullmatch(value):
        return HIDDEN
    return HIDDEN if isinstance(value, date) and not isinstance(value, datetime) else safe(value)


def _message(record: logging.LogRecord) -> str:
    template = str(record.msg)
    if not record.args or isinstance(record.args, Mapping):
        return template
    try:
        return template % tuple(_argument(value) for value in record.args)
    except (TypeError, ValueError):
        return template


def _failure(problem: BaseException) -> dict[str, object]:
    frames = traceback.extract_tb(problem.__traceback__)[-_FRAMES:]
    described: dict[str, object] = {
        "type": f"{type(problem).__module__}.{type(problem).__qualname__}",
        "frames": [f"{frame.filename.rsplit('site-packages/')[-1]}:{frame.lineno} {frame.name}" for frame in frames],
    }
    if isinstance(code := getattr(problem, "code", None) or getattr(problem, "sqlstate", None), str):
        described["code"] = safe(code)
    if cause := problem.__cause__ or problem.__context__:
        described["cause"] = f"{type(cause).__module__}.{type(cause).__qualname__}"
    return described


class JsonFormatter(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """The line for `record`."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": _message(record),
            **context.described(),
        }
        line |= {name: safe(value) for name, value in vars(record).items() if name in FIELDS and value is not None}
        if isinstance(record.args, Mapping):
            line |= {ours: safe(record.args[theirs]) for theirs, ours in _CELERY_NAMES.items() if theirs in record.args}
        if record.exc_info and record.exc_info[1] is not None:
            line["exception"] = _failure(record.exc_info[1])
        return json.dumps(line, ensure_ascii=False, default=lambda _: HIDDEN)


_beside: list[logging.Handler] = []


def also(handler: logging.Handler) -> None:
    """Put a handler beside ours, now and whenever logging is configured again (a worker does so at its start)."""
    _beside.append(handler)
    logging.getLogger().addHandler(handler)


def configure(options: Mapping[str, Any]) -> None:
    """Every logger of the process through one handler on standard error (`LOGGING_CONFIG`)."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler, *_beside]
    root.setLevel(options.get("level", "INFO"))
    for noisy in ("httpx", "httpcore", "urllib3", "asyncio", "django.request", "django.utils.autoreload"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    logging.captureWarnings(True)
