"""A small district with a real object for every parameter a route may have, all of hospital alpha and one resident."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import time, timedelta
from functools import cached_property
from uuid import UUID, uuid4

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.contrib.sessions.backends.cache import SessionStore
from django.db import connections
from django.http import HttpRequest
from django.test import Client

from hub import clock
from hub.accounts import services as networks
from hub.accounts import sessions, steps
from hub.accounts.models import HandleKind, SignInMethod, User
from hub.accounts.results import Client as Device
from hub.accounts.results import SignedIn
from hub.accounts.services import tokens_of
from hub.actor import system_actor
from hub.audit import checks
from hub.journal.hospital.models import OutboxRow
from hub.outbox.relay import drain
from hub.security.roles import Level, Role
from hub.tenancy.context import on_host
from hub.tenancy.scope import REGION, hospital, region
from hub.vigilance import services as vigilance
from hub.vigilance.models import Flag, FlagKind
from hub.work import work
from institution_connectors.conformance.checks import CHECKS
from institution_connectors.contracts import Direction, Inbound, Operation, PatientsMerged, Wire
from institution_connectors.exchange import inbound
from institution_connectors.exchange.models import Exchange
from portal.kiosk import handles
from portal.kiosk.handles import Outcome
from portal.screens.links import device_link
from regional_services.accountlife.models import Closing, Merge, Sealed
from regional_services.booking.selectors import BookingView
from regional_services.cards.models import Scan
from regional_services.catalog.models import CatalogDoctor, CatalogSession
from regional_services.closures import services as closures
from regional_services.closures.services import PACES, ClosureWish
from regional_services.doctors import reminding
from regional_services.entries import managing as entries
from regional_services.entries.managing import CallerWish
from regional_services.entries.models import Caller, Visit
from regional_services.fairness.kinds import Kind
from regional_services.fairness.models import Pattern
from regional_services.feedback import services as feedback
from regional_services.feedback.models import Entry, Photo
from regional_services.feedback.services import Wish
from regional_services.identity.models import Identifier, Relation
from regional_services.idverify import services as identity_services
from regional_services.idverify.models import Application
from regional_services.noshow.models import NoShow
from regional_services.notifications.links import code_of
from regional_services.payments import services as payments
from regional_services.payments.merchants import Credentials, put_in_force
from regional_services.payments.models import MerchantAccount
from regional_services.survey.models import Invitation
from regional_services.waitlist.models import Entry as WaitingEntry
from tenants.appointments.models import DeskRequest
from tenants.directory import photos
from tenants.directory import selectors as directory
from tenants.patients.models import PatientArchive
from tenants.queueing import steps as queueing
from tenants.queueing.errors import NothingOfToday
from tenants.queueing.models import Device as Screen
from tenants.queueing.models import DeviceKind
from tenants.registry import onboarding
from tenants.scheduling import releasing
from tenants.scheduling import services as scheduling
from tenants.scheduling.services import RuleWish
from tests.accounts.people import make_staff
from tests.booking import world
from tests.feedback.pictures import picture
from tests.idverify import world as identities
from tests.portal.desks import browser_of
from tests.portal.test_region_institutions import FORM
from tests.portal.test_region_security import dead_letter
from tests.security.matrix import standing

SETUP = system_actor("布置")
HOSPITAL_ROLES = tuple(role for role in Role if role.level is not Level.DISTRICT)
DISTRICT_ROLES = tuple(role for role in Role if role.level is not Level.HOSPITAL)


@dataclass
class World:
    """Alpha is the owner of every example; beta is the neighbour; `owner` is the resident the examples belong to."""

    alpha: str
    beta: str
    owner: world.Resident
    stranger: world.Resident
    booking: BookingView
    desks: dict[tuple[str, Role], Client] = field(default_factory=dict)
    members: dict[tuple[str, Role], UUID] = field(default_factory=dict)

    def desk(self, place: str, role: Role) -> Client:
        """A browser of a member with one role at a hospital, or at the district (""), on its own host."""
        key = (place, role)
        if key not in self.desks:
            member = make_staff(f"{place or 'district'}.{role}.m", hospital=place, roles=(role,))
            self.members[key] = member.account.user_id
            self.desks[key] = browser_of(member)
        return self.desks[key]

    @cached_property
    def victim(self) -> UUID:
        """An account nobody signs in with, at alpha."""
        return make_staff("victim.alpha", hospital=self.alpha).account.user_id

    @cached_property
    def district_victim(self) -> UUID:
        """The same at the district."""
        return make_staff("victim.district").account.user_id


def build(alpha: str, beta: str) -> World:
    """Two hospitals with numbers; a resident with an unpaid booking at alpha, a stranger without any."""
    session = world.open_for_booking(alpha, 6, fee_fen=2500)
    world.open_for_booking(beta, 3)
    merchant(alpha)
    owner, stranger = world.resident(), world.resident()
    booking = world.book(alpha, session, owner)
    drain(outside=False)
    standing.synthetic_state(alpha)
    standing.leaving(alpha)
    with region(read_only=True):
        number = Identifier.objects.get(person_id=owner.person_id).number
    standing.real_name_check(owner.person_id, number)
    return World(alpha, beta, owner, stranger, booking)


def merchant(code: str) -> None:
    """Credentials for a hospital to collect money with."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    agreed = Credentials(
        channel="wechat",
        mchid="1900000001",
        appid="wx0000000000000001",
        serial_no="A" * 40,
        private_key=private.decode(),
        api_v3_key="0" * 32,
        channel_key_id="PUB_KEY_ID_01",
        channel_public_key=public.decode(),
    )
    put_in_force(code, agreed, actor=SETUP)


