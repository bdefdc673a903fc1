"""Adding people to an account, having their names checked, consents. Each function is one unit of work."""

from __future__ import annotations

from datetime import date, time, timedelta
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext

from hub import clock, ids
from hub.accounts import phone_codes
from hub.accounts.errors import CodeWrong
from hub.accounts.models import CodePurpose
from hub.actor import Actor
from hub.errors import InvalidInput, NotFound
from hub.security import blind
from hub.tenancy.scope import REGION
from hub.work import Command, Unit, work
from regional_services.identity import ages, documents, purposes
from regional_services.identity.access import account
from regional_services.identity.consents import GUARDIAN_CONSENT, HOSPITAL_SHARING, PROXY, SERVICE_USE
from regional_services.identity.errors import (
    AlreadyAdded,
    AlreadyVerified,
    ConsentUnknown,
    DocumentElsewhere,
    GuardianRequired,
    NotAChild,
    SelfFirst,
    TooManyMembers,
    TooManyToday,
)
from regional_services.identity.events import RelationEnded
from regional_services.identity.locks import lock_account, lock_document
from regional_services.identity.models import (
    CheckState,
    Person,
    RealNameCheck,
    Relation,
    RelationKind,
    RelationState,
    Standing,
)
from regional_services.identity.steps import (
    Claim,
    NewPerson,
    ask_real_name,
    check_form,
    is_temporary,
    person_of,
    record_consents,
)

MEMBERS_LIMIT = 8
ADDITIONS_PER_DAY = 4
_REQUIRED_CONSENTS = frozenset({SERVICE_USE, HOSPITAL_SHARING})
_LIVE = (RelationState.PENDING, RelationState.ACTIVE)


def add_person(*, actor: Actor, form: NewPerson, command: Command) -> UUID:
    """Add oneself (`kind` self) or a family member; the person's id. The name is checked by the city afterwards.

    A newborn on a birth certificate is bound at once, with a temporary identity.
    """
    account_id = account(actor)
    claim = check_form(form)
    _check_kind(claim)
    with work(REGION, actor=actor) as unit:
        relation_id = ids.uuid7()
        # The try is counted even if it fails: the unit commits before the refusal.
        agreed = _phone_agrees(unit, claim)
        claimed = unit.claim(command, reference=str(relation_id))
        made = None if claimed.new else Relation.objects.filter(pk=UUID(claimed.reference)).first()
        if made is not None:
            unit.audit("identity.person_added", target=f"person:{made.person_id}", outcome="repeated")
            return made.person_id
        if agreed and claimed.new:
            return _add(unit, relation_id, account_id, claim, command)
        unit.audit("identity.person_refused", target=f"account:{account_id}", outcome="failure", reason="phone_code")
    raise CodeWrong


def start_real_name(*, actor: Actor, person_id: UUID) -> RealNameCheck:
    """Have the name checked (again) after a refusal; an open check is returned as it is."""
    account_id = account(actor)
    with work(REGION, actor=actor) as unit:
        lock_account(account_id)
        relation = (
            Relation.objects.filter(account_id=account_id, person_id=person_id)
            .exclude(state=RelationState.ENDED)
            .order_by("created_at")
            .last()
        )
        if relation is None:
            raise NotFound
        last = relation.checks.order_by("asked_at").last()
        if last is not None and last.state in (CheckState.ASKED, CheckState.UNKNOWN):
            return last
        if relation.state == RelationState.ACTIVE or last is None:
            raise AlreadyVerified
        Relation.objects.filter(pk=relation.pk).update(state=RelationState.PENDING, refusal="")
        document = documents.read(last.document_type, last.document_number, today=clock.today())
        check = ask_real_name(unit, relation, name=last.name, document=document, phone=last.phone)
        unit.audit("identity.real_name_asked", target=f"person:{person_id}")
        return check


