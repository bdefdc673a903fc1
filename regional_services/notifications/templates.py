"""The wording of messages, as code: versioned, in Chinese, with a discreet form that names no department.

Facts are `{institution} {department} {doctor} {when} {sequence} {fee} {deadline} {ended} {reason}`, of medicine also
`{place} {window} {carrier} {tracking}`; a message never carries a full name, a number of a document or a diagnosis. A
changed wording gets a new version beside the old one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from hub.errors import HubError

# Matters a glance at a locked screen must not give away (practice 5): the wording is neutral for them.
SENSITIVE_WORDS = (
    "精神",
    "心理",
    "成瘾",
    "感染",
    "艾滋",
    "性病",
    "皮肤性病",
    "生殖",
    "遗传",
    "计划生育",
    "妇产",
    "肿瘤",
)


class UnknownTemplate(HubError):
    """A message was asked for under a name nobody wrote."""

    code = "notifications.unknown_template"
    status = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """One wording of one kind of message."""

    name: str
    version: int
    title: str
    text: str
    discreet_text: str
    by_sms: bool = False

    def render(self, facts: Mapping[str, str], *, discreet: bool) -> str:
        """The text for the person; a fact that is not known is left out."""
        wording = self.discreet_text if discreet else self.text
        return wording.format_map(defaultdict(str, facts))


_ALL = (
    Template(
        name="booking.booked",
        version=1,
        title="预约成功",
        text="您已预约{institution}{department}{doctor}，就诊时间{when}，第{sequence}号。请按时前往。",
        discreet_text="您在{institution}的预约已成功，时间{when}。详情请登录查看。",
        by_sms=True,
    ),
    Template(
        name="booking.registered",
        version=1,
        title="挂号成功，待缴费",
        text="您在{institution}{department}的挂号已成功，第{sequence}号，费用{fee}，请于就诊前缴费。",
        discreet_text="您在{institution}的挂号已成功，待缴费。详情请登录查看。",
    ),
    Template(
        name="booking.pay",
        version=1,
        title="请尽快支付",
        text="{institution}{department}{when}的号源已为您保留，请在{deadline}前支付{fee}，逾期自动释放。",
        discreet_text="{institution}的号源已为您保留，请在{deadline}前完成支付。详情请登录查看。",
    ),
    Template(
        name="booking.ended",
        version=1,
        title="预约已结束",
        text="您在{institution}{department}{when}的预约状态：{ended}。{reason}",
        discreet_text="您在{institution}的一条预约状态有变化。详情请登录查看。",
        by_sms=True,
    ),
    Template(
        name="booking.refused",
        version=1,
        title="预约未成功",
        text="您在{institution}{department}{when}的预约未成功。{reason}",
        discreet_text="您在{institution}的一条预约未成功。详情请登录查看。",
    ),
    Template(
        name="booking.window",
        version=1,
        title="请到窗口挂号",
        text="您在{institution}{department}{when}的预约未在截止时间前线上挂号，号仍为您保留，请到医院窗口挂号缴费。",
        discreet_text="您在{institution}的一条预约未在线上挂号，请到医院窗口办理。详情请登录查看。",
    ),
    Template(
        name="booking.pay_at_window",
        version=1,
        title="线上缴费未被医院接受",
        text="您在{institution}{department}{when}的线上缴费未被医院接受，款项正在原路退回。挂号仍为您保留，请到医院窗口缴费。",
        discreet_text="您在{institution}的一笔线上缴费未被医院接受，款项正在原路退回，请到医院窗口办理。详情请登录查看。",
        by_sms=True,
    ),
    Template(
        name="visit.medicine_ready",
        version=1,
        title="请取药",
        text="您在{institution}{department}就诊的药品已备好，请到{place}{window}取药。",
        discreet_text="您在{institution}的药品已备好，请到{place}{window}取药。",
        by_sms=True,
    ),
    Template(
        name="visit.medicine_dispatched",
        version=1,
        title="药品已寄出",
        text="您在{institution}{department}就诊的药品已由{carrier}寄出，运单号{tracking}，请留意查收。",
        discreet_text="{institution}寄给您的物品已由{carrier}寄出，运单号{tracking}，请留意查收。",
        by_sms=True,
    ),
    Template(
        name="booking.altered",
        version=1,
        title="就诊安排有调整",
        text="您在{institution}{department}的预约有调整（{reason}），现为{doctor}{when}。请登录查看，可接受或免费退出。",
        discreet_text="您在{institution}的一条预约有调整，可接受或免费退出。详情请登录查看。",
        by_sms=True,
    ),
    Template(
        name="booking.to_desk",
        version=1,
        title="请到分诊台",
        text="{institution}{department}：{reason}。您的号仍保留，请到分诊台，工作人员会为您安排其他医生或退号退费。",
        discreet_text="{institution}：您的就诊安排有变化，请到分诊台。",
        by_sms=True,
    ),
    Template(
        name="booking.difference",
        version=1,
        title="差额退回",
        text="您在{institution}{department}的挂号费差额{fee}正在原路退回，号仍为您保留。",
        discreet_text="您在{institution}的一笔差额{fee}正在原路退回。",
    ),
    Template(
        name="booking.refunded",
        version=1,
        title="退款已完成",
        text="您在{institution}{department}的费用{fee}已原路退回，到账时间以支付渠道为准。",
        discreet_text="您在{institution}的一笔费用已原路退回。详情请登录查看。",
    ),
    Template(
        name="queue.placed",
        version=1,
        title="候诊信息",
        text="您今天在{institution}{department}{doctor}就诊：排队号{ticket}，诊室{room}，前面约{ahead}位。到院后请签到，过时未签到会过号。",
        discreet_text="您今天在{institution}的排队号是{ticket}。详情请登录查看。",
    ),
    Template(
        name="queue.near",
        version=1,
        title="快轮到您了",
        text="{institution}{department}：您的{ticket}号前面还有{ahead}位，请到{room}附近候诊。",
        discreet_text="{institution}：您的{ticket}号快到了，请到候诊区等候。",
        by_sms=True,
    ),
    Template(
        name="queue.called",
        version=1,
        title="请就诊",
        text="{institution}{department}：请{ticket}号到{room}就诊。",
        discreet_text="{institution}：{ticket}号，请就诊。",
    ),
    Template(
        name="queue.unanswered",
        version=1,
        title="叫号未应答",
        text="{institution}{department}：已呼叫您的{ticket}号，请尽快到{room}。再不到将过号。",
        discreet_text="{institution}：已呼叫您的{ticket}号，请尽快前往。",
        by_sms=True,
    ),
    Template(
        name="queue.passed",
        version=1,
        title="您已过号",
        text="{institution}{department}：您的{ticket}号已过号（{reason}）。您可以：到分诊台重新排队；"
        "改约其他时间；或取消预约并退费。",
        discreet_text="{institution}：您的{ticket}号已过号。可到分诊台重新排队、改约或取消，详情请登录查看。",
        by_sms=True,
    ),
    Template(
        name="feedback.replied",
        version=1,
        title="您的反馈有了答复",
        text="您提交的反馈，{institution}已答复，请登录查看，有疑问可以继续追问。",
        discreet_text="您提交的反馈已有答复，请登录查看。",
    ),
    Template(
        name="feedback.closed",
        version=1,
        title="您的反馈已办结",
        text="您提交给{institution}的反馈已办结，请登录查看并评价。",
        discreet_text="您提交的反馈已办结，请登录查看并评价。",
    ),
    Template(
        name="survey.invited",
        version=1,
        title="请为这次就诊打分",
        text="您在{institution}{department}的就诊已结束，请花一分钟填写满意度调查，帮助医院改进。",
        discreet_text="您在{institution}的就诊已结束，请花一分钟填写满意度调查。",
    ),
    Template(
        name="waitlist.offered",
        version=1,
        title="候补到号，请确认",
        text="您候补的{institution}{department}{doctor}有号了：{when}第{sequence}号，为您保留到{deadline}，请登录确认，过时给下一位。",
        discreet_text="您在{institution}候补的号到了，为您保留到{deadline}，请登录确认，过时给下一位。",
        by_sms=True,
    ),
    Template(
        name="waitlist.reopened",
        version=1,
        title="停诊恢复，为您留了号",
        text="您原来预约的{institution}{department}{doctor}恢复出诊，为您留了{when}第{sequence}号，保留到{deadline}。需要请登录确认，不需要不用管，过时给下一位。",
        discreet_text="您原来在{institution}的预约恢复出诊，为您留了号，保留到{deadline}，需要请登录确认，过时给下一位。",
        by_sms=True,
    ),
    Template(
        name="waitlist.passed",
        version=1,
        title="候补的号已给下一位",
        text="为您保留的{institution}{department}{when}的号未在{deadline}前确认，已给下一位，没有产生费用。仍需要可重新候补。",
        discreet_text="为您保留的{institution}的号未按时确认，已给下一位，没有产生费用。",
    ),
    Template(
        name="waitlist.ended",
        version=1,
        title="候补已结束",
        text="您候补的{institution}{department}{when}的号没有等到（{reason}），没有产生费用。可选其他日期或医生。",
        discreet_text="您在{institution}的候补已结束，没有等到号，没有产生费用。详情请登录查看。",
        by_sms=True,
    ),
    Template(
        name="payments.returned",
        version=1,
        title="多付款项已退回",
        text="{institution}收到您的一笔{fee}，但订单已支付或已关闭，款项正在原路退回。",
        discreet_text="{institution}收到您的一笔多付款项，正在原路退回。",
        by_sms=True,
    ),
    Template(
        name="payments.refund_failed",
        version=1,
        title="退款需人工处理",
        text="{institution}的一笔退款{fee}未能自动完成，医院收费处会与您联系。",
        discreet_text="{institution}的一笔退款未能自动完成，医院收费处会与您联系。",
    ),
    Template(
        name="doctors.opened",
        version=1,
        title="您等的号开放了",
        text="{institution}{department}{doctor}现在有号可约，最早{when}。先到先得，请尽快预约。本提醒只发一次。",
        discreet_text="您设了提醒的号现在可以预约，先到先得，请登录查看。本提醒只发一次。",
    ),
    Template(
        name="doctors.released",
        version=1,
        title="关注的医生有新门诊",
        text="您关注的{doctor}医生（{institution}{department}）新增门诊：{when}。可在“我的”“关注的医生”中查看与预约。",
        discreet_text="您关注的一位医生新增了门诊，请在“我的”“关注的医生”中查看。",
    ),
    Template(
        name="doctors.stopped",
        version=1,
        title="关注的医生停诊",
        text="您关注的{doctor}医生（{institution}{department}）停诊：{when}。如已预约，会另行通知您。",
        discreet_text="您关注的一位医生有门诊停诊，请在“我的”“关注的医生”中查看。",
    ),
    Template(
        name="doctors.moved",
        version=1,
        title="关注的医生门诊有调整",
        text="您关注的{doctor}医生（{institution}{department}）门诊时间或地点有调整：{when}。",
        discreet_text="您关注的一位医生门诊有调整，请在“我的”“关注的医生”中查看。",
    ),
)
_BY_KEY = {(template.name, template.version): template for template in _ALL}
_CURRENT = {template.name: template for template in sorted(_ALL, key=lambda template: template.version)}


def current(name: str) -> Template:
    """The wording in use."""
    try:
        return _CURRENT[name]
    except KeyError:
        raise UnknownTemplate(detail={"template": name}) from None


def as_sent(name: str, version: int) -> Template:
    """The wording a stored message was sent with."""
    return _BY_KEY.get((name, version)) or current(name)


def is_sensitive(facts: Mapping[str, str]) -> bool:
    """Whether the place or department alone says too much."""
    said = facts.get("institution", "") + facts.get("department", "")
    return any(word in said for word in SENSITIVE_WORDS)
