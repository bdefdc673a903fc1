"""API routes of this app; included under /api/ by hub.urls."""

from django.urls import URLPattern, URLResolver, path

from regional_services.notifications import api

urlpatterns: list[URLPattern | URLResolver] = [
    path("resident/v1/messages", api.Messages.as_view(), name="api-messages"),
    path("resident/v1/messages/unread", api.Unread.as_view(), name="api-messages-unread"),
    path("resident/v1/messages/preferences", api.MessagePreferences.as_view(), name="api-message-preferences"),
    path("resident/v1/messages/preferences/<str:kind>", api.MessageKind.as_view(), name="api-message-kind"),
    path("resident/v1/messages/<uuid:message_id>/read", api.MessageRead.as_view(), name="api-message-read"),
    path("provider/v1/sms/receipts", api.SmsReceipt.as_view(), name="api-sms-receipt"),
    path("provider/v1/wechat/events", api.WechatEvents.as_view(), name="api-wechat-events"),
]
