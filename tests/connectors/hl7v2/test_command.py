"""`manage.py hl7_listener` as a program: opens its port, answers, ends when told."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from institution_connectors.adapters.hl7v2_mllp.parser import parse
from institution_connectors.contracts import NumberTaken
from tests.connectors.dialects import SECRET
from tests.connectors.hl7v2.scripted import receive
from tests.connectors.hl7v2.test_inbox import connect_alpha, stored
from tests.harness.outside import HOST, free_port

ROOT = Path(__file__).parents[3]


def command(*arguments: str) -> list[str]:
    return [sys.executable, str(ROOT / "manage.py"), "hl7_listener", *arguments]


@pytest.fixture
def port(alpha: str) -> Iterator[int]:
    found = free_port()
    with subprocess.Popen(command("--listen", f"{HOST}:{found}"), cwd=ROOT, stderr=subprocess.PIPE) as process:
        end = time.monotonic() + 30
        while time.monotonic() < end and process.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex((HOST, found)) == 0:
                    break
            time.sleep(0.1)
        yield found
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0, process.stderr.read().decode() if process.stderr else ""


def test_the_program_takes_messages_in_and_ends_on_sigterm(alpha: str, port: int) -> None:
    connect_alpha()
    head = f"MSH|^~\\&|HIS|H07|HUB|JA|20260105081531|{SECRET}|SIU^S12|C1|P|2.4||||||GB 18030-2000"
    with socket.create_connection((HOST, port), timeout=10) as connected:
        for _ in range(2):
            connected.sendall(b"\x0b" + f"{head}\rSCH||1\rZNB|S1-07|S1|7|||T\r".encode() + b"\x1c\r")
            answer = parse(receive(connected)[1:-2])
            assert (answer.require("MSA").component(1), answer.require("MSA").component(2)) == ("AA", "C1")
    assert len(stored(NumberTaken)) == 1


def test_a_taken_port_is_one_clear_line() -> None:
    """What `manage.py` prints of a CommandError is its text alone."""
    with socket.create_server((HOST, 0)) as taken:
        where = f"{HOST}:{taken.getsockname()[1]}"
        with pytest.raises(CommandError, match=f"HL7 listener on {where}"):
            call_command("hl7_listener", listen=where)


def test_a_wrong_address_is_one_clear_line() -> None:
    with pytest.raises(CommandError, match="host:port expected, not 'somewhere'"):
        call_command("hl7_listener", listen="somewhere")
