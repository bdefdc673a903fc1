"""How long patterns of scalping are kept."""

from hub.retention.rules import rule

PATTERNS = rule("fairness.patterns", "可疑抢号记录", days=180, least=30, most=730, basis="含设备和网络地址，够复查即可")
