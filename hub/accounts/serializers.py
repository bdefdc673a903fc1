"""Shapes of the sign-in API."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from hub.accounts.models import CodePurpose, HandleKind

DEVICE: dict[str, Any] = {
    "min_length": 16,
    "max_length": 64,
    "help_text": "a random value the app keeps for itself; a code works only for the device that asked for it",
}


class CodeRequestIn(serializers.Serializer[Any]):
    """Ask for a phone code."""

    phone = serializers.CharField(max_length=24)
    purpose = serializers.ChoiceField(choices=CodePurpose.choices, default=CodePurpose.SIGN_IN)
    device_id = serializers.CharField(**DEVICE)


class CodeRequestOut(serializers.Serializer[Any]):
    """The same for every phone."""

    expires_in = serializers.IntegerField(help_text="seconds")
    resend_after = serializers.IntegerField(help_text="seconds")


class TokenIn(serializers.Serializer[Any]):
    """Sign in: with `grant` phone give phone and code, with `grant` wechat, alipay or city_app the ask."""

    grant = serializers.ChoiceField(choices=[(kind.value, kind.value) for kind in HandleKind])
    device_id = serializers.CharField(**DEVICE)
    phone = serializers.CharField(max_length=24, required=False)
    code = serializers.CharField(max_length=8, required=False)
    ask_id = serializers.UUIDField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Each grant needs its own proofs."""
        needed = ("phone", "code") if attrs["grant"] == "phone" else ("ask_id",)
        missing = {name: "该字段是必填项。" for name in needed if name not in attrs}
        if missing:
            raise serializers.ValidationError(missing)
        return attrs


class TokenOut(serializers.Serializer[Any]):
    """Tokens; `identity_due` means that name and document come before any record."""

    token_type = serializers.CharField(default="Bearer")
    access_token = serializers.CharField()
    access_expires_at = serializers.DateTimeField()
    refresh_token = serializers.CharField()
    refresh_expires_at = serializers.DateTimeField()
    identity_due = serializers.BooleanField()


class RefreshIn(serializers.Serializer[Any]):
    """A refresh token; it works once."""

    refresh_token = serializers.CharField(max_length=128)


class AskStartIn(serializers.Serializer[Any]):
    """Begin a sign-in at a platform."""

    device_id = serializers.CharField(**DEVICE)


class AskStartOut(serializers.Serializer[Any]):
    """Where to send the browser."""

    ask_id = serializers.UUIDField()
    authorize_url = serializers.URLField()


class AskCodeIn(serializers.Serializer[Any]):
    """What the platform appended to the address it returned to."""

    device_id = serializers.CharField(**DEVICE)
    state = serializers.RegexField(r"^[0-9a-fA-F]{32}$")
    code = serializers.CharField(max_length=512)


class AskProgressOut(serializers.Serializer[Any]):
    """How far the exchange is."""

    ask_id = serializers.UUIDField()
    status = serializers.ChoiceField(choices=["pending", "ready", "refused"])
    reason = serializers.CharField(allow_blank=True)


class MeOut(serializers.Serializer[Any]):
    """The signed-in account."""

    id = serializers.UUIDField()
    name = serializers.CharField(help_text="masked")
    identity_due = serializers.BooleanField()