def resident_sign_in(who: world.Resident, *, tokens: bool = False) -> SignedIn:
    """A resident's sign-in, as a right phone code gives it."""
    with work(REGION, actor=SETUP) as unit:
        user = User.objects.get(id=str(who.actor.id))
        device = Device(binding="b", device=uuid4().hex, wants_tokens=tokens)
        return steps.open_sign_in(unit, user=user, method=SignInMethod.PHONE, client=device, new_account=True)


def resident_browser(who: world.Resident) -> Client:
    """A browser in which the resident is signed in."""
    browser = Client(SERVER_NAME="localhost", raise_request_exception=False)
    request = HttpRequest()
    request.session = SessionStore()
    sessions.open_session(request, resident_sign_in(who))
    request.session.save()
    browser.cookies["sessionid"] = str(request.session.session_key)
    return browser


def resident_token(who: world.Resident) -> str:
    """An access token of the resident's app."""
    return tokens_of(resident_sign_in(who, tokens=True)).access_token


# One maker per (area, parameter); the area "" serves wherever nothing narrower is said.
Maker = Callable[[World], object]


def _order(district: World) -> UUID:
    with region(read_only=True):
        order_id = district.booking.order_id
    assert order_id is not None, district.booking
    return order_id


def _attempt(district: World) -> UUID:
    return payments.start_attempt(_order(district), actor=district.owner.actor, command=world.command("pay")).id


def _message(district: World) -> UUID:
    return world.messages_of(district.owner)[0].id


def _archive(district: World) -> UUID:
    with hospital(district.alpha, read_only=True):
        return UUID(str(PatientArchive.objects.get(person_id=district.owner.person_id).id))


def _waiting_entry(district: World) -> UUID:
    booking, account_id = district.booking, district.owner.actor.id
    assert account_id is not None
    with region(read_only=True):
        there = WaitingEntry.objects.filter(person_id=district.owner.person_id, session_id=booking.session_id).first()
    if there is not None:
        return UUID(str(there.id))
    with region():
        made = WaitingEntry.objects.create(
            institution_code=district.alpha,
            account_id=account_id,
            person_id=district.owner.person_id,
            session_id=booking.session_id,
            department_name=booking.department_name,
            visit_date=booking.visit_date,
            fee_fen=booking.fee_fen,
            ordinal=1,
            until=booking.starts_at,
            joined_at=clock.now(),
            updated_at=clock.now(),
        )
    return UUID(str(made.id))


