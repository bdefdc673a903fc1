"""Kinds around fair booking: missed visits (爽约) and what follows, accounts held for a look (抢号)."""

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
    Kind(
        name="fairness.held",
        title="线上预约待核验",
        importance=Importance.MUST,
        variables=("reason",),
        channels=TEXTED,
        page="/me",
        zh=Words(
            title="线上预约待核验",
            text="您的账号因抢号异常（{reason}）暂停线上预约，已约的号不受影响。请本人带证件到医院窗口预约，或拨打服务热线核验后恢复。",
            discreet="您的账号暂停线上预约，待核验。详情请登录查看。",
        ),
        en=Words(
            title="Online booking needs a check",
            text="Unusual bookings were seen on your account ({reason}): booking online is suspended, what you booked "
            "stands. Book at a hospital's window with your document, or call the service line to be checked.",
            discreet="Booking online is suspended on your account until it was checked. Sign in for details.",
        ),
    ),
    Kind(
        name="fairness.freed",
        title="线上预约已恢复",
        importance=Importance.SERVICE,
        variables=("reason",),
        channels=PUSHED,
        page="/me",
        zh=Words(
            title="线上预约已恢复",
            text="您的账号核验通过（{reason}），可以正常线上预约。",
            discreet="您的账号核验通过，可以正常线上预约。",
        ),
        en=Words(
            title="Online booking is open again",
            text="Your account was checked ({reason}); you can book online again.",
            discreet="Your account was checked; you can book online again.",
        ),
    ),
)
