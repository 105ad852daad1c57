"""The two steps of OAuth 2 with ORCID: out to its sign-in page, and back with a code that is changed for the iD."""

from typing import Any

from allauth.socialaccount.models import SocialLogin
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2Adapter, OAuth2CallbackView, OAuth2LoginView
from django.conf import settings
from django.http import HttpRequest

from germane.identifiers import normalize_orcid


class OrcidAdapter(OAuth2Adapter):
    """ORCID's addresses, and what its answer says."""

    provider_id = "orcid"
    authorize_url = f"{settings.ENVIRONMENT.orcid_url}/oauth/authorize"
    access_token_url = f"{settings.ENVIRONMENT.orcid_url}/oauth/token"

    def complete_login(self, request: HttpRequest, app: Any, token: Any, **kwargs: Any) -> SocialLogin:
        """Return who signed in. Raises OAuth2Error when the answer holds no ORCID iD."""
        orcid = normalize_orcid(str(kwargs["response"].get("orcid", "")))
        if not orcid:
            raise OAuth2Error("the answer holds no ORCID iD")
        login: SocialLogin = self.get_provider().sociallogin_from_response(request, {"orcid": orcid})
        return login


oauth2_login = OAuth2LoginView.adapter_view(OrcidAdapter)
oauth2_callback = OAuth2CallbackView.adapter_view(OrcidAdapter)
