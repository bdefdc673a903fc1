"""Routes of the district's portal."""

from django.urls import URLPattern, URLResolver, path

from portal.region.views import accounts, audit, institutions, joining, overview, screen, statistics

urlpatterns: list[URLPattern | URLResolver] = [
    path("", overview.home, name="district"),
    path("pulse.json", overview.pulse, name="district-pulse"),
    path("institutions", institutions.institutions, name="district-institutions"),
    path("institutions/<str:code>", institutions.institution, name="district-institution"),
    path("institutions/<str:code>/switch", institutions.switch, name="district-switch"),
    path("institutions/<str:code>/rules", institutions.change_rules, name="district-rules"),
    path("institutions/<str:code>/limits", institutions.change_limits, name="district-limits"),
    path("institutions/<str:code>/suspend", institutions.suspend, name="district-suspend"),
    path("institutions/<str:code>/resume", institutions.resume, name="district-resume"),
    path("accounts", accounts.listing, name="district-accounts"),
    path("accounts/new", accounts.new, name="district-account-new"),
    path("accounts/<uuid:user_id>", accounts.account, name="district-account"),
    path("accounts/<uuid:user_id>/grant", accounts.grant, name="district-account-grant"),
    path("accounts/<uuid:user_id>/end", accounts.end, name="district-account-end"),
    path("accounts/<uuid:user_id>/manage", accounts.manage, name="district-account-manage"),
    path("accounts/<uuid:user_id>/unlock", accounts.unlock, name="district-account-unlock"),
    path("accounts/<uuid:user_id>/expiry", accounts.expiry, name="district-account-expiry"),
    path("audit", audit.entries, name="district-audit"),
    path("audit/verify", audit.verify, name="district-audit-verify"),
    path("audit/checks/<uuid:check_id>", audit.check, name="district-audit-check"),
    path("statistics", statistics.page, name="district-statistics"),
    path("statistics.json", statistics.series, name="district-statistics-series"),
    path("statistics.csv", statistics.export, name="district-statistics-export"),
    path("screen", screen.screen, name="district-screen"),
    path("screen/figures", screen.figures, name="district-screen-figures"),
    path("screen/hospitals", screen.hospitals, name="district-screen-hospitals"),
    path("screen/series.json", screen.series, name="district-screen-series"),
    path("letters", audit.letters, name="district-letters"),
    path("letters/<int:letter_id>/replay", audit.replay, name="district-letter-replay"),
    path("joining", joining.listing, name="district-joinings"),
    path("joining/new", joining.new, name="district-joining-new"),
    path("joining/<str:code>", joining.progress, name="district-joining"),
    path("joining/<str:code>/correct", joining.correct, name="district-joining-correct"),
    path("joining/<str:code>/again", joining.again, name="district-joining-again"),
    path("joining/<str:code>/open", joining.open_up, name="district-joining-open"),
]
