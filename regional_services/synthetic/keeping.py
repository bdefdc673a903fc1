"""How long the synthetic resident's traces are kept; the figures of availability by day stay."""

from hub.retention.rules import rule

RUNS = rule("synthetic.runs", "平台巡检的记录", days=35, least=7, most=366, basis="可用率按日汇总后不再需要逐次记录")
BOOKINGS = rule("synthetic.bookings", "平台巡检产生的预约", days=7, least=2, most=90, basis="不是居民的预约，无须留存")
