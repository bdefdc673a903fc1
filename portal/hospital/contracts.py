"""家庭医生签约: who signed with whom here, and many at once from a file, shown before anything is noted."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from hub.actor import Actor
from hub.errors import HubError
from hub.ids import uuid7
from hub.tenancy.scope import hospital
from portal.components.paging import number_of, read_leaf
from portal.components.sheets import Sheet
from portal.desk.pages import desk, desk_page, own_hospital
from portal.hospital.parts import PAGE
from portal.hospital.referral_lists import TABS
from tenants.patients import contract_file, contracts
from tenants.patients import selectors as patients
from tenants.patients.contract_file import Signing
from tenants.patients.permissions import CONTRACT

HOME = "/workspace/referrals/contracts"
_KEY = "contracts"


@require_GET
@desk_page(CONTRACT, whole=True)
def listed(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The living contracts, the newest first, names masked."""
    code, text = own_hospital(actor), request.GET.get("q", "").strip()[:40]
    with hospital(code, read_only=True):
        rows = contracts.listed(text=text, offset=(number_of(request) - 1) * PAGE, limit=PAGE + 1)
        archives = patients.primary_archives([row.person_id for row in rows])
        people = patients.patients_of(list(archives.values()))
    named = [(row, people.get(archives[row.person_id]) if row.person_id in archives else None) for row in rows]
    context = {"leaf": read_leaf(request, named, PAGE), "q": text, "tabs": TABS, "tab": "referrals/contracts"}
    return desk(request, actor, "contracts", "referrals", context)


@require_GET
@desk_page(CONTRACT, whole=True)
def blank(request: HttpRequest, actor: Actor) -> HttpResponse:  # noqa: ARG001 - the guard's signature
    """A file with the headings and nothing else."""
    sheet = Sheet("family-contracts.csv")
    sheet.row(contract_file.COLUMNS)
    return sheet.answer


@require_http_methods(["GET", "POST"])
@desk_page(CONTRACT, whole=True)
def bring_in(request: HttpRequest, actor: Actor) -> HttpResponse:
    """A file of contracts: what would be noted and what not, line by line; then, if wished, all that would."""
    code, error = own_hospital(actor), ""
    reading, mark = None, ""
    try:
        if request.POST.get("to") == "apply":
            count = contract_file.bring_in(actor=actor, hospital=code, signings=_kept(request))
            messages.success(request, _("已登记 %(count)s 份签约。") % {"count": count}, extra_tags="ok")
            return HttpResponseRedirect(HOME)
        if request.method == "POST":
            sent = request.FILES.get("file")
            content = sent.read(contract_file.MOST_BYTES + 1) if sent is not None else b""
            reading = contract_file.read(actor=actor, hospital=code, content=content)
            mark = _keep(request, reading.accepted)
    except HubError as refusal:
        error = refusal.text
    context = {"error": error, "reading": reading, "mark": mark, "most": contract_file.MOST_LINES}
    return desk(request, actor, "contracts_import", "referrals", context)


def _keep(request: HttpRequest, accepted: tuple[Signing, ...]) -> str:
    """Remember what a preview accepted, by ids: no name or number of the file goes back to the page."""
    mark = uuid7().hex
    rows = [[str(one.person_id), one.doctor_name, one.day.isoformat() if one.day else ""] for one in accepted]
    request.session[_KEY] = {mark: rows}
    return mark


def _kept(request: HttpRequest) -> list[Signing]:
    """What was accepted under the mark sent, once; nothing for a mark this session doesn't know (any more)."""
    rows = request.session.pop(_KEY, {}).get(request.POST.get("mark", ""), [])
    return [
        Signing(
            place=place,
            person_id=UUID(person_id),
            name="",
            doctor_name=doctor,
            day=date.fromisoformat(day) if day else None,
        )
        for place, (person_id, doctor, day) in enumerate(rows, start=1)
    ]
