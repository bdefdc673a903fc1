"""How long is kept what the data foundation has."""

from hub.retention.rules import rule

ENTRIES = rule(
    "foundation.entries", "已交数据底座的事件", days=30, least=15, most=366, basis="对账所需；原始记录在各业务表"
)