def _desk_request(district: World) -> UUID:
    with hospital(district.alpha):
        made = DeskRequest.objects.create(
            id=uuid4(),
            name="沈云",
            document_number="",
            phone="",
            session_id=district.booking.session_id,
            number_id=uuid4(),
            starts_at=clock.now(),
            ends_at=clock.now(),
            asked_by_name="前台",
            asked_at=clock.now(),
        )
    return UUID(str(made.id))


def _exchange(district: World) -> UUID:
    with hospital(district.alpha):
        made = Exchange.objects.create(
            key=uuid4().hex,
            correlation="test",
            operation=Operation.PING,
            state="rejected",
            request={},
            his_text="",
            asked_at=clock.now(),
            deadline=clock.now(),
            ended_at=clock.now(),
        )
    return UUID(str(made.id))


def _inbound(district: World) -> UUID:
    fact = PatientsMerged(occurred_at=clock.now(), kept_id="P1", merged_id="P2")
    told = Inbound(source="his", incarnation="1", message_id=uuid4().hex, kind="patients_merged", facts=(fact,))
    wire = Wire(direction=Direction.RECEIVED, at=clock.now(), body=b"{}", content_type="application/json")
    return inbound.receive(district.alpha, told, wire).inbound_id


def _dead(district: World) -> int:
    with hospital(district.alpha):
        row = OutboxRow.objects.order_by("id").first()
        assert row is not None
        OutboxRow.objects.filter(id=row.id).update(state="dead", finished_at=clock.now(), last_error="drill")
    return int(row.id)


def _check(_: World) -> UUID:
    return checks.ask(actor=standing.staff(Role.AUDIT_ADMIN))


def _own_check(district: World) -> UUID:
    return checks.ask(actor=standing.staff(Role.AUDIT_ADMIN, district.alpha))


def _rule(district: World) -> UUID:
    """A release rule far ahead: the numbers of this world stay as they are."""
    wish = RuleWish(
        department_id=None,
        valid_from=clock.today() + timedelta(days=90),
        days_ahead=14,
        hour=time.fromisoformat("07:00"),
    )
    manager = standing.staff(Role.HOSPITAL_MANAGER, district.alpha)
    scheduling.set_release_rule(actor=manager, hospital=district.alpha, wish=wish)
    with hospital(district.alpha, read_only=True):
        return UUID(str(releasing.rules()[0].id))


def _doctor(district: World) -> UUID:
    """A doctor with a photograph."""
    with hospital(district.alpha, read_only=True):
        found = directory.doctors()[0].id
    content = picture(size=(400, 400)).read()
    manager = standing.staff(Role.HOSPITAL_MANAGER, district.alpha)
    photos.set_photo(actor=manager, hospital=district.alpha, doctor_id=found, content=content)
    return found


def _reminder(district: World, *, of_the_doctor: bool = False) -> int:
    with region(read_only=True):
        doctor = CatalogDoctor.objects.filter(institution_code=district.alpha)[0]
    only = doctor.doctor_id if of_the_doctor else None
    return reminding.remind(actor=district.owner.actor, department_id=doctor.department_id, doctor_id=only).id


def _closure(district: World) -> UUID:
    """A closure of a day without bookings; nothing carries it on here."""
    wish = ClosureWish(
        codes=(district.alpha,),
        days=(clock.today() + timedelta(days=10),),
        reason="台风",
        per_minute=PACES[0],
        rebook_days=14,
        seen=0,
    )
    return closures.close_days(actor=standing.staff(Role.OPERATIONS), wish=wish)


def _joining(_: World) -> str:
    return onboarding.begin(actor=standing.staff(Role.OPERATIONS), values=FORM, secret=FORM["secret"])


def _session_of_catalog(district: World) -> CatalogSession:
    with region(read_only=True):
        found: CatalogSession = CatalogSession.objects.get(
            institution_code=district.alpha, session_id=district.booking.session_id
        )
    return found


