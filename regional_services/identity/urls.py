"""API routes of this app; included under /api/ by hub.urls."""

from django.urls import URLPattern, URLResolver, path

from regional_services.identity import api

_V1 = "resident/v1/"

urlpatterns: list[URLPattern | URLResolver] = [
    path(_V1 + "persons", api.Persons.as_view(), name="api-persons"),
    path(_V1 + "persons/<uuid:person_id>/card", api.VisitCard.as_view(), name="api-person-card"),
    path(_V1 + "persons/<uuid:person_id>", api.PersonDetail.as_view(), name="api-person"),
    path(_V1 + "persons/<uuid:person_id>/real-name", api.RealName.as_view(), name="api-person-real-name"),
    path(_V1 + "persons/<uuid:person_id>/documents", api.OwnDocument.as_view(), name="api-person-documents"),
    path(_V1 + "persons/<uuid:person_id>/consents", api.Consents.as_view(), name="api-person-consents"),
    path(_V1 + "proxies", api.Proxies.as_view(), name="api-proxies"),
    path(_V1 + "proxies/<uuid:relation_id>", api.Proxy.as_view(), name="api-proxy"),
    path(_V1 + "identity-proof", api.IdentityProof.as_view(), name="api-identity-proof"),
    path(_V1 + "consent-texts", api.ConsentTexts.as_view(), name="api-consent-texts"),
]
