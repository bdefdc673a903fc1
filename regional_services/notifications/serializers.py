"""How messages look in the API."""

from __future__ import annotations

from rest_framework import serializers


class MessageSerializer(serializers.Serializer[object]):
    """One message of the signed-in account."""

    id = serializers.UUIDField()
    kind = serializers.CharField()
    title = serializers.CharField()
    text = serializers.CharField()
    institution_code = serializers.CharField()
    person_id = serializers.UUIDField(allow_null=True)
    about = serializers.UUIDField()
    page = serializers.CharField()
    created_at = serializers.DateTimeField()
    read_at = serializers.DateTimeField(allow_null=True)


class UnreadSerializer(serializers.Serializer[object]):
    """How many messages wait to be read."""

    unread = serializers.IntegerField()
