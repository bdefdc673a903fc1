"""Refusals around the manual review, with what people read."""

from __future__ import annotations

from hub.errors import Conflict, InvalidInput


class PictureRefused(InvalidInput):
    """What was sent is not a picture this room takes."""

    code = "idverify.picture_refused"
    text = "请上传清晰的证件照片（JPEG、PNG 或 WebP，不超过 12 MB）。"


class StepMissing(Conflict):
    """A photograph or consent that comes first is missing."""

    code = "idverify.step_missing"
    text = "请先按顺序完成前面的步骤。"


class TooManyPictures(Conflict):
    """The limit of photographs per account and day."""

    code = "idverify.too_many_pictures"
    text = "今天拍摄的次数已达上限，请明天再试，或携带证件到医院窗口办理。"


class AlreadyPending(Conflict):
    """One application at a time."""

    code = "idverify.already_pending"
    text = "您已有一份申请正在审核，审核完成前不能重复提交。"


class CardExpired(InvalidInput):
    """The card itself says that it is no longer valid."""

    code = "idverify.card_expired"
    text = "该证件已过有效期，请使用新证件。"


class NotHeld(Conflict):
    """The reviewer's lease ran out, or somebody else has the application."""

    code = "idverify.not_held"
    text = "该申请不在您手中：可能已超时释放，或正由其他审核员处理。请重新领取。"


class NothingWaiting(Conflict):
    """The list is empty for this reviewer."""

    code = "idverify.nothing_waiting"
    text = "目前没有等待审核的申请。"


class AppealClosed(Conflict):
    """No appeal against this: not rejected, appealed already, or its pictures are gone."""

    code = "idverify.appeal_closed"
    text = "该申请不能再申诉，您可以重新拍摄并提交新的申请。"
