"""What the feedback API takes and gives."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from regional_services.feedback.models import Category
from regional_services.feedback.services import LONGEST_TEXT


class ThreadEntrySerializer(serializers.Serializer[Any]):
    """One thing said or done; `side` is resident, staff or system."""

    id = serializers.UUIDField()
    kind = serializers.CharField()
    side = serializers.CharField()
    author_name = serializers.CharField()
    text = serializers.CharField()
    created_at = serializers.DateTimeField()


class FeedbackSerializer(serializers.Serializer[Any]):
    """An item; lists carry the submission alone, an item its whole thread, oldest first."""

    id = serializers.UUIDField()
    number = serializers.CharField()
    institution_code = serializers.CharField()
    booking_id = serializers.UUIDField(allow_null=True)
    category = serializers.CharField()
    state = serializers.CharField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    due_at = serializers.DateTimeField(allow_null=True)
    rating = serializers.IntegerField(allow_null=True)
    entries = ThreadEntrySerializer(many=True)


class NewFeedbackSerializer(serializers.Serializer[Any]):
    """What a resident writes; `booking_id` names one of his own bookings, whose hospital it is then about."""

    text = serializers.CharField(max_length=LONGEST_TEXT)
    category = serializers.ChoiceField(choices=Category.values, default=Category.ADVICE.value)
    institution_code = serializers.CharField(max_length=32, required=False, default="", allow_blank=True)
    booking_id = serializers.UUIDField(required=False, allow_null=True)


class AdditionSerializer(serializers.Serializer[Any]):
    """More on an item that is not closed."""

    text = serializers.CharField(max_length=LONGEST_TEXT)


class RatingSerializer(serializers.Serializer[Any]):
    """How it went, once it is closed."""

    stars = serializers.IntegerField(min_value=1, max_value=5)
    text = serializers.CharField(max_length=LONGEST_TEXT, required=False, default="", allow_blank=True)
