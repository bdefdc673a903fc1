"""Messages as staff may see them: personal data masked whatever the dialect, structure and codes kept."""

from __future__ import annotations

import re
from collections.abc import Callable

from hub.security import masking

_NAME_FIELDS = "name|patient_name|PatientName|guardian_name|GuardianName"
_DOCUMENT_FIELDS = "cert_no|guardian_cert_no|IDCard|CardNo|GuardianCerNum|idcard"
_PHONE_FIELDS = "mobile|guardian_mobile|MobilePhone|GuardianPhone|phone"
_ADDRESS_FIELDS = "home_address|Address"
_RULES: tuple[tuple[str, Callable[[str], str]], ...] = (
    (_NAME_FIELDS, masking.name),
    (_DOCUMENT_FIELDS, masking.document),
    (_PHONE_FIELDS, masking.phone),
    (_ADDRESS_FIELDS, masking.address),
)
_FHIR_DOCUMENT = r"(?:/|%2F)document(?:/|%2F)[0-9A-Za-z]{1,4}"
_FHIR: tuple[tuple[re.Pattern[str], Callable[[str], str]], ...] = (
    (re.compile(r'("name"\s*:\s*\[?\s*\{[^{}]*?"text"\s*:\s*")((?:[^"\\]|\\.)+)(")'), masking.name),
    (re.compile(r'("family"\s*:\s*")((?:[^"\\]|\\.)+)(")'), masking.name),
    (re.compile(r'("given"\s*:\s*\[\s*")([^\]]+)("\s*\])'), masking.name),
    (re.compile(r'("address"\s*:\s*\[?\s*\{[^{}]*?"text"\s*:\s*")((?:[^"\\]|\\.)+)(")'), masking.address),
    (re.compile(rf'({_FHIR_DOCUMENT}"\s*,\s*"value"\s*:\s*")([^"]+)(")'), masking.document),
    (re.compile(rf'("value"\s*:\s*")([^"]+)("\s*,\s*"system"\s*:\s*"[^"]*{_FHIR_DOCUMENT}")'), masking.document),
    (re.compile(rf"({_FHIR_DOCUMENT}(?:\||%7C))([^&\s\"]+)()"), masking.document),
    (re.compile(r'("div"\s*:\s*")((?:[^"\\]|\\.)+)(")'), lambda _: "…"),
)
_ID_NUMBER = re.compile(r"(?<![0-9A-Za-z])[1-9]\d{16}[0-9Xx](?![0-9A-Za-z])")
_PHONE = re.compile(r"(?<![0-9A-Za-z])1[3-9]\d{9}(?![0-9A-Za-z])")
_PID = re.compile(r"(?m)^(PID|NK1)\|.*$")
_HL7_PERSON = re.compile(r"(@PID\.5\.1\^)([^~|\r\n]+)")  # a name in a patient query (QPD-3)
_HL7_DOCUMENT = re.compile(r"([~|^])([0-9A-Za-z]{5,20})(\^\^\^CHN\^)")  # a certificate in PID-3 or NK1-33
_HL7_WANTED = re.compile(r"(@PID\.3\.1\^)([^~|\r\n]+)")
_HL7_NAME = {"PID": (5, 6, 9, 11, 13, 14, 19), "NK1": (2, 4, 5)}


def masked(text: str) -> str:
    """The text with names, documents, phones and addresses masked, in JSON, FHIR, XML and HL7 v2 alike."""
    for names, rule in _RULES:
        text = _json_fields(names).sub(lambda found, rule=rule: found[1] + rule(found[2]) + found[3], text)  # type: ignore[misc]
        text = _xml_fields(names).sub(lambda found, rule=rule: found[1] + rule(found[2]) + found[3], text)  # type: ignore[misc]
    for pattern, rule in _FHIR:
        text = pattern.sub(lambda found, rule=rule: found[1] + rule(found[2]) + found[3], text)  # type: ignore[misc]
    text = _PID.sub(_hl7_segment, text.replace("\r", "\n") if text.startswith("MSH") else text)
    text = _HL7_PERSON.sub(lambda found: found[1] + masking.name(found[2]), text)
    text = _HL7_WANTED.sub(lambda found: found[1] + masking.document(found[2]), text)
    text = _HL7_DOCUMENT.sub(lambda found: found[1] + masking.document(found[2]) + found[3], text)
    text = _ID_NUMBER.sub(lambda found: masking.document(found[0]), text)
    return _PHONE.sub(lambda found: masking.phone(found[0]), text)


def _json_fields(names: str) -> re.Pattern[str]:
    return re.compile(rf'("(?:{names})"\s*:\s*")((?:[^"\\]|\\.)+)(")')


def _xml_fields(names: str) -> re.Pattern[str]:
    return re.compile(rf"((?:<|&lt;)(?:{names})(?:>|&gt;))([^<&]+)((?:<|&lt;)/)")


def _hl7_segment(found: re.Match[str]) -> str:
    fields = found[0].split("|")
    for index in _HL7_NAME[fields[0]]:
        if index < len(fields) and fields[index]:
            fields[index] = masking.name(fields[index].split("^")[0])
    return "|".join(fields)
