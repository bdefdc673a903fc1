"""The months as they are told (public schema); projections, computed again at will."""

from __future__ import annotations

from django.db import models

from hub.tenancy.rows import InstitutionRow


class MonthFigure(InstitutionRow):
    """One institution in one month: bookings made in it, and what became of them. `waiting_days` is a sum."""

    month = models.DateField()
    bookings = models.PositiveIntegerField()
    cancelled = models.PositiveIntegerField()
    registered = models.PositiveIntegerField()
    waiting_days = models.PositiveIntegerField()
    computed_at = models.DateTimeField()

    class Meta:
        db_table = "open_month"
        constraints = [models.UniqueConstraint(fields=["month", "institution_code"], name="open_month_once")]