def _practitioner(district: World) -> UUID:
    with region(read_only=True):
        return UUID(
            str(CatalogDoctor.objects.filter(institution_code=district.alpha).values_list("practitioner_id")[0][0])
        )


def _own_sign_in(district: World) -> UUID:
    return resident_sign_in(district.owner).sign_in_id


def _handle(district: World) -> UUID:
    """The phone of the owner's, his only way in that works: asked for twice it is the same, and is never taken away."""
    with region():
        user = User.objects.get(id=str(district.owner.actor.id))
        handle = user.handles.filter(kind=HandleKind.PHONE, ended_at__isnull=True).first()
        if handle is None:
            steps.add_handle(user, HandleKind.ALIPAY, uuid4().hex)  # of an application given up: opens nothing
            handle = steps.add_handle(user, HandleKind.PHONE, f"+86199{uuid4().int % 10**8:08d}")
    return handle.id


def _staff_sign_in(district: World) -> UUID:
    return make_staff("elsewhere", hospital=district.alpha).sign_in().sign_in_id


def _flag(district: World) -> UUID:
    who = uuid4()
    for _ in range(vigilance.LIMITS[FlagKind.REFUSALS].count + 1):
        vigilance.count(FlagKind.REFUSALS, institution=district.alpha, actor_id=who, actor_name="张伟")
    with region(read_only=True):
        return UUID(str(Flag.objects.get(actor_id=who).id))


def _queue(district: World) -> UUID:
    with work(district.alpha, actor=SETUP) as unit:
        made = queueing.ensure_queue(unit, district.booking.session_id)
        unit.audit("test.queue", target=f"queue:{made.id}")
    return UUID(str(made.id))


def _screen(district: World) -> str:
    with hospital(district.alpha):
        made = Screen.objects.create(name="大厅", made_by="布置", made_at=clock.now())
    return device_link(district.alpha, made.id).rsplit("/", 1)[1]


def _kiosk(district: World) -> str:
    with hospital(district.alpha):
        made = Screen.objects.create(kind=DeviceKind.KIOSK, name="一楼签到机", made_by="布置", made_at=clock.now())
    return device_link(district.alpha, made.id, DeviceKind.KIOSK).rsplit("/", 1)[1]


def _shown_at_kiosk(district: World) -> str:
    """What the newest machine shows to somebody whom it could not check in."""
    with hospital(district.alpha, read_only=True):
        machine = Screen.objects.filter(kind=DeviceKind.KIOSK).latest("made_at").id
    with on_host(district.alpha):
        return handles.keep(machine, Outcome(refusal=NothingOfToday.code))


def _filed_identity(district: World) -> UUID:
    """A rejected application with its photographs: anybody who may review may open it."""
    return identities.rejected(identities.applicant(), identities.reviewer())


def _own_identity(district: World) -> UUID:
    """The owner's draft; his name is checked already, so the services would not let him begin."""
    with work(REGION, actor=SETUP) as unit:
        made = Application.objects.create(account_id=str(district.owner.actor.id), opened_at=unit.now)
        unit.audit("test.begun", target=f"idverify:{made.id}")
    picture = identities.plain_picture()
    identity_services.add_photo(actor=district.owner.actor, application_id=made.id, side="front", sent=picture)
    return UUID(str(made.id))


def _feedback(district: World) -> Entry:
    """With a photograph, about alpha."""
    with region(read_only=True):
        found = Entry.objects.filter(feedback__institution_code=district.alpha).first()
    if found is None:
        feedback.submit(
            actor=district.owner.actor,
            wish=Wish(text="等了很久", institution_code=district.alpha, photos=[picture()]),
            key=uuid4().hex,
        )
        return _feedback(district)
    return found


def _photo(district: World) -> UUID:
    entry = _feedback(district)
    with region(read_only=True):
        return UUID(str(Photo.objects.get(entry=entry).id))


