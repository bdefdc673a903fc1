"""Every sample message, and anything else: read, or refused with the place at fault."""

from __future__ import annotations

import contextlib
import unicodedata
from pathlib import Path

import hl7
import pytest
from hypothesis import given
from hypothesis import strategies as st

from institution_connectors.adapters.hl7v2_mllp.errors import MessageRefused
from institution_connectors.adapters.hl7v2_mllp.escapes import escape, unescape
from institution_connectors.adapters.hl7v2_mllp.message import Message
from institution_connectors.adapters.hl7v2_mllp.parser import parse, parse_text, peek, split
from institution_connectors.adapters.hl7v2_mllp.writer import header, message, segment

SAMPLES = Path(__file__).parents[2] / "samples" / "hl7v2"
FILES = sorted(path for path in SAMPLES.rglob("*") if path.is_file())
MSH = "MSH|^~\\&|HIS|H07|HUB|JA|20260105081531||ADT^A04|C1|P|2.4"

# The only samples that may be refused, each with the place the refusal must name.
REFUSED = {
    "hl7apy/12_odd.hl7": "MSH-2: four encoding characters expected, 3 found",
    "hl7apy/14_odd.hl7": "MSH-2: four encoding characters expected, 7 found",
    "hl7apy/18_ADT_A01.hl7": "MSH-2: the encoding characters must be distinct",
    "hl7apy/20_odd.hl7": "MSH-9.2: a trigger event",
    "linuxforhealth/sample_unix.hl7": "MSH-2: the encoding characters must be distinct",
    "nextgen-connect/emptyfile.txt": "MSH: the message is empty",
    "nextgen-connect/hl7v2-xml_valid.xml": "MSH: the message begins with '<?x'",
    "python-hl7/sample_bad_batch1.hl7": "BHS: line 4: a second or misplaced BHS",
    "python-hl7/sample_bad_file.hl7": "MSH: line 3: segment 'EVN' stands before",
    "python-hl7/sample_bad_file2.hl7": "FHS: line 5: a second or misplaced FHS",
    "LegacyPipeParser__EncodingNotSupportedException__aoor1": "MSH: the message is empty",
    "LegacyPipeParser__HL7Exception__hang1": "MSH-2: four encoding characters expected, 1 found",
    "LegacyPipeParser__HL7Exception__stackoverflow1": "MSH-2: four encoding characters expected, 1 found",
    "LegacyPipeParser__HL7Exception__sys1": "MSH-2: four encoding characters expected, 1 found",
    "LegacyPipeParser__NoException__regex1": "MSH-2: the encoding characters must be distinct",
    "id_000213_sig_02": "MSH: the message begins with",
    "id_000029_sig_02": "MSH-2: four encoding characters expected, 3 found",
    "id_000055_sig_02": "MSH-2: the encoding characters must be distinct",
    "id_000087_sig_02": "MSH-18: bytes do not fit",
    "id_000099_sig_02": "MSH-2: the encoding characters must be distinct",
    "id_000119_sig_02": "MSH-2: the encoding characters must be distinct",
    "id_000125_sig_02": "MSH-2: the encoding characters must be distinct",
    "id_000151_sig_02": "MSH-18: bytes do not fit",
    "id_000172_sig_02": "MSH-18: bytes do not fit",
    "id_000205_sig_02": "MSH-2: the encoding characters must be distinct",
    "PipeParser__HL7Exception__so2": "MSH-2: the encoding characters must be distinct",
    "PipeParser__HL7Exception__so4": "MSH-2: the encoding characters must be distinct",
    "id_000109_sig_02": "segment 2: '000' is not a segment name",
    "id_000168_sig_02": "MSH-18: bytes do not fit",
}


def all_of(data: bytes, charset: str = "utf-8") -> list[Message]:
    batch = split(data, charset=charset)
    return [parse_text(text, batch.decoded) for text in batch.texts]


