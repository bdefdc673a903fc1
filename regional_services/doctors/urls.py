"""API routes of this app; included under /api/ by hub.urls."""

from django.urls import URLPattern, URLResolver, path

from regional_services.doctors import api

_V1 = "resident/v1/"
_ONE = _V1 + "practitioners/<uuid:practitioner_id>"

urlpatterns: list[URLPattern | URLResolver] = [
    path(_V1 + "practitioners", api.Doctors.as_view(), name="api-practitioners"),
    path(_V1 + "practitioners/followed", api.FollowedDoctors.as_view(), name="api-practitioners-followed"),
    path(_ONE, api.DoctorHome.as_view(), name="api-practitioner"),
    path(_ONE + "/reviews", api.DoctorReviews.as_view(), name="api-practitioner-reviews"),
    path(_ONE + "/follow", api.DoctorFollow.as_view(), name="api-practitioner-follow"),
    path(_V1 + "reminders", api.Reminders.as_view(), name="api-reminders"),
    path(_V1 + "reminders/<int:reminder_id>", api.ReminderDetail.as_view(), name="api-reminder"),
    path(_V1 + "guidance", api.Guidance.as_view(), name="api-guidance"),
    path("provider/v1/internet-hospital/events", api.InternetHospitalEvents.as_view(), name="internet-hospital-events"),
]
