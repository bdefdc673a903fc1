"""Encrypted columns on the real database: ciphertext there, text here, rotated while in use."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.exceptions import FieldError
from django.core.management import call_command
from django.db import connection, connections

from hub.accounts.models import AccountKind, HandleKind, LoginHandle, User
from hub.actor import system_actor
from hub.security import blind, envelope, rotation
from hub.security.ciphers import TamperedCiphertext
from hub.security.fields import EncryptedTextField
from hub.security.keyring import REGION_OWNER, ring
from hub.tenancy.scope import REGION, region
from hub.work import work

ACTOR = system_actor("测试")
pytestmark = pytest.mark.usefixtures("own_ring")


def handle(phone: str = "+8613800001234") -> LoginHandle:
    with work(REGION, actor=ACTOR) as unit:
        user = User.objects.create(kind=AccountKind.RESIDENT, display_name="138****1234", password="!")
        row = LoginHandle.objects.create(
            user=user, kind=HandleKind.PHONE, subject=phone, subject_index=blind.index("accounts.phone", phone)
        )
        unit.audit("test.handle", target="test")
    return row


def stored(row: LoginHandle) -> bytes:
    with region(read_only=True), connections["default"].cursor() as cursor:
        cursor.execute("SELECT subject FROM accounts_login_handle WHERE id = %s", [row.id])
        return bytes(cursor.fetchone()[0])


@pytest.mark.control("CES1-28/40")
def test_the_column_holds_ciphertext_and_the_model_text(committed: None) -> None:
    row = handle()
    assert b"13800001234" not in stored(row)
    with region(read_only=True):
        assert LoginHandle.objects.get(id=row.id).subject == "+8613800001234"


@pytest.mark.parametrize("lookup", ["subject", "subject__icontains", "subject__gt", "subject__in"])
def test_ciphertext_is_never_searched(lookup: str) -> None:
    with pytest.raises(FieldError, match="blind index"):
        LoginHandle.objects.filter(**{lookup: "+8613800001234"})


def test_an_altered_column_is_refused(committed: None) -> None:
    row = handle()
    altered = stored(row)[:-1] + bytes([stored(row)[-1] ^ 1])
    with region(), connections["default"].cursor() as cursor:
        cursor.execute("UPDATE accounts_login_handle SET subject = %s WHERE id = %s", [altered, row.id])
    with region(read_only=True), pytest.raises(TamperedCiphertext):
        LoginHandle.objects.get(id=row.id)


def test_a_row_may_take_the_key_of_the_hospital_that_owns_it() -> None:
    field = EncryptedTextField(purpose="test", owner="display_name")
    field.set_attributes_from_name("login_name")
    instance = User(display_name="hospital_a", login_name="secret")
    sealed = field.get_db_prep_value(field.pre_save(instance, add=True), connection)
    assert ring().by_id(envelope.key_id_of(sealed)).owner == "hospital_a"
    assert field.from_db_value(sealed, None, None) == "secret"
    with pytest.raises(FieldError, match="own key"):
        field.get_db_prep_value("secret", connection)


@pytest.mark.control("MLPS/41")
def test_rotation_reads_old_and_new_and_reencrypts_what_is_left(committed: None) -> None:
    rows = [handle(f"+86138{n:08d}") for n in range(5)]
    old = envelope.key_id_of(stored(rows[0]))
    ring().add(REGION_OWNER, replace=True)
    rows.append(handle("+8613900000000"))
    with region(read_only=True):
        assert len({h.subject for h in LoginHandle.objects.all()}) == 6
    out = StringIO()
    call_command("keyring", "reencrypt", stdout=out)
    assert "accounts_login_handle.subject: 5" in out.getvalue()
    assert old not in {envelope.key_id_of(stored(row)) for row in rows}
    again = StringIO()
    call_command("keyring", "reencrypt", stdout=again)
    assert again.getvalue().strip() == "0 values re-encrypted"


def test_reencryption_goes_on_where_it_was_interrupted(committed: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rotation, "BATCH", 2)
    rows = [handle(f"+86138{n:08d}") for n in range(5)]
    ring().add(REGION_OWNER, replace=True)
    first = next(rotation.reencrypt(ACTOR))
    assert first == (REGION, "accounts_login_handle.subject", 2)
    assert sum(count for _, _, count in rotation.reencrypt(ACTOR)) == 3
    with region(read_only=True):
        assert {h.subject for h in LoginHandle.objects.all()} == {f"+86138{n:08d}" for n in range(5)}
    assert len(rows) == 5


def test_the_command_lists_keys_without_their_material(committed: None) -> None:
    out = StringIO()
    call_command("keyring", "ensure", stdout=out)
    call_command("keyring", "rotate", "alpha", "--suite", "sm4-gcm", stdout=out)
    call_command("keyring", "list", stdout=out)
    assert "alpha" in out.getvalue()
    assert "sm4-gcm" in out.getvalue()
    assert all(key.material.hex() not in out.getvalue() for key in ring().keys(None))
