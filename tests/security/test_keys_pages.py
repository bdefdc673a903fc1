"""Keys and secrets in the hands of the right administrators, from pages."""

from __future__ import annotations

import time
from typing import Any

import pytest

from hub.audit.selectors import Search, entries_of
from hub.keys import services, tasks
from hub.keys.models import JobState, Reencryption
from hub.outbox.relay import drain
from hub.security import rotation
from hub.security.keyring import DATA, REGION_OWNER, TOKEN, KeyRing, ring
from hub.security.roles import Role
from hub.tenancy.scope import REGION, hospital, region
from tenants.patients.models import PatientArchive
from tests.portal.desks import desk_of, sent_to_workers, text_of
from tests.portal.workspace import audited, booked
from tests.security.matrix import examples

SECRET = "n" * 40


@pytest.fixture(autouse=True)
def plain_static_files(settings: Any) -> None:
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}


@pytest.mark.control("MLPS/41")
def test_a_hospitals_key_is_rotated_and_its_values_follow(own_ring: KeyRing, alpha: str) -> None:
    """The job may be killed after any batch; the next worker goes on, and the values open all the while."""
    _, who = booked(alpha)
    security = desk_of(Role.SECURITY_ADMIN)
    before = ring().active(alpha).id
    assert "已启用新密钥" in text_of(security.post("/district/keys/rotate", {"owner": alpha}, follow=True))
    assert ring().active(alpha).id != before
    assert rotation.remaining((alpha,)) > 0
    again = text_of(security.post("/district/keys/rotate", {"owner": alpha}, follow=True))
    assert "上一次轮换的重新加密尚未完成" in again
    drain()
    assert "keys.reencrypt" in sent_to_workers()
    job = Reencryption.objects.get()
    half = rotation.reencrypt_scopes(services.WORKER, (alpha,))
    next(half)
    del half
    tasks.reencrypt(str(job.id))
    tasks.reencrypt(str(job.id))
    assert rotation.remaining((alpha, REGION)) == 0
    with hospital(alpha, read_only=True):
        assert PatientArchive.objects.get(person_id=who.person_id).name == "沈云"
    job.refresh_from_db()
    assert (job.state, job.done) == (JobState.DONE, job.total)
    page = text_of(security.get("/district/keys"))
    assert "已完成" in page
    assert "v2" in page
    actions = [entry.action for entry in entries_of(REGION, Search())]
    assert {"security.key_rotated", "security.reencryption_done"} <= set(actions)
    assert audited(alpha, "security.reencrypted")


def test_a_job_whose_worker_died_is_sent_again(own_ring: KeyRing, committed: None) -> None:
    with region():
        job = Reencryption.objects.create(owner=REGION_OWNER, key_id="00", state=JobState.RUNNING, asked_by="x")
        Reencryption.objects.filter(id=job.id).update(touched_at=job.asked_at - 2 * services.STALE)
    tasks.resume()
    assert "keys.reencrypt" in sent_to_workers()


@pytest.mark.control("MLPS/41")
def test_the_key_of_tokens_is_rotated_without_signing_anybody_out(own_ring: KeyRing, alpha: str, beta: str) -> None:
    district = examples.build(alpha, beta)
    old = examples.resident_token(district.owner)
    security = desk_of(Role.SECURITY_ADMIN)
    assert security.post("/district/keys/rotate", {"owner": TOKEN}).status_code == 302
    fresh = examples.resident_token(district.owner)
    kids = [token.split(".")[0] for token in (old, fresh)]
    assert kids[0] != kids[1]
    for token in (old, fresh):
        answer = security.get("/api/resident/v1/auth/me", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 200


@pytest.mark.control("MLPS/10", "MLPS/42")
def test_an_agreed_secret_is_replaced_by_the_system_administrator(own_ring: KeyRing, committed: None) -> None:
    own_ring.put_secret("connector.alpha", b"o" * 40)
    system = desk_of(Role.SYSTEM_ADMIN)
    page = text_of(system.get("/district/keys"))
    assert "connector.alpha" in page
    assert "o" * 40 not in page
    short = system.post("/district/keys/secret", {"reference": "connector.alpha", "value": "x"}, follow=True)
    assert "32 到 4096" in text_of(short)
    done = system.post("/district/keys/secret", {"reference": "connector.alpha", "value": SECRET}, follow=True)
    assert "新凭据已生效" in text_of(done)
    assert ring().secret("connector.alpha") == SECRET.encode()
    [entry] = entries_of(REGION, Search(action="security.secret_replaced"))
    assert SECRET not in f"{entry.target}{entry.detail}{entry.reason}"


@pytest.mark.control("CES1-08/14", "8.1.5.1/54", "8.1.5.3/56")
def test_keys_and_secrets_lie_with_two_administrators(own_ring: KeyRing, committed: None) -> None:
    own_ring.put_secret("connector.alpha", b"o" * 40)
    security, system, auditor = (desk_of(role) for role in (Role.SECURITY_ADMIN, Role.SYSTEM_ADMIN, Role.AUDIT_ADMIN))
    secret = {"reference": "connector.alpha", "value": SECRET}
    assert security.post("/district/keys/secret", secret).status_code == 403
    assert system.post("/district/keys/rotate", {"owner": REGION_OWNER}).status_code == 403
    assert auditor.get("/district/keys").status_code == 403
    assert "connector.alpha" not in text_of(security.get("/district/keys"))


def test_another_process_notices_a_rotation_within_a_second(own_ring: KeyRing) -> None:
    """Two rings of one file stand for two processes."""
    other = KeyRing(own_ring._path)
    own_ring.put_secret("sms.hmac", b"1" * 32)
    before = other.active(REGION_OWNER, DATA)
    assert other.secret("sms.hmac") == b"1" * 32
    own_ring.add(REGION_OWNER, DATA, replace=True)
    own_ring.put_secret("sms.hmac", b"2" * 32)
    time.sleep(1.05)
    assert other.active(REGION_OWNER, DATA).id != before.id
    assert other.secret("sms.hmac") == b"2" * 32
