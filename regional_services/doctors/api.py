"""/api/resident/v1/practitioners: find, look, follow; and where the internet hospital tells of doctors."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from hub.api.pagination import CursorPage, page_of, page_request
from hub.api.reading import body_of, query_of
from hub.api.views import PUBLIC, RESIDENT, HubAPIView
from hub.security.signed_bodies import signed_document
from hub.tenancy.scope import region
from regional_services.doctors import access, finding, guidance, inbound, reminding, selectors, services
from regional_services.doctors.finding import Order, Wanted
from regional_services.doctors.serializers import (
    BatchSerializer,
    DoctorFoundSerializer,
    DoctorHomeSerializer,
    DoctorsQuery,
    FiguresSerializer,
    FollowedSerializer,
    GuidanceQuery,
    GuidanceSerializer,
    NewReminderSerializer,
    ReceiptsSerializer,
    ReminderSerializer,
    ReviewSerializer,
    read_batch,
)

INTERNET_HOSPITAL_SECRET = "internet_hospital.hmac"  # noqa: S105 - a reference in the key ring
_TAGS = ["doctors"]


class Doctors(HubAPIView):
    """The district's doctors."""

    permission = PUBLIC
    rate = "public"
    paged_methods = frozenset({"GET"})

    @extend_schema(
        summary="找医生",
        parameters=[DoctorsQuery],
        responses=page_of(DoctorFoundSerializer),
        operation_id="practitioners_list",
        tags=_TAGS,
    )
    def get(self, request: Request) -> Response:
        """Found by any mixture of conditions, ranked as asked (JA-DOCREC-01..03, 09..11)."""
        values = query_of(request, DoctorsQuery)
        wanted = Wanted(text=values.pop("q", ""), **{**values, "order": Order(values["order"])})
        page = page_request(request)
        with region(read_only=True):
            rows = finding.find(wanted, after=page.after, limit=page.limit + 1)
        found = CursorPage.of(rows, page, key=lambda row: (row.score, row.practitioner_id))
        return found.shown(DoctorFoundSerializer)


class DoctorHome(HubAPIView):
    """A doctor's home page."""

    permission = PUBLIC
    rate = "public"

    @extend_schema(summary="医生主页", responses=DoctorHomeSerializer, operation_id="practitioners_read", tags=_TAGS)
    def get(self, _request: Request, practitioner_id: UUID) -> Response:
        """Figures, introduction, posts and this week's sessions (JA-DOCREC-04, 05)."""
        with region(read_only=True):
            found = selectors.doctor_page(practitioner_id, account_id=self.actor.id)
        return Response(DoctorHomeSerializer(found).data)


class DoctorReviews(HubAPIView):
    """Reviews of a doctor."""

    permission = PUBLIC
    rate = "public"
    paged_methods = frozenset({"GET"})

    @extend_schema(
        summary="患者评价",
        responses=page_of(ReviewSerializer),
        operation_id="practitioners_reviews",
        tags=_TAGS,
    )
    def get(self, request: Request, practitioner_id: UUID) -> Response:
        """Newest first, without who wrote them (JA-DOCREC-06)."""
        page = page_request(request)
        with region(read_only=True):
            rows = selectors.reviews(practitioner_id, after=page.after, limit=page.limit + 1)
        found = CursorPage.of(rows, page, key=lambda row: (row.written_at, row.id))
        return found.shown(ReviewSerializer)


class DoctorFollow(HubAPIView):
    """That the account follows a doctor."""

    permission = RESIDENT

    @extend_schema(
        summary="关注", request=None, responses=FiguresSerializer, operation_id="practitioners_follow", tags=_TAGS
    )
    def put(self, _request: Request, practitioner_id: UUID) -> Response:
        """Follow; again changes nothing (JA-DOCREC-07)."""
        return Response(FiguresSerializer(services.follow(practitioner_id, actor=self.actor)).data)

    @extend_schema(
        summary="取消关注", responses={200: FiguresSerializer}, operation_id="practitioners_unfollow", tags=_TAGS
    )
    def delete(self, _request: Request, practitioner_id: UUID) -> Response:
        """Stop following; again changes nothing."""
        return Response(FiguresSerializer(services.unfollow(practitioner_id, actor=self.actor)).data)


