"""What the persons' API takes and answers. Names, documents and phones leave masked (practice 7)."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from hub.security import masking
from regional_services.identity.documents import DocumentKind
from regional_services.identity.models import RelationKind
from regional_services.identity.selectors import Member


class NewPersonSerializer(serializers.Serializer[Any]):
    """Somebody to add. Birth date and sex are needed only where the number does not tell them."""

    kind = serializers.ChoiceField(choices=RelationKind.choices)
    name = serializers.CharField(max_length=50)
    document_type = serializers.ChoiceField(choices=[(kind.value, kind.text) for kind in DocumentKind])
    document_number = serializers.CharField(max_length=30)
    phone = serializers.CharField(max_length=20, required=False, default="", allow_blank=True)
    phone_code = serializers.CharField(
        max_length=6, required=False, default="", allow_blank=True, help_text="code of purpose add_member, for adults"
    )
    device_id = serializers.CharField(
        max_length=64, required=False, default="", allow_blank=True, help_text="as given when the code was requested"
    )
    sex = serializers.ChoiceField(choices=["1", "2"], required=False, default="", allow_blank=True)
    birth_date = serializers.DateField(required=False, allow_null=True, default=None)
    country = serializers.CharField(max_length=3, required=False, default="", allow_blank=True)
    consents = serializers.ListField(child=serializers.CharField(max_length=40), required=False, default=list)
    channel = serializers.CharField(max_length=20, required=False, default="h5")
    valid_until = serializers.DateField(
        required=False, allow_null=True, default=None, help_text="last day of the document; none: it does not end"
    )
    until = serializers.DateField(
        required=False, allow_null=True, default=None, help_text="last day an adult lets himself be acted for"
    )


class PersonSerializer(serializers.Serializer[Any]):
    """A person of the account, masked."""

    id = serializers.UUIDField(source="person_id")
    kind = serializers.CharField()
    kind_text = serializers.CharField()
    state = serializers.CharField()
    state_text = serializers.CharField()
    refusal = serializers.CharField()
    name = serializers.SerializerMethodField()
    document_type = serializers.CharField()
    document_number = serializers.SerializerMethodField()
    phone = serializers.SerializerMethodField()
    sex = serializers.CharField()
    standing = serializers.CharField()
    standing_text = serializers.CharField()
    is_default = serializers.BooleanField()
    expires_on = serializers.DateField(allow_null=True)
    needs_own_consent = serializers.BooleanField()

    def get_name(self, member: Member) -> str:
        """Masked."""
        return masking.name(member.name)

    def get_document_number(self, member: Member) -> str:
        """Masked."""
        return masking.document(member.document_number)

    def get_phone(self, member: Member) -> str:
        """Masked."""
        return masking.phone(member.phone) if member.phone else ""


class ProxySerializer(serializers.Serializer[Any]):
    """Somebody who acts for the account's holder."""

    id = serializers.UUIDField(source="relation_id")
    name = serializers.CharField(help_text="masked")
    since = serializers.DateTimeField()
    expires_on = serializers.DateField(allow_null=True)


class RealNameSerializer(serializers.Serializer[Any]):
    """How the check stands."""

    state = serializers.CharField()
    text = serializers.CharField(source="get_state_display")
    asked_at = serializers.DateTimeField()
    answered_at = serializers.DateTimeField(allow_null=True)


class OwnDocumentSerializer(serializers.Serializer[Any]):
    """A newborn's own document."""

    name = serializers.CharField(max_length=50)
    document_type = serializers.ChoiceField(choices=[(kind.value, kind.text) for kind in DocumentKind])
    document_number = serializers.CharField(max_length=30)


class ConsentChangeSerializer(serializers.Serializer[Any]):
    """Give or withdraw."""

    purpose = serializers.CharField(max_length=40)
    given = serializers.BooleanField()


class ConsentSerializer(serializers.Serializer[Any]):
    """A consent with its text and whether it stands."""

    purpose = serializers.CharField(source="text.purpose")
    version = serializers.CharField(source="text.version")
    title = serializers.CharField(source="text.title")
    text = serializers.CharField(source="text.text")
    is_given = serializers.BooleanField()
    recorded_at = serializers.DateTimeField(allow_null=True)


class VisitCardSerializer(serializers.Serializer[Any]):
    """A code that names a person to a hospital's desk for a while."""

    code = serializers.CharField()
    until = serializers.DateTimeField()
