"""What the doctors' API reads and answers. Times are ISO 8601 with zone, money is integer fen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext
from drf_spectacular.utils import PolymorphicProxySerializer
from rest_framework import serializers

from hub import clock
from hub.errors import InvalidInput
from regional_services.doctors.finding import Order
from regional_services.doctors.inbound import Outcome, Told
from regional_services.doctors.models import EventKind

MOST_EVENTS = 200


class PostSerializer(serializers.Serializer[Any]):
    """A post of a doctor."""

    doctor_id = serializers.UUIDField()
    institution_code = serializers.CharField()
    institution = serializers.CharField()
    department_id = serializers.UUIDField()
    department = serializers.CharField()
    title = serializers.CharField()


class DoctorFoundSerializer(serializers.Serializer[Any]):
    """A doctor in a list; `free` and `next_start` are of today and the six days to come."""

    practitioner_id = serializers.UUIDField()
    name = serializers.CharField()
    title = serializers.CharField()
    photo = serializers.CharField(help_text="path of his photograph on this host; empty where there is none")
    free = serializers.IntegerField()
    next_start = serializers.DateTimeField(allow_null=True, default_timezone=clock.ZONE)
    enquiries = serializers.IntegerField()
    consultations = serializers.IntegerField()
    reviews = serializers.IntegerField()
    positive_reviews = serializers.IntegerField()
    is_online = serializers.BooleanField()
    posts = PostSerializer(many=True)


class FiguresSerializer(serializers.Serializer[Any]):
    """What is counted of a doctor; `is_followed` by the caller."""

    followers = serializers.IntegerField()
    is_followed = serializers.BooleanField()
    enquiries = serializers.IntegerField()
    consultations = serializers.IntegerField()
    reviews = serializers.IntegerField()
    positive_reviews = serializers.IntegerField()
    is_online = serializers.BooleanField()


class WeekSessionSerializer(serializers.Serializer[Any]):
    """A session of this week; `release_at` when its numbers open later."""

    session_id = serializers.UUIDField()
    institution_code = serializers.CharField()
    doctor_id = serializers.UUIDField()
    date = serializers.DateField()
    period = serializers.CharField()
    fee_fen = serializers.IntegerField()
    room = serializers.CharField()
    free = serializers.IntegerField()
    next_start = serializers.DateTimeField(allow_null=True, default_timezone=clock.ZONE)
    release_at = serializers.DateTimeField(allow_null=True, default_timezone=clock.ZONE)


class DoctorHomeSerializer(serializers.Serializer[Any]):
    """A doctor's home page."""

    practitioner_id = serializers.UUIDField()
    name = serializers.CharField()
    title = serializers.CharField()
    photo = serializers.CharField(help_text="path of his photograph on this host; empty where there is none")
    introduction = serializers.CharField()
    figures = FiguresSerializer()
    posts = PostSerializer(many=True)
    week = WeekSessionSerializer(many=True)


class ReviewSerializer(serializers.Serializer[Any]):
    """A review; nothing in it says who wrote it."""

    id = serializers.UUIDField()
    rating = serializers.IntegerField(min_value=1, max_value=5)
    text = serializers.CharField()
    month = serializers.SerializerMethodField()

    def get_month(self, review: Any) -> str:
        """The month; the day could tell who was there."""
        return f"{clock.local(review.written_at):%Y-%m}"


class FollowedSerializer(serializers.Serializer[Any]):
    """A doctor the caller follows."""

    practitioner_id = serializers.UUIDField()
    name = serializers.CharField()
    title = serializers.CharField()
    photo = serializers.CharField(help_text="path of his photograph on this host; empty where there is none")
    free = serializers.IntegerField()
    next_start = serializers.DateTimeField(allow_null=True, default_timezone=clock.ZONE)
    posts = PostSerializer(many=True)


class DoctorsQuery(serializers.Serializer[Any]):
    """Which doctors; every part narrows."""

    q = serializers.CharField(required=False, allow_blank=True, max_length=30, help_text="姓名、拼音或首字母")
    institution = serializers.CharField(required=False, allow_blank=True, max_length=32)
    department = serializers.CharField(required=False, allow_blank=True, max_length=60, help_text="科室名称")
    online = serializers.BooleanField(required=False, default=False)
    with_number = serializers.BooleanField(required=False, default=False, help_text="七天内有号")
    order = serializers.ChoiceField(choices=[one.value for one in Order], required=False, default=Order.NUMBERS.value)


class GuidanceQuery(serializers.Serializer[Any]):
    """What somebody suffers from, in his words."""

    q = serializers.CharField(max_length=60)


class SuggestedSerializer(serializers.Serializer[Any]):
    """A department to go to."""

    department_id = serializers.UUIDField()
    institution_code = serializers.CharField()
    institution = serializers.CharField()
    name = serializers.CharField()
    free = serializers.IntegerField()


class AdviceSerializer(serializers.Serializer[Any]):
    """Why which departments are suggested."""

    word = serializers.CharField()
    said = serializers.CharField()
    reason = serializers.CharField()
    is_urgent = serializers.BooleanField()
    department_names = serializers.ListField(child=serializers.CharField())
    departments = SuggestedSerializer(many=True)