def _invitation(district: World) -> UUID:
    assert district.owner.actor.id is not None
    with region():
        made = Invitation.objects.create(
            id=uuid4(),
            institution_code=district.alpha,
            booking_id=uuid4(),
            account_id=district.owner.actor.id,
            visit_date=clock.today(),
            template_version=0,
            style_version=0,
            invited_at=clock.now(),
        )
    return UUID(str(made.id))


def _network(district: World) -> UUID:
    """One that holds everybody: nobody of this world is shut out."""
    security = replace(standing.staff(Role.SECURITY_ADMIN, district.alpha), ip="127.0.0.1")
    networks.allow_network(actor=security, network="0.0.0.0/0", note="各处")
    return networks.networks(actor=security)[0].id


def _caller(_: World) -> UUID:
    with region(read_only=True):
        found = Caller.objects.first()
    if found is not None:
        return UUID(str(found.id))
    wish = CallerWish(name="云栖生活", services=("outpatient",), returns=("https://life.example/back",))
    made = entries.register(actor=standing.staff(Role.OPERATIONS), code="yunxi-life", wish=wish)
    entries.add_key(actor=standing.staff(Role.OPERATIONS), caller_id=made, algorithm="hmac")
    return made


def _caller_key(district: World) -> UUID:
    return entries.caller(standing.staff(Role.OPERATIONS), _caller(district)).keys[0].id


def _merge(district: World) -> UUID:
    """Another account the owner has proven and not confirmed yet."""
    assert district.owner.actor.id is not None
    other = world.resident()
    assert other.actor.id is not None
    with region():
        made = Merge.objects.create(
            kept_id=district.owner.actor.id,
            merged_id=other.actor.id,
            way="phone",
            proposed_by=uuid4(),
            proposed_by_name="审核",
            proposed_at=clock.now(),
        )
    return UUID(str(made.id))


def _closing(_: World) -> UUID:
    with region():
        made = Closing.objects.create(account_id=uuid4(), state="done", asked_at=clock.now(), due_at=clock.now())
        Sealed.objects.create(closing=made, content={}, keep_until=clock.today(), sealed_at=clock.now())
    return UUID(str(made.id))


def _relation(district: World) -> UUID:
    """Somebody who acts for the owner of everything."""
    with region():
        made = Relation.objects.create(
            account_id=uuid4(),
            person_id=district.owner.person_id,
            kind="spouse",
            scope=[],
            evidence="test",
            state="active",
            created_at=clock.now(),
        )
    return UUID(str(made.id))


def _scan(district: World) -> UUID:
    """A code alpha's manager scanned; it is shown to nobody else."""
    district.desk(district.alpha, Role.HOSPITAL_MANAGER)
    with region():
        made = Scan.objects.create(
            institution_code=district.alpha,
            scheme="insurance",
            code="",
            number="",
            asked_by=district.members[district.alpha, Role.HOSPITAL_MANAGER],
            asked_at=clock.now(),
        )
    return UUID(str(made.id))


def _visit(district: World) -> UUID:
    caller_id, key_id = _caller(district), _caller_key(district)
    with region():
        made = Visit.objects.create(
            caller_id=caller_id,
            key_id=key_id,
            nonce=uuid4().hex,
            service="outpatient",
            place=district.alpha,
            return_to="https://life.example/back",
            browser=b"",
            account_id=district.owner.actor.id,
            person_id=district.owner.person_id,
            arrived_at=clock.now(),
        )
    return UUID(str(made.id))


def _missed(district: World) -> UUID:
    """A visit at alpha the owner did not come to."""
    booking, account_id = district.booking, district.owner.actor.id
    assert account_id is not None
    with region():
        made, _ = NoShow.objects.get_or_create(
            booking_id=booking.id,
            defaults={
                "institution_code": district.alpha,
                "account_id": account_id,
                "person_id": district.owner.person_id,
                "number": booking.number,
                "department_name": booking.department_name,
                "starts_at": clock.now() - timedelta(days=1),
                "found_at": clock.now(),
            },
        )
    return UUID(str(made.booking_id))


