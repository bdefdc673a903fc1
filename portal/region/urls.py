"""Routes of the district's portal."""

from django.urls import URLPattern, URLResolver, path

from portal.region.views import institutions, joining, overview

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
    path("joining", joining.listing, name="district-joinings"),
    path("joining/new", joining.new, name="district-joining-new"),
    path("joining/<str:code>", joining.progress, name="district-joining"),
    path("joining/<str:code>/correct", joining.correct, name="district-joining-correct"),
    path("joining/<str:code>/again", joining.again, name="district-joining-again"),
    path("joining/<str:code>/open", joining.open_up, name="district-joining-open"),
]
