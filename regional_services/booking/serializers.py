"""What the booking API takes and gives; names as in docs/GLOSSARY.md."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from hub import clock
from hub.waiting_room import State as LineState
from regional_services.booking.models import His, Moving, Pricing, Settlement, State
from regional_services.booking.registering import why_not_registrable
from regional_services.booking.selectors import BookingView, Shelf, StepView


class BookingsQuery(serializers.Serializer[Any]):
    """Which of the three lists; without it all."""

    list = serializers.ChoiceField(choices=[shelf.value for shelf in Shelf], required=False)


class BookingRequestSerializer(serializers.Serializer[Any]):
    """A number of a session, at the time the caller was shown for it."""

    institution = serializers.SlugField(max_length=32, help_text="医疗机构代码")
    person_id = serializers.UUIDField(help_text="就诊人")
    session_id = serializers.UUIDField(help_text="排班")
    number_id = serializers.UUIDField(help_text="号")
    starts_at = serializers.DateTimeField(help_text="号的开始时间；与号源不一致时拒绝", default_timezone=clock.ZONE)
    ends_at = serializers.DateTimeField(help_text="号的结束时间", default_timezone=clock.ZONE)


class RescheduleRequestSerializer(serializers.Serializer[Any]):
    """The number wanted instead, of another session of the same department."""

    session_id = serializers.UUIDField(help_text="排班")
    number_id = serializers.UUIDField(help_text="号")
    starts_at = serializers.DateTimeField(help_text="号的开始时间；与号源不一致时拒绝", default_timezone=clock.ZONE)
    ends_at = serializers.DateTimeField(help_text="号的结束时间", default_timezone=clock.ZONE)


class CancelRequestSerializer(serializers.Serializer[Any]):
    """Why the booking is given back."""

    reason = serializers.CharField(max_length=60, default="居民取消", help_text="取消原因")


class BookingSerializer(serializers.Serializer[Any]):
    """A booking as it stands."""

    id = serializers.UUIDField()
    number = serializers.CharField(help_text="预约编号")
    institution = serializers.CharField(source="institution_code")
    person_id = serializers.UUIDField()
    department = serializers.CharField(source="department_name")
    doctor = serializers.CharField(source="doctor_name")
    visit_date = serializers.DateField()
    sequence = serializers.IntegerField(allow_null=True, help_text="第几号")
    slot = serializers.CharField(help_text="例如 16:30-17:00 第23号")
    starts_at = serializers.DateTimeField(default_timezone=clock.ZONE)
    ends_at = serializers.DateTimeField(default_timezone=clock.ZONE)
    fee_fen = serializers.IntegerField(help_text="应付挂号费，分；医院核价后不再变化")
    list_fee_fen = serializers.IntegerField(help_text="挂牌价，分")
    pricing = serializers.ChoiceField(choices=Pricing.choices, help_text="价格来源")
    discount = serializers.CharField(help_text="优惠说明")
    quote_valid_until = serializers.DateTimeField(
        allow_null=True, default_timezone=clock.ZONE, help_text="医院核价有效期"
    )
    pay_on_day = serializers.BooleanField(help_text="就诊当天线上挂号并支付")
    state = serializers.ChoiceField(choices=State.choices)
    settlement = serializers.ChoiceField(choices=Settlement.choices)
    may_register = serializers.SerializerMethodField(help_text="现在可以去挂号（线上挂号并支付）")
    why_not_register = serializers.SerializerMethodField(help_text="预约成功而不能去挂号的原因；可以时为空")
    his = serializers.ChoiceField(choices=His.choices, help_text="医院系统登记情况")
    reason = serializers.CharField()
    refusal = serializers.CharField(help_text="医院拒绝的原因代码，例如 price_changed：可按新价格重新预约")
    order_id = serializers.UUIDField(allow_null=True)
    moving = serializers.ChoiceField(choices=Moving.choices, help_text="改约情况；不是改约时为空")
    replaces = serializers.UUIDField(allow_null=True, help_text="代替哪个预约（改约）")
    replaced_by = serializers.UUIDField(allow_null=True, help_text="改约到哪个预约；改约未成时恢复为空")
    carried_fen = serializers.IntegerField(help_text="原预约已付、转入本预约的金额，分")
    due_fen = serializers.IntegerField(help_text="还要支付的金额，分")
    pay_deadline = serializers.DateTimeField(allow_null=True, default_timezone=clock.ZONE)
    settled = serializers.BooleanField(help_text="不再自动变化，可停止轮询")
    created_at = serializers.DateTimeField(default_timezone=clock.ZONE)

    def get_may_register(self, view: BookingView) -> bool:
        """Whether the register action is there (JA-APPT-04)."""
        return not why_not_registrable(view, clock.now())

    def get_why_not_register(self, view: BookingView) -> str:
        """Why it is not, for a booking that stands."""
        return why_not_registrable(view, clock.now()) if view.state is State.BOOKED else ""


class PositionSerializer(serializers.Serializer[Any]):
    """Where the phone believes to be; all three or none. It is not stored."""

    latitude = serializers.FloatField(required=False, min_value=-90, max_value=90)
    longitude = serializers.FloatField(required=False, min_value=-180, max_value=180)
    accuracy = serializers.FloatField(required=False, min_value=0, help_text="定位误差，米")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """A part of a position is none."""
        if attrs and len(attrs) < len(self.fields):
            raise serializers.ValidationError("latitude、longitude、accuracy 须同时给出。")
        return attrs


class JoinLineSerializer(serializers.Serializer[Any]):
    """What one comes for."""

    session_id = serializers.UUIDField(help_text="排班")


class PlaceSerializer(serializers.Serializer[Any]):
    """A place in a hospital's waiting room."""

    state = serializers.ChoiceField(choices=[state.value for state in LineState], help_text="在候号室里的情况")
    ahead = serializers.IntegerField(help_text="前面还有几位")
    total = serializers.IntegerField(help_text="一共几位")
    left_ms = serializers.IntegerField(help_text="离放号（或放行结束）还有多少毫秒")
    low = serializers.IntegerField(help_text="估计等候秒数，最少")
    high = serializers.IntegerField(help_text="估计等候秒数，最多")
    again_ms = serializers.IntegerField(help_text="多少毫秒后再问")
    address = serializers.CharField(help_text="以后向这个地址问位置，不占业务接口")


class BookingStepSerializer(serializers.Serializer[Any]):
    """One line of a booking's history."""

    at = serializers.DateTimeField(default_timezone=clock.ZONE)
    actor = serializers.CharField(source="actor_name")
    what = serializers.CharField()
    state = serializers.CharField()
    settlement = serializers.CharField()
    reason = serializers.CharField()


class BookingHistorySerializer(serializers.Serializer[Any]):
    """The whole history of a booking; `next` is always null."""

    items = BookingStepSerializer(many=True)
    next = serializers.CharField(allow_null=True)


_BOOKING = BookingSerializer()  # its fields are copied once, not for every answer
_STEP = BookingStepSerializer()


def render(view: BookingView) -> dict[str, Any]:
    """The JSON object of a booking."""
    return dict(_BOOKING.to_representation(view))


def render_step(view: StepView) -> dict[str, Any]:
    """The JSON object of a line of history."""
    return dict(_STEP.to_representation(view))
