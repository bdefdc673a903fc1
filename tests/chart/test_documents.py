"""Documents point at what exists."""

from __future__ import annotations

import pytest

from tools import documents
from tools.catalogue import ROOT


def test_every_document_leads_somewhere() -> None:
    assert list(documents.problems()) == []


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[x](docs/NOWHERE.md)", "docs/NOWHERE.md does not exist"),
        ("[x](docs/FLOW.md#no-such-heading)", "docs/FLOW.md#no-such-heading: no such heading"),
        ("`hub/outbox/nowhere.py`", "`hub/outbox/nowhere.py` does not exist"),
        ("run `make dinner`", "`make dinner` does not exist"),
        ("run `manage.py make_dinner`", "`manage.py make_dinner` does not exist"),
    ],
)
def test_what_leads_nowhere_is_found(text: str, problem: str) -> None:
    assert list(documents.problems_of(ROOT / "README.md", text)) == [problem]


@pytest.mark.parametrize(
    "text",
    [
        "[x](docs/FLOW.md#where-to-read)",
        "[x](https://example.org/)",
        "`tenants/scheduling/steps.claim_number`",
        "`docs/adr/`",
        "`var/log/web.log`",
        "`make run` and `manage.py verify_audit --all`",
    ],
)
def test_what_leads_somewhere_is_let_be(text: str) -> None:
    assert list(documents.problems_of(ROOT / "README.md", text)) == []
