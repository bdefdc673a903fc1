"""Refusals of the conformance page."""

from hub.errors import Conflict, NotFound


class UnknownRun(NotFound):
    """No such run or step at this hospital."""

    code = "conformance.unknown_run"
    text = "没有这次验收。"


class RunMoving(Conflict):
    """Something of this hospital is being checked now."""

    code = "conformance.running"
    text = "正在验收，请等本次结束。"


class NotPassed(Conflict):
    """A certificate is asked for a run that did not pass, or is not the latest word."""

    code = "conformance.not_passed"
    text = "还有未通过的步骤，或接口资料在验收后变更过，不能出具证书。"
