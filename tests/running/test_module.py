"""A module that was not there when the hub was built joins it, and the hub that runs goes on (JA-OPS-07)."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from hub.audit.selectors import Search, entries_of
from hub.security.roles import Role
from hub.tenancy.scope import REGION
from tests.portal.desks import desk_of, text_of
from tools.catalogue import ROOT

FILES = {
    "__init__.py": "",
    "apps.py": """
from django.apps import AppConfig

class WeatherConfig(AppConfig):
    name = "weather"
    label = "weather"
    verbose_name = "天气提醒"
    menu_permission = "weather.view"
""",
    "permissions.py": """
from hub.security.permissions import permission
from hub.security.roles import Role

VIEW = permission("weather.view", "查看天气提醒", roles=(Role.OPERATIONS,))
""",
    "views.py": """
from hub.tenancy.scope import REGION
from hub.work import work
from portal.desk.pages import desk
from portal.region.pages import district_page
from weather.permissions import VIEW

@district_page(VIEW)
def page(request, actor):
    with work(REGION, actor=actor) as unit:
        unit.audit("weather.looked", target="weather")
    return desk(request, actor, "base", "weather")
""",
    "urls.py": """
from django.urls import path
from weather import views

urlpatterns = [path("", views.page, name="weather")]
""",
}
VISIT = """
import sys, django
django.setup()
from django.test import Client
browser = Client(SERVER_NAME="localhost", raise_request_exception=False)
browser.cookies["sessionid"] = sys.argv[1]
for path in ("/district/modules/weather/", "/district/institutions"):
    answer = browser.get(path)
    print(path, answer.status_code, "天气提醒" in answer.content.decode())
"""


def visited(session: str, folder: Path) -> list[str]:
    """What a hub that was started with the module answers."""
    path = os.pathsep.join([str(folder), str(ROOT)])
    environment = {**os.environ, "HUB_MODULES": "weather", "PYTHONPATH": path}
    environment["DJANGO_SETTINGS_MODULE"] = "hub.settings"
    command = [sys.executable, "-c", VISIT, session]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.split("\n")[:2]


@pytest.mark.requirement("JA-OPS-07")
def test_a_new_module_is_used_while_the_hub_that_runs_goes_on(committed: None, tmp_path: Path) -> None:
    folder = tmp_path / "weather"
    folder.mkdir()
    for name, text in FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    operator, auditor = desk_of(Role.OPERATIONS), desk_of(Role.AUDIT_ADMIN)
    assert operator.get("/district/modules/weather/").status_code == 404, "not built in"
    session = {browser: browser.cookies["sessionid"].value for browser in (operator, auditor)}
    assert visited(session[operator], tmp_path) == [
        "/district/modules/weather/ 200 True",
        "/district/institutions 200 True",
    ], "its page works, and it stands in the bar of all others"
    assert visited(session[auditor], tmp_path)[0] == "/district/modules/weather/ 403 True", "by permission, like any"
    page = text_of(operator.get("/district/institutions"))
    assert "天气提醒" not in page, "the process that ran all the while is as it was, its sign-ins too"
    assert any(entry.action == "weather.looked" for entry in entries_of(REGION, Search()))