def show_own_document(*, actor: Actor, person_id: UUID, name: str, document_type: str, number: str) -> RealNameCheck:
    """A newborn has got its number: check it, then it replaces the temporary identity (practice 2)."""
    account_id = account(actor)
    document = documents.read(document_type, number, today=clock.today())
    if is_temporary(document):
        raise DocumentElsewhere
    with work(REGION, actor=actor) as unit:
        lock_account(account_id)
        relation = (
            Relation.objects.select_related("person")
            .filter(account_id=account_id, person_id=person_id, state=RelationState.ACTIVE)
            .first()
        )
        if relation is None or relation.person.standing != Standing.TEMPORARY:
            raise NotFound
        check = ask_real_name(unit, relation, name=documents.name(name), document=document)
        unit.audit("identity.document_shown", target=f"person:{person_id}")
        return check


def remove_person(*, actor: Actor, person_id: UUID) -> None:
    """Stop acting for somebody; bookings already made stay with the person."""
    account_id = account(actor)
    with work(REGION, actor=actor) as unit:
        relation = (
            Relation.objects.filter(account_id=account_id, person_id=person_id)
            .exclude(state=RelationState.ENDED)
            .first()
        )
        if relation is None:
            raise NotFound
        end_relation(unit, relation, reason="removed")
        unit.audit("identity.relation_ended", target=f"person:{person_id}", reason="removed")


def end_relation(unit: Unit, relation: Relation, *, reason: str) -> None:
    """End a relation inside an open unit."""
    Relation.objects.filter(pk=relation.pk).update(state=RelationState.ENDED, ended_at=unit.now, is_default=False)
    unit.publish(
        RelationEnded(
            relation_id=relation.id, account_id=relation.account_id, person_id=relation.person_id, reason=reason
        )
    )


def change_consent(*, actor: Actor, person_id: UUID, purpose: str, given: bool, channel: str = "h5") -> None:
    """Give or withdraw a consent. A minor's own consent is given by the minor, not by who acts for him."""
    account_id = account(actor)
    with work(REGION, actor=actor) as unit:
        relation = Relation.objects.filter(
            account_id=account_id, person_id=person_id, state=RelationState.ACTIVE
        ).first()
        if relation is None:
            raise NotFound
        if given and purpose in purposes.OWN_CONSENTS and relation.kind != RelationKind.SELF:
            raise GuardianRequired("这项同意须由本人作出。")
        record_consents(
            unit,
            person_id=person_id,
            account_id=account_id,
            relation=relation.kind,
            purposes=[purpose],
            channel=channel,
            given=given,
        )
        action = "identity.consent_given" if given else "identity.consent_withdrawn"
        unit.audit(action, target=f"person:{person_id}", detail={"purpose": purpose})


def withdraw_consent(*, actor: Actor, person_id: UUID, purpose: str, channel: str = "h5") -> None:
    """Withdraw a consent; what was done on it stays lawful, what would follow stops."""
    change_consent(actor=actor, person_id=person_id, purpose=purpose, given=False, channel=channel)


def _add(unit: Unit, relation_id: UUID, account_id: UUID, claim: Claim, command: Command) -> UUID:
    lock_account(account_id)
    _check_limits(account_id, claim.form.kind)
    _check_guardian(account_id, claim)
    _check_consents(claim)
    lock_document(claim.document.kind, blind.index("person.document", claim.document.key))
    relation = _bind(unit, relation_id, account_id, person_of(unit, claim), claim)
    unit.answer(command, {"person_id": str(relation.person_id)})
    unit.audit("identity.person_added", target=f"person:{relation.person_id}", detail={"relation": relation.kind})
    return relation.person_id


def _phone_agrees(unit: Unit, claim: Claim) -> bool:
    """Another adult agrees by a code sent to his own phone; without a phone the link is made at a desk (practice 1)."""
    if claim.form.kind == RelationKind.SELF or claim.group is not ages.AgeGroup.ADULT:
        return True
    return bool(claim.phone) and phone_codes.passes(
        unit,
        phone=claim.phone,
        purpose=CodePurpose.ADD_MEMBER,
        binding=claim.form.code_binding,
        code=claim.form.phone_code,
    )


