"""What this site is, where its records come from, and whom to ask."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from germane.web.pages.environment import render

_POLICIES = {
    "open-only": "Only abstracts under an open licence are shown, and summaries written for this site.",
    "crossref": "Abstracts under an open licence are shown, and those that publishers deposited with Crossref.",
    "all-local": "All abstracts that the people who run this site have loaded are shown.",
}


def show(request: HttpRequest) -> HttpResponse:
    """Return the about page."""
    return render("about.html", {"policy": _POLICIES[settings.ENVIRONMENT.abstracts]})
