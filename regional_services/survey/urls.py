"""API routes of surveys, included under /api/ by hub.urls."""

from django.urls import URLPattern, URLResolver, path

from regional_services.survey import api

_ALL = "resident/v1/surveys"
_ONE = f"{_ALL}/<uuid:invitation_id>"

urlpatterns: list[URLPattern | URLResolver] = [
    path(_ALL, api.Surveys.as_view(), name="api-surveys"),
    path(_ONE, api.Survey.as_view(), name="api-survey"),
    path(f"{_ONE}/answers", api.SurveyAnswers.as_view(), name="api-survey-answers"),
    path("hospital/v1/surveys/figures", api.SurveyFigures.as_view(), name="api-survey-figures"),
]