def refusal_of(data: bytes, charset: str = "utf-8") -> str:
    with pytest.raises(MessageRefused) as caught:
        all_of(data, charset)
    return str(caught.value)


def test_there_are_samples() -> None:
    assert len(FILES) > 120


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SAMPLES)))
def test_every_sample_is_read_or_refused_with_its_place(path: Path) -> None:
    expected = next((reason for name, reason in REFUSED.items() if name in path.as_posix()), None)
    if expected is None:
        for read in all_of(path.read_bytes()):
            assert read.control_id
            assert read.segments[0].name == "MSH"
    else:
        assert refusal_of(path.read_bytes()).startswith(expected)


def test_batches_and_files_are_cut_into_their_messages() -> None:
    found = all_of((SAMPLES / "nextgen-connect/batch01_SIU-S12-S14-S15.hl7").read_bytes())
    assert [read.type for read in found] == ["SIU^S12", "SIU^S14", "SIU^S15"]
    assert len(all_of((SAMPLES / "python-hl7/sample_file1.hl7").read_bytes())) == 3


def test_a_trailer_that_counts_wrong_is_refused() -> None:
    batch = f"BHS|^~\\&|A|B\r{MSH}\r{MSH}\rBTS|3\r".encode()
    assert refusal_of(batch) == "BTS-1: the trailer counts '3', the batch holds 2"


def test_unknown_segments_stay_as_they_came() -> None:
    read = parse(f"{MSH}\rZPY|1|a^b\\T\\c~d|\r".encode())
    unknown = read.require("ZPY")
    assert unknown.raw == ("1", "a^b\\T\\c~d", "")
    assert unknown.component(2, 2) == "b&c"
    assert unknown.repetitions(2) == ["a^b\\T\\c", "d"]


def test_deleted_differs_from_empty() -> None:
    person = parse(f'{MSH}\rPID|1||""||""|\r'.encode()).require("PID")
    assert person.is_deleted(5)
    assert person.component(5) == person.text(5) == ""
    assert not person.is_deleted(4)
    assert not person.is_deleted(13)


def test_other_separators_are_followed() -> None:
    read = parse(b"MSH#*~\\$#HIS#H07#HUB#JA#2026##ADT*A04#C1#P#2.4\rPID#1##7*x$y\r")
    assert read.type == "ADT^A04"
    assert read.require("PID").component(3, 2, subcomponent=2) == "y"


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ("MSH|^~\\&|A|B|C|D|1||ADT^A04|C1|P|3.0\r", "MSH-12: '3.0' is not a version 2"),
        ("MSH|^~\\&|A|B|C|D|1||ADT^A04||P|2.4\r", "MSH-10: a message control id is required"),
        ("MSH|^~\\&|A|B|C|D|1||adt^A04|C1|P|2.4\r", "MSH-9.1: a message code"),
        (f"{MSH}\rPID|1||ab\x00c\r", "PID-3 (segment 2): control character 0x00"),
        (f"{MSH}\rOBX|1|TX|x||first\nsecond line|\r", "segment 3: 'second line' is not a segment name"),
        (f"{MSH}||||||XYZ\r", "MSH-18: character set 'XYZ' is not supported"),
    ],
)
def test_refusals_name_the_place(lines: str, reason: str) -> None:
    assert refusal_of(lines.encode()).startswith(reason)


# -- character sets


def test_msh_18_rules_and_the_profile_fills_in() -> None:
    named = f"{MSH}||||||GB 18030-2000\rPID|1||7||张三𠮷\r"
    assert parse(named.encode("gb18030")).require("PID").text(5) == "张三𠮷"
    silent = f"{MSH}\rPID|1||7||李四\r"
    assert parse(silent.encode("gb18030"), charset="gb18030").require("PID").text(5) == "李四"
    assert parse(silent.encode(), charset="utf-8").require("PID").text(5) == "李四"


