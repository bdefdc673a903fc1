"""Single defences of the checklist that no other area's tests show."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from hub.accounts import services as accounts
from hub.actor import system_actor
from hub.security.roles import Role
from hub.settings import env
from hub.settings.env import SettingError
from tests.booking import world
from tests.portal.desks import desk_of, text_of
from tests.portal.workspace import archive_of, booked
from tests.security.matrix import examples
from tools import checklist

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = "<script>alert(1)</script>"
_PRIVATE = re.compile(r"-----BEGIN (?:RSA |EC |OPENSSH |)PRIVATE KEY-----\\?n?[A-Za-z0-9+/=\s]{64}|AKIA[0-9A-Z]{16}")


@pytest.fixture(autouse=True)
def plain_static_files(settings: Any) -> None:
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}


@pytest.mark.control("CES1-06/12")
@pytest.mark.parametrize(
    "weak", ["short", "a" * 60, "only-for-commands-that-use-no-service", "django-insecure-" + "x9Kq2LmZ" * 6]
)
def test_start_refuses_a_default_or_weak_key_where_others_reach_it(monkeypatch: pytest.MonkeyPatch, weak: str) -> None:
    monkeypatch.setenv("SOME_SECRET", weak)
    with pytest.raises(SettingError, match="SOME_SECRET"):
        env.secret("SOME_SECRET", exposed=True)
    assert env.secret("SOME_SECRET", exposed=False) == weak
    monkeypatch.setenv("SOME_SECRET", "kT8s-vQ2m_Zp4Lw9xYb7Rc1Nd6Fg3Hj5Ua0Ei")
    assert env.secret("SOME_SECRET", exposed=True)


@pytest.mark.control("MLPS/42")
def test_no_key_material_in_the_repository() -> None:
    """Published sample vectors stand in tests/samples, whose origin is written down."""
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    found = [
        name
        for name in names.split("\0")
        if name and not name.startswith("tests/samples/") and _PRIVATE.search(_text(ROOT / name))
    ]
    assert found == []


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="ignore") if path.is_file() else ""


@pytest.mark.control("mobile/59")
def test_our_scripts_keep_nothing_in_the_browser() -> None:
    scripts = list((ROOT / "portal" / "static" / "portal").glob("*.js"))
    assert scripts
    store = re.compile("localStorage|sessionStorage|indexedDB|document\\.cookie|caches\\.open|serviceWorker")
    assert [path.name for path in scripts if store.search(path.read_text(encoding="utf-8"))] == []


@pytest.mark.control("CES1-32/46", "CES1-33/47")
def test_signing_out_leaves_nothing_behind(alpha: str) -> None:
    world.register_institution(alpha)
    resident = examples.resident_browser(world.resident())
    clerk = desk_of(Role.RECEPTION, hospital=alpha)
    for browser, page, way_out in ((resident, "/me", "/signout"), (clerk, "/workspace/", "/desk/signout")):
        assert "no-store" in browser.get(page)["Cache-Control"]
        kept = Client(SERVER_NAME=browser.defaults["SERVER_NAME"])
        kept.cookies["sessionid"] = browser.cookies["sessionid"].value
        assert browser.post(way_out)["Clear-Site-Data"] == '"cache", "storage"'
        assert kept.get(page).status_code == 302, "a copied cookie is worth nothing"


@pytest.mark.control("CES1-20/32")
def test_a_name_with_markup_is_shown_as_text_wherever_administrators_put_it(alpha: str) -> None:
    """Names people type are the classic way in: staff, reasons of protection and of emergencies."""
    _, who = booked(alpha)
    accounts.create_staff(
        actor=system_actor("seed"),
        login_name="markup",
        display_name=SCRIPT,
        institution_code=alpha,
        roles=[Role.DOCTOR],
    )
    accounts.create_staff(
        actor=system_actor("seed"), login_name="markup.district", display_name=SCRIPT, roles=[Role.OPERATIONS]
    )
    desk_of(Role.DOCTOR, hospital=alpha).post("/desk/emergency", {"reason": f"{SCRIPT}抢救"})
    desk_of(Role.HOSPITAL_MANAGER, hospital=alpha).post(
        f"/workspace/people/{archive_of(alpha, who).id}/protect", {"reason": SCRIPT}
    )
    shown = 0
    for browser, page in (
        (desk_of(Role.SYSTEM_ADMIN, hospital=alpha), "/workspace/staff"),
        (desk_of(Role.SECURITY_ADMIN, hospital=alpha), "/desk/flags"),
        (desk_of(Role.AUDIT_ADMIN, hospital=alpha), "/workspace/audit"),
        (desk_of(Role.SYSTEM_ADMIN), "/district/accounts"),
        (desk_of(Role.AUDIT_ADMIN), "/district/audit"),
    ):
        text = text_of(browser.get(page))
        assert SCRIPT not in text, page
        shown += "&lt;script&gt;" in text
    assert shown >= 3


@pytest.mark.control("dev/63")
def test_the_checklist_is_what_the_tests_say() -> None:
    assert list(checklist.problems()) == []
