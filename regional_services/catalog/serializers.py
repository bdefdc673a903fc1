"""What the catalogue's API answers. Times are ISO 8601 with zone, money is integer fen."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from hub import clock


class InstitutionSerializer(serializers.Serializer[Any]):
    """An institution as residents see it."""

    code = serializers.CharField(source="institution.code")
    name = serializers.CharField(source="institution.name")
    short_name = serializers.CharField(source="institution.short_name")
    kind = serializers.CharField(source="institution.kind")
    kind_text = serializers.CharField(source="institution.kind_text")
    level = serializers.CharField(source="institution.level")
    ward = serializers.CharField(source="institution.ward")
    address = serializers.CharField(source="institution.address")
    phone = serializers.CharField(source="institution.phone")
    latitude = serializers.FloatField(source="institution.latitude")
    longitude = serializers.FloatField(source="institution.longitude")
    booking_mode = serializers.CharField(source="institution.booking_mode")
    settle_mode = serializers.CharField(source="institution.settle_mode")
    distance_m = serializers.IntegerField(allow_null=True)
    free = serializers.IntegerField(help_text="numbers left in the days to come, a hint")


class DepartmentSerializer(serializers.Serializer[Any]):
    """A department."""

    id = serializers.UUIDField()
    institution_code = serializers.CharField()
    code = serializers.CharField()
    name = serializers.CharField()
    parent_id = serializers.UUIDField(allow_null=True)
    intro = serializers.CharField()
    location = serializers.CharField()
    sensitivity = serializers.CharField()
    service = serializers.CharField(help_text="outpatient, immunisation or checkup: what its numbers are for")
    free = serializers.IntegerField()


class DaySerializer(serializers.Serializer[Any]):
    """A day of a department."""

    date = serializers.DateField()
    free = serializers.IntegerField()
    total = serializers.IntegerField()


class DoctorSerializer(serializers.Serializer[Any]):
    """A doctor's post."""

    id = serializers.UUIDField()
    practitioner_id = serializers.UUIDField()
    institution_code = serializers.CharField()
    department_id = serializers.UUIDField()
    name = serializers.CharField()
    title = serializers.CharField()
    intro = serializers.CharField()
    photo = serializers.CharField(help_text="path of his photograph on this host; empty where there is none")
    registration_level = serializers.CharField()


class SessionSerializer(serializers.Serializer[Any]):
    """A session with its counts and how old they are."""

    id = serializers.UUIDField()
    institution_code = serializers.CharField()
    department_id = serializers.UUIDField()
    doctor_id = serializers.UUIDField(allow_null=True)
    doctor_name = serializers.CharField()
    doctor_title = serializers.CharField()
    doctor_photo = serializers.CharField(help_text="path of his photograph on this host; empty where there is none")
    date = serializers.DateField()
    period = serializers.CharField()
    registration_level = serializers.CharField()
    fee_fen = serializers.IntegerField()
    room = serializers.CharField()
    state = serializers.CharField()
    release_at = serializers.DateTimeField(allow_null=True, help_text="from when residents may book; null: now")
    first_start = serializers.DateTimeField(allow_null=True)
    last_end = serializers.DateTimeField(allow_null=True)
    free = serializers.IntegerField()
    total = serializers.IntegerField()
    next_free_start = serializers.DateTimeField(allow_null=True)
    synced_at = serializers.DateTimeField(help_text="when the hospital last told this session")
    age_seconds = serializers.IntegerField()


class NumberSerializer(serializers.Serializer[Any]):
    """A number: its text is what is shown and read aloud."""

    id = serializers.UUIDField()
    sequence = serializers.IntegerField()
    start = serializers.DateTimeField(default_timezone=clock.ZONE)
    end = serializers.DateTimeField(default_timezone=clock.ZONE)
    is_free = serializers.BooleanField()
    text = serializers.CharField()


class SearchSerializer(serializers.Serializer[Any]):
    """What a search found."""

    institutions = serializers.SerializerMethodField()
    departments = DepartmentSerializer(many=True)
    doctors = DoctorSerializer(many=True)

    def get_institutions(self, found: Any) -> list[dict[str, str]]:
        """Code and name are enough to go there."""
        return [{"code": view.code, "name": view.name} for view in found.institutions]


class PlaceQuery(serializers.Serializer[Any]):
    """Where the resident is, if he says so."""

    latitude = serializers.FloatField(required=False, min_value=-90, max_value=90)
    longitude = serializers.FloatField(required=False, min_value=-180, max_value=180)
    kind = serializers.ChoiceField(choices=["hospital", "specialised", "community"], required=False)


class SessionsQuery(serializers.Serializer[Any]):
    """Which sessions."""

    department = serializers.UUIDField()
    date = serializers.DateField(required=False)


class SearchQuery(serializers.Serializer[Any]):
    """What to look for."""

    q = serializers.CharField(max_length=40)
