"""Certificates of residents: what a number of each kind looks like, and what it says. Pure.

A number proves its format only; that it belongs to the name is for the city's identity service to say. Codes are those
of CV02.01.101; connectors and channels keep their own maps.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from regional_services.identity.errors import DocumentInvalid, NameInvalid, PhoneInvalid


class DocumentKind(StrEnum):
    """Kinds of certificate the hub accepts."""

    RESIDENT_ID = "01"
    HOUSEHOLD_BOOK = "02"
    PASSPORT = "03"
    MILITARY = "04"
    HK_MACAO_PERMIT = "06"
    TAIWAN_PERMIT = "07"
    FOREIGN_RESIDENT = "10"
    HMT_RESIDENCE = "16"
    FOREIGN_PASSPORT = "31"
    BIRTH_CERTIFICATE = "99"

    @property
    def text(self) -> str:
        """The name people know."""
        return _TEXTS[self]


_TEXTS: dict[DocumentKind, str] = {
    DocumentKind.RESIDENT_ID: "居民身份证",
    DocumentKind.HOUSEHOLD_BOOK: "户口簿",
    DocumentKind.PASSPORT: "护照",
    DocumentKind.MILITARY: "军人证件",
    DocumentKind.HK_MACAO_PERMIT: "港澳居民来往内地通行证",
    DocumentKind.TAIWAN_PERMIT: "台湾居民来往大陆通行证",
    DocumentKind.FOREIGN_RESIDENT: "外国人永久居留身份证",
    DocumentKind.HMT_RESIDENCE: "港澳台居民居住证",
    DocumentKind.FOREIGN_PASSPORT: "外国护照",
    DocumentKind.BIRTH_CERTIFICATE: "出生医学证明",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A number in the one spelling it is stored, compared and searched in, with what it says of its holder.

    `key` is what two numbers of one person's document share: a renewed permit counts its issues behind it.
    """

    kind: DocumentKind
    number: str
    key: str
    birth_date: date | None = None
    sex: str = ""


MALE, FEMALE = "1", "2"
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"
_FIRST_BIRTH = date(1850, 1, 1)
_PROVINCES = frozenset(
    {*range(11, 16), *range(21, 24), *range(31, 38), *range(41, 47), *range(50, 55), *range(61, 66), 71, 81, 82, 83}
)
_HMT_REGIONS = ("810000", "820000", "830000")


def check_character(first_17: str) -> str:
    """MOD 11-2 of GB 11643 over the first seventeen digits."""
    return _CHECKS[sum(int(digit) * weight for digit, weight in zip(first_17, _WEIGHTS, strict=True)) % 11]


def from_15(number: str) -> str:
    """The 18-character form of an old 15-digit number (born 19xx)."""
    if not re.fullmatch(r"\d{15}", number):
        raise DocumentInvalid
    longer = number[:6] + "19" + number[6:]
    return longer + check_character(longer)


def read(kind: str, number: str, *, today: date) -> Document:
    """The document of a number somebody typed; DocumentInvalid says what is wrong with it."""
    try:
        known = DocumentKind(kind)
    except ValueError:
        raise _wrong("请选择证件类型。") from None
    tidy = re.sub(r"[\s\-()（）]", "", unicodedata.normalize("NFKC", number)).upper()
    return _READERS[known](known, tidy, today)


def name(value: str) -> str:
    """A name in the certificate's spelling: NFC, one kind of middle dot, single inner blanks; NameInvalid otherwise."""
    tidy = re.sub(r"\s+", " ", re.sub("[•‧・∙]", "·", unicodedata.normalize("NFC", value))).strip()
    if not 1 <= len(tidy) <= 50:
        raise NameInvalid(fields={"name": "姓名须为1至50个字符。"})
    if not all(_may_be_in_a_name(character) for character in tidy):
        raise NameInvalid(fields={"name": "姓名只能包含汉字、字母与间隔号。"})
    return tidy


def same_name(one: str, other: str) -> bool:
    """Whether two spellings are one name: by form, dots and case, blanks aside."""
    return _comparable(one) == _comparable(other)


def phone(value: str) -> str:
    """A mobile number as E.164 (mainland, Hong Kong, Macao, Taiwan); PhoneInvalid otherwise."""
    digits = re.sub(r"[\s\-]", "", unicodedata.normalize("NFKC", value))
    for pattern, prefix in _PHONES:
        found = re.fullmatch(pattern, digits)
        if found:
            return prefix + found.group("number")
    raise PhoneInvalid(fields={"phone": "请填写11位手机号码。"})


_PHONES = (
    (r"(?:\+?86)?(?P<number>1[3-9]\d{9})", "+86"),
    (r"\+852(?P<number>\d{8})", "+852"),
    (r"\+853(?P<number>6\d{7})", "+853"),
    (r"\+886(?P<number>9\d{8})", "+886"),
)


