"""What the API of places takes and gives; names as in docs/GLOSSARY.md."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from hub import clock
from regional_services.waiting.selectors import PlaceView
from tenants.queueing.models import EntryState


class CheckInRequestSerializer(serializers.Serializer[Any]):
    """Where the phone is, or the code on the clinic's wall."""

    latitude = serializers.FloatField(required=False, help_text="纬度（WGS 84）")
    longitude = serializers.FloatField(required=False, help_text="经度（WGS 84）")
    accuracy = serializers.FloatField(required=False, min_value=0, help_text="定位误差，米")
    code = serializers.CharField(required=False, max_length=300, help_text="诊区签到码的内容")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Either a whole position or a code."""
        if "code" not in attrs and not {"latitude", "longitude", "accuracy"} <= set(attrs):
            raise serializers.ValidationError("请提供位置（latitude、longitude、accuracy）或签到码（code）。")
        return attrs


class PlaceSerializer(serializers.Serializer[Any]):
    """A place in line as last read from the hospital's queue."""

    booking_id = serializers.UUIDField()
    institution = serializers.CharField(source="institution_code")
    department = serializers.CharField()
    doctor = serializers.CharField()
    room = serializers.CharField()
    ticket = serializers.CharField(help_text="排队号")
    state = serializers.ChoiceField(choices=EntryState.choices)
    present = serializers.BooleanField(help_text="已到院")
    late = serializers.BooleanField()
    station = serializers.CharField(help_text="叫到的诊室")
    ahead = serializers.IntegerField(allow_null=True, help_text="前面已到院的人数")
    wait_low = serializers.IntegerField(source="wait.low", allow_null=True, default=None, help_text="预计等候，分钟，下限")
    wait_high = serializers.IntegerField(source="wait.high", allow_null=True, default=None, help_text="上限；八成情况在内")
    serving = serializers.CharField(help_text="正在就诊的号")
    paused = serializers.CharField(help_text="暂停原因；空为正常叫号")
    headline = serializers.CharField()
    read_at = serializers.DateTimeField(default_timezone=clock.ZONE)


def render(view: PlaceView) -> dict[str, Any]:
    """As the API gives it."""
    return dict(PlaceSerializer(view).data)
