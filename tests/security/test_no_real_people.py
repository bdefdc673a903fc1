"""No real person stands in the repository: numbers of documents and phones are constructed ones, told by their form."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator

import pytest

from regional_services.identity.documents import check_character
from tools.catalogue import ROOT

DISTRICT = "310199"
"""The fictional district's area code: no such area exists."""
PUBLISHED = {
    "11010519491231002X": "the example of GB 11643 itself",
    "310106199003077335": "constructed for the sealed pages; its area is a real one, its serial was drawn",
    "911247199001011231": "a foreigner's new permit, constructed",
}
PHONES = {"13812345678", "13800138000", "15476332402"}  # the last is a claim's number in an example of HL7
_NUMBER = re.compile(r"(?<![0-9A-Za-z])([1-9]\d{16}[\dX])(?![0-9A-Za-z])")
_PHONE = re.compile(r"(?<![\w.+-])(1[3-9]\d{9})(?![\w-])")
_BINARY = (".png", ".jpg", ".mo", ".lock", ".woff2")


def texts() -> Iterator[tuple[str, str]]:
    """Every text under version control."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in listed.splitlines():
        if not name.endswith(_BINARY) and (ROOT / name).is_file():
            yield name, (ROOT / name).read_text(encoding="utf-8", errors="replace")


def _is_constructed(number: str) -> bool:
    """Of the fictional area, or born on a first of January, as nobody chose a real one would be."""
    return number.startswith(DISTRICT) or number[10:14] == "0101" or number in PUBLISHED


@pytest.mark.control("dev/62")
def test_no_number_could_be_somebodys() -> None:
    found = set()
    for name, text in texts():
        for number in _NUMBER.findall(text):
            month, day = int(number[10:12]), int(number[12:14])
            real = check_character(number[:17]) == number[17] and 1 <= month <= 12 and 1 <= day <= 31
            if real and not _is_constructed(number):
                found.add((name, number))
        found |= {(name, phone) for phone in _PHONE.findall(text) if "0000" not in phone and phone not in PHONES}
    assert found == set(), "use a constructed number, or say in PUBLISHED where it was published"


def test_the_scan_finds_one() -> None:
    first = "31010619850607" + "123"
    number = first + check_character(first)
    assert _NUMBER.findall(f"name {number}.") == [number]
    assert not _is_constructed(number)