def _may_be_in_a_name(character: str) -> bool:
    # The replacement character is of category So: a name that was decoded wrongly never passes.
    return unicodedata.category(character) in {"Lo", "Lu", "Ll", "Lt", "Mn", "Lm"} or character in " ·.'’-〇"


def _comparable(value: str) -> str:
    return re.sub(r"[\s·.]", "", unicodedata.normalize("NFC", re.sub("[•‧・∙]", "·", value))).upper()


def _wrong(text: str) -> DocumentInvalid:
    return DocumentInvalid(fields={"document_number": text})


def _citizen_number(kind: DocumentKind, number: str, today: date) -> Document:
    """18 characters: region, birthday, sequence, check."""
    if not re.fullmatch(r"\d{17}[\dX]", number):
        raise _wrong("证件号码应为18位。")
    if number[-1] != check_character(number[:17]):
        raise _wrong("证件号码校验位不正确，请核对。")
    return Document(
        kind=kind,
        number=number,
        key=number,
        birth_date=_birthday(number[6:14], today),
        sex=MALE if int(number[16]) % 2 else FEMALE,
    )


def _resident_id(kind: DocumentKind, number: str, today: date) -> Document:
    document = _citizen_number(kind, number, today)
    # Six-digit codes of abolished counties stay on old cards: only the province is looked at.
    if int(number[:2]) not in _PROVINCES or number[:6] in _HMT_REGIONS:
        raise _wrong("证件号码的地区代码不正确，请核对证件类型。")
    return document


def _hmt_residence(kind: DocumentKind, number: str, today: date) -> Document:
    document = _citizen_number(kind, number, today)
    if number[:6] not in _HMT_REGIONS:
        raise _wrong("港澳台居民居住证号码应以810000、820000或830000开头。")
    return document


def _foreign_resident(kind: DocumentKind, number: str, today: date) -> Document:
    if re.fullmatch(r"[A-Z]{3}\d{12}", number):
        return Document(kind=kind, number=number, key=number)
    if not number.startswith("9"):
        raise _wrong("外国人永久居留身份证号码应以9开头，或为3位字母加12位数字。")
    return _citizen_number(kind, number, today)


def _hk_macao_permit(kind: DocumentKind, number: str, _today: date) -> Document:
    if not re.fullmatch(r"[HM](\d{8}|\d{10})", number):
        raise _wrong("通行证号码应为H或M加8位数字。")
    return Document(kind=kind, number=number, key=number[:9])


def _taiwan_permit(kind: DocumentKind, number: str, _today: date) -> Document:
    if not re.fullmatch(r"\d{8}|\d{10}[A-Z]?", number):
        raise _wrong("通行证号码应为8位数字。")
    return Document(kind=kind, number=number, key=number)


def _passport(kind: DocumentKind, number: str, _today: date) -> Document:
    if not re.fullmatch(r"E\d{8}|E[A-HJ-NP-Z]\d{7}|G\d{8}|[DSP]E?\d{7,8}", number):
        raise _wrong("护照号码格式不正确。")
    return Document(kind=kind, number=number, key=number)


def _shaped(pattern: str, text: str) -> Callable[[DocumentKind, str, date], Document]:
    """A reader for documents whose number has a shape and nothing to compute."""

    def reader(kind: DocumentKind, number: str, _today: date) -> Document:
        if not re.fullmatch(pattern, number):
            raise _wrong(text)
        return Document(kind=kind, number=number, key=number)

    return reader


def _birthday(digits: str, today: date) -> date:
    try:
        born = date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        raise _wrong("证件号码中的出生日期不存在。") from None
    if not _FIRST_BIRTH <= born <= today:
        raise _wrong("证件号码中的出生日期不正确。")
    return born


_READERS: dict[DocumentKind, Callable[[DocumentKind, str, date], Document]] = {
    DocumentKind.RESIDENT_ID: _resident_id,
    DocumentKind.HOUSEHOLD_BOOK: _resident_id,
    DocumentKind.PASSPORT: _passport,
    DocumentKind.MILITARY: _shaped(r"[\u4e00-\u9fff]{0,4}字?第?\d{4,10}号?", "军人证件号码格式不正确。"),
    DocumentKind.HK_MACAO_PERMIT: _hk_macao_permit,
    DocumentKind.TAIWAN_PERMIT: _taiwan_permit,
    DocumentKind.FOREIGN_RESIDENT: _foreign_resident,
    DocumentKind.HMT_RESIDENCE: _hmt_residence,
    DocumentKind.FOREIGN_PASSPORT: _shaped(r"[A-Z0-9]{5,20}", "护照号码应为5至20位字母或数字。"),
    DocumentKind.BIRTH_CERTIFICATE: _shaped(r"[A-Z]\d{9}", "出生医学证明编号应为1位字母加9位数字。"),
}
