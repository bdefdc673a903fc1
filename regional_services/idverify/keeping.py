"""How long photographs of cards stay: never longer than residents were told when they agreed."""

from hub.retention.rules import rule

PICTURES = rule(
    "identity.pictures", "实名审核的证件照片（审核后）", days=30, least=1, most=30, basis="居民同意书写明不超过 30 天"
)
DRAFTS = rule("identity.drafts", "未提交的实名申请", days=7, least=1, most=30, basis="《个人信息保护法》第十九条")
