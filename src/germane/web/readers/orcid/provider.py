"""ORCID as allauth's registry of providers knows it: the module's name and `provider_classes` are its convention."""

from typing import Any

from allauth.socialaccount.providers.base import ProviderAccount
from allauth.socialaccount.providers.oauth2.provider import OAuth2Provider

from germane.web.readers.orcid.views import OrcidAdapter


class OrcidProvider(OAuth2Provider):
    """ORCID."""

    id = "orcid"
    name = "ORCID"
    account_class = ProviderAccount
    oauth2_adapter_class = OrcidAdapter

    def get_default_scope(self) -> list[str]:
        """Return what we ask for: who it is."""
        return ["/authenticate"]

    def extract_uid(self, data: dict[str, Any]) -> str:
        """Return the ORCID iD."""
        return str(data["orcid"])


provider_classes = [OrcidProvider]
