"""What staff do with connectors and messages: change a profile, send again, tidy up; and what they see."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext

from hub import clock, ids
from hub.actor import Actor, ActorKind
from hub.errors import Forbidden, InvalidInput
from hub.outbox.relay import drain
from hub.tenancy.scope import hospital
from institution_connectors.catalog import permissions as catalog_permissions
from institution_connectors.catalog import selectors as catalog
from institution_connectors.catalog import services as catalog_services
from institution_connectors.catalog.errors import NoConnector
from institution_connectors.contracts import Operation, Outcome, Reason
from institution_connectors.exchange import permissions, selectors, services, tasks
from institution_connectors.exchange.errors import NotRerunnable, UnknownExchange
from institution_connectors.exchange.models import Exchange, Message, Probe, State
from institution_connectors.exchange.rendering import masked
from tests.connectors.asking import answer_of, enqueue, registration, state_of
from tests.connectors.conftest import Connected


def staff(*held: str) -> Actor:
    """Somebody of alpha with these permissions."""
    return Actor(kind=ActorKind.STAFF, id=ids.uuid7(), name="信息科", institution="alpha", permissions=frozenset(held))


def test_a_profile_is_read_from_memory_in_any_scope(alpha_his: Connected) -> None:
    with hospital(alpha_his.code, read_only=True), CaptureQueriesContext(connections["default"]) as region:
        assert catalog.profile(alpha_his.code) == alpha_his.profile
        assert catalog.can(alpha_his.code, Operation.REGISTER)
    assert len(region) == 0


def test_a_changed_profile_is_used_at_once_and_raises_its_version(alpha_his: Connected) -> None:
    off = replace(alpha_his.profile, enabled=False)
    with pytest.raises(Forbidden):
        catalog_services.put_connector(actor=staff(), profile=off)
    assert catalog.profile(alpha_his.code).enabled
    catalog_services.put_connector(actor=staff(catalog_permissions.MANAGE), profile=off)
    with pytest.raises(NoConnector):
        catalog.profile(alpha_his.code)
    back = catalog_services.put_connector(actor=staff(catalog_permissions.MANAGE), profile=alpha_his.profile)
    assert back.version == alpha_his.profile.version + 2


def test_what_was_refused_is_sent_again_as_a_linked_ask_by_whoever_may(alpha_his: Connected) -> None:
    request = registration(alpha_his)
    alpha_his.board.switch("reject", "refused", times=1, only=["register"])
    first = enqueue(alpha_his.code, request)
    drain()
    assert answer_of(alpha_his.code, first).reason is Reason.REFUSED
    operator = staff(permissions.RERUN)
    with pytest.raises(Forbidden):
        services.rerun(actor=staff(), code=alpha_his.code, exchange_id=first, reason="医院已修复")
    with pytest.raises(InvalidInput):
        services.rerun(actor=operator, code=alpha_his.code, exchange_id=first, reason=" ")
    assert alpha_his.registrations(request.hub_number) == []
    again = services.rerun(actor=operator, code=alpha_his.code, exchange_id=first, reason="医院已修复")
    drain()
    assert state_of(alpha_his.code, again).rerun_of == first
    assert answer_of(alpha_his.code, again).outcome is Outcome.ACCEPTED
    with pytest.raises(NotRerunnable):
        services.rerun(actor=operator, code=alpha_his.code, exchange_id=again, reason="再发一次")
    with pytest.raises(UnknownExchange):
        services.rerun(actor=operator, code=alpha_his.code, exchange_id=ids.uuid7(), reason="没有的")


def test_what_is_in_doubt_is_never_sent_again_by_hand(alpha_his: Connected) -> None:
    request = registration(alpha_his)
    alpha_his.board.switch("drop_answer", only=["register", "check_outcome"])
    in_doubt = enqueue(alpha_his.code, request)
    drain()
    assert state_of(alpha_his.code, in_doubt).state is State.UNKNOWN
    with pytest.raises(NotRerunnable):
        services.rerun(actor=staff(permissions.RERUN), code=alpha_his.code, exchange_id=in_doubt, reason="着急")


def test_reads_a_dead_process_left_open_are_ended(alpha_his: Connected) -> None:
    with hospital(alpha_his.code):
        Exchange.objects.create(
            key="now:left",
            correlation="poll",
            operation=Operation.PING,
            request={"_kind": "Ping"},
            asked_at=clock.now() - timedelta(minutes=5),
            deadline=clock.now() - timedelta(minutes=4),
            announce=False,
        )
    tasks.recover_hospital(hospital=alpha_his.code)
    left = state_of(alpha_his.code, None)
    assert (left.state, left.reason) == (State.REJECTED, Reason.CONNECTION_LOST)


def test_bodies_end_and_the_account_of_them_stays(alpha_his: Connected) -> None:
    exchange_id = enqueue(alpha_his.code, registration(alpha_his))
    drain()
    with clock.shifted(timedelta(days=31)):
        tasks.end_bodies(hospital=alpha_his.code)
    with hospital(alpha_his.code, read_only=True):
        assert {message.text for message in selectors.detail(exchange_id).messages} == {None}
        assert Message.objects.filter(size__gt=0).count() >= 4


def test_the_schedule_probes_every_hospital(alpha_his: Connected) -> None:
    tasks.probe_hospital(hospital=alpha_his.code)
    with hospital(alpha_his.code, read_only=True):
        assert Probe.objects.get().reason == ""


@pytest.mark.parametrize(
    "text",
    [
        '{"name": "张小三", "cert_no": "310106199001011236", "mobile": "13800000000", "home_address": "江宁路1号"}',
        "<PatientName>张小三</PatientName><IDCard>310106199001011236</IDCard><MobilePhone>13800000000</MobilePhone>",
        "&lt;PatientName&gt;张小三&lt;/PatientName&gt;&lt;IDCard&gt;310106199001011236&lt;/IDCard&gt;",
        "MSH|^~\\&|HIS\rPID|1||1003243^^^H07^MR~310106199001011236^^^CHN^NNCHN||张小三||19900101|M|||江宁路1号||13800000000",
        "自由文字 310106199001011236 与 13800000000",
    ],
)
def test_no_dialect_shows_a_person(text: str) -> None:
    shown = masked(text)
    for secret in ("张小三", "310106199001011236", "13800000000", "江宁路1号"):
        assert secret not in shown


def test_what_is_no_person_stays_readable() -> None:
    text = '{"schedule_no": "20260106AM030102-07", "hub_no": "H01KAXV6N2Q8T4ZJ5W7Y9B3CDEFG", "reg_fee": 2000}'
    assert masked(text) == text
