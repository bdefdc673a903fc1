"""What the entries' API takes and answers."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from hub.security import masking
from regional_services.entries.selectors import Progress, Step


class ArrivalSerializer(serializers.Serializer[Any]):
    """The parameters of a signed link, as they stand in it."""

    parameters = serializers.DictField(child=serializers.CharField(max_length=1000, allow_blank=True))


class EntryPersonSerializer(serializers.Serializer[Any]):
    """Somebody the account acts for, and whether the service is for him."""

    id = serializers.UUIDField()
    name = serializers.CharField(help_text="masked")
    fits = serializers.BooleanField()


class EntryVisitSerializer(serializers.Serializer[Any]):
    """A visit and the step to do now."""

    id = serializers.UUIDField()
    caller_name = serializers.CharField()
    service = serializers.CharField()
    place = serializers.CharField(allow_blank=True)
    step = serializers.ChoiceField(choices=[step.value for step in Step])
    follow = serializers.CharField(allow_null=True)
    whom = serializers.CharField()
    people = EntryPersonSerializer(many=True)
    target = serializers.CharField()


class EntryPersonChoiceSerializer(serializers.Serializer[Any]):
    """For whom."""

    person_id = serializers.UUIDField()


class EntryReturnSerializer(serializers.Serializer[Any]):
    """Where to go back to."""

    address = serializers.URLField()


def render(found: Progress) -> dict[str, Any]:
    """The document of a visit."""
    visit = found.visit
    return {
        "id": str(visit.id),
        "caller_name": visit.caller_name,
        "service": visit.service.value,
        "place": visit.place,
        "step": found.step.value,
        "follow": found.follow.value if found.follow else None,
        "whom": found.rule.whom,
        "people": [
            {"id": str(member.person_id), "name": masking.name(member.name), "fits": found.fits(member)}
            for member in found.people
        ],
        "target": visit.target,
    }
