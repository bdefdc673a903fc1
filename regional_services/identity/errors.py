"""Refusals around persons, with what the resident reads."""

from __future__ import annotations

from hub.errors import Conflict, Forbidden, InvalidInput


class DocumentInvalid(InvalidInput):
    """The number can't belong to a document of that kind."""

    code = "identity.document_invalid"
    text = "证件号码有误，请核对后重新填写。"


class NameInvalid(InvalidInput):
    """The name can't be on a certificate."""

    code = "identity.name_invalid"
    text = "姓名格式有误，请按证件填写。"


class PhoneInvalid(InvalidInput):
    """Not a mainland, Hong Kong, Macao or Taiwan mobile number."""

    code = "identity.phone_invalid"
    text = "手机号码有误，请核对。"


class AlreadyAdded(Conflict):
    """The account has this person already."""

    code = "identity.already_added"
    text = "该就诊人已在您的家庭成员中。"


class SelfFirst(Conflict):
    """Family members come after oneself."""

    code = "identity.self_first"
    text = "请先完成本人实名，再添加家庭成员。"


class TooManyMembers(Conflict):
    """The limit of persons per account."""

    code = "identity.too_many_members"
    text = "家庭成员已达上限。"


class TooManyToday(Conflict):
    """The limit of additions per day (against resale of numbers)."""

    code = "identity.too_many_today"
    text = "今天添加的次数已达上限，请明天再试。"


class GuardianRequired(Forbidden):
    """A minor is added by an adult with a verified name only."""

    code = "identity.guardian_required"
    text = "未成年人须由已实名的成年监护人添加。"


class NotAChild(InvalidInput):
    """The relation says child, the document says adult."""

    code = "identity.not_a_child"
    text = "该就诊人已满18周岁，请由本人注册，或以其他关系添加。"


class RealNameNeeded(Conflict):
    """The person has not been checked yet."""

    code = "identity.real_name_needed"
    text = "该就诊人尚未通过实名核验，暂不能办理。"


class RelationExpired(Forbidden):
    """The child is of age now."""

    code = "identity.relation_expired"
    text = "该就诊人已满18周岁，监护关系已结束，请由本人办理。"


class ProxyExpired(Forbidden):
    """The time an adult agreed to be acted for is over."""

    code = "identity.proxy_expired"
    text = "家人同意由您代办的期限已到，请家人重新授权。"


class MinorConsentNeeded(Forbidden):
    """A 14 to 17 year old agrees himself to reproductive and psychiatric care being arranged by somebody else."""

    code = "identity.minor_consent_needed"
    text = "该科室的预约需要未成年人本人同意。"


class PersonDeceased(Conflict):
    """Nothing new is arranged for the dead."""

    code = "identity.person_deceased"
    text = "该就诊人状态不可办理。"


class ConsentUnknown(InvalidInput):
    """No such purpose or text version."""

    code = "identity.consent_unknown"
    text = "授权内容已更新，请重新阅读后再操作。"


class TooManyChecks(Conflict):
    """The limit of questions to the city about one person per day."""

    code = "identity.too_many_checks"
    text = "今天的实名核验次数已达上限，请明天再试，或到医院窗口办理。"


class AlreadyVerified(Conflict):
    """Nothing is left to check."""

    code = "identity.already_verified"
    text = "该就诊人已通过实名核验。"


class DocumentElsewhere(Conflict):
    """The document belongs to another record; two records are joined at a desk, with both documents seen."""

    code = "identity.document_elsewhere"
    text = "该证件无法在线关联，请携带证件到任一医院窗口办理。"


class NotProven(Forbidden):
    """Name or document is not that of the account's holder; which one is not said."""

    code = "identity.not_proven"
    text = "姓名或证件号码与本账号登记的不一致。"
