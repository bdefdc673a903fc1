"""去挂号: whether a booking that stands unpaid may be registered and paid online now, decided in one place.

Lists, pages, the API and the act itself ask here (JA-APPT-03, -04, -06, -07).
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils.translation import gettext

from hub import clock
from hub.words import said
from regional_services.booking.models import Booking, Settlement, State
from regional_services.booking.selectors import BookingView
from tenants.registry import selectors as registry
from tenants.registry.functions import ONLINE_REGISTRATION


def register_cutoff(booking: Booking | BookingView) -> datetime:
    """Until when a booking that stands unpaid may be registered online (JA-APPT-06)."""
    institution = registry.institution(booking.institution_code)
    return booking.starts_at - timedelta(minutes=institution.rule_at("register_cutoff_minutes", booking.created_at))


def why_not_registrable(booking: Booking | BookingView, now: datetime) -> str:
    """Why this booking can't be registered online now, in words; empty when it can. No query."""
    if booking.state != State.BOOKED:
        return gettext("预约状态为“%(state)s”，不能挂号。") % {"state": said(State(booking.state).label)}
    if booking.settlement != Settlement.UNPAID:
        return gettext("该预约无需再次挂号支付。")
    if not registry.institution(booking.institution_code).is_on(ONLINE_REGISTRATION):
        return gettext("该医院没有开通线上挂号，请就诊当天到医院窗口办理。")
    if booking.visit_date != clock.local(now).date():
        return gettext("请在就诊当天（%(day)s）办理线上挂号。") % {"day": f"{booking.visit_date:%m月%d日}"}
    if now > register_cutoff(booking):
        return gettext("已过线上挂号截止时间，请到医院窗口办理。")
    return ""
