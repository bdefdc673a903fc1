"""Routes of staff sign-in, on the district's host and on every hospital's."""

from django.urls import URLPattern, URLResolver, path

from portal.desk import certificates, views

urlpatterns: list[URLPattern | URLResolver] = [
    path("signin", views.sign_in, name="desk-sign-in"),
    path("signin/totp", views.totp, name="desk-totp"),
    path("signin/enrol", views.enrol, name="desk-enrol"),
    path("password", views.password, name="desk-password"),
    path("certificates/<slug:number>", certificates.page, name="certificate"),
    path("signout", views.sign_out, name="desk-sign-out"),
]
