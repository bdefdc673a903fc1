"""Keys: shared by processes, rotated without a gap, apart for every hospital, gone when destroyed."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from hub.security import blind, envelope
from hub.security.ciphers import TamperedCiphertext
from hub.security.keyring import INDEX, REGION_OWNER, KeyMissing, KeyRing
from tests.harness.threads import in_threads


def test_only_the_owner_of_the_process_reads_the_file(own_ring: KeyRing, settings: Any) -> None:
    own_ring.active(REGION_OWNER)
    assert stat.S_IMODE(Path(settings.HUB_KEYRING).stat().st_mode) == 0o600
    assert stat.S_IMODE(Path(settings.HUB_KEYRING).parent.stat().st_mode) == 0o700


def test_two_processes_share_one_key_made_at_once(own_ring: KeyRing, settings: Any) -> None:
    rings = [KeyRing(Path(settings.HUB_KEYRING)) for _ in range(6)]
    keys = in_threads(6, lambda n: rings[n].active("hospital_a").id)
    assert len(set(keys)) == 1


def test_a_ring_learns_a_key_another_process_made(own_ring: KeyRing, settings: Any) -> None:
    own_ring.active(REGION_OWNER)
    sealed = envelope.seal("p", b"x", owner=REGION_OWNER)
    KeyRing(Path(settings.HUB_KEYRING)).add(REGION_OWNER, replace=True)
    later = KeyRing(Path(settings.HUB_KEYRING))
    assert own_ring.by_id(later.active(REGION_OWNER).id).active
    assert envelope.open_sealed("p", sealed) == b"x"


def test_old_and_new_keys_open_side_by_side(own_ring: KeyRing) -> None:
    old = envelope.seal("person.name", b"old", owner="hospital_a")
    own_ring.add("hospital_a", replace=True, suite="sm4-gcm")
    new = envelope.seal("person.name", b"new", owner="hospital_a")
    assert envelope.key_id_of(old) != envelope.key_id_of(new)
    assert (old[1], new[1]) == (1, 2), "the suite stands in the header"
    assert [envelope.open_sealed("person.name", sealed) for sealed in (old, new)] == [b"old", b"new"]


def test_a_value_opens_only_for_its_purpose(own_ring: KeyRing) -> None:
    sealed = envelope.seal("person.name", b"x", owner=REGION_OWNER)
    with pytest.raises(TamperedCiphertext):
        envelope.open_sealed("person.phone", sealed)


def test_a_header_that_names_another_key_or_suite_does_not_open(own_ring: KeyRing) -> None:
    sealed = envelope.seal("p", b"x", owner=REGION_OWNER)
    other = own_ring.active("hospital_a")
    for forged in (
        sealed[:2] + other.id + sealed[10:],
        sealed[:1] + b"\x02" + sealed[2:],
        b"\x09" + sealed[1:],
        sealed[:5],
        b"",
    ):
        with pytest.raises(TamperedCiphertext):
            envelope.open_sealed("p", forged)


@pytest.mark.control("MLPS/41")
def test_destroying_a_hospitals_keys_leaves_the_others(own_ring: KeyRing) -> None:
    mine = envelope.seal("p", b"a", owner="hospital_a")
    theirs = envelope.seal("p", b"b", owner="hospital_b")
    assert len(own_ring.destroy("hospital_a")) == 1
    with pytest.raises(KeyMissing):
        envelope.open_sealed("p", mine)
    assert envelope.open_sealed("p", theirs) == b"b"
    with pytest.raises(ValueError, match="never destroyed"):
        own_ring.destroy(REGION_OWNER)


@pytest.mark.control("MLPS/41")
def test_no_key_is_derived_from_anothers(own_ring: KeyRing, settings: Any) -> None:
    for owner in (REGION_OWNER, "hospital_a", "hospital_b"):
        own_ring.active(owner)
    document = json.loads(Path(settings.HUB_KEYRING).read_text(encoding="utf-8"))
    assert len({entry["material"] for entry in document["keys"]}) == 3


def test_where_the_file_cannot_be_written_a_missing_key_is_a_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(KeyMissing, match="keyring ensure"):
        KeyRing(tmp_path / "file" / "ring.json").active(REGION_OWNER)


@pytest.mark.control("MLPS/42")
def test_secrets_come_by_reference(own_ring: KeyRing) -> None:
    with pytest.raises(KeyMissing, match=r"wechat\.pay"):
        own_ring.secret("wechat.pay")
    own_ring.put_secret("wechat.pay", b"s3cret")
    assert own_ring.secret_text("wechat.pay") == "s3cret"
    assert own_ring.ensure_secret("sms") == own_ring.ensure_secret("sms")


def test_indexes_are_equal_for_equal_values_only_within_purpose_and_hospital(own_ring: KeyRing) -> None:
    phone = blind.index("person.phone", "+8613800001234")
    assert phone == blind.index("person.phone", " +8613800001234 ")
    assert blind.index("doc", "11010519491231002x") == blind.index("doc", "１１０１０５19491231002X")
    others = {
        blind.index("person.phone", "+8613800001235"),
        blind.index("person.document", "+8613800001234"),
        blind.index("person.phone", "+8613800001234", "hospital_a"),
        blind.index("person.phone", "+8613800001234", "hospital_b"),
    }
    assert len(others) == 4
    assert phone not in others
    assert len(phone) == blind.SIZE


def test_an_index_of_the_old_key_is_found_while_keys_rotate(own_ring: KeyRing) -> None:
    old = blind.index("person.phone", "+8613800001234")
    own_ring.add(REGION_OWNER, INDEX, replace=True)
    new = blind.index("person.phone", "+8613800001234")
    assert (old[0], new[0]) == (1, 2)
    assert blind.candidates("person.phone", "+8613800001234") == [new, old]


def test_the_file_survives_a_writer_that_dies(own_ring: KeyRing, settings: Any) -> None:
    own_ring.active(REGION_OWNER)
    Path(settings.HUB_KEYRING).with_suffix(f".{os.getpid()}.1").write_text("{half a docu")
    assert KeyRing(Path(settings.HUB_KEYRING)).keys()