def test_a_sender_that_names_the_wrong_set_is_read_by_the_profile_or_refused() -> None:
    lying = f"{MSH}||||||UNICODE UTF-8\rPID|1||7||张三\r".encode("gb18030")
    read = parse(lying, charset="gb18030")
    assert read.require("PID").text(5) == "张三"
    assert read.declared_wrongly
    assert refusal_of(lying, charset="utf-8").startswith("MSH-18: bytes do not fit")


def test_utf_8_under_the_name_of_gb_never_becomes_other_characters() -> None:
    lying = f"{MSH}||||||GB 18030-2000\rPID|1||7||欧阳明华\r".encode()
    assert parse(lying, charset="gb18030").require("PID").text(5) == "欧阳明华"


def test_damaged_text_is_refused() -> None:
    assert "U+FFFD" in refusal_of(f"{MSH}\rPID|1||7||张\ufffd\r".encode())


def test_a_refusal_still_knows_the_control_id() -> None:
    with pytest.raises(MessageRefused) as caught:
        all_of(f"{MSH}||||||UNICODE UTF-8\rPID|1||7||张三\r".encode("gb18030"))
    assert caught.value.control_id == "C1"


# -- escapes


def test_escapes_there_and_back() -> None:
    text = "a|b^c&d~e\\f\n第二行"
    assert escape(text) == "a\\F\\b\\S\\c\\T\\d\\R\\e\\E\\f\\.br\\第二行"
    assert unescape(escape(text)) == text


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("\\H\\bold\\N\\", "bold"),
        ("a\\.sp2\\b", "a\n\nb"),
        ("\\XE5BCA0\\", "张"),
        ("C:\\dir", "C:\\dir"),
        ("\\Zown\\x", "\\Zown\\x"),
    ],
)
def test_other_escapes(written: str, meant: str) -> None:
    assert unescape(written) == meant


def test_hexadecimal_escapes_are_in_the_message_charset() -> None:
    assert unescape("\\XD5C5\\", charset="gb18030") == "张"
    with pytest.raises(MessageRefused, match="PID-5: hexadecimal escape"):
        unescape("\\XD5\\", charset="gb18030", place="PID-5")


# -- anything


def read_or_refused(data: bytes, charset: str) -> list[Message]:
    """What any input must come to; a refusal must name a place and a reason."""
    try:
        return all_of(data, charset)
    except MessageRefused as problem:
        place, reason = problem.place, problem.reason
    assert place
    assert reason
    return []


@given(st.binary(max_size=600))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    peek(data)
    for charset in ("utf-8", "gb18030"):
        read_or_refused(data, charset)


@given(st.binary(max_size=300))
def test_any_bytes_after_a_good_header_are_read_or_refused(data: bytes) -> None:
    for read in read_or_refused(MSH.encode() + b"\r" + data, "utf-8"):
        for part in read:
            for number in range(1, len(part.raw) + 1):
                with contextlib.suppress(MessageRefused):  # a hexadecimal escape of nonsense
                    part.text(number)
                    part.component(number, 2)


_TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc", "Cn")), max_size=30)


@given(st.lists(_TEXT, min_size=1, max_size=5))
def test_what_we_write_the_library_and_we_read_alike(values: list[str]) -> None:
    head = header({3: "HUB", 4: "JA", 9: ["ADT", "A04", "ADT_A01"], 10: "C1", 11: "P", 12: "2.4", 18: "UNICODE UTF-8"})
    body = {number: [value, "x"] for number, value in enumerate(values, start=1)}
    data = message([head, segment("ZXX", body)], charset="utf-8")
    ours = parse(data).require("ZXX")
    theirs = hl7.parse(data.decode()).segment("ZXX")
    for number, value in body.items():
        assert ours.component(number, 1) == unicodedata.normalize("NFC", value[0])
        assert escape(ours.component(number, 1)) == str(theirs[number][0][0])
        assert ours.component(number, 2) == str(theirs[number][0][1]) == "x"
