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


class ChannelChoiceSerializer(serializers.Serializer[object]):
    """A channel this account can be told through, and whether it wants to be."""

    channel = serializers.CharField()
    wanted = serializers.BooleanField()


class KindChoicesSerializer(serializers.Serializer[object]):
    """One kind of message, with its channels; what `may_be_declined` says no to comes through all of them."""

    kind = serializers.CharField()
    title = serializers.CharField()
    may_be_declined = serializers.BooleanField()
    channels = ChannelChoiceSerializer(many=True)


class HabitSerializer(serializers.Serializer[object]):
    """Which channel is tried first ("" the usual order), and the language of what leaves the house."""

    first = serializers.CharField(allow_blank=True, max_length=12)
    language = serializers.CharField(max_length=8)


class PreferencesSerializer(HabitSerializer):
    """What an account wants to be told, and through what."""

    kinds = KindChoicesSerializer(many=True)


class WantedSerializer(serializers.Serializer[object]):
    """The channels one kind shall come through, of those shown."""

    channels = serializers.ListField(child=serializers.CharField(max_length=12), max_length=8)
