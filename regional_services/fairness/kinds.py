"""What is counted at the door of a booking: of each kind, the figures before the district sets its own (U)."""

from __future__ import annotations

from uuid import UUID

from hub import words
from hub.actor import Actor
from hub.tallies import How, Rule, Tally

ACCOUNT, DEVICE, ADDRESS = "account", "device", "address"
MOST_EVIDENCE = 50


class Kind(words.TextChoices):
    """A pattern of scalping."""

    TRIES = "tries", "一个账号频繁提交预约"
    PATIENTS = "patients", "一个账号为很多人预约"
    DEVICE = "device", "一台设备用很多账号预约"
    ADDRESS = "address", "一个网络地址用很多账号预约"
    CANCELS = "cancels", "一个账号反复预约又取消"
    SWAPS = "swaps", "退号后马上给别人约同一场"


DEFAULTS = {
    Kind.TRIES: Rule(seconds=600, note=40, refuse=80),
    Kind.PATIENTS: Rule(seconds=3600, note=6, refuse=8),
    Kind.DEVICE: Rule(seconds=3600, note=3, refuse=5),
    Kind.ADDRESS: Rule(seconds=600, note=60, refuse=0),
    Kind.CANCELS: Rule(seconds=86_400, note=4, refuse=8),
    Kind.SWAPS: Rule(seconds=7 * 86_400, note=1, refuse=3),
}

REFUSALS = {
    Kind.TRIES: "这个账号短时间内提交预约过于频繁，请过一会儿再试；刷新和连续提交不会更快。",
    Kind.PATIENTS: "这个账号短时间内为太多就诊人预约，请过一会儿再试，或由就诊人用自己的账号预约。",
    Kind.DEVICE: "这台设备短时间内登录了太多账号预约，请用本人的设备，或过一会儿再试。",
    Kind.ADDRESS: "当前网络短时间内预约的账号过多，请换移动网络或过一会儿再试。",
    Kind.CANCELS: "这个账号一天内取消预约太多次，暂不能再约，请明天再试；需要就诊可到医院窗口挂号。",
    Kind.SWAPS: "这个账号多次退号后马上给别人约同一场门诊，暂不能线上预约；需要就诊可到医院窗口挂号。",
}


def subject(kind: str, value: object) -> str:
    """`account:…`: one who is counted; empty when it is not known."""
    return f"{kind}:{value}" if value else ""


def at_the_door(actor: Actor, person_id: UUID, session_id: UUID) -> list[Tally]:
    """What a booking counts."""
    account, device = subject(ACCOUNT, actor.id), subject(DEVICE, actor.device)
    person, place = str(person_id), str(session_id)
    return [
        Tally(kind=Kind.TRIES, subject=account),
        Tally(kind=Kind.PATIENTS, subject=account, how=How.MEMBER, member=person),
        Tally(kind=Kind.DEVICE, subject=device, how=How.MEMBER, member=str(actor.id)),
        Tally(kind=Kind.ADDRESS, subject=subject(ADDRESS, actor.ip), how=How.MEMBER, member=str(actor.id)),
        Tally(kind=Kind.CANCELS, subject=account, how=How.READ),
        Tally(kind=Kind.SWAPS, subject=account, how=How.AFTER, member=person, place=place),
        Tally(kind=Kind.SWAPS, subject=device, how=How.AFTER, member=person, place=place),
    ]


def at_the_way_back(actor: Actor) -> list[Tally]:
    """What a cancelling counts."""
    return [Tally(kind=Kind.CANCELS, subject=subject(ACCOUNT, actor.id))]
