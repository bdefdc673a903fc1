"""What the waiting list's API takes and gives."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from hub import clock
from regional_services.waitlist.models import State
from regional_services.waitlist.selectors import EntryView
from regional_services.waitlist.services import Until


class JoinSerializer(serializers.Serializer[Any]):
    """For whom, for which session, how long."""

    institution = serializers.SlugField(max_length=32, help_text="医疗机构代码")
    person_id = serializers.UUIDField(help_text="就诊人")
    session_id = serializers.UUIDField(help_text="排班")
    until = serializers.ChoiceField(
        choices=[one.value for one in Until],
        default=Until.VISIT.value,
        help_text="visit 到门诊结束前1小时；eve 到前一天20:00",
    )


class EntrySerializer(serializers.Serializer[Any]):
    """A place in line."""

    id = serializers.UUIDField()
    institution = serializers.CharField(source="institution_code")
    person_id = serializers.UUIDField()
    session_id = serializers.UUIDField()
    department = serializers.CharField(source="department_name")
    doctor = serializers.CharField(source="doctor_name")
    visit_date = serializers.DateField()
    fee_fen = serializers.IntegerField()
    state = serializers.ChoiceField(choices=State.choices)
    until = serializers.DateTimeField(default_timezone=clock.ZONE)
    reason = serializers.CharField()
    ahead = serializers.IntegerField(allow_null=True, help_text="前面还有几位；列表中不给出")
    booking_id = serializers.UUIDField(allow_null=True)
    sequence = serializers.IntegerField(allow_null=True)
    starts_at = serializers.DateTimeField(allow_null=True, default_timezone=clock.ZONE)
    ends_at = serializers.DateTimeField(allow_null=True, default_timezone=clock.ZONE)
    offer_until = serializers.DateTimeField(allow_null=True, default_timezone=clock.ZONE, help_text="为您保留到")
    joined_at = serializers.DateTimeField(default_timezone=clock.ZONE)


class EntryPageSerializer(serializers.Serializer[Any]):
    """A page of places, newest first."""

    items = EntrySerializer(many=True)
    next = serializers.CharField(allow_null=True)


_ENTRY = EntrySerializer()  # its fields are copied once


def render(view: EntryView) -> dict[str, Any]:
    """The JSON object of a place."""
    return dict(_ENTRY.to_representation(view))
