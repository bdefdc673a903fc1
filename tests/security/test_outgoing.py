"""SSRF: whatever a form, a name server or an answer says, the hub calls what its policy allows and reads a measure."""

from __future__ import annotations

import ast
import gzip
import socket
import tracemalloc
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import pytest
from pytest_django.fixtures import Settings

from hub.outgoing import http as outgoing
from hub.outgoing import policy
from hub.outgoing.policy import AddressRefused
from hub.security.roles import Role
from institution_connectors.contracts import Reason, Timeouts
from institution_connectors.http import CallFailed, HospitalHttp
from tests.portal.desks import desk_of, text_of
from tests.portal.test_region_institutions import FORM
from tools.catalogue import ROOT

INTRANET = ["10.0.0.0/8", "192.168.0.0/16"]
NEVER = [
    "169.254.169.254", "fe80::1", "0.0.0.0", "224.0.0.1", "255.255.255.255", "240.0.0.1", "127.0.0.1", "::1", "::",
    "::ffff:169.254.169.254", "::ffff:127.0.0.1", "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::1", "172.16.0.9", "ff02::1",
]  # fmt: skip
"""Of these `172.16.0.9` is a private address that the site did not name."""
SPELLINGS = ["2852039166", "0x7f000001", "127.1", "0177.0.0.1"]
"""Other ways to write addresses that C libraries understand."""
BOMB = gzip.compress(bytes(200 << 20), 9)


@pytest.fixture
def strict(settings: Settings) -> Settings:
    """A public hub at a site with two intranets."""
    settings.HUB_OUTGOING_NETWORKS = INTRANET
    return settings


@pytest.mark.control("8.1.3.2/52")
@pytest.mark.parametrize("address", NEVER)
def test_addresses_nobody_named_are_refused(strict: Settings, address: str) -> None:
    assert not policy.may_call(ip_address(address), 443)
    with pytest.raises(AddressRefused):
        policy.connect(address, 443, timeout=1)


@pytest.mark.control("8.1.3.2/52")
@pytest.mark.parametrize("written", SPELLINGS)
def test_other_spellings_of_them_are_refused(strict: Settings, written: str) -> None:
    with pytest.raises(AddressRefused):
        policy.connect(written, 80, timeout=1)
    refused = (httpx.ConnectError, httpx.InvalidURL)
    with outgoing.client(timeout=httpx.Timeout(1)) as client, pytest.raises(refused, match=r"forbids|Invalid"):
        client.get(f"http://{written}/")


def test_hospitals_intranets_and_the_public_are_allowed_as_configured(strict: Settings) -> None:
    assert policy.may_call(ip_address("10.20.0.7"), 8080)
    assert policy.may_call(ip_address("203.0.112.1"), 443)
    strict.HUB_OUTGOING_PUBLIC = False
    assert not policy.may_call(ip_address("203.0.112.1"), 443)


@pytest.mark.control("8.1.3.2/52")
def test_the_hubs_own_services_are_nobodys_address(settings: Settings) -> None:
    """Also where this machine may be called: a hospital's address can't be the database, the cache or the files."""
    database = settings.DATABASES["default"]
    with pytest.raises(AddressRefused):
        policy.connect(str(database["HOST"]), int(database["PORT"]), timeout=1)
    host, _, port = settings.HUB_S3["endpoint"].partition(":")
    with pytest.raises(AddressRefused):
        policy.connect(host, int(port), timeout=1)


