"""API routes of feedback, included under /api/ by hub.urls."""

from django.urls import URLPattern, URLResolver, path

from regional_services.feedback import api

_ALL = "resident/v1/feedback"
_ONE = f"{_ALL}/<uuid:feedback_id>"

urlpatterns: list[URLPattern | URLResolver] = [
    path(_ALL, api.FeedbackList.as_view(), name="api-feedback"),
    path(_ONE, api.FeedbackDetail.as_view(), name="api-feedback-one"),
    path(f"{_ONE}/additions", api.FeedbackAdditions.as_view(), name="api-feedback-additions"),
    path(f"{_ONE}/rating", api.FeedbackRating.as_view(), name="api-feedback-rating"),
]
