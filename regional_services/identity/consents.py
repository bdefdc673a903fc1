"""The consents the hub asks for: purpose, version and text. The ledger stores version and digest (practice 4)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

SERVICE_USE = "service_use"
HOSPITAL_SHARING = "hospital_sharing"
WECHAT_MESSAGES = "wechat_messages"
MINOR_SENSITIVE_CARE = "minor_sensitive_care"
GUARDIAN_CONSENT = "guardian_consent"
IDENTITY_PHOTOS = "identity_photos"
PROXY = "proxy"
INSURANCE_VOUCHER = "insurance_voucher"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentText:
    """One version of a text people agree to."""

    purpose: str
    version: str
    title: str
    text: str

    @property
    def digest(self) -> str:
        """SHA-256 of what was shown."""
        return hashlib.sha256(self.text.encode()).hexdigest()


_TEXTS = (
    ConsentText(
        purpose=SERVICE_USE,
        version="2026-01",
        title="健康云栖服务协议与个人信息处理规则",
        text="为办理实名、预约、挂号、缴费与就诊提醒，平台处理您的姓名、证件号码、手机号码与就诊信息；仅用于上述目的，您可随时撤回。",
    ),
    ConsentText(
        purpose=HOSPITAL_SHARING,
        version="2026-01",
        title="向就诊医院提供身份信息",
        text="为在您选择的医院建档与就诊，平台将您的姓名、证件号码、手机号码提供给该医院；未成年人同时提供监护人信息。",
    ),
    ConsentText(
        purpose=WECHAT_MESSAGES,
        version="2026-01",
        title="微信消息通知",
        text="平台通过微信服务号向您发送预约、缴费、停诊与退款通知；消息不含诊断与检查结果。",
    ),
    ConsentText(
        purpose=GUARDIAN_CONSENT,
        version="2026-01",
        title="监护人同意处理未满14周岁未成年人个人信息",
        text="我是该未成年人的监护人，已知悉并同意平台为其办理就诊服务而处理其个人信息，并知悉处理的必要性及对个人权益的影响。",
    ),
    ConsentText(
        purpose=IDENTITY_PHOTOS,
        version="2026-11",
        title="处理身份证照片（敏感个人信息）",
        text="为人工核实您的身份，平台处理您的身份证正反面照片；照片加密保存，仅审核员可见且每次查看均有记录，作出决定后30天内删除。也可不上传，携带证件到任一医院窗口办理。",
    ),
    ConsentText(
        purpose=PROXY,
        version="2026-11",
        title="同意由家人代为预约、挂号、缴费与查看",
        text="我同意该家人在约定的期限内代我预约、挂号、缴费并查看一般就诊信息；敏感专科的信息不对其显示；我可随时在“家人与就诊人”里停止。",
    ),
    ConsentText(
        purpose=INSURANCE_VOUCHER,
        version="2026-11",
        title="向医保局提供身份信息以激活医保电子凭证",
        text="为激活就诊人本人的医保电子凭证，平台向医保局提供其姓名、证件号码与手机号码；仅用于激活，不查询医保账户，不影响挂号与支付。",
    ),
    ConsentText(
        purpose=MINOR_SENSITIVE_CARE,
        version="2026-01",
        title="未成年人本人同意由他人代办敏感专科就诊",
        text="我已满14周岁，同意由绑定我的家庭成员代我预约精神心理或生殖专科门诊，并知悉其可看到该次预约。",
    ),
)
TEXTS: dict[str, ConsentText] = {text.purpose: text for text in _TEXTS}
