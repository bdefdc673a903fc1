"""A hospital's credentials from pages: put forward by one, confirmed by another, never shown, retired at once."""

from __future__ import annotations

import pytest

from hub.audit.selectors import Search, entries_of
from hub.security.keyring import KeyMissing, KeyRing, ring
from hub.security.roles import Role
from hub.tenancy.scope import REGION, region
from regional_services.payments.models import MerchantAccount, MerchantProposal
from tests.booking.world import register_institution
from tests.payments.pasted import V3_KEY, certificate, key, pasted, private_pem
from tests.portal.desks import desk_of, text_of

SYSTEM, SECURITY = Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN


def proposal() -> MerchantProposal:
    with region(read_only=True):
        return MerchantProposal.objects.order_by("-asked_at")[0]


def current(code: str) -> MerchantAccount | None:
    with region(read_only=True):
        return MerchantAccount.objects.filter(institution_code=code, effective_to=None).first()


@pytest.mark.control("MLPS/41", "MLPS/42", "CES1-08/14")
def test_two_administrators_of_the_hospital_change_where_its_money_goes(own_ring: KeyRing, alpha: str) -> None:
    register_institution(alpha, collecting=False)
    system, security = desk_of(SYSTEM, hospital=alpha), desk_of(SECURITY, hospital=alpha)
    assert "不能收款" in text_of(system.get("/workspace/keys"))
    assert system.post("/workspace/merchant/propose", pasted()).status_code == 302
    assert current(alpha) is None, "one person alone changes nothing"
    again = system.post("/workspace/merchant/propose", pasted())
    assert (again.status_code, "已有一份凭据等待" in text_of(again)) == (409, True)
    decide = f"/workspace/merchant/proposals/{proposal().id}"
    assert system.post(decide, {"to": "confirm"}).status_code == 403
    page = text_of(security.post(decide, {"to": "confirm"}, follow=True))
    assert "已启用，之后的收款使用新凭据" in page
    row = current(alpha)
    assert row is not None
    assert (row.mchid, row.serial_no, row.version) == ("1900000002", "5A5A", 1)
    assert ring().secret(row.api_v3_key_ref) == V3_KEY.encode()
    everything = page + text_of(system.get("/workspace/merchant")) + text_of(system.get("/workspace/keys"))
    audit = "".join(f"{entry.detail}{entry.reason}" for entry in entries_of(REGION, Search(), limit=200))
    for secret in (V3_KEY, private_pem(key("merchant"))[40:90]):
        assert secret not in everything + audit
    actions = [entry.action for entry in entries_of(REGION, Search())]
    assert {"payment.merchant_proposed", "payment.merchant_in_force"} <= set(actions)


def test_a_refused_proposal_leaves_no_key_and_retiring_keeps_refunds(own_ring: KeyRing, alpha: str) -> None:
    register_institution(alpha, collecting=False)
    system, security = desk_of(SYSTEM), desk_of(SECURITY)
    here = f"/district/merchants/{alpha}"
    assert system.post(f"{here}/propose", pasted()).status_code == 302
    first = proposal()
    assert "请写明原因" in text_of(security.post(f"{here}/proposals/{first.id}", {"to": "refuse"}, follow=True))
    security.post(f"{here}/proposals/{first.id}", {"to": "refuse", "reason": "商户号不对"})
    with pytest.raises(KeyMissing):
        ring().secret(first.private_key_ref)
    assert security.post(f"{here}/proposals/{first.id}", {"to": "confirm"}).status_code == 404
    system.post(f"{here}/propose", pasted())
    security.post(f"{here}/proposals/{proposal().id}", {"to": "confirm"})
    row = current(alpha)
    assert row is not None
    assert security.post(f"{here}/retire", {"reason": "泄露"}).status_code == 403
    assert "已停用，不再发起新的收款" in text_of(system.post(f"{here}/retire", {"reason": "泄露"}, follow=True))
    assert current(alpha) is None
    assert ring().secret(row.private_key_ref), "what was paid is refunded with the key it was paid with"
    listed = text_of(system.get("/district/merchants?only=none"))
    assert f"/district/merchants/{alpha}" in listed
    assert alpha in text_of(system.get("/district/merchants.csv"))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"mchid": "12"}, "商户号应为"),
        ({"api_v3_key": "short"}, "32 个字符"),
        ({"private_key": "no key"}, "RSA 私钥"),
        ({"private_key": private_pem(key("other"))}, "不是一对"),
        ({"certificate": certificate(key("merchant"), days=-1)}, "已过期"),
        ({"channel_public_key": "x"}, "微信支付公钥或平台证书"),
    ],
)
def test_what_does_not_fit_is_refused_in_words_without_repeating_a_secret(
    own_ring: KeyRing, alpha: str, changes: dict[str, str], words: str
) -> None:
    register_institution(alpha, collecting=False)
    answer = desk_of(SYSTEM, hospital=alpha).post("/workspace/merchant/propose", pasted(**changes))
    assert answer.status_code == 422
    assert words in text_of(answer)
    assert pasted()["private_key"].splitlines()[1] not in text_of(answer)
    assert ring().references() == []


@pytest.mark.control("MLPS/10")
def test_a_hospital_sees_replaces_and_retires_its_own_secret_only(own_ring: KeyRing, alpha: str, beta: str) -> None:
    register_institution(alpha, collecting=False)
    for code in (alpha, beta):
        own_ring.put_secret(f"his.{code}", code.encode() * 10)
    own_ring.put_secret("sms.hmac", b"s" * 40)
    system = desk_of(SYSTEM, hospital=alpha)
    page = text_of(system.get("/workspace/keys"))
    assert f"his.{alpha}" in page
    assert "sms.hmac" not in page
    assert f"his.{beta}" not in page
    new = {"reference": f"his.{alpha}", "value": "n" * 40}
    assert system.post("/workspace/keys/secret", new).status_code == 302
    assert ring().secret(f"his.{alpha}") == b"n" * 40
    for foreign in (f"his.{beta}", "sms.hmac", "merchant.x.private_key"):
        for path, more in (("secret", {"value": "m" * 40}), ("retire", {"reason": "x"})):
            refused = system.post(f"/workspace/keys/{path}", {"reference": foreign, **more}, follow=True)
            assert "没有找到" in text_of(refused)
    assert (ring().secret(f"his.{beta}"), ring().secret("sms.hmac")) == (beta.encode() * 10, b"s" * 40)
    retired = system.post("/workspace/keys/retire", {"reference": f"his.{alpha}", "reason": "泄露"}, follow=True)
    assert "已停用" in text_of(retired)
    with pytest.raises(KeyMissing):
        ring().secret(f"his.{alpha}")
    assert "更换 " not in text_of(system.get("/workspace/keys")), "the newest act is the retiring"
    assert system.post("/workspace/keys/secret", new).status_code == 302, "and a new one may be set"
    security = desk_of(SECURITY, hospital=alpha)
    assert security.get("/workspace/keys").status_code == 200
    assert security.post("/workspace/keys/secret", new).status_code == 403
