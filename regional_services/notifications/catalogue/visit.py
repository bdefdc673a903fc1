"""Kinds about the visit day: the queue, the medicine, the survey."""

from __future__ import annotations

from datetime import timedelta

from regional_services.notifications.catalogue.terms import PUSHED, TEXTED, Importance, Kind, Words

_BOOKING = "/bookings/{subject}"
_LINE = ("department", "doctor", "room", "ticket", "ahead", "reason")
_MEDICINE = ("department", "doctor", "when", "place", "window", "carrier", "tracking")
_HOUR = timedelta(hours=1)

KINDS = (
    Kind(
        name="queue.placed",
        title="候诊信息",
        importance=Importance.SERVICE,
        variables=_LINE,
        channels=PUSHED,
        page=_BOOKING,
        urgent=True,
        lasts=timedelta(hours=12),
        hospital_may=True,
        zh=Words(
            title="候诊信息",
            text="您今天在{institution}{department}{doctor}就诊：排队号{ticket}，诊室{room}，前面约{ahead}位。"
            "还没签到的，到院后请签到，过时未签到会过号。",
            discreet="您今天在{institution}的排队号是{ticket}。详情请登录查看。",
        ),
        en=Words(
            title="Your place in line",
            text="Today at {institution}, {department} {doctor}: ticket {ticket}, room {room}, about {ahead} ahead. "
            "If you have not checked in, do so when you arrive, or you may be passed over.",
            discreet="Your ticket today at {institution} is {ticket}. Sign in for details.",
        ),
    ),
    Kind(
        name="queue.near",
        title="快轮到您了",
        importance=Importance.SERVICE,
        variables=_LINE,
        channels=TEXTED,
        page=_BOOKING,
        urgent=True,
        lasts=_HOUR,
        hospital_may=True,
        zh=Words(
            title="快轮到您了",
            text="{institution}{department}：您的{ticket}号快到了，前面{ahead}位，请到{room}附近候诊。",
            discreet="{institution}：您的{ticket}号快到了，请到候诊区等候。",
        ),
        en=Words(
            title="Soon your turn",
            text="{institution}, {department}: {ahead} ahead of ticket {ticket}; please wait near {room}.",
            discreet="{institution}: ticket {ticket} will be called soon; please wait nearby.",
        ),
    ),
    Kind(
        name="queue.called",
        title="请就诊",
        importance=Importance.SERVICE,
        variables=_LINE,
        channels=PUSHED,
        page=_BOOKING,
        urgent=True,
        lasts=timedelta(minutes=15),
        hospital_may=True,
        zh=Words(
            title="请就诊",
            text="{institution}{department}：请{ticket}号到{room}就诊。",
            discreet="{institution}：{ticket}号，请就诊。",
        ),
        en=Words(
            title="It is your turn",
            text="{institution}, {department}: ticket {ticket}, please go to {room}.",
            discreet="{institution}: ticket {ticket}, it is your turn.",
        ),
    ),
    Kind(
        name="queue.unanswered",
        title="叫号未应答",
        importance=Importance.MUST,
        variables=_LINE,
        channels=TEXTED,
        page=_BOOKING,
        urgent=True,
        lasts=timedelta(minutes=30),
        hospital_may=True,
        zh=Words(
            title="叫号未应答",
            text="{institution}{department}：已呼叫您的{ticket}号，请尽快到{room}。再不到将过号。",
            discreet="{institution}：已呼叫您的{ticket}号，请尽快前往。",
        ),
        en=Words(
            title="You were called",
            text="{institution}, {department}: ticket {ticket} was called. Go to {room} now or be passed over.",
            discreet="{institution}: ticket {ticket} was called, please come now.",
        ),
    ),
    Kind(
        name="queue.passed",
        title="您已过号",
        importance=Importance.MUST,
        variables=_LINE,
        channels=TEXTED,
        page=_BOOKING,
        urgent=True,
        lasts=timedelta(hours=6),
        hospital_may=True,
        zh=Words(
            title="您已过号",
            text="{institution}{department}：您的{ticket}号已过号（{reason}）。您可以：到分诊台重新排队；改约其他时间；或取消预约并退费。",
            discreet="{institution}：您的{ticket}号已过号。可到分诊台重新排队、改约或取消，详情请登录查看。",
        ),
        en=Words(
            title="You were passed over",
            text="{institution}, {department}: ticket {ticket} was passed over ({reason}). You can queue again at the "
            "desk, book another time, or cancel with a refund.",
            discreet="{institution}: ticket {ticket} was passed over. Queue again at the desk, rebook or cancel.",
        ),
    ),
    Kind(
        name="visit.medicine_ready",
        title="请取药",
        importance=Importance.SERVICE,
        variables=_MEDICINE,
        channels=TEXTED,
        page=_BOOKING,
        hospital_may=True,
        zh=Words(
            title="请取药",
            text="您在{institution}{department}就诊的药品已备好，请到{place}{window}取药。",
            discreet="您在{institution}的药品已备好，请到{place}{window}取药。",
        ),
        en=Words(
            title="Medicine ready",
            text="Your medicine from {institution}, {department} is ready at {place} {window}.",
            discreet="Your medicine from {institution} is ready at {place} {window}.",
        ),
    ),
    Kind(
        name="visit.medicine_dispatched",
        title="药品已寄出",
        importance=Importance.SERVICE,
        variables=_MEDICINE,
        channels=TEXTED,
        page=_BOOKING,
        lasts=timedelta(days=3),
        hospital_may=True,
        zh=Words(
            title="药品已寄出",
            text="您在{institution}{department}就诊的药品已由{carrier}寄出，运单号{tracking}，请留意查收。",
            discreet="{institution}寄给您的物品已由{carrier}寄出，运单号{tracking}，请留意查收。",
        ),
        en=Words(
            title="Medicine on its way",
            text="Your medicine from {institution}, {department} was sent by {carrier}, parcel {tracking}.",
            discreet="A parcel from {institution} was sent by {carrier}, number {tracking}.",
        ),
    ),
    Kind(
        name="survey.invited",
        title="请为这次就诊打分",
        importance=Importance.CONVENIENCE,
        variables=("department",),
        channels=PUSHED,
        page="/surveys/{subject}",
        lasts=timedelta(days=7),
        hospital_may=True,
        zh=Words(
            title="请为这次就诊打分",
            text="您在{institution}{department}的就诊已结束，请花一分钟填写满意度调查，帮助医院改进。",
            discreet="您在{institution}的就诊已结束，请花一分钟填写满意度调查。",
        ),
        en=Words(
            title="How was your visit?",
            text="Your visit at {institution}, {department} is over. One minute for a few questions helps it improve.",
            discreet="Your visit at {institution} is over. One minute for a few questions helps it improve.",
        ),
    ),
)