def _pattern(_: World) -> UUID:
    """An account that books too eagerly."""
    with region():
        made = Pattern.objects.create(
            kind=Kind.TRIES,
            subject=f"account:{uuid4()}",
            count=41,
            place="alpha",
            first_at=clock.now(),
            last_at=clock.now(),
        )
    return UUID(str(made.id))


EXAMPLES: dict[tuple[str, str], Maker] = {
    ("", "visit_id"): _visit,
    ("", "missed_id"): _missed,
    ("", "pattern_id"): _pattern,
    ("", "relation_id"): _relation,
    ("api", "relation_id"): lambda district: _relation(district),
    ("", "scan_id"): _scan,
    ("", "merge_id"): _merge,
    ("api", "merge_id"): lambda district: _merge(district),
    ("api", "reminder_id"): lambda district: _reminder(district, of_the_doctor=True),
    ("api", "wanted"): lambda _: "r-1",
    ("", "closing_id"): _closing,
    ("", "caller_id"): _caller,
    ("", "key_id"): _caller_key,
    ("", "service"): lambda _: "immunisation",
    ("", "code"): lambda district: district.alpha,
    ("", "booking_id"): lambda district: district.booking.id,
    ("", "session_id"): lambda district: district.booking.session_id,
    ("", "department_id"): lambda district: _session_of_catalog(district).department_id,
    ("", "practitioner_id"): _practitioner,
    ("", "number_id"): lambda district: world.free_numbers(district.alpha, district.booking.session_id)[0].id,
    ("", "person_id"): lambda district: district.owner.person_id,
    ("", "order_id"): _order,
    ("", "attempt_id"): _attempt,
    ("", "message_id"): _message,
    ("", "kind"): lambda _: "booking.booked",
    ("api/institution/v1", "kind"): lambda _: "Slot",
    ("", "channel"): lambda _: "in_site",
    ("", "language"): lambda _: "zh",
    ("", "short_code"): lambda district: code_of(_message(district)),
    ("", "feedback_id"): lambda district: _feedback(district).feedback_id,
    ("", "photo_id"): _photo,
    ("", "invitation_id"): _invitation,
    ("", "entry_id"): _waiting_entry,
    ("", "ask_id"): lambda _: uuid4(),
    ("", "platform"): lambda _: "alipay",
    ("", "handle_id"): _handle,
    ("", "merchant_id"): lambda district: _merchant_id(district.alpha),
    ("workspace", "archive_id"): _archive,
    ("workspace", "request_id"): _desk_request,
    ("workspace", "referral_id"): lambda district: standing.referral(
        district.alpha, district.owner.person_id, _archive(district)
    ),
    ("workspace", "exchange_id"): _exchange,
    ("workspace", "inbound_id"): _inbound,
    ("workspace", "outbox_id"): _dead,
    ("workspace", "user_id"): lambda district: district.victim,
    ("workspace", "day"): lambda _: (clock.today() + timedelta(days=1)).isoformat(),
    ("workspace", "queue_id"): _queue,
    ("screens", "token"): _screen,
    ("kiosk", "token"): _kiosk,
    ("kiosk", "shown_id"): _shown_at_kiosk,
    ("district", "user_id"): lambda district: district.district_victim,
    ("workspace", "check_id"): _own_check,
    ("workspace", "rule_id"): _rule,
    ("workspace", "doctor_id"): _doctor,
    ("district", "check_id"): _check,
    ("district", "closure_id"): _closure,
    ("district", "letter_id"): lambda _: dead_letter(),
    ("district/joining", "code"): _joining,
    ("", "side"): lambda _: "front",
    ("", "proposal_id"): lambda district: standing.merchant_proposal(district.alpha),
    ("district", "rule_code"): lambda _: "exchange.bodies",
    ("district", "application_id"): _filed_identity,
    ("resident", "application_id"): _own_identity,
    ("", "reminder_id"): _reminder,
    ("resident", "sign_in_id"): _own_sign_in,
    ("desk", "sign_in_id"): _staff_sign_in,
    ("desk", "flag_id"): _flag,
    ("desk", "network_id"): _network,
    ("desk", "number"): lambda district: standing.certificate(district.alpha),
    ("workspace", "run_id"): lambda district: standing.conformance(district.alpha),
    ("workspace", "check_code"): lambda _: CHECKS[0].code,
    ("workspace", "notice_id"): lambda district: standing.notice(district.alpha),
    ("workspace/night", "day"): lambda district: standing.night(district.alpha),
    ("district", "notice_id"): lambda _: standing.notice(""),
    ("district", "change_id"): lambda district: standing.rule_change(district.alpha),
    ("district", "fault_id"): lambda _: standing.fault(),
    ("district", "backup_id"): lambda district: standing.backup(district.alpha),
    ("district", "drill_id"): lambda district: standing.drill(district.alpha),
    ("district", "run_id"): lambda district: standing.resync(district.alpha),
    ("district", "item_id"): lambda district: standing.resync_item(district.alpha),
}


