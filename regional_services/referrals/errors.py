"""Refusals around referrals."""

from hub.errors import Conflict, NotFound


class ReferralNotFound(NotFound):
    """Absent, or another hospital's."""

    code = "referrals.not_found"
    text = "没有找到这条转诊，或您无权查看。"


class ShareGone(Conflict):
    """The other hospital has no number left for referrals in this session, or it does not take place."""

    code = "referrals.share_gone"
    text = "这个门诊的转诊号刚刚用完或已停诊，请另选。"


class TimeGone(Conflict):
    """The share has no number left that begins when the chosen one does."""

    code = "referrals.time_gone"
    text = "这个时间的转诊号刚刚用完，请另选时间。"
