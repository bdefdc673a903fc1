"""How long the running log is kept."""

from hub.retention.rules import rule

_LAW = "《网络安全法》第二十一条（不少于六个月）"
FAULTS = rule("running.faults", "故障记录", days=366, least=184, basis=_LAW)
USAGE = rule("running.usage", "使用情况（按小时）", days=366, least=184, basis=_LAW)
SPANS = rule("running.spans", "服务运行状态", days=1098, least=184, basis="可用率按年核对")