def _merchant_id(code: str) -> UUID:
    with region(read_only=True):
        accounts = MerchantAccount.objects.filter(institution_code=code, channel="wechat").order_by("version")
        return UUID(str(accounts.values_list("id", flat=True)[0]))


def maker_of(pattern: str, area: str, parameter: str) -> Maker | None:
    """The maker for a parameter of a route: the narrowest that fits, or None."""
    for place in sorted((p for p, name in EXAMPLES if name == parameter), key=len, reverse=True):
        if place == area or not place or pattern.startswith(f"{place}/"):
            return EXAMPLES[(place, parameter)]
    return None


class Objects:
    """The examples of one world, each made when it is first asked for."""

    def __init__(self, district: World) -> None:
        self._district = district
        self._made: dict[Maker, str] = {}

    def of(self, pattern: str, area: str, parameters: tuple[str, ...]) -> dict[str, str]:
        """A value for every parameter of a route."""
        values = {}
        for name in parameters:
            maker = maker_of(pattern, area, name)
            assert maker is not None, f"no example object for <{name}> of {pattern}"
            if maker not in self._made:
                self._made[maker] = str(maker(self._district))
            values[name] = self._made[maker]
        return values


@contextmanager
def unchanged(code: str, *, besides: frozenset[str] = frozenset()) -> Iterator[None]:
    """What strangers did left no trace in a hospital or in public: every row is as it was before.

    `besides` are tables that the refusals themselves write to.
    """
    before = _state(code)
    yield
    after = _state(code)
    changed = sorted(name for name in before if name not in besides and before[name] != after.get(name))
    assert not changed, f"changed by strangers: {changed}"


_MOVING = ("hospital_audit_", "region_audit_", "accounts_sign_in", "accounts_refresh", "accounts_known_device")
"""Tables that go on by themselves: seals of the audit, and what the strangers' own signing in leaves."""


def _state(code: str) -> dict[str, object]:
    """A digest of every table. When somebody was last seen, and which code he typed last, is left out."""
    found: dict[str, object] = {}
    with hospital(code, read_only=True):
        found |= _digests("hospital")
    with region(read_only=True):
        found |= _digests("default")
    return found


def _digests(alias: str) -> dict[str, object]:
    found: dict[str, object] = {}
    with connections[alias].cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p')"
            " AND has_table_privilege(oid, 'SELECT')"
        )
        for table in [name for (name,) in cursor.fetchall() if not name.startswith(_MOVING)]:
            quoted = connections[alias].ops.quote_name(table)
            cursor.execute(
                f"SELECT count(*), md5(string_agg(md5((to_jsonb(r) - 'last_seen_at' - 'last_step')::text), ''"
                f" ORDER BY md5((to_jsonb(r) - 'last_seen_at' - 'last_step')::text))) FROM {quoted} r"
            )
            found[table] = cursor.fetchone()
    return found
