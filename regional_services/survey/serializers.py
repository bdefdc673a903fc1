"""What the survey API takes and gives."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from regional_services.survey.questions import LONGEST_ANSWER
from regional_services.survey.selectors import Standing


class SurveyListQuery(serializers.Serializer[Any]):
    """Which surveys: those that wait for an answer, those answered, those not answered in time; all without it."""

    state = serializers.ChoiceField(choices=Standing.choices, required=False)


class SurveySerializer(serializers.Serializer[Any]):
    """One visit's survey, as a list shows it; it can be answered until `open_until`."""

    id = serializers.UUIDField()
    booking_id = serializers.UUIDField()
    institution_code = serializers.CharField()
    department_name = serializers.CharField()
    doctor_name = serializers.CharField(allow_blank=True)
    visit_date = serializers.DateField()
    state = serializers.CharField(help_text="waiting, answered or over")
    invited_at = serializers.DateTimeField()
    open_until = serializers.DateTimeField()
    answered_at = serializers.DateTimeField(allow_null=True)


class SurveyMarkSerializer(serializers.Serializer[Any]):
    """One thing that can be marked: `value` is sent, `text` is read."""

    value = serializers.CharField()
    text = serializers.CharField()


class SurveyQuestionSerializer(serializers.Serializer[Any]):
    """One question. `marks` are empty where words are asked for; `answer` is what was given, empty before."""

    key = serializers.CharField(help_text="stays while the wording stays")
    text = serializers.CharField()
    kind = serializers.CharField(help_text="stars, choice or text")
    is_required = serializers.BooleanField()
    marks = SurveyMarkSerializer(many=True)
    answer = serializers.CharField(allow_blank=True)


class SurveyAppearanceSerializer(serializers.Serializer[Any]):
    """How the hospital wants it to look."""

    colour = serializers.CharField(help_text="teal, blue, warm or plum")
    greeting = serializers.CharField()
    thanks = serializers.CharField()


class FullSurveySerializer(SurveySerializer):
    """With what is asked, in the wording of the day of the invitation."""

    appearance = SurveyAppearanceSerializer()
    questions = SurveyQuestionSerializer(many=True)


class SurveyAnswersSerializer(serializers.Serializer[Any]):
    """Answers by the key of their question: the value of a mark, or words."""

    answers = serializers.DictField(child=serializers.CharField(allow_blank=True, max_length=LONGEST_ANSWER))


class SurveySpanQuery(serializers.Serializer[Any]):
    """Days, both included; the last thirty without any."""

    since = serializers.DateField(required=False)
    until = serializers.DateField(required=False)


class SurveyCountSerializer(serializers.Serializer[Any]):
    """How often a mark was given."""

    text = serializers.CharField()
    count = serializers.IntegerField()


class SurveyCommentSerializer(serializers.Serializer[Any]):
    """Words of somebody who is not named."""

    at = serializers.DateTimeField()
    text = serializers.CharField()


class SurveyQuestionFiguresSerializer(serializers.Serializer[Any]):
    """What was answered to one question; `mean` for stars alone."""

    key = serializers.CharField()
    text = serializers.CharField()
    kind = serializers.CharField(help_text="stars, choice or text")
    count = serializers.IntegerField()
    mean = serializers.FloatField(allow_null=True)
    marks = SurveyCountSerializer(many=True)
    comments = SurveyCommentSerializer(many=True)


class SurveyFiguresSerializer(serializers.Serializer[Any]):
    """One hospital's surveys: invitations of these days, and the answers that came in them."""

    since = serializers.DateField()
    until = serializers.DateField()
    invited = serializers.IntegerField()
    answered = serializers.IntegerField()
    questions = SurveyQuestionFiguresSerializer(many=True)
