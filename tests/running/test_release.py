"""A release is sealed where it is built; whatever was touched afterwards is told by name (CES1-24)."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from hub.running import release
from hub.security.roles import Role
from tests.portal.desks import desk_of, text_of

KEY = Ed25519PrivateKey.generate()
PUBLIC = KEY.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()


@pytest.fixture
def tree(tmp_path: Path, settings: Settings) -> Path:
    """A small installation, sealed by the command."""
    (tmp_path / "hub" / "deep").mkdir(parents=True)
    (tmp_path / "manage.py").write_text("run()")
    (tmp_path / "hub" / "deep" / "a.py").write_text("a = 1")
    (tmp_path / "hub" / "page.html").write_text("<p>")
    key = tmp_path / "builder.pem"
    key.write_bytes(KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    settings.ROOT, settings.HUB_RELEASE_KEY = tmp_path, PUBLIC
    call_command("seal_release", key=key, release="1.0")
    return tmp_path


@pytest.mark.control("CES1-24/36")
def test_a_touched_file_is_red_on_the_operators_page(tree: Path, committed: None) -> None:
    assert list(release.differences(tree, PUBLIC)) == []
    operator = desk_of(Role.SYSTEM_ADMIN)
    line = text_of(operator.get("/district/running")).split('<td class="strong">程序文件</td>')[1].split("</tr>")[0]
    assert "正常" in line
    (tree / "hub" / "deep" / "a.py").write_text("a = 2")
    (tree / "hub" / "door.py").write_text("import os")
    (tree / "hub" / "page.html").unlink()
    release._looked.clear()
    line = text_of(operator.get("/district/running")).split('<td class="strong">程序文件</td>')[1].split("</tr>")[0]
    assert "异常" in line
    for words in ("hub/deep/a.py 已被改动", "hub/page.html 不见了", "hub/door.py 是多出来的"):
        assert words in line


@pytest.mark.control("CES1-24/36")
def test_another_builders_seal_is_none(tree: Path, tmp_path: Path) -> None:
    release.seal(tree, Ed25519PrivateKey.generate(), version="1.0")
    assert "不是发布方签署的" in next(release.differences(tree, PUBLIC))
    (tree / release.MANIFEST).unlink()
    assert "缺失" in next(release.differences(tree, PUBLIC))
    (tmp_path / "no.pem").write_text("no key")
    with pytest.raises(CommandError):
        call_command("seal_release", key=tmp_path / "no.pem", release="1.0")
