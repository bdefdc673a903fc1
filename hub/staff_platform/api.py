"""Where the platform knocks."""

from __future__ import annotations

from uuid import uuid4

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from hub.api.views import PUBLIC, HubAPIView
from hub.security.signed_bodies import require_signature
from hub.staff_platform import services
from hub.staff_platform.outside import CLIENT_SECRET


class PushView(HubAPIView):
    """A knock says only that users changed; the signature is the sign-in."""

    permission = PUBLIC
    rate = "provider"

    @extend_schema(
        summary="应用支撑平台：人员变更通知",
        request=None,
        responses={204: None, 401: OpenApiResponse(description="签名验证失败")},
        operation_id="staff_platform_push",
        tags=["provider"],
    )
    def post(self, request: Request) -> Response:
        """The users are read from the platform within seconds; nothing in the body is believed."""
        require_signature(request.headers.get("X-Signature", ""), request.body, CLIENT_SECRET)
        services.note_push(actor=self.actor, push_id=uuid4())
        return Response(status=status.HTTP_204_NO_CONTENT)
