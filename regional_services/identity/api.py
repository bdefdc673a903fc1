"""/api/resident/v1/persons: the people an account acts for. Checks of names are answered 202 with a status address."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from hub import clock
from hub.accounts.tokens import AccessClaims
from hub.api.idempotency import command_from
from hub.api.views import PUBLIC, RESIDENT, HubAPIView
from hub.tenancy.scope import region
from regional_services.identity import access, proofs, proxies, selectors, services, visitcards
from regional_services.identity.consents import TEXTS
from regional_services.identity.models import RealNameCheck
from regional_services.identity.serializers import (
    ConsentChangeSerializer,
    ConsentSerializer,
    NewPersonSerializer,
    OwnDocumentSerializer,
    PersonSerializer,
    ProxySerializer,
    RealNameSerializer,
    VisitCardSerializer,
)
from regional_services.identity.steps import NewPerson

POLL_SECONDS = 1


class Persons(HubAPIView):
    """Everybody the account acts for."""

    permission = RESIDENT
    idempotent_methods = frozenset({"POST"})

    @extend_schema(summary="就诊人列表", responses=PersonSerializer(many=True), operation_id="persons_list")
    def get(self, _request: Request) -> Response:
        """Oneself first."""
        with region(read_only=True):
            members = selectors.people_of(access.account(self.actor))
        return Response(PersonSerializer(members, many=True).data)

    @extend_schema(
        summary="添加就诊人", request=NewPersonSerializer, responses={202: PersonSerializer}, operation_id="persons_add"
    )
    def post(self, request: Request) -> Response:
        """Add oneself or a family member; the name is checked by the city meanwhile."""
        data = _read(NewPersonSerializer, request)
        binding, consents = data.pop("device_id"), tuple(data.pop("consents"))
        form = NewPerson(**data, code_binding=binding, consents=consents)
        person_id = services.add_person(actor=self.actor, form=form, command=command_from(request, "identity.add"))
        with region(read_only=True):
            member = selectors.member(access.account(self.actor), person_id)
        return Response(
            PersonSerializer(member).data,
            status=status.HTTP_202_ACCEPTED,
            headers=_status_headers(request, person_id),
        )


class PersonDetail(HubAPIView):
    """One person."""

    permission = RESIDENT

    @extend_schema(summary="就诊人", responses=PersonSerializer, operation_id="persons_read")
    def get(self, _request: Request, person_id: UUID) -> Response:
        """Masked."""
        with region(read_only=True):
            return Response(PersonSerializer(selectors.member(access.account(self.actor), person_id)).data)

    @extend_schema(summary="解除就诊人", responses={204: None}, operation_id="persons_remove")
    def delete(self, _request: Request, person_id: UUID) -> Response:
        """Stop acting for this person."""
        services.remove_person(actor=self.actor, person_id=person_id)
        return Response(status=status.HTTP_204_NO_CONTENT)


class VisitCard(HubAPIView):
    """就诊卡码 of a person, to be shown as a QR code at a hospital's desk."""

    permission = RESIDENT

    @extend_schema(summary="就诊卡码", responses=VisitCardSerializer, operation_id="persons_card")
    def get(self, _request: Request, person_id: UUID) -> Response:
        """A new code, good for a quarter of an hour."""
        with region(read_only=True):
            code = visitcards.card_of(self.actor, person_id)
        return Response(VisitCardSerializer({"code": code, "until": clock.now() + visitcards.LIFETIME}).data)


class RealName(HubAPIView):
    """The check of a name by the city."""

    permission = RESIDENT

    @extend_schema(summary="实名核验状态", responses=RealNameSerializer, operation_id="real_name_read")
    def get(self, _request: Request, person_id: UUID) -> Response:
        """The latest check."""
        with region(read_only=True):
            return Response(RealNameSerializer(selectors.latest_check(access.account(self.actor), person_id)).data)

    @extend_schema(
        summary="发起实名核验", request=None, responses={202: RealNameSerializer}, operation_id="real_name_start"
    )
    def post(self, request: Request, person_id: UUID) -> Response:
        """Ask the city again after a refusal."""
        return _asked(request, person_id, services.start_real_name(actor=self.actor, person_id=person_id))


