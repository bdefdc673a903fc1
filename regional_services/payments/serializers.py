"""How orders and attempts look in the API."""

from __future__ import annotations

from rest_framework import serializers


class OrderSerializer(serializers.Serializer[object]):
    """An order of the signed-in account."""

    id = serializers.UUIDField()
    booking_id = serializers.UUIDField()
    institution_code = serializers.CharField()
    title = serializers.CharField()
    amount_fen = serializers.IntegerField(help_text="以分为单位")
    state = serializers.CharField(
        help_text="awaiting_payment paying paid closing closed refunding partially_refunded refunded"
    )
    payable = serializers.BooleanField()
    deadline = serializers.DateTimeField()
    paid_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()


class RefundSerializer(serializers.Serializer[object]):
    """A refund of an order."""

    id = serializers.UUIDField()
    amount_fen = serializers.IntegerField()
    reason = serializers.CharField()
    state = serializers.CharField(help_text="asked processing unknown succeeded closed abnormal")
    finished_at = serializers.DateTimeField(allow_null=True)


class OrderDetailSerializer(OrderSerializer):
    """An order with its refunds."""

    refunds = RefundSerializer(many=True)


class AttemptRequestSerializer(serializers.Serializer[object]):
    """Who pays: in the app by openid, without one in a browser."""

    channel = serializers.ChoiceField(choices=["wechat"], default="wechat")
    openid = serializers.RegexField(r"^(o[A-Za-z0-9_-]{10,63})?$", required=False, allow_blank=True, default="")


class AttemptSerializer(serializers.Serializer[object]):
    """One try to pay; once it is `ready`, `pay_url` opens the cashier in a browser."""

    id = serializers.UUIDField()
    order_id = serializers.UUIDField()
    channel = serializers.CharField()
    scene = serializers.CharField(help_text="app browser")
    amount_fen = serializers.IntegerField()
    state = serializers.CharField(help_text="created prepared unknown closing paid closed failed disputed")
    ready = serializers.BooleanField()
    expires_at = serializers.DateTimeField()
    pay_url = serializers.CharField(help_text="在浏览器中打开；可附加 redirect_url 参数返回原页面")


class AttemptDetailSerializer(AttemptSerializer):
    """An attempt with the parameters a page in the app calls the cashier up with."""

    call_up = serializers.DictField(child=serializers.CharField(), allow_null=True)
