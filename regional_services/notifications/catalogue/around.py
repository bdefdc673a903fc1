"""Kinds around the visit: waiting list, followed doctors, feedback, identity; and what managers are told."""

from __future__ import annotations

from datetime import timedelta

from regional_services.notifications.catalogue.terms import PUSHED, TEXTED, Audience, Importance, Kind, Words

_WAITING = ("department", "doctor", "when", "sequence", "fee", "deadline", "reason")
_DOCTOR = ("department", "doctor", "days")
_WEEK = timedelta(days=7)

KINDS = (
    Kind(
        name="waitlist.offered",
        title="候补到号，请确认",
        importance=Importance.MUST,
        variables=_WAITING,
        channels=TEXTED,
        page="/waitlist/{subject}",
        urgent=True,
        lasts=timedelta(hours=1),
        zh=Words(
            title="候补到号，请确认",
            text="您候补的{institution}{department}{doctor}有号了：{when}第{sequence}号，为您保留到{deadline}，"
            "请登录确认，过时给下一位。",
            discreet="您在{institution}候补的号到了，为您保留到{deadline}，请登录确认，过时给下一位。",
        ),
        en=Words(
            title="A number for you, please confirm",
            text="A number fell free at {institution}, {department} {doctor}: {when}, number {sequence}. It is "
            "kept until {deadline}; confirm it, or the next in line is offered it.",
            discreet="A number you wait for at {institution} is kept until {deadline}. Please confirm it.",
        ),
    ),
    Kind(
        name="waitlist.reopened",
        title="停诊恢复，为您留了号",
        importance=Importance.MUST,
        variables=_WAITING,
        channels=TEXTED,
        page="/waitlist/{subject}",
        urgent=True,
        lasts=timedelta(hours=1),
        zh=Words(
            title="停诊恢复，为您留了号",
            text="您原来预约的{institution}{department}{doctor}恢复出诊，为您留了{when}第{sequence}号，保留到{deadline}。"
            "需要请登录确认，不需要不用管，过时给下一位。",
            discreet="您原来在{institution}的预约恢复出诊，为您留了号，保留到{deadline}，需要请登录确认，过时给下一位。",
        ),
        en=Words(
            title="Your clinic takes place after all",
            text="{institution}, {department} {doctor} takes place after all. Number {sequence}, {when}, is kept for "
            "you until {deadline}; confirm it if you want it, else the next in line is offered it.",
            discreet="A visit you had booked at {institution} takes place after all; a number is kept for you until "
            "{deadline}. Confirm it if you want it.",
        ),
    ),
    Kind(
        name="waitlist.passed",
        title="候补的号已给下一位",
        importance=Importance.SERVICE,
        variables=_WAITING,
        channels=PUSHED,
        page="/waitlist/{subject}",
        zh=Words(
            title="候补的号已给下一位",
            text="为您保留的{institution}{department}{when}的号未在{deadline}前确认，已给下一位，没有产生费用。仍需要可重新候补。",
            discreet="为您保留的{institution}的号未按时确认，已给下一位，没有产生费用。",
        ),
        en=Words(
            title="Offered to the next in line",
            text="The number kept for you at {institution}, {department}, {when} was not confirmed by {deadline} and "
            "went to the next in line. Nothing was charged; you may join again.",
            discreet="The number kept for you at {institution} went to the next in line. Nothing was charged.",
        ),
    ),
    Kind(
        name="waitlist.ended",
        title="候补已结束",
        importance=Importance.SERVICE,
        variables=_WAITING,
        channels=TEXTED,
        page="/waitlist/{subject}",
        zh=Words(
            title="候补已结束",
            text="您候补的{institution}{department}{when}的号没有等到（{reason}），没有产生费用。可选其他日期或医生。",
            discreet="您在{institution}的候补已结束，没有等到号，没有产生费用。详情请登录查看。",
        ),
        en=Words(
            title="Waiting list ended",
            text="No number fell free at {institution}, {department}, {when} ({reason}). Nothing was charged; "
            "please choose another day or doctor.",
            discreet="Your wait at {institution} ended without a number. Nothing was charged.",
        ),
    ),
    Kind(
        name="doctors.opened",
        title="您等的号开放了",
        importance=Importance.SERVICE,
        variables=_DOCTOR,
        channels=PUSHED,
        page="/me/reminders",
        lasts=timedelta(days=1),
        zh=Words(
            title="您等的号开放了",
            text="{institution}{department}{doctor}现在有号可约，最早{days}。先到先得，请尽快预约。本提醒只发一次。",
            discreet="您设了提醒的号现在可以预约，先到先得，请登录查看。本提醒只发一次。",
        ),
        en=Words(
            title="Numbers you wait for are open",
            text="{institution}, {department} {doctor} has numbers now, the earliest on {days}. First come, first "
            "served; you are told once.",
            discreet="Numbers you asked to be reminded of can be booked now. First come, first served.",
        ),
    ),
    Kind(
        name="doctors.released",
        title="关注的医生有新门诊",
        importance=Importance.CONVENIENCE,
        variables=_DOCTOR,
        channels=PUSHED,
        page="/me/doctors",
        zh=Words(
            title="关注的医生有新门诊",
            text="您关注的{doctor}医生（{institution}{department}）新增门诊：{days}。可在“我的”“关注的医生”中查看与预约。",
            discreet="您关注的一位医生新增了门诊，请在“我的”“关注的医生”中查看。",
        ),
        en=Words(
            title="New clinics of a doctor you follow",
            text="{doctor} ({institution}, {department}) has new clinics: {days}. See the doctors you follow.",
            discreet="A doctor you follow has new clinics. See the doctors you follow.",
        ),
    ),
    Kind(
        name="doctors.stopped",
        title="关注的医生停诊",
        importance=Importance.CONVENIENCE,
        variables=_DOCTOR,
        channels=PUSHED,
        page="/me/doctors",
        zh=Words(
            title="关注的医生停诊",
            text="您关注的{doctor}医生（{institution}{department}）停诊：{days}。如已预约，会另行通知您。",
            discreet="您关注的一位医生有门诊停诊，请在“我的”“关注的医生”中查看。",
        ),
        en=Words(
            title="A doctor you follow cancelled clinics",
            text="{doctor} ({institution}, {department}) cancelled: {days}. Bookings are told of separately.",
            discreet="A doctor you follow cancelled clinics. See the doctors you follow.",
        ),
    ),
    Kind(
        name="doctors.moved",
        title="关注的医生门诊有调整",
        importance=Importance.CONVENIENCE,
        variables=_DOCTOR,
        channels=PUSHED,
        page="/me/doctors",
        zh=Words(
            title="关注的医生门诊有调整",
            text="您关注的{doctor}医生（{institution}{department}）门诊时间或地点有调整：{days}。",
            discreet="您关注的一位医生门诊有调整，请在“我的”“关注的医生”中查看。",
        ),
        en=Words(
            title="A doctor you follow moved clinics",
            text="Time or place changed for {doctor} ({institution}, {department}): {days}.",
            discreet="A doctor you follow moved clinics. See the doctors you follow.",
        ),
    ),
    Kind(
        name="feedback.replied",
        title="您的反馈有了答复",
        importance=Importance.SERVICE,
        variables=(),
        channels=PUSHED,
        page="/feedback/{subject}",
        lasts=_WEEK,
        zh=Words(
            title="您的反馈有了答复",
            text="您提交的反馈，{institution}已答复，请登录查看，有疑问可以继续追问。",
            discreet="您提交的反馈已有答复，请登录查看。",
        ),
        en=Words(
            title="Your feedback was answered",
            text="{institution} answered your feedback. Sign in to read it; you may ask again.",
            discreet="Your feedback was answered. Sign in to read it.",
        ),
    ),
    Kind(
        name="feedback.closed",
        title="您的反馈已办结",
        importance=Importance.CONVENIENCE,
        variables=(),
        channels=PUSHED,
        page="/feedback/{subject}",
        lasts=_WEEK,
        zh=Words(
            title="您的反馈已办结",
            text="您提交给{institution}的反馈已办结，请登录查看并评价。",
            discreet="您提交的反馈已办结，请登录查看并评价。",
        ),
        en=Words(
            title="Your feedback is closed",
            text="Your feedback to {institution} is closed. Sign in to read and rate the answer.",
            discreet="Your feedback is closed. Sign in to read and rate the answer.",
        ),
    ),
    Kind(
        name="identity.approved",
        title="实名审核通过",
        importance=Importance.SERVICE,
        variables=(),
        channels=PUSHED,
        page="/me/people",
        lasts=_WEEK,
        zh=Words(
            title="实名审核通过",
            text="您提交的身份证件已审核通过，现在可以预约挂号。",
            discreet="您提交的材料已审核通过，详情请登录查看。",
        ),
        en=Words(
            title="Identity confirmed",
            text="Your document was accepted. You can book now.",
            discreet="What you submitted was accepted. Sign in for details.",
        ),
    ),
    Kind(
        name="identity.rejected",
        title="实名审核未通过",
        importance=Importance.SERVICE,
        variables=("reason",),
        channels=PUSHED,
        page="/me/identity",
        lasts=_WEEK,
        zh=Words(
            title="实名审核未通过",
            text="您提交的身份证件未通过审核：{reason}。可重新拍摄提交，或申诉由另一位审核员复核。",
            discreet="您提交的材料未通过审核，详情请登录查看。",
        ),
        en=Words(
            title="Identity not confirmed",
            text="Your document was not accepted: {reason}. Take new photographs, or appeal to another reviewer.",
            discreet="What you submitted was not accepted. Sign in for details.",
        ),
    ),
    Kind(
        name="feedback.overdue",
        title="反馈超时未答复",
        importance=Importance.MUST,
        variables=("number", "deadline"),
        channels=(),
        page="/feedback/{subject}",
        audience=Audience.STAFF,
        zh=Words(
            title="反馈超时未答复",
            text="{institution}的一条居民反馈（{number}）在{deadline}前没有答复，已升级督办，请尽快处理。",
            discreet="一条居民反馈超时未答复，请尽快处理。",
        ),
        en=Words(
            title="Feedback overdue",
            text="Feedback {number} about {institution} was not answered by {deadline} and was escalated.",
            discreet="Feedback of a resident is overdue.",
        ),
    ),
    Kind(
        name="referral.ended",
        title="转诊的预约没有了",
        importance=Importance.MUST,
        variables=("department", "when", "ended"),
        channels=(),
        page="/referrals/{subject}",
        audience=Audience.STAFF,
        zh=Words(
            title="转诊的预约没有了",
            text="您转诊到{department}的患者，{when}的预约{ended}。请联系患者，需要时重新转诊。",
            discreet="您转诊的一位患者，预约有变化，请登录查看。",
        ),
        en=Words(
            title="A booking you referred has ended",
            text="The booking of {when} at {department} of a patient you referred has ended: {ended}. "
            "Please speak to the patient, and refer anew if needed.",
            discreet="The booking of a patient you referred has changed. Please sign in.",
        ),
    ),
)