@pytest.mark.control("8.1.3.2/52")
def test_a_name_is_judged_by_every_address_and_called_at_the_one_judged(
    strict: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def server(host: str, port: int, **_options: Any) -> list[Any]:
        """A name server of somebody else: the first answer is harmless, the second one is not."""
        asked.append(host)
        address = "10.1.1.1" if len(asked) == 1 else "169.254.169.254"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    called = []
    monkeypatch.setattr(socket, "getaddrinfo", server)
    monkeypatch.setattr(socket, "create_connection", lambda place, **_options: called.append(place))
    policy.connect("his.example.org", 80, timeout=1)
    assert called == [("10.1.1.1", 80)], "the address that was judged, not the name once more"
    with pytest.raises(AddressRefused):
        policy.connect("his.example.org", 80, timeout=1)


Answering = Callable[[BaseHTTPRequestHandler], None]


@pytest.fixture
def site() -> Iterator[tuple[str, list[str], dict[str, Answering]]]:
    """An outside server on this machine: its address, the paths that were asked for, and what it answers."""
    asked: list[str] = []
    answers: dict[str, Answering] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked.append(self.path)
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            answers[self.path](self)

        def log_message(self, *_args: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", asked, answers
    server.shutdown()
    server.server_close()


def _answer(handler: BaseHTTPRequestHandler, status: int, body: bytes = b"", **headers: str) -> None:
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


@pytest.mark.control("8.1.3.2/52")
def test_a_redirect_is_an_answer_and_leads_nowhere(site: tuple[str, list[str], dict[str, Answering]]) -> None:
    address, asked, answers = site
    answers["/his"] = lambda handler: _answer(handler, 302, Location=f"{address}/inside")
    hospital = HospitalHttp(connections=1)
    received = hospital.post(f"{address}/his", b"{}", {}, Timeouts(1.0, 5.0))
    assert (received.status, asked) == (302, ["/his"])
    hospital.close()


@pytest.mark.control("CES1-20/32")
def test_a_small_answer_that_unpacks_to_a_huge_one_is_refused(
    site: tuple[str, list[str], dict[str, Answering]],
) -> None:
    address, _, answers = site
    answers["/bomb"] = lambda handler: _answer(handler, 200, BOMB, Content_Encoding="gzip")
    answers["/good"] = lambda handler: _answer(handler, 200, gzip.compress(b"{}"), Content_Encoding="gzip")
    answers["/odd"] = lambda handler: _answer(handler, 200, b"{}", Content_Encoding="br")
    answers["/broken"] = lambda handler: _answer(handler, 200, b"no gzip", Content_Encoding="gzip")
    hospital = HospitalHttp(connections=1)
    assert hospital.post(f"{address}/good", b"{}", {}, Timeouts(1.0, 5.0)).body == b"{}"
    tracemalloc.start()
    for path in ("/bomb", "/odd", "/broken"):
        with pytest.raises(CallFailed) as failed:
            hospital.post(address + path, b"{}", {}, Timeouts(1.0, 5.0))
        assert failed.value.answer.reason is Reason.CONNECTION_LOST, (
            "the request was sent: it is asked what became of it"
        )
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 60 << 20, f"{peak >> 20} MiB for a bomb of 200"
    hospital.close()


@pytest.mark.control("8.1.3.2/52")
def test_a_hospital_at_a_forbidden_address_gets_nothing(strict: Settings) -> None:
    hospital = HospitalHttp(connections=1)
    with pytest.raises(CallFailed) as failed:
        hospital.post("http://169.254.169.254/latest/meta-data", b"{}", {}, Timeouts(1.0, 5.0))
    assert (failed.value.answer.reason, failed.value.answer.sent) == (Reason.UNREACHABLE, False)
    assert "forbids 169.254.169.254" in failed.value.answer.text, "the engineer reads why"


@pytest.mark.control("8.1.3.2/52")
@pytest.mark.parametrize(
    "endpoint",
    [
        "http://169.254.169.254/latest/meta-data",
        "http://[::ffff:169.254.169.254]/",
        "http://user:word@10.0.0.1/his",
        "http://localhost:5432/his",
        "file:///etc/passwd",
        "gopher://10.0.0.1/",
        "http://10.0.0.1:0/",
    ],
)
def test_the_form_of_a_new_hospital_refuses_it_in_words(strict: Settings, committed: None, endpoint: str) -> None:
    answer = desk_of(Role.OPERATIONS).post("/district/joining/new", {**FORM, "endpoint": endpoint})
    assert answer.status_code == 422
    assert any(words in text_of(answer) for words in ("平台不允许连接这个地址", "地址应以", "不能带用户名"))


OUTSIDE = {"hub/outgoing", "hub/embedded"}
MAKERS = {"httpx.Client", "httpx.AsyncClient", "socket.create_connection", "urllib.request.urlopen"}
KNOWN = {"regional_services/synthetic/visit.py": "meets the hub's own public address, as residents do"}


@pytest.mark.control("8.1.3.2/52")
def test_nobody_else_opens_connections() -> None:
    found = set()
    for package in ("hub", "institution_connectors", "tenants", "regional_services", "portal"):
        for path in (ROOT / package).rglob("*.py"):
            name = str(path.relative_to(ROOT))
            if any(name.startswith(place) for place in OUTSIDE) or "/management/" in name:
                continue
            calls = (node for node in ast.walk(ast.parse(Path(path).read_text())) if isinstance(node, ast.Call))
            found |= {name for call in calls if ast.unparse(call.func) in MAKERS}
    assert found == set(KNOWN)
