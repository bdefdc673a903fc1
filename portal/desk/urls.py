"""Routes of staff sign-in, on the district's host and on every hospital's."""

from django.urls import URLPattern, URLResolver, path

from portal.desk import certificates, flags, reminders, views

urlpatterns: list[URLPattern | URLResolver] = [
    path("signin", views.sign_in, name="desk-sign-in"),
    path("signin/totp", views.totp, name="desk-totp"),
    path("signin/enrol", views.enrol, name="desk-enrol"),
    path("signin/platform", views.platform_start, name="desk-platform"),
    path("signin/platform/back", views.platform_back, name="desk-platform-back"),
    path("signin/platform/<uuid:ask_id>", views.platform_wait, name="desk-platform-wait"),
    path("password", views.password, name="desk-password"),
    path("certificates/<slug:number>", certificates.page, name="certificate"),
    path("confirm", views.confirm, name="desk-confirm"),
    path("sessions", views.own_sessions, name="desk-sessions"),
    path("sessions/<uuid:sign_in_id>/end", views.end_session, name="desk-session-end"),
    path("flags", flags.listing, name="desk-flags"),
    path("flags/<uuid:flag_id>", flags.answer, name="desk-flag"),
    path("reminders", reminders.listing, name="desk-reminders"),
    path("reminders/<uuid:message_id>", reminders.follow, name="desk-reminder"),
    path("emergency", flags.break_glass, name="desk-break-glass"),
    path("signout", views.sign_out, name="desk-sign-out"),
]
