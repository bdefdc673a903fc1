"""An HL7 v2 message as segments of fields; positions are numbered as in the standard, from 1.

Segments and fields nobody here knows (Z segments, newer versions) stay as they came.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from institution_connectors.adapters.hl7v2_mllp.errors import ValueMissing
from institution_connectors.adapters.hl7v2_mllp.escapes import STANDARD, Separators, unescape

DELETED = '""'


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment: its name and its raw fields; `raw[0]` is field 1 (for MSH that is MSH-1, the separator itself)."""

    name: str
    raw: tuple[str, ...]
    separators: Separators = STANDARD
    charset: str = "utf-8"

    def field(self, number: int) -> str:
        """The raw text of a field, "" when absent."""
        return self.raw[number - 1] if 0 < number <= len(self.raw) else ""

    def repetitions(self, number: int) -> list[str]:
        """The raw repetitions of a field; none for an empty one."""
        raw = self.field(number)
        return raw.split(self.separators.repetition) if raw else []

    def component(self, number: int, component: int = 1, *, subcomponent: int = 1, of: str | None = None) -> str:
        """The text of a component of the first repetition (or of the repetition `of`), "" when empty or deleted."""
        raw = of if of is not None else next(iter(self.repetitions(number)), "")
        part = _nth(_nth(raw, self.separators.component, component), self.separators.subcomponent, subcomponent)
        return self._meant(part, number)

    def components(self, number: int) -> list[str]:
        """Every component of the first repetition."""
        raw = next(iter(self.repetitions(number)), "")
        return [self._meant(part, number) for part in raw.split(self.separators.component)]

    def text(self, number: int) -> str:
        """The whole field as text, "" when empty or deleted: for simple types that may hold stray separators."""
        return self._meant(self.field(number), number)

    def is_deleted(self, number: int) -> bool:
        """Whether the sender asks to delete the value (`""`), which differs from not mentioning it."""
        return self.field(number) == DELETED

    def require(self, number: int, component: int = 1) -> str:
        """A component that must not be empty."""
        value = self.component(number, component).strip()
        if not value:
            suffix = "" if component == 1 else f".{component}"
            raise ValueMissing(self.place(number) + suffix, "a value is required")
        return value

    def place(self, number: int) -> str:
        """`PID-5`."""
        return f"{self.name}-{number}"

    def _meant(self, raw: str, number: int) -> str:
        if raw == DELETED:
            return ""
        return unescape(raw, self.separators, charset=self.charset, place=self.place(number))


@dataclass(frozen=True, slots=True)
class Message:
    """A parsed message."""

    segments: tuple[Segment, ...]
    charset: str = "utf-8"
    declared_wrongly: bool = False
    _by_name: dict[str, list[Segment]] = field(default_factory=dict, compare=False, repr=False)

    def __post_init__(self) -> None:
        for segment in self.segments:
            self._by_name.setdefault(segment.name, []).append(segment)

    def __iter__(self) -> Iterator[Segment]:
        return iter(self.segments)

    def all(self, name: str) -> list[Segment]:
        """Every segment of a name, in order."""
        return list(self._by_name.get(name, ()))

    def first(self, name: str) -> Segment | None:
        """The first segment of a name."""
        return next(iter(self._by_name.get(name, ())), None)

    def require(self, name: str) -> Segment:
        """The first segment of a name, or a refusal that names it."""
        segment = self.first(name)
        if segment is None:
            raise ValueMissing(name, "the segment is required", control_id=self.control_id)
        return segment

    def groups(self, leader: str) -> list[list[Segment]]:
        """The segments cut into groups that begin with a `leader`; what precedes the first is left out."""
        found: list[list[Segment]] = []
        for segment in self.segments:
            if segment.name == leader:
                found.append([segment])
            elif found:
                found[-1].append(segment)
        return found

    @property
    def header(self) -> Segment:
        """MSH."""
        return self.segments[0]

    @property
    def type(self) -> str:
        """`ADT^A04`, or `ACK` alone."""
        code, trigger = self.header.component(9, 1), self.header.component(9, 2)
        return f"{code}^{trigger}" if trigger else code

    @property
    def control_id(self) -> str:
        """MSH-10."""
        return self.header.component(10)

    @property
    def sender(self) -> tuple[str, str]:
        """MSH-3 and MSH-4: who sent it; together with MSH-10 the identity of a message."""
        return self.header.text(3), self.header.text(4)


def _nth(text: str, separator: str, number: int) -> str:
    parts = text.split(separator)
    return parts[number - 1] if number <= len(parts) else ""