def _check_limits(account_id: UUID, kind: str) -> None:
    mine = Relation.objects.filter(account_id=account_id)
    if kind == RelationKind.SELF:
        if mine.filter(kind=RelationKind.SELF, state__in=_LIVE).exists():
            raise AlreadyAdded("您已登记本人信息。")
        return
    if not mine.filter(kind=RelationKind.SELF, state=RelationState.ACTIVE, person__standing=Standing.VERIFIED).exists():
        raise SelfFirst
    if mine.filter(state__in=_LIVE).count() >= MEMBERS_LIMIT:
        raise TooManyMembers(gettext("每个账号最多添加%(MEMBERS_LIMIT)s位就诊人。") % {"MEMBERS_LIMIT": MEMBERS_LIMIT})
    since = clock.at(clock.today(), time.min)
    if mine.filter(created_at__gte=since).exclude(kind=RelationKind.SELF).count() >= ADDITIONS_PER_DAY:
        raise TooManyToday


def _check_kind(claim: Claim) -> None:
    """The relation must fit the age the document tells: nobody under 14 registers himself, no adult is a child."""
    kind = claim.form.kind
    if kind == RelationKind.SELF and claim.group is ages.AgeGroup.CHILD:
        raise GuardianRequired("未满14周岁须由监护人添加。")
    if kind == RelationKind.CHILD and claim.group is ages.AgeGroup.ADULT:
        raise NotAChild
    if claim.form.until is not None and claim.form.until < clock.today():
        raise InvalidInput(fields={"until": "代办期限不能早于今天。"})
    if kind not in (RelationKind.SELF, RelationKind.CHILD) and claim.group is not ages.AgeGroup.ADULT:
        raise GuardianRequired


def _check_guardian(account_id: UUID, claim: Claim) -> None:
    """A minor is added by a grown-up only; that his own name is verified was looked at before."""
    if claim.form.kind != RelationKind.CHILD:
        return
    own = Relation.objects.select_related("person").get(
        account_id=account_id, kind=RelationKind.SELF, state=RelationState.ACTIVE
    )
    if ages.group_on(own.person.birth_date, clock.today()) is not ages.AgeGroup.ADULT:
        raise GuardianRequired


def _check_consents(claim: Claim) -> None:
    needed = set(_REQUIRED_CONSENTS)
    if claim.form.kind == RelationKind.CHILD and claim.group is ages.AgeGroup.CHILD:
        needed.add(GUARDIAN_CONSENT)
    if not needed <= set(claim.form.consents):
        raise ConsentUnknown("请阅读并勾选全部必要的授权内容。", fields={"consents": "缺少必要的授权。"})


def _bind(unit: Unit, relation_id: UUID, account_id: UUID, person: Person, claim: Claim) -> Relation:
    earlier = Relation.objects.filter(account_id=account_id, person=person)
    if earlier.filter(state__in=_LIVE).exists():
        raise AlreadyAdded
    earlier.filter(state=RelationState.REFUSED).update(state=RelationState.ENDED, ended_at=unit.now)
    temporary = is_temporary(claim.document)
    kind = RelationKind(claim.form.kind)
    relation = Relation.objects.create(
        id=relation_id,
        account_id=account_id,
        person=person,
        kind=kind,
        scope=list(purposes.ALL),
        evidence="birth_certificate" if temporary else "real_name_check",
        state=RelationState.ACTIVE if temporary else RelationState.PENDING,
        is_default=kind == RelationKind.SELF,
        expires_on=_expiry(claim),
        created_at=unit.now,
    )
    if not temporary:
        ask_real_name(unit, relation, name=claim.name, document=claim.document, phone=claim.phone)
    record_consents(
        unit,
        person_id=person.id,
        account_id=account_id,
        relation=kind,
        purposes=(*claim.form.consents, PROXY) if _is_proxy(claim) else claim.form.consents,
        channel=claim.form.channel,
        given=True,
    )
    return relation


def _is_proxy(claim: Claim) -> bool:
    """Whether an adult lets himself be acted for: he agreed by the code sent to his own phone."""
    return claim.form.kind != RelationKind.SELF and claim.group is ages.AgeGroup.ADULT


def _expiry(claim: Claim) -> date | None:
    """A guardian acts until full age; for an adult as long as he agreed, `HUB_PROXY_DAYS` at most."""
    if claim.form.kind == RelationKind.CHILD:
        return ages.birthday(claim.birth_date, ages.FULL_AGE)
    if not _is_proxy(claim):
        return None
    latest = clock.today() + timedelta(days=settings.HUB_PROXY_DAYS)
    return min(claim.form.until + timedelta(days=1), latest) if claim.form.until else latest
