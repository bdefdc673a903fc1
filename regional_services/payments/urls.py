"""API routes of this app; included under /api/ by hub.urls."""

from django.urls import URLPattern, URLResolver, path

from regional_services.payments import api

urlpatterns: list[URLPattern | URLResolver] = [
    path("resident/v1/orders", api.Orders.as_view(), name="api-orders"),
    path("resident/v1/orders/<uuid:order_id>", api.OrderDetail.as_view(), name="api-order"),
    path("resident/v1/orders/<uuid:order_id>/attempts", api.OrderAttempts.as_view(), name="api-order-attempts"),
    path("resident/v1/attempts/<uuid:attempt_id>", api.AttemptDetail.as_view(), name="api-attempt"),
    path("provider/v1/wechatpay/<uuid:merchant_id>/notify", api.WeChatNotify.as_view(), name="api-wechatpay-notify"),
]
