"""How long delivered events, handled ones and commands are kept. The audit is not removed at all.

Delivered ones answer an operator's questions; handled ones stay as long as a repeat can come (a dead letter may be
replayed weeks later); commands as long as a client may repeat one.
"""

from hub.retention.rules import rule

DELIVERED = rule("journal.delivered", "已送达的事件", days=14, least=7, most=366, basis="运维排障需要")
HANDLED = rule("journal.handled", "已处理事件的去重记录", days=90, least=30, most=366, basis="防止重放后重复处理")
COMMANDS = rule("journal.commands", "请求的去重记录", days=7, least=2, most=90, basis="防止重复提交")
