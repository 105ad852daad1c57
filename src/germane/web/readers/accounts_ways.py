"""The ways to sign in beside password, code and passkey, for the buttons on pages."""

from allauth.socialaccount.adapter import get_adapter
from django.conf import settings
from django.http import HttpRequest
from msgspec import Struct


class Way(Struct, frozen=True):
    """A button: what it is called, where its form is sent, and where to when it is added to an account."""

    name: str
    address: str
    connect_address: str


def find_ways(request: HttpRequest) -> list[Way]:
    """Return the ways that the settings name."""
    return [
        Way(
            provider.app.name or provider.name if provider.app else provider.name,
            provider.get_login_url(request),
            provider.get_login_url(request, process="connect"),
        )
        for provider in get_adapter().list_providers(request)
    ]


def for_templates(request: HttpRequest) -> dict[str, object]:
    """Return what templates of private pages may ask for: a context processor.

    `site` is ours: some of allauth's views would put the host's name in its place.
    """
    return {"ways": lambda: find_ways(request), "site": settings.ENVIRONMENT.site_name}
