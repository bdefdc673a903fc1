"""What can be refused about surveys."""

from __future__ import annotations

from hub.errors import Conflict, NotFound


class InvitationNotFound(NotFound):
    """Absent, or somebody else's."""

    code = "survey.not_found"


class AlreadyAnswered(Conflict):
    """A visit is rated once."""

    code = "survey.answered"
    text = "这份问卷您已经提交过了，谢谢。"


class SurveyOver(Conflict):
    """The time to answer has passed."""

    code = "survey.over"
    text = "这份问卷已过填写期限，谢谢您的关注。"


class PublishedMeanwhile(Conflict):
    """Somebody else published a version while this one was written."""

    code = "survey.published_meanwhile"
    text = "别人刚刚发布了新版本，请刷新后再改。"
