"""The two addresses of signing in by ORCID."""

from allauth.socialaccount.providers.oauth2.urls import default_urlpatterns

from germane.web.readers.orcid.provider import OrcidProvider

urlpatterns = default_urlpatterns(OrcidProvider)
