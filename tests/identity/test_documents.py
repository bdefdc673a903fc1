"""Document numbers: published vectors, and what must be refused."""

from __future__ import annotations

from datetime import date

import pytest

from regional_services.identity import documents
from regional_services.identity.errors import DocumentInvalid, NameInvalid, PhoneInvalid

TODAY = date(2026, 11, 20)


@pytest.mark.parametrize(
    ("first", "check"),
    [
        ("11010519491231002", "X"),
        ("31010619900101123", "6"),
        ("81000019900101001", "9"),
        ("91124719900101123", "1"),
        ("44030019000101123", "7"),
    ],
)
def test_check_characters(first: str, check: str) -> None:
    """MOD 11-2."""
    assert documents.check_character(first) == check


@pytest.mark.parametrize(
    ("kind", "number", "stored", "key", "born", "sex"),
    [
        ("01", "11010519491231002x", "11010519491231002X", "11010519491231002X", date(1949, 12, 31), "2"),
        ("02", "310106199001011236", "310106199001011236", "310106199001011236", date(1990, 1, 1), "1"),
        ("16", "810000199001010019", "810000199001010019", "810000199001010019", date(1990, 1, 1), "1"),
        ("10", "911247199001011231", "911247199001011231", "911247199001011231", date(1990, 1, 1), "1"),
        ("10", "USA123456789012", "USA123456789012", "USA123456789012", None, ""),
        ("06", "H1234567801", "H1234567801", "H12345678", None, ""),
        ("06", "m12345678", "M12345678", "M12345678", None, ""),
        ("07", "12345678", "12345678", "12345678", None, ""),
        ("07", "1234567890(B)", "1234567890B", "1234567890B", None, ""),
        ("03", "EA1234567", "EA1234567", "EA1234567", None, ""),
        ("03", "E12345678", "E12345678", "E12345678", None, ""),
        ("31", "X9Y8Z7W6", "X9Y8Z7W6", "X9Y8Z7W6", None, ""),
        ("99", "T310123456", "T310123456", "T310123456", None, ""),
    ],
)
def test_accepted(kind: str, number: str, stored: str, key: str, born: date | None, sex: str) -> None:
    """One spelling is stored; what the number says is read."""
    read = documents.read(kind, number, today=TODAY)
    assert (read.number, read.key, read.birth_date, read.sex) == (stored, key, born, sex)


@pytest.mark.parametrize(
    ("kind", "number"),
    [
        ("01", "31010619900101123X"),  # the sample with a wrong check character
        ("01", "310106199001011235"),
        ("01", "990106199001011232"),
        ("01", "11010519000229002X"),  # 1900 was no leap year
        ("01", "310106203001011232"),
        ("01", "31010619900101123"),
        ("01", "810000199001010019"),  # a residence permit is another kind of document
        ("16", "310106199001011236"),
        ("06", "A12345678"),
        ("07", "123456789"),
        ("03", "EI1234567"),
        ("31", "ab"),
        ("77", "310106199001011236"),
    ],
)
def test_refused(kind: str, number: str) -> None:
    """Wrong check character, region, date, shape or kind."""
    with pytest.raises(DocumentInvalid):
        documents.read(kind, number, today=TODAY)


def test_leap_day_of_2000_is_a_birthday() -> None:
    """2000 was a leap year."""
    first = "31010620000229123"
    assert documents.read("01", first + documents.check_character(first), today=TODAY).birth_date == date(2000, 2, 29)


def test_old_numbers_convert() -> None:
    """15 digits get their century and check character."""
    assert documents.from_15("310106900101123") == "310106199001011236"


def test_names_keep_the_certificates_spelling() -> None:
    """Rare characters of all planes, dots of one kind, fifty letters; nothing that was decoded wrongly."""
    assert documents.name(" 买买提•阿卜杜拉 ") == "买买提·阿卜杜拉"
    assert documents.name("𠮷𬭎𰻝") == "𠮷𬭎𰻝"
    assert documents.name("A" * 50) == "A" * 50
    for wrong in ("", "张\ufffd三", "张?三", "A" * 51, "张3"):
        with pytest.raises(NameInvalid):
            documents.name(wrong)
    assert documents.same_name("阿依古丽‧买买提", "阿依古丽·买买提")
    assert not documents.same_name("张三", "张三丰")


def test_phones() -> None:
    """Mainland, Hong Kong, Macao and Taiwan; nothing else."""
    assert documents.phone("138 0013 8000") == "+8613800138000"
    assert documents.phone("+852 91234567") == "+85291234567"
    for wrong in ("12800138000", "1380013800", "+8521234"):
        with pytest.raises(PhoneInvalid):
            documents.phone(wrong)
