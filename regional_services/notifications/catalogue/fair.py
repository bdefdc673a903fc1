"""Kinds around missed visits (爽约): one was counted, booking online is suspended, an appeal was decided."""

from __future__ import annotations

from regional_services.notifications.catalogue.terms import PUSHED, TEXTED, Importance, Kind, Words

_MISSED = ("department", "when")
_PAGE = "/me/no-shows"

KINDS = (
    Kind(
        name="noshow.counted",
        title="您有一次未就诊",
        importance=Importance.SERVICE,
        variables=_MISSED,
        channels=PUSHED,
        page=_PAGE,
        zh=Words(
            title="您有一次未就诊",
            text="您预约的{institution}{department}{when}没有就诊记录，已记一次爽约。如有异议，30天内可在“我的-爽约记录”申诉。",
            discreet="您在{institution}{when}的预约没有就诊记录，已记一次爽约。详情请登录查看。",
        ),
        en=Words(
            title="A visit was missed",
            text="{institution} has no record of your visit to {department}, {when}: it counts as missed. You may "
            "object within 30 days under Me, Missed visits.",
            discreet="{institution} has no record of your visit, {when}: it counts as missed. Sign in for details.",
        ),
    ),
    Kind(
        name="noshow.blocked",
        title="暂停线上预约",
        importance=Importance.MUST,
        variables=(*_MISSED, "deadline"),
        channels=TEXTED,
        page=_PAGE,
        zh=Words(
            title="暂停线上预约",
            text="因多次预约后没有就诊，就诊人在{institution}暂停线上预约到{deadline}，其间可到医院窗口挂号。"
            "有异议请在“我的-爽约记录”申诉，申诉成立马上恢复。",
            discreet="就诊人在{institution}暂停线上预约到{deadline}，其间可到医院窗口挂号。详情请登录查看。",
        ),
        en=Words(
            title="Online booking is suspended",
            text="After several missed visits the patient can't book online at {institution} until {deadline}; the "
            "hospital's window still books. You may object under Me, Missed visits.",
            discreet="The patient can't book online at {institution} until {deadline}. Sign in for details.",
        ),
    ),
    Kind(
        name="noshow.decided",
        title="爽约记录有了结果",
        importance=Importance.SERVICE,
        variables=(*_MISSED, "ended", "reason"),
        channels=PUSHED,
        page=_PAGE,
        zh=Words(
            title="爽约记录有了结果",
            text="您在{institution}{department}{when}的爽约记录：{ended}。{reason}",
            discreet="您在{institution}的一条爽约记录有了结果。详情请登录查看。",
        ),
        en=Words(
            title="A missed visit was looked at",
            text="Your missed visit at {institution}, {department}, {when}: {ended}. {reason}",
            discreet="A missed visit of yours at {institution} was looked at. Sign in for details.",
        ),
    ),
)
