"""How long it is kept which way a message went; the message itself stays in its reader's inbox."""

from hub.retention.rules import rule

DELIVERIES = rule(
    "notifications.deliveries",
    "消息的外发记录",
    days=180,
    least=30,
    most=3 * 366,
    basis="投诉举证与送达率统计；消息本身留在收件箱",
)
