"""Parts of identity's writes, inside an open region unit."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from uuid import UUID

from hub import clock, ids, synthetic
from hub.security import blind
from hub.work import Unit
from regional_services.identity import ages, documents, purposes
from regional_services.identity.consents import TEXTS
from regional_services.identity.documents import Document
from regional_services.identity.errors import ConsentUnknown, DocumentElsewhere, DocumentInvalid, TooManyChecks
from regional_services.identity.events import ConsentChanged, RealNameAsked
from regional_services.identity.locks import lock_document
from regional_services.identity.models import (
    CheckState,
    Consent,
    Identifier,
    Person,
    RealNameCheck,
    Relation,
    RelationKind,
    RelationState,
    Sex,
    Standing,
)

CHECKS_PER_DAY = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPerson:
    """What somebody types to add himself or a family member.

    `valid_until`: the last day of the document; `until`: the last day an adult lets himself be acted for.
    """

    kind: str
    name: str
    document_type: str
    document_number: str
    phone: str = ""
    sex: str = ""
    birth_date: date | None = None
    country: str = ""
    phone_code: str = ""
    code_binding: str = ""
    consents: tuple[str, ...] = ()
    channel: str = "h5"
    valid_until: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """The checked form: normalised name and phone, the document read, birthday and sex known."""

    form: NewPerson
    name: str
    phone: str
    document: Document
    birth_date: date
    sex: str
    group: ages.AgeGroup = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "group", ages.group_on(self.birth_date, clock.today()))


def check_form(form: NewPerson) -> Claim:
    """Read the form; the refusal names the field. What the number says wins over what was typed beside it."""
    today = clock.today()
    document = documents.read(form.document_type, form.document_number, today=today)
    birth_date, sex = document.birth_date or form.birth_date, document.sex or form.sex
    if birth_date is None or not sex:
        raise DocumentInvalid(fields={"birth_date": "该证件不含出生日期与性别，请填写。"})
    if form.valid_until is not None and form.valid_until < today:
        raise DocumentInvalid(fields={"valid_until": "证件已过期，请换领后用新证件办理，或到医院窗口。"})
    if birth_date > today:
        raise DocumentInvalid(fields={"birth_date": "出生日期不能晚于今天。"})
    return Claim(
        form=form,
        name=documents.name(form.name),
        phone=documents.phone(form.phone) if form.phone else "",
        document=document,
        birth_date=birth_date,
        sex=sex,
    )


def person_of(unit: Unit, claim: Claim) -> Person:
    """The person this document belongs to, new if nobody showed it before. The document is locked already."""
    known = (
        Identifier.objects.filter(
            kind=claim.document.kind,
            number_index__in=blind.candidates("person.document", claim.document.key),
            retired_at__isnull=True,
        )
        .select_related("person")
        .first()
    )
    if known is not None:
        return known.person
    person = Person(
        id=ids.uuid7(),
        sex=claim.sex,
        birth_date=claim.birth_date,
        standing=Standing.TEMPORARY if is_temporary(claim.document) else Standing.UNVERIFIED,
        created_at=unit.now,
    )
    set_name(unit, person, claim.name)
    person.save(force_insert=True)
    add_identifier(
        unit,
        person,
        claim.document,
        claim.name,
        country=claim.form.country,
        valid_until=claim.form.valid_until,
    )
    return person


def person_at_desk(unit: Unit, form: NewPerson) -> UUID:
    """The person whose document a hospital's desk has before it; the name must be the one it is registered under."""
    claim = check_form(form)
    lock_document(claim.document.kind, blind.index("person.document", claim.document.key))
    person = person_of(unit, claim)
    if not documents.same_name(person.name, claim.name):
        raise DocumentElsewhere("该证件号码已登记在另一个姓名下，请核对证件；确有更名的请先办理身份信息变更。")
    if claim.phone and not person.phone:
        set_phone(unit, person, claim.phone)
        person.save(update_fields=["phone", "phone_index", "updated_at"])
    unit.audit("identity.person_at_desk", target=f"person:{person.id}")
    return person.id


