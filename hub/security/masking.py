"""What is shown of personal data: one rule for every screen, list, export and log (domain rules of masking).

Masking happens on the server. Whoever may see more opens the single value by an audited act (`hub.security.sealed`).
"""

from __future__ import annotations

import re

_HAN = re.compile(r"[\u2E80-\u9FFF\uF900-\uFAFF\U00020000-\U000323AF]")
_DISTRICT = re.compile(r"^(.*?(?:自治州|地区|盟|市|州))?(.*?(?:区|县|旗|市))")


def name(value: str) -> str:
    """张三 -> 张*, 张小三 -> 张*三, 欧阳小三 -> 欧*三; other scripts keep two letters: John -> Jo***."""
    text = value.strip()
    if not text:
        return ""
    if not _HAN.match(text):
        return text[:2] + "***" if len(text) > 2 else text[:1] + "***"
    if len(text) == 1:
        return "*"
    return text[0] + "*" + (text[-1] if len(text) > 2 else "")


def document(value: str) -> str:
    """An 18-digit number keeps 3 and 4, everything between (the birth date too) is hidden; permits keep 2 and 2."""
    text = value.strip()
    if len(text) == 18:
        return text[:3] + "*" * 11 + text[-4:]
    if len(text) == 15 and text.isdigit():
        return text[:3] + "*" * 9 + text[-3:]
    if len(text) <= 4:
        return "*" * len(text)
    return text[:2] + "***" + text[-2:]


def phone(value: str) -> str:
    """+8613800001234 and 13800001234 -> 138****1234; other numbers keep the last three."""
    digits = value.strip().removeprefix("+86")
    if re.fullmatch(r"1\d{10}", digits):
        return digits[:3] + "****" + digits[-4:]
    return "****" + digits[-3:] if len(digits) > 6 else "*" * len(digits)


def card(value: str) -> str:
    """Medical, insurance and bank cards: the last four only."""
    text = re.sub(r"\s", "", value)
    return "****" + text[-4:] if len(text) > 4 else "*" * len(text)


def address(value: str) -> str:
    """Down to the district: 上海市静安区南京西路1号 -> 上海市静安区***."""
    text = value.strip()
    if not text:
        return ""
    found = _DISTRICT.match(text)
    return (found.group(0) if found else text[:2]) + "***"


def network(value: str) -> str:
    """`203.0.*.*`, `2001:db8:*`: the half of an address of the internet that names its network."""
    if ":" in value:
        return ":".join(value.split(":")[:2]) + ":*"
    return ".".join([*value.split(".")[:2], "*", "*"])


def token(value: str) -> str:
    """Openids and tokens: the first four."""
    return value[:4] + "..." if len(value) > 8 else "..."