class FollowedDoctors(HubAPIView):
    """Whom the account follows."""

    permission = RESIDENT
    paged_methods = frozenset({"GET"})

    @extend_schema(
        summary="我关注的医生",
        responses=page_of(FollowedSerializer),
        operation_id="practitioners_followed",
        tags=_TAGS,
    )
    def get(self, request: Request) -> Response:
        """Newest first, with the next number of the week."""
        with region(read_only=True):
            rows = selectors.followed_by(access.account(self.actor))
        page = CursorPage.cut(rows, page_request(request), key=lambda row: (row.practitioner_id,))
        return page.shown(FollowedSerializer)


class Guidance(HubAPIView):
    """Words of diseases and symptoms."""

    permission = PUBLIC
    rate = "public"

    @extend_schema(
        summary="症状与疾病导诊",
        parameters=[GuidanceQuery],
        responses=GuidanceSerializer,
        operation_id="guidance",
        tags=_TAGS,
    )
    def get(self, request: Request) -> Response:
        """Which departments, why, and whom to talk to."""
        given = query_of(request, GuidanceQuery)
        with region(read_only=True):
            advice = guidance.advise(given["q"])
        return Response(GuidanceSerializer({"advice": advice, "helpline": settings.HUB_HELPLINE}).data)


class InternetHospitalEvents(HubAPIView):
    """Where the internet hospital tells of doctors; the signature is the sign-in."""

    permission = PUBLIC
    rate = "provider"

    @extend_schema(
        summary="互联网医院：医生事件",
        request=BatchSerializer,
        responses={200: ReceiptsSerializer, 401: OpenApiResponse(description="签名验证失败")},
        operation_id="internet_hospital_events",
        tags=["provider"],
    )
    def post(self, request: Request) -> Response:
        """A batch; an event that was taken before is known, one of a doctor who is not ours is refused by itself."""
        document = signed_document(request.headers.get("X-Signature", ""), request.body, INTERNET_HOSPITAL_SECRET)
        incarnation, events = read_batch(document)
        receipts = inbound.take(events, incarnation=incarnation)
        return Response(ReceiptsSerializer({"receipts": receipts}).data)


class Reminders(HubAPIView):
    """Reminders of the account: told once when there are numbers (WX-APPT-14)."""

    permission = RESIDENT

    @extend_schema(
        summary="有号提醒", responses=ReminderSerializer(many=True), operation_id="reminders_list", tags=_TAGS
    )
    def get(self, _request: Request) -> Response:
        """Newest first."""
        with region(read_only=True):
            rows = reminding.reminders_of(access.account(self.actor))
        return Response(ReminderSerializer(rows, many=True).data)

    @extend_schema(
        summary="设有号提醒",
        request=NewReminderSerializer,
        responses={201: ReminderSerializer},
        operation_id="reminders_set",
        tags=_TAGS,
    )
    def post(self, request: Request) -> Response:
        """Of a department, or of one doctor's post; again gives the same."""
        row = reminding.remind(actor=self.actor, **body_of(request, NewReminderSerializer))
        return Response(ReminderSerializer(row).data, status=201)


class ReminderDetail(HubAPIView):
    """One reminder."""

    permission = RESIDENT

    @extend_schema(summary="取消有号提醒", responses={204: None}, operation_id="reminders_drop", tags=_TAGS)
    def delete(self, _request: Request, reminder_id: int) -> Response:
        """Take it back."""
        reminding.drop(actor=self.actor, reminder_id=reminder_id)
        return Response(status=204)
