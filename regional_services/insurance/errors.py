"""Refusals around vouchers."""

from __future__ import annotations

from hub.errors import Conflict


class ConsentDue(Conflict):
    """The insurer is given name, document and phone only by consent."""

    code = "insurance.consent_due"
    text = "请先同意向医保局提供姓名、证件号码和手机号，用于激活医保电子凭证。"


class NoVoucher(Conflict):
    """The insurer knows no voucher for this kind of document."""

    code = "insurance.document_unfit"
    text = "医保电子凭证须用居民身份证、港澳台居民居住证或外国人永久居留身份证办理，请到医保服务窗口。"
