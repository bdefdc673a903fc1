"""What can be refused about feedback."""

from __future__ import annotations

from hub.errors import Conflict, HubError, NotFound, TooManyRequests


class FeedbackNotFound(NotFound):
    """Absent, or somebody else's."""

    code = "feedback.not_found"


class FeedbackClosed(Conflict):
    """A closed item takes nothing more."""

    code = "feedback.closed"
    text = "这条反馈已关闭，不能再追加。有新的问题请另写一条。"


class NotConcluded(Conflict):
    """Rating comes after the conclusion."""

    code = "feedback.not_concluded"
    text = "反馈办结后才能评价。"


class AlreadyRated(Conflict):
    """Rating is possible once."""

    code = "feedback.already_rated"
    text = "您已经评价过了。"


class TooMuchFeedback(TooManyRequests):
    """More in a day than a person writes."""

    code = "feedback.too_many"
    text = "今天提交的反馈较多，请明天再写，或拨打客服电话。"


class PhotoRefused(HubError):
    """A file that is not a photograph, or too large; `text` says which."""

    code = "feedback.photo_refused"
    status = 422
    text = "照片不能使用，请换一张。"