def keep_synthetic_person(unit: Unit, hospital: str) -> None:
    """Make sure that the synthetic resident is somebody at a hospital: a checked name, a document, a relation."""
    person_id = synthetic.person_at(hospital)
    if Person.objects.filter(pk=person_id).exists():
        return
    person = Person(
        id=person_id,
        sex=Sex.MALE,
        birth_date=date(1980, 1, 1),
        standing=Standing.VERIFIED,
        verified_at=unit.now,
        created_at=unit.now,
    )
    set_name(unit, person, synthetic.NAME)
    person.save(force_insert=True)
    number = f"XJ{person_id.hex[-8:].upper()}"
    document = Document(kind=documents.DocumentKind.PASSPORT, number=number, key=number)
    add_identifier(unit, person, document, synthetic.NAME)
    Relation.objects.create(
        id=ids.uuid7(),
        account_id=synthetic.ACCOUNT,
        person=person,
        kind=RelationKind.OTHER,
        scope=[purposes.BOOKING],
        evidence="house",
        state=RelationState.ACTIVE,
        created_at=unit.now,
    )
    unit.audit("identity.synthetic_person_made", target=f"person:{person_id}", detail={"hospital": hospital})


def is_temporary(document: Document) -> bool:
    """Whether the document stands for a newborn without a number of its own."""
    return document.kind is documents.DocumentKind.BIRTH_CERTIFICATE


def set_name(unit: Unit, person: Person, name: str) -> None:
    """Name and index together; the caller saves."""
    person.name = name
    person.name_index = blind.index("person.name", name)
    person.updated_at = unit.now


def set_phone(unit: Unit, person: Person, phone: str) -> None:
    """Phone and index together; the caller saves."""
    person.phone = phone
    person.phone_index = blind.index("person.phone", phone) if phone else None
    person.updated_at = unit.now


def add_identifier(
    unit: Unit,
    person: Person,
    document: Document,
    name: str,
    *,
    country: str = "",
    valid_until: date | None = None,
) -> Identifier:
    """A document becomes the person's primary one; earlier ones stay as history."""
    person.identifiers.filter(is_primary=True).update(is_primary=False)
    return Identifier.objects.create(
        id=ids.uuid7(),
        person=person,
        kind=document.kind,
        number=document.number,
        number_index=blind.index("person.document", document.key),
        tail_index=blind.index("person.document_tail", document.number[-4:]),
        name=name,
        country=country,
        valid_until=valid_until,
        recorded_at=unit.now,
    )


def ask_real_name(unit: Unit, relation: Relation, *, name: str, document: Document, phone: str = "") -> RealNameCheck:
    """Write the question and have it asked after the commit."""
    since = unit.now - timedelta(days=1)
    asked = RealNameCheck.objects.filter(
        relation__account_id=relation.account_id, relation__person_id=relation.person_id, asked_at__gt=since
    )
    if asked.count() >= CHECKS_PER_DAY:
        raise TooManyChecks
    check = RealNameCheck.objects.create(
        id=ids.uuid7(),
        relation=relation,
        name=name,
        document_type=document.kind,
        document_number=document.number,
        phone=phone,
        state=CheckState.ASKED,
        asked_at=unit.now,
    )
    unit.publish(RealNameAsked(check_id=check.id, relation_id=relation.id))
    return check


def record_consents(
    unit: Unit, *, person_id: UUID, account_id: UUID, relation: str, purposes: Iterable[str], channel: str, given: bool
) -> None:
    """Append to the ledger and tell who depends on it."""
    rows = []
    for purpose in purposes:
        if purpose not in TEXTS:
            raise ConsentUnknown
        text = TEXTS[purpose]
        rows.append(
            Consent(
                person_id=person_id,
                given_by_account=account_id,
                given_by_relation=relation,
                purpose=purpose,
                text_version=text.version,
                text_digest=text.digest,
                channel=channel,
                is_given=given,
                recorded_at=unit.now,
            )
        )
        unit.publish(ConsentChanged(person_id=person_id, purpose=purpose, is_given=given))
    Consent.objects.bulk_create(rows)