class GuidanceSerializer(serializers.Serializer[Any]):
    """What the words lead to, and whom to talk to where in doubt."""

    advice = AdviceSerializer(many=True)
    helpline = serializers.CharField()


class _EventSerializer(serializers.Serializer[Any]):
    id = serializers.CharField(max_length=64)
    type = serializers.CharField(max_length=20)
    doctor_code = serializers.CharField(max_length=40, help_text="国家医保医师代码")
    at = serializers.DateTimeField()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """A field that is not in the interface is refused: above all, who the patient was."""
        strangers = set(self.initial_data) - set(self.fields)
        if strangers:
            raise serializers.ValidationError({name: ["接口没有这个字段。"] for name in sorted(strangers)})
        return attrs


class EnquiryEventSerializer(_EventSerializer):
    """An enquiry (咨询) was made."""


class ConsultationEventSerializer(_EventSerializer):
    """A consultation (问诊) was held."""


class ReviewEventSerializer(_EventSerializer):
    """A review was written, or changed under the same `review_id`."""

    review_id = serializers.CharField(max_length=64)
    rating = serializers.IntegerField(min_value=1, max_value=5)
    text = serializers.CharField(max_length=500, allow_blank=True)


class ReviewWithdrawnEventSerializer(_EventSerializer):
    """A review is no longer shown."""

    review_id = serializers.CharField(max_length=64)


class PresenceEventSerializer(_EventSerializer):
    """The doctor went online or offline; online ends after five minutes unless it is said again."""

    online = serializers.BooleanField()


class IntroductionEventSerializer(_EventSerializer):
    """The doctor's introduction is now this."""

    text = serializers.CharField(max_length=2000, allow_blank=True)


EVENTS: Mapping[str, type[_EventSerializer]] = {
    EventKind.ENQUIRY: EnquiryEventSerializer,
    EventKind.CONSULTATION: ConsultationEventSerializer,
    EventKind.REVIEW: ReviewEventSerializer,
    EventKind.REVIEW_WITHDRAWN: ReviewWithdrawnEventSerializer,
    EventKind.PRESENCE: PresenceEventSerializer,
    EventKind.INTRODUCTION: IntroductionEventSerializer,
}


class BatchSerializer(serializers.Serializer[Any]):
    """A batch of events; `incarnation` changes when the internet hospital begins its numbering anew."""

    incarnation = serializers.CharField(max_length=40)
    events = PolymorphicProxySerializer(
        component_name="DoctorEvent",
        serializers=dict(EVENTS),
        resource_type_field_name="type",
        many=True,
    )


class ReceiptSerializer(serializers.Serializer[Any]):
    """What became of one event."""

    id = serializers.CharField(source="event_id")
    outcome = serializers.ChoiceField(choices=[one.value for one in Outcome])
    reason = serializers.CharField()


class ReceiptsSerializer(serializers.Serializer[Any]):
    """In the order of the events."""

    receipts = ReceiptSerializer(many=True)


def read_batch(document: Any) -> tuple[str, list[Told]]:
    """The incarnation and the events of a batch; InvalidInput names the first event that can't be read."""
    if not isinstance(document, dict) or not isinstance(document.get("events"), list):
        raise InvalidInput(fields={"events": "应为数组"})
    incarnation, events = str(document.get("incarnation", "")), document["events"]
    if not 0 < len(incarnation) <= 40:
        raise InvalidInput(fields={"incarnation": "1 到 40 个字符"})
    if not 0 < len(events) <= MOST_EVENTS:
        raise InvalidInput(fields={"events": gettext("一次 1 到 %(MOST_EVENTS)s 条") % {"MOST_EVENTS": MOST_EVENTS}})
    return incarnation, [_told(index, event) for index, event in enumerate(events)]


def _told(index: int, event: Any) -> Told:
    kind = event.get("type") if isinstance(event, dict) else None
    serializer = EVENTS.get(kind) if isinstance(kind, str) else None
    if serializer is None:
        raise InvalidInput(fields={f"events[{index}].type": gettext("应为 %(join)s") % {"join": "、".join(EVENTS)}})
    given = serializer(data=event)
    if not given.is_valid():
        raise InvalidInput(
            fields={f"events[{index}].{name}": " ".join(map(str, said)) for name, said in given.errors.items()}
        )
    values = dict(given.validated_data)
    return Told(event_id=values.pop("id"), kind=EventKind(values.pop("type")), occurred_at=values.pop("at"), **values)


class NewReminderSerializer(serializers.Serializer[Any]):
    """Of what to be reminded: `doctor_id` is a post of the department."""

    department_id = serializers.UUIDField()
    doctor_id = serializers.UUIDField(required=False, allow_null=True)


class ReminderSerializer(serializers.Serializer[Any]):
    """A reminder; `told_at` when it was told."""

    id = serializers.IntegerField()
    institution_code = serializers.CharField()
    institution = serializers.CharField()
    department_id = serializers.UUIDField()
    department = serializers.CharField()
    doctor_id = serializers.UUIDField(allow_null=True)
    doctor = serializers.CharField()
    set_at = serializers.DateTimeField()
    until = serializers.DateField()
    told_at = serializers.DateTimeField(allow_null=True)
