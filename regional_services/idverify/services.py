"""What a resident does: photograph, correct, submit, appeal. Each function is one unit of work."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

from hub import clock, ids
from hub.actor import Actor
from hub.documents.pictures import JPEG
from hub.errors import NotFound
from hub.storage import objects
from hub.storage.objects import StoredObject
from hub.tenancy.scope import REGION, region
from hub.work import Unit, work
from regional_services.identity.access import account
from regional_services.identity.consents import HOSPITAL_SHARING, IDENTITY_PHOTOS, SERVICE_USE
from regional_services.identity.errors import AlreadyVerified, ConsentUnknown
from regional_services.identity.locks import lock_account
from regional_services.identity.selectors import has_verified_self
from regional_services.idverify import forms, pictures
from regional_services.idverify.access import own_application
from regional_services.idverify.errors import AlreadyPending, AppealClosed, StepMissing, TooManyPictures
from regional_services.idverify.events import PhotoTaken
from regional_services.idverify.models import Application, Photo, PhotoState, Side, State
from regional_services.idverify.reading import Problem

CONSENTS = (SERVICE_USE, HOSPITAL_SHARING, IDENTITY_PHOTOS)
PICTURES_PER_DAY = 30
TRIES_BEFORE_TYPING = 3
"""After so many unreadable pictures of one side the resident may type what is on the card himself."""
_READY = (PhotoState.READ, PhotoState.KEPT)


def begin(*, actor: Actor, consents: tuple[str, ...]) -> UUID:
    """Begin an application, or go on with the open draft; its id. AlreadyPending while one is being reviewed."""
    account_id = account(actor)
    if not set(CONSENTS) <= set(consents):
        raise ConsentUnknown("请阅读并勾选全部授权内容。", fields={"consents": "缺少必要的授权。"})
    with work(REGION, actor=actor) as unit:
        lock_account(account_id)
        if has_verified_self(account_id):
            raise AlreadyVerified
        opened = Application.objects.filter(account_id=account_id, state__in=(State.DRAFT, State.PENDING)).first()
        if opened is not None and opened.state == State.PENDING:
            raise AlreadyPending
        if opened is None:
            opened = Application.objects.create(account_id=account_id, consents=list(CONSENTS), opened_at=unit.now)
        unit.audit("idverify.begun", target=f"idverify:{opened.id}")
    return UUID(str(opened.id))


def add_photo(*, actor: Actor, application_id: UUID, side: str, sent: bytes) -> UUID:
    """Keep a photograph sealed and have it read; it replaces the last one of its side. The photograph's id.

    The object is written before its row: what a crash leaves without a row is swept (`retention.sweep_orphans`).
    """
    wanted = Side(side)
    photo_id = ids.uuid7()
    with region(read_only=True):
        _check_order(own_application(actor, application_id), wanted)
    _check_limit(actor)
    content = pictures.tidy(sent)
    stored = objects.put(f"idverify/{application_id}/{photo_id}.jpg", content, content_type=JPEG)
    with work(REGION, actor=actor) as unit:
        application = own_application(actor, application_id, lock=True)
        _check_order(application, wanted)
        application.photos.filter(side=wanted, is_current=True).update(is_current=False)
        _keep(unit, application, photo_id, wanted, stored)
        unit.publish(PhotoTaken(photo_id=photo_id))
        unit.audit("idverify.photo_taken", target=f"idverify:{application_id}", detail={"side": side})
    return photo_id


def type_instead(*, actor: Actor, application_id: UUID, side: str) -> None:
    """After several clear pictures nothing could read: keep the last one and type what is on the card."""
    with work(REGION, actor=actor) as unit:
        application = own_application(actor, application_id, lock=True)
        if application.state != State.DRAFT:
            raise NotFound
        tries = application.photos.filter(side=side, state=PhotoState.UNREADABLE).count()
        kept = application.photos.filter(side=side, is_current=True, state=PhotoState.UNREADABLE)
        if not may_type(tries, kept.values_list("problem", flat=True).first()) or not kept.update(
            state=PhotoState.KEPT
        ):
            raise StepMissing
        unit.audit("idverify.photo_kept", target=f"idverify:{application_id}", detail={"side": side})


def submit(*, actor: Actor, application_id: UUID, given: Mapping[str, str]) -> None:
    """Hand in the corrected fields with both photographs; a field left empty keeps what was read.

    A second submission while the first is pending is AlreadyPending; the database would refuse it too.
    """
    with work(REGION, actor=actor) as unit:
        application = own_application(actor, application_id, lock=True)
        if application.state == State.PENDING:
            raise AlreadyPending
        if application.state != State.DRAFT:
            raise NotFound
        photos = list(application.photos.filter(is_current=True))
        if {photo.side for photo in photos if photo.state in _READY} != set(Side.values):
            raise StepMissing
        read = {name: found[0] for photo in photos for name, found in photo.found.items()}
        kept = {name: given.get(name, "").strip() or read.get(name, "") for name in forms.TYPED}
        application.fields = forms.check(kept, today=clock.today())
        application.state, application.submitted_at = State.PENDING, unit.now
        application.save(update_fields=["fields", "state", "submitted_at"])
        corrected = sorted(name for name, text in read.items() if application.fields[name] != text)
        unit.audit("idverify.submitted", target=f"idverify:{application_id}", detail={"corrected": corrected})


def may_type(tries: int, problem: str | None) -> bool:
    """Whether the resident may type what a picture shows: after some unreadable ones, at once where it was too dark."""
    return tries >= TRIES_BEFORE_TYPING or problem == Problem.DIM


def drop(*, actor: Actor, application_id: UUID) -> None:
    """Give a draft up; its pictures go with the next sweep."""
    with work(REGION, actor=actor) as unit:
        application = own_application(actor, application_id, lock=True)
        if application.state != State.DRAFT:
            raise NotFound
        application.state, application.decided_at = State.DROPPED, unit.now
        application.save(update_fields=["state", "decided_at"])
        unit.audit("idverify.dropped", target=f"idverify:{application_id}")


def appeal(*, actor: Actor, application_id: UUID, text: str) -> None:
    """Ask once for another reviewer's eyes on the same pictures (JA-IDV-05)."""
    if not 5 <= len(text.strip()) <= 300:
        raise AppealClosed("请用5至300个字说明申诉的理由。")
    with work(REGION, actor=actor) as unit:
        lock_account(account(actor))
        application = own_application(actor, application_id, lock=True)
        closed = application.appealed_at is not None or application.pictures_deleted_at is not None
        if application.state != State.REJECTED or closed:
            raise AppealClosed
        if has_verified_self(application.account_id):
            raise AlreadyVerified
        if Application.objects.filter(
            account_id=application.account_id, state__in=(State.DRAFT, State.PENDING)
        ).exists():
            raise AlreadyPending("您已有另一份申请，请先完成或放弃它。")
        application.state, application.appeal, application.appealed_at = State.PENDING, text.strip(), unit.now
        application.held_by, application.held_until, application.held_by_name = None, None, ""
        application.save()
        unit.audit("idverify.appealed", target=f"idverify:{application_id}")


def _check_order(application: Application, side: Side) -> None:
    """Only a draft is photographed, the front comes first, and the back waits until the front is done (JA-IDV-01)."""
    if application.state == State.PENDING:
        raise AlreadyPending
    if application.state != State.DRAFT:
        raise NotFound
    front = application.photos.filter(side=Side.FRONT, is_current=True, state__in=_READY)
    if side == Side.BACK and not front.exists():
        raise StepMissing("请先拍好人像面。")


def _check_limit(actor: Actor) -> None:
    since = clock.now() - timedelta(days=1)
    with region(read_only=True):
        taken = Photo.objects.filter(application__account_id=account(actor), taken_at__gt=since).count()
    if taken >= PICTURES_PER_DAY:
        raise TooManyPictures


def _keep(unit: Unit, application: Application, photo_id: UUID, side: Side, stored: StoredObject) -> None:
    Photo.objects.create(
        id=photo_id,
        application=application,
        side=side,
        object_key=stored.key,
        content_type=stored.content_type,
        size=stored.size,
        sha256=stored.sha256,
        suite=stored.suite,
        wrapped_key=stored.wrapped_key or b"",
        taken_at=unit.now,
    )
