"""How long spent means of signing in are kept."""

from hub.retention.rules import rule

CODES = rule("accounts.codes", "短信验证码记录", days=2, least=2, most=30, basis="一天内的发送次数要能数清")
ASKS = rule(
    "accounts.asks",
    "授权登录请求",
    days=1,
    least=1,
    most=30,
    basis="登录未完成的痕迹，用后无用",
)
TOKENS = rule("accounts.tokens", "失效的登录令牌", days=7, least=1, most=90, basis="迟到的重用要能与伪造区分")
