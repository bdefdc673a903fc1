"""`manage.py hl7_listener`: take in what hospitals report by HL7 v2 over MLLP, until told to end."""

from __future__ import annotations

import asyncio
import signal
import ssl
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from hub.observability import heartbeat, metrics
from institution_connectors.adapters.hl7v2_mllp import Listener, Manners, Receiver
from institution_connectors.exchange.hl7 import door_of

BEAT_SECONDS = 10.0


class Command(BaseCommand):
    """The listener as a program of its own; any number of them may run behind a TCP load balancer."""

    help = "Take in HL7 v2 messages of hospitals over MLLP."

    def add_arguments(self, parser: CommandParser) -> None:
        """`--listen host:port`, and `--certificate` with key and chain for TLS."""
        parser.add_argument("--listen", default=settings.HUB_HL7_LISTEN)
        parser.add_argument("--certificate", default="", help="PEM file with key and certificates: TLS")
        parser.add_argument("--client-ca", default="", help="PEM file: senders must show a certificate of this CA")

    def handle(self, *_: Any, **options: Any) -> None:
        """Run until SIGINT or SIGTERM."""
        host, _colon, port = str(options["listen"]).rpartition(":")
        if not host or not port.isdigit():
            raise CommandError(f"--listen: host:port expected, not {options['listen']!r}")
        tls = _tls(options["certificate"], options["client_ca"])
        metrics.serve()
        try:
            asyncio.run(_run(Listener(Manners(host=host, port=int(port), tls=tls), Receiver(door_of).answer)))
        except OSError as problem:
            raise CommandError(f"HL7 listener on {options['listen']}: {problem}") from problem


async def _run(listener: Listener) -> None:
    end = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, end.set)
    await listener.start()
    while not end.is_set():
        await asyncio.to_thread(heartbeat.beat, "listener")
        with suppress(TimeoutError):
            await asyncio.wait_for(end.wait(), BEAT_SECONDS)
    await listener.stop()


def _tls(certificate: str, client_ca: str) -> ssl.SSLContext | None:
    if not certificate:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=client_ca or None)
    context.load_cert_chain(certificate)
    context.verify_mode = ssl.CERT_REQUIRED if client_ca else ssl.CERT_NONE
    return context
