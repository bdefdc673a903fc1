"""Refusals around merging and closing accounts."""

from __future__ import annotations

from hub.errors import Conflict, Forbidden, NotFound


class NothingToMerge(Conflict):
    """The proven phone or WeChat opens no other account."""

    code = "accountlife.nothing_to_merge"
    text = "这个手机号或微信没有另一个账号，不需要合并。"


class TwoPeople(Conflict):
    """Both accounts have a checked holder, and they are two people."""

    code = "accountlife.two_people"
    text = "两个账号的本人不是同一个人，不能合并。家人请在“家人与就诊人”里添加。"


class NotOnePerson(Conflict):
    """A clerk joins only accounts whose checked holder is one person."""

    code = "accountlife.not_one_person"
    text = "没有找到这位已实名居民的两个账号；请核对证件，或先请本人在新账号完成实名。"


class OwnProposal(Forbidden):
    """The clerk who proposed does not decide."""

    code = "accountlife.own_proposal"
    text = "须由另一位工作人员复核。"


class MergeNotFound(NotFound):
    """Absent, another's, or past."""

    code = "accountlife.merge_not_found"
    text = "没有找到这次合并，或已经过期。"


class UndoOver(Conflict):
    """The period is over, or one of the accounts changed since."""

    code = "accountlife.undo_over"
    text = "撤销期已过，不能撤销。"


class ClosingBlocked(Conflict):
    """Something is open; the page lists it with what to do."""

    code = "accountlife.closing_blocked"
    text = "还有没办完的事，办完后才能注销。"


class NotThisAccount(Forbidden):
    """The platform's user just authorised does not open this account."""

    code = "accountlife.not_this_account"
    text = "刚才授权的不是绑定在本账号上的那一个，请换用绑定的那一个授权。"


class ProofDue(Forbidden):
    """The holder proves himself afresh first."""

    code = "accountlife.proof_due"
    text = "为了您的安全，请先重新验证身份。"