class OwnDocument(HubAPIView):
    """A newborn's own document replaces the birth certificate."""

    permission = RESIDENT

    @extend_schema(
        summary="补充证件",
        request=OwnDocumentSerializer,
        responses={202: RealNameSerializer},
        operation_id="own_document",
    )
    def post(self, request: Request, person_id: UUID) -> Response:
        """Checked by the city before it counts."""
        data = _read(OwnDocumentSerializer, request)
        check = services.show_own_document(
            actor=self.actor,
            person_id=person_id,
            name=data["name"],
            document_type=data["document_type"],
            number=data["document_number"],
        )
        return _asked(request, person_id, check)


class Consents(HubAPIView):
    """The consents of a person."""

    permission = RESIDENT

    @extend_schema(summary="授权记录", responses=ConsentSerializer(many=True), operation_id="consents_list")
    def get(self, _request: Request, person_id: UUID) -> Response:
        """Every purpose with its present text and whether it stands."""
        with region(read_only=True):
            selectors.member(access.account(self.actor), person_id)
            return Response(ConsentSerializer(selectors.consents_of(person_id), many=True).data)

    @extend_schema(
        summary="授权或撤回", request=ConsentChangeSerializer, responses={204: None}, operation_id="consents_change"
    )
    def post(self, request: Request, person_id: UUID) -> Response:
        """Give or withdraw; withdrawing stops what would follow."""
        data = _read(ConsentChangeSerializer, request)
        services.change_consent(
            actor=self.actor, person_id=person_id, purpose=data["purpose"], given=data["given"], channel="h5"
        )
        return Response(status=status.HTTP_204_NO_CONTENT)


class IdentityProof(HubAPIView):
    """Name and document on a new device, before any record opens."""

    permission = RESIDENT

    @extend_schema(
        summary="新设备身份核对", request=OwnDocumentSerializer, responses={204: None}, operation_id="identity_proof"
    )
    def post(self, request: Request) -> Response:
        """Compared with the account's own person."""
        data, claims = _read(OwnDocumentSerializer, request), request.auth
        assert isinstance(claims, AccessClaims)
        proofs.prove_self(
            actor=self.actor,
            sign_in_id=claims.sign_in_id,
            name=data["name"],
            document_type=data["document_type"],
            document_number=data["document_number"],
        )
        return Response(status=status.HTTP_204_NO_CONTENT)


class Proxies(HubAPIView):
    """Who acts for me."""

    permission = RESIDENT

    @extend_schema(summary="谁在为我代办", responses=ProxySerializer(many=True), operation_id="proxies_list")
    def get(self, _request: Request) -> Response:
        """Masked."""
        return Response(ProxySerializer(proxies.proxies_of(self.actor), many=True).data)


class Proxy(HubAPIView):
    """One of them."""

    permission = RESIDENT

    @extend_schema(summary="停止由他代办", responses={204: None}, operation_id="proxies_end")
    def delete(self, _request: Request, relation_id: UUID) -> Response:
        """At once."""
        proxies.end_proxy(actor=self.actor, relation_id=relation_id)
        return Response(status=status.HTTP_204_NO_CONTENT)


class ConsentTexts(HubAPIView):
    """The texts people are asked to agree to."""

    permission = PUBLIC

    @extend_schema(summary="授权文本", responses=ConsentSerializer(many=True), operation_id="consent_texts")
    def get(self, _request: Request) -> Response:
        """Present versions."""
        rows = [selectors.ConsentState(text=text, is_given=False, recorded_at=None) for text in TEXTS.values()]
        return Response(ConsentSerializer(rows, many=True).data)


def _asked(request: Request, person_id: UUID, check: RealNameCheck) -> Response:
    return Response(
        RealNameSerializer(check).data,
        status=status.HTTP_202_ACCEPTED,
        headers=_status_headers(request, person_id),
    )


def _status_headers(request: Request, person_id: UUID) -> dict[str, str]:
    address = reverse("api-person-real-name", args=[person_id], request=request)
    return {"Location": address, "Retry-After": str(POLL_SECONDS)}


def _read(serializer: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    given = serializer(data=request.data)
    given.is_valid(raise_exception=True)
    return dict(given.validated_data)
