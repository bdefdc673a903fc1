"""Kinds about a booking and its money."""

from __future__ import annotations

from datetime import timedelta

from regional_services.notifications.catalogue.terms import PUSHED, TEXTED, Importance, Kind, Words

_BOOKING = "/bookings/{subject}"
_VISIT = ("department", "doctor", "when", "sequence", "fee", "deadline", "ended", "reason")
_WEEK = timedelta(days=7)

KINDS = (
    Kind(
        name="booking.booked",
        title="预约成功",
        importance=Importance.MUST,
        variables=_VISIT,
        channels=TEXTED,
        page=_BOOKING,
        hospital_may=True,
        zh=Words(
            title="预约成功",
            text="您已预约{institution}{department}{doctor}，就诊时间{when}，第{sequence}号。请按时前往。",
            discreet="您在{institution}的预约已成功，时间{when}。详情请登录查看。",
        ),
        en=Words(
            title="Booked",
            text="Booked: {institution}, {department} {doctor}, {when}, number {sequence}. Please be on time.",
            discreet="Your booking at {institution} is confirmed for {when}. Sign in for details.",
        ),
    ),
    Kind(
        name="booking.paid",
        title="支付成功",
        importance=Importance.MUST,
        variables=_VISIT,
        channels=TEXTED,
        page=_BOOKING,
        hospital_may=True,
        zh=Words(
            title="支付成功",
            text="您已支付{fee}，{institution}{department}{doctor}挂号成功：{when}，第{sequence}号。请按时前往。",
            discreet="您已支付{fee}，在{institution}的预约已成功，时间{when}。详情请登录查看。",
        ),
        en=Words(
            title="Payment received",
            text="You paid {fee}. {institution}, {department} {doctor}: {when}, number {sequence}. Please be on time.",
            discreet="You paid {fee}. Your booking at {institution} is confirmed for {when}. Sign in for details.",
        ),
    ),
    Kind(
        name="booking.registered",
        title="挂号成功，待缴费",
        importance=Importance.SERVICE,
        variables=_VISIT,
        channels=PUSHED,
        page=_BOOKING,
        hospital_may=True,
        zh=Words(
            title="挂号成功，待缴费",
            text="您在{institution}{department}的挂号已成功，第{sequence}号，费用{fee}，请于就诊前缴费。",
            discreet="您在{institution}的挂号已成功，待缴费。详情请登录查看。",
        ),
        en=Words(
            title="Registered, payment due",
            text="Registered at {institution}, {department}, number {sequence}. Please pay {fee} before the visit.",
            discreet="You are registered at {institution}; payment is due. Sign in for details.",
        ),
    ),
    Kind(
        name="booking.pay",
        title="请尽快支付",
        importance=Importance.SERVICE,
        variables=_VISIT,
        channels=PUSHED,
        page=_BOOKING,
        urgent=True,
        lasts=timedelta(hours=1),
        hospital_may=True,
        zh=Words(
            title="请尽快支付",
            text="{institution}{department}{when}的号源已为您保留，请在{deadline}前支付{fee}，逾期自动释放。",
            discreet="{institution}的号源已为您保留，请在{deadline}前完成支付。详情请登录查看。",
        ),
        en=Words(
            title="Please pay",
            text="{institution}, {department}, {when} is held for you. Pay {fee} by {deadline} or it is released.",
            discreet="Your number at {institution} is held. Please pay by {deadline}. Sign in for details.",
        ),
    ),
    Kind(
        name="booking.ended",
        title="预约已结束",
        importance=Importance.MUST,
        variables=_VISIT,
        channels=TEXTED,
        page=_BOOKING,
        hospital_may=True,
        zh=Words(
            title="预约已结束",
            text="您在{institution}{department}{when}的预约状态：{ended}。{reason}",
            discreet="您在{institution}的一条预约状态有变化。详情请登录查看。",
        ),
        en=Words(
            title="Booking ended",
            text="Your booking at {institution}, {department}, {when}: {ended}. {reason}",
            discreet="A booking of yours at {institution} has changed. Sign in for details.",
        ),
    ),
    Kind(
        name="booking.refused",
        title="预约未成功",
        importance=Importance.MUST,
        variables=_VISIT,
        channels=TEXTED,
        page=_BOOKING,
        zh=Words(
            title="预约未成功",
            text="您在{institution}{department}{when}的预约未成功。{reason}",
            discreet="您在{institution}的一条预约未成功。详情请登录查看。",
        ),
        en=Words(
            title="Booking not made",
            text="Your booking at {institution}, {department}, {when} could not be made. {reason}",
            discreet="A booking of yours at {institution} could not be made. Sign in for details.",
        ),
    ),
    Kind(
        name="booking.window",
        title="请到窗口挂号",
        importance=Importance.SERVICE,
        variables=_VISIT,
        channels=PUSHED,
        page=_BOOKING,
        hospital_may=True,
        zh=Words(
            title="请到窗口挂号",
            text="您在{institution}{department}{when}的预约未在截止时间前线上挂号，号仍为您保留，请到医院窗口挂号缴费。",
            discreet="您在{institution}的一条预约未在线上挂号，请到医院窗口办理。详情请登录查看。",
        ),
        en=Words(
            title="Please register at the window",
            text="Your booking at {institution}, {department}, {when} was not registered online in time. "
            "Your number is kept: please register and pay at the window.",
            discreet="Please register your booking at the window of {institution}. Sign in for details.",
        ),
    ),
    Kind(
        name="booking.pay_at_window",
        title="线上缴费未被医院接受",
        importance=Importance.MUST,
        variables=_VISIT,
        channels=TEXTED,
        page=_BOOKING,
        zh=Words(
            title="线上缴费未被医院接受",
            text="您在{institution}{department}{when}的线上缴费未被医院接受，款项正在原路退回。挂号仍为您保留，请到医院窗口缴费。",
            discreet="您在{institution}的一笔线上缴费未被医院接受，款项正在原路退回，请到医院窗口办理。详情请登录查看。",
        ),
        en=Words(
            title="Online payment not accepted",
            text="The hospital did not accept your payment for {institution}, {department}, {when}; the money is on "
            "its way back. Your registration is kept: please pay at the window.",
            discreet="A payment at {institution} was not accepted and is on its way back. Please go to the window.",
        ),
    ),
    Kind(
        name="booking.altered",
        title="就诊安排有调整",
        importance=Importance.MUST,
        variables=_VISIT,
        channels=TEXTED,
        page=_BOOKING,
        hospital_may=True,
        zh=Words(
            title="就诊安排有调整",
            text="您在{institution}{department}的预约有调整（{reason}），现为{doctor}{when}。请登录查看，可接受或免费退出。",
            discreet="您在{institution}的一条预约有调整，可接受或免费退出。详情请登录查看。",
        ),
        en=Words(
            title="Your visit was rearranged",
            text="Your booking at {institution}, {department} was rearranged ({reason}): now {doctor}, {when}. "
            "Accept it, or leave free of charge.",
            discreet="A booking of yours at {institution} was rearranged: accept it, or leave free of charge.",
        ),
    ),
    Kind(
        name="booking.to_desk",
        title="请到分诊台",
        importance=Importance.MUST,
        variables=_VISIT,
        channels=TEXTED,
        page=_BOOKING,
        urgent=True,
        lasts=timedelta(hours=6),
        hospital_may=True,
        zh=Words(
            title="请到分诊台",
            text="{institution}{department}：{reason}。您的号仍保留，请到分诊台，工作人员会为您安排其他医生或退号退费。",
            discreet="{institution}：您的就诊安排有变化，请到分诊台。",
        ),
        en=Words(
            title="Please go to the desk",
            text="{institution}, {department}: {reason}. Your number is kept; the desk will find you another doctor or "
            "refund you.",
            discreet="{institution}: your visit was rearranged, please go to the desk.",
        ),
    ),
    Kind(
        name="booking.difference",
        title="差额退回",
        importance=Importance.SERVICE,
        variables=_VISIT,
        channels=PUSHED,
        page=_BOOKING,
        lasts=_WEEK,
        zh=Words(
            title="差额退回",
            text="您在{institution}{department}的挂号费差额{fee}正在原路退回，号仍为您保留。",
            discreet="您在{institution}的一笔差额{fee}正在原路退回。",
        ),
        en=Words(
            title="Difference on its way back",
            text="The difference of {fee} for {institution}, {department} is on its way back. Your number is kept.",
            discreet="A difference of {fee} at {institution} is on its way back.",
        ),
    ),
    Kind(
        name="booking.refunded",
        title="退款已完成",
        importance=Importance.SERVICE,
        variables=_VISIT,
        channels=PUSHED,
        page=_BOOKING,
        lasts=_WEEK,
        zh=Words(
            title="退款已完成",
            text="您在{institution}{department}的费用{fee}已原路退回，到账时间以支付渠道为准。",
            discreet="您在{institution}的一笔费用{fee}已原路退回。详情请登录查看。",
        ),
        en=Words(
            title="Refund completed",
            text="Your {fee} for {institution}, {department} went back the way it came.",
            discreet="A payment of {fee} at {institution} went back the way it came. Sign in for details.",
        ),
    ),
    Kind(
        name="payments.returned",
        title="多付款项已退回",
        importance=Importance.MUST,
        variables=("fee",),
        channels=TEXTED,
        page="/bookings",
        lasts=_WEEK,
        zh=Words(
            title="多付款项已退回",
            text="{institution}收到您的一笔{fee}，但订单已支付或已关闭，款项正在原路退回。",
            discreet="{institution}收到您的一笔多付款项，正在原路退回。",
        ),
        en=Words(
            title="Surplus payment on its way back",
            text="{institution} received {fee} for an order already paid or closed; it is on its way back.",
            discreet="A surplus payment at {institution} is on its way back.",
        ),
    ),
    Kind(
        name="payments.refund_failed",
        title="退款需人工处理",
        importance=Importance.MUST,
        variables=("fee",),
        channels=TEXTED,
        page="/bookings",
        lasts=_WEEK,
        zh=Words(
            title="退款需人工处理",
            text="{institution}的一笔退款{fee}未能自动完成，医院收费处会与您联系。",
            discreet="{institution}的一笔退款未能自动完成，医院收费处会与您联系。",
        ),
        en=Words(
            title="Refund needs a cashier",
            text="A refund of {fee} at {institution} could not be completed automatically; the cashier will call you.",
            discreet="A refund at {institution} could not be completed automatically; the cashier will call you.",
        ),
    ),
)
