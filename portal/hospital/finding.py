"""One field that takes whatever a person holds up: a booking's code, a hub number, a document, a phone, the last four.

What is typed travels sealed and is never part of an address: a page of results is known by a mark kept in the session.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from hub.actor import Actor
from hub.ids import uuid7
from hub.security.sealed_forms import SealedForm, SealedTextInput
from hub.tenancy.scope import hospital
from tenants.appointments import selectors as appointments
from tenants.appointments.selectors import AppointmentView, Criteria
from tenants.patients import permissions, services
from tenants.patients import selectors as patients
from tenants.patients.errors import ArchiveNotFound
from tenants.patients.selectors import PatientView

_KEY = "found"
_KEPT = 8


class FindForm(SealedForm):
    """The field."""

    q = forms.CharField(
        label=_("预约码、登记号、证件号、手机号、姓名或后四位，或扫健康卡、医保码"),
        max_length=80,
        widget=SealedTextInput("search.text:desk", attrs={"data-search": "yes"}),
    )


@dataclass(frozen=True, slots=True)
class Found:
    """What the field led to: appointments of one number, or people."""

    appointments: list[AppointmentView]
    people: list[PatientView]


def find(actor: Actor, code: str, text: str) -> Found:
    """A number first, since it is exact; else people."""
    with hospital(code, read_only=True):
        rows = appointments.search(Criteria(number=text, departments=actor.departments), limit=5)
    if rows or not actor.may(permissions.SEARCH):
        return Found(rows, [])
    people = services.search(actor=actor, hospital=code, text=text)
    with hospital(code, read_only=True):
        within = appointments.people_within([person.person_id for person in people], actor.departments)
    return Found([], [person for person in people if person.person_id in within])


def own_person(actor: Actor, code: str, archive_id: UUID, *, may: str = permissions.SEARCH) -> PatientView:
    """One person of this hospital, with the entry that says who looked; ArchiveNotFound outside of his departments."""
    with hospital(code, read_only=True):
        found = patients.patients_of([archive_id]).get(archive_id)
        if found is None or not appointments.people_within([found.person_id], actor.departments):
            raise ArchiveNotFound
    return services.open_archive(actor=actor, hospital=code, archive_id=archive_id, may=may)


def keep(request: HttpRequest, people: list[PatientView]) -> str:
    """Remember whom a search found; the mark that stands for them in an address."""
    return keep_ids(request, [person.person_id for person in people])


def keep_ids(request: HttpRequest, person_ids: list[UUID]) -> str:
    """The same, of people known by id alone."""
    held = dict(request.session.get(_KEY, {}))
    mark = uuid7().hex
    held[mark] = [str(person_id) for person_id in person_ids]
    request.session[_KEY] = dict(list(held.items())[-_KEPT:])
    return mark


def kept(request: HttpRequest, mark: str) -> tuple[UUID, ...] | None:
    """The people of a mark; None without one, nobody for one this session doesn't know (any more)."""
    if not mark:
        return None
    return tuple(UUID(person) for person in request.session.get(_KEY, {}).get(mark, []))
