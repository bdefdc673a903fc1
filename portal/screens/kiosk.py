"""A check-in kiosk, 1080x1920: scan the code of the booking or the document, see number, room and people ahead."""

from __future__ import annotations

from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from hub import clock
from hub.actor import Actor, ActorKind
from hub.errors import HubError
from hub.security.sealed_forms import SealedForm, SealedTextInput
from hub.tenancy.scope import hospital
from portal.hospital.queue_parts import Named, named
from portal.screens.links import device_of
from tenants.appointments import selectors as appointments
from tenants.appointments.models import State
from tenants.appointments.selectors import AppointmentView, Criteria
from tenants.patients import selectors as patients
from tenants.queueing import arriving, selectors
from tenants.queueing.models import DeviceKind
from tenants.queueing.selectors import DeviceView, QueueView
from tenants.registry import selectors as registry

BACK_SECONDS = 12


class ScanForm(SealedForm):
    """One field: a scanner or a document reader types into it, or a finger on the keys below."""

    code = forms.CharField(
        label=_("扫预约二维码、身份证，或输入预约号"),
        max_length=64,
        widget=SealedTextInput("kiosk.code:any", attrs={"autofocus": True, "inputmode": "none"}),
    )


def page(request: HttpRequest, code: str, device: DeviceView, token: str, error: str = "") -> HttpResponse:
    """Waiting for somebody."""
    context = {
        "form": ScanForm(request),
        "institution": registry.institution(code),
        "device": device,
        "token": token,
        "error": error,
        "keys": "1234567890",
    }
    return render(request, "portal/screens/kiosk.html", context, status=422 if error else 200)


@require_POST
def check_in(request: HttpRequest, token: str) -> HttpResponse:
    """Check in whoever stands there for what he has booked today; then back to the first page by itself."""
    code, device = device_of(token)
    form = ScanForm(request)
    if device.kind is not DeviceKind.KIOSK or not form.is_valid():
        return page(request, code, device, token, str(_("没有读到号码，请再扫一次。")))
    machine = Actor(kind=ActorKind.SYSTEM, id=None, name=f"自助机 {device.name}"[:60], institution=code)
    found = _todays(code, form.cleaned_data["code"])
    if not found:
        return page(request, code, device, token, str(_("没有找到您今天在本院的预约。请核对号码，或到前台办理。")))
    done: list[tuple[Named, QueueView]] = []
    refusals: list[str] = []
    for view in found:
        try:
            entry = arriving.at_kiosk(actor=machine, hospital=code, booking_id=view.id)
            done += _placed(code, entry.queue_id, view)
        except HubError as refusal:
            refusals.append(refusal.text)
    if not done:
        return page(request, code, device, token, refusals[0])
    context = {
        "institution": registry.institution(code),
        "token": token,
        "done": done,
        "refusals": refusals,
        "back_seconds": BACK_SECONDS,
    }
    return render(request, "portal/screens/kiosk_done.html", context)


def _todays(code: str, text: str) -> list[AppointmentView]:
    """The standing appointments of today of a booking's number or of a person's document."""
    today = clock.today()
    with hospital(code, read_only=True):
        view = appointments.by_number(text)
        if view is not None:
            rows = [view]
        else:
            people = tuple(one.person_id for one in patients.find(code, document=text.strip().upper()))
            rows = appointments.search(Criteria(person_ids=people, since=today, until=today)) if people else []
    return [row for row in rows if row.visit_date == today and row.state is State.BOOKED]


def _placed(code: str, queue_id: UUID, view: AppointmentView) -> list[tuple[Named, QueueView]]:
    with hospital(code, read_only=True):
        board = selectors.board(queue_id)
        if board is None:
            return []
        [people] = named([board])
    everybody = (*people.line, *people.missing, *people.active, *people.passed, *people.away)
    return [(one, board.queue) for one in everybody if one.person.booking_id == view.id]
