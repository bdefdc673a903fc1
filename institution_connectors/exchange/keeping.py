"""How long what was said to hospitals and by them is kept word for word; who asked what and when stays."""

from hub.retention.rules import rule

BODIES = rule("exchange.bodies", "接口报文正文", days=30, least=7, most=366, basis="接口排障与对账约定")
