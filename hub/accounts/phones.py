"""Phone numbers as login handles."""

from __future__ import annotations

import re
import unicodedata

from hub.errors import InvalidInput

_PATTERNS = {
    "+86": re.compile(r"1[3-9]\d{9}"),
    "+852": re.compile(r"\d{8}"),
    "+853": re.compile(r"6\d{7}"),
    "+886": re.compile(r"9\d{8}"),
}
_NOISE = re.compile(r"[\s\-()（）]")


def e164(text: str) -> str:
    """A mobile number of the mainland (the default), Hong Kong, Macao or Taiwan in E.164; InvalidInput otherwise."""
    compact = _NOISE.sub("", unicodedata.normalize("NFKC", text))
    if compact.startswith("00"):
        compact = "+" + compact[2:]
    candidate = compact if compact.startswith("+") else "+86" + compact
    for prefix, pattern in _PATTERNS.items():
        if candidate.startswith(prefix) and pattern.fullmatch(candidate[len(prefix) :]):
            return candidate
    raise InvalidInput(fields={"phone": "请填写正确的手机号码"})
