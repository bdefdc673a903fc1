"""From the words of somebody who suffers to departments, with the reason. It suggests; a person is always offered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from hub import clock
from hub.tenancy.statements import Statement
from regional_services.catalog.pinyin import is_typed, sounds_like
from regional_services.doctors import finding
from regional_services.doctors.models import Symptom
from tenants.registry import selectors as registry

MOST_WORDS = 5
MOST_DEPARTMENTS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggested:
    """A department to go to; `free` numbers of the week."""

    department_id: UUID
    institution_code: str
    institution: str
    name: str
    free: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """What one word leads to: `said` is how the person said it."""

    word: str
    said: str
    reason: str
    is_urgent: bool
    department_names: tuple[str, ...]
    departments: tuple[Suggested, ...]


_DEPARTMENTS = Statement(
    "default",
    """
SELECT n.place, k.department_id, k.institution_code, k.name, coalesce((
    SELECT sum(s.free) FROM regional_catalog_catalogsession s
    WHERE s.department_id = k.department_id AND s.date BETWEEN %(today)s AND %(last)s AND s.state = 'open'
        AND (s.release_at IS NULL OR s.release_at <= %(now)s)), 0)::bigint AS free
FROM unnest(%(names)s::text[]) WITH ORDINALITY AS n (name, place)
JOIN regional_catalog_catalogdepartment k ON strpos(k.name, n.name) > 0
WHERE k.is_active AND NOT k.is_reserved AND k.institution_code = ANY(%(shown)s::text[])
ORDER BY n.place, free DESC, k.institution_code, k.code
""",
)


def advise(text: str) -> list[Advice]:
    """What the words of a text lead to, what may be urgent first. Two queries, one where nothing is recognised."""
    said = text.strip()
    matches = [(row, how) for row in Symptom.objects.filter(is_active=True) if (how := _how(row, said))] if said else []
    # What was said in full comes before what it only begins or is part of: 发烧 before 孩子发烧.
    matches.sort(key=lambda match: (not match[0].is_urgent, match[1] not in said, -len(match[1]), match[0].word))
    matches = matches[:MOST_WORDS]
    if not matches:
        return []
    names = list(dict.fromkeys(name for row, _ in matches for name in row.departments))
    places = _places(names)
    return [
        Advice(
            word=row.word,
            said=how,
            reason=row.reason,
            is_urgent=row.is_urgent,
            department_names=tuple(row.departments),
            departments=_first(row.departments, places),
        )
        for row, how in matches
    ]


def _how(row: Symptom, said: str) -> str:
    """The term of a row that was said, or that what was said begins or sounds like; empty where none was."""
    terms = (row.word, *row.aliases)
    if is_typed(said):
        return next((term for term in terms if sounds_like(term, said)), "")
    whole = max((term for term in terms if term in said), key=len, default="")
    return whole or next((term for term in terms if len(said) > 1 and said in term), "")


def _places(names: list[str]) -> dict[str, list[Suggested]]:
    short = {view.code: view.short_name for view in registry.institutions()}
    found: dict[str, list[Suggested]] = {name: [] for name in names}
    today = clock.today()
    for place, department_id, code, name, free in _DEPARTMENTS.rows(
        names=names, shown=finding.shown(), today=today, last=today + timedelta(days=6), now=clock.now()
    ):
        found[names[place - 1]].append(
            Suggested(
                department_id=department_id,
                institution_code=code,
                institution=short.get(code, ""),
                name=name,
                free=free,
            )
        )
    return found


def _first(names: Sequence[str], places: dict[str, list[Suggested]]) -> tuple[Suggested, ...]:
    """Departments that are called so come first: 内科 is also in 消化内科, and in 口腔内科, where no fever belongs."""
    once = {
        place.department_id: place
        for called_so in (True, False)
        for name in names
        for place in places[name]
        if place.name.startswith(name) is called_so
    }
    return tuple(once.values())[:MOST_DEPARTMENTS]
