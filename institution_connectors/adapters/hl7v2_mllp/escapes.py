r"""HL7 escape sequences: \F\ \S\ \T\ \R\ \E\ \.br\ \Xhh..\ and what is kept because nobody defined it here."""

from __future__ import annotations

import re
from dataclasses import dataclass

from institution_connectors.adapters.hl7v2_mllp.errors import MessageRefused
from institution_connectors.charsets import CharsetError, decode


@dataclass(frozen=True, slots=True)
class Separators:
    """MSH-1 and MSH-2: the five characters a message is cut with."""

    field: str = "|"
    component: str = "^"
    repetition: str = "~"
    escape: str = "\\"
    subcomponent: str = "&"

    @property
    def encoding_characters(self) -> str:
        """MSH-2."""
        return self.component + self.repetition + self.escape + self.subcomponent


STANDARD = Separators()
_HEX = re.compile(r"X((?:[0-9A-Fa-f]{2})+)")
_SPACE = re.compile(r"\.sp\+?(\d{0,2})")


def escape(text: str, separators: Separators = STANDARD) -> str:
    """`text` as it may stand in a field; line breaks become `\\.br\\`."""
    mark = separators.escape
    table = {
        mark: f"{mark}E{mark}",
        separators.field: f"{mark}F{mark}",
        separators.component: f"{mark}S{mark}",
        separators.subcomponent: f"{mark}T{mark}",
        separators.repetition: f"{mark}R{mark}",
        "\n": f"{mark}.br{mark}",
    }
    return "".join(table.get(character, character) for character in text.replace("\r\n", "\n").replace("\r", "\n"))


def unescape(text: str, separators: Separators = STANDARD, *, charset: str = "utf-8", place: str = "field") -> str:
    """The meant text of a field. An escape mark without a partner is kept as a plain character, as senders mean it."""
    mark = separators.escape
    if mark not in text:
        return text
    pieces, rest = [], text
    while True:
        before, found, after = rest.partition(mark)
        pieces.append(before)
        if not found:
            return "".join(pieces)
        body, closed, remainder = after.partition(mark)
        meaning = _meaning(body, separators, charset, place) if closed else None
        if meaning is None:
            pieces.append(mark)
            rest = after
        else:
            pieces.append(meaning)
            rest = remainder


def _meaning(body: str, separators: Separators, charset: str, place: str) -> str | None:
    """What `\\body\\` stands for; None where it is no escape sequence of ours and stays as written."""
    fixed = {
        "F": separators.field,
        "S": separators.component,
        "T": separators.subcomponent,
        "R": separators.repetition,
        "E": separators.escape,
        ".br": "\n",
        ".ce": "\n",
        "H": "",
        "N": "",
    }
    if body in fixed:
        return fixed[body]
    if match := _SPACE.fullmatch(body):
        return "\n" * int(match[1] or 1)
    if match := _HEX.fullmatch(body):
        try:
            return decode(bytes.fromhex(match[1]), declared=charset, configured=charset).text
        except CharsetError as problem:
            raise MessageRefused(place, f"hexadecimal escape: {problem}") from problem
    return None
