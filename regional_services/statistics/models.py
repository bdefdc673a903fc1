"""Figures by day, by hour and by hospital (public schema); projections, computed again at will."""

from __future__ import annotations

from django.db import models

from hub.tenancy.rows import InstitutionRow


class DayFigure(InstitutionRow):
    """One institution on one day: what was booked that day and what became of it, and who did not come that day."""

    day = models.DateField()
    created = models.PositiveIntegerField(default=0)
    booked = models.PositiveIntegerField(default=0)
    cancelled = models.PositiveIntegerField(default=0)
    stopped = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    refunded = models.PositiveIntegerField(default=0)
    no_shows = models.PositiveIntegerField(default=0)
    paid_fen = models.BigIntegerField(default=0)
    refunded_fen = models.BigIntegerField(default=0)

    class Meta:
        db_table = "statistics_day"
        constraints = [models.UniqueConstraint(fields=["day", "institution_code"], name="statistics_day_once")]
        indexes = [models.Index(fields=["institution_code", "day"], name="statistics_day_place")]


class HourFigure(models.Model):
    """Bookings made in one hour of the district."""

    day = models.DateField()
    hour = models.PositiveSmallIntegerField()
    created = models.PositiveIntegerField()

    class Meta:
        db_table = "statistics_hour"
        constraints = [models.UniqueConstraint(fields=["day", "hour"], name="statistics_hour_once")]


class HospitalHealth(InstitutionRow):
    """How a hospital's connector was when last looked at."""

    at = models.DateTimeField()
    reachable = models.BooleanField(null=True)
    calls = models.PositiveIntegerField()
    failed = models.PositiveIntegerField()
    unknown = models.PositiveIntegerField()
    waiting = models.PositiveIntegerField()
    skew_ms = models.IntegerField(null=True)
    dead_letters = models.PositiveIntegerField()

    class Meta:
        db_table = "statistics_health"
        constraints = [models.UniqueConstraint(fields=["institution_code"], name="statistics_health_once")]
