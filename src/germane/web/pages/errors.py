"""Answers for what is not here, no longer here, or broken: each says what was looked for and what to do now."""

from typing import Any

from django.http import HttpRequest, HttpResponse

from germane.article import Identifier
from germane.identifiers import find_identifiers, identify, url_of
from germane.web.catalog.rows import Line
from germane.web.pages.environment import render
from germane.web.pages.search import nearest


def no_such_article(request: HttpRequest, text: str) -> HttpResponse:
    """Return the answer for an identifier that nobody here has."""
    identifier = _identify(text)
    return render(
        "missing.html",
        {
            "heading": "No article here has this identifier" if identifier else "No such article",
            "text": text[:200],
            "outside": url_of(identifier.scheme, identifier.value) if identifier else "",
            "identifier": identifier,
            "q": identifier.value if identifier else text[:200],
            "near": _near(text),
        },
        status=404,
    )


def no_such_list(request: HttpRequest, kind: str, name: str) -> HttpResponse:
    """Return the answer for a keyword, venue or author that has no article here."""
    context: dict[str, Any] = {
        "heading": f"No article here has this {kind}",
        "text": name[:200],
        "q": name[:200],
        "near": _near(name),
    }
    return render("missing.html", context, status=404)


def withdrawn(request: HttpRequest, text: str) -> HttpResponse:
    """Return the answer for an article that every source has withdrawn."""
    identifier = _identify(text)
    context: dict[str, Any] = {
        "heading": "This record was withdrawn",
        "detail": "Every source that declared this article has withdrawn its record, so there is no page for it now.",
        "text": text[:200],
        "identifier": identifier,
        "outside": url_of(identifier.scheme, identifier.value) if identifier else "",
        "q": "",
        "near": [],
    }
    return render("missing.html", context, status=410)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Return the answer for an address that names nothing."""
    return render("missing.html", {"heading": "There is no page at this address", "text": request.path[:200], "q": "",
                                   "near": []}, status=404)  # fmt: skip


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Return the answer for a request that cannot be understood. It needs nothing that could fail."""
    return HttpResponse("This request cannot be understood.\n", status=400, content_type="text/plain; charset=utf-8")


def broken(request: HttpRequest) -> HttpResponse:
    """Return the answer for a mistake of ours; it reads nothing from the store."""
    return render("broken.html", {}, status=500)


def _identify(text: str) -> Identifier | None:
    found = identify(text)
    if found:
        return found
    anywhere = find_identifiers(text[:500])
    return anywhere[0].identifier if anywhere else None


def _near(text: str) -> list[Line]:
    """Return articles whose words are nearest to what was asked for; an identifier's own words say little."""
    tail = text.partition("/")[2] or text
    words = " ".join(word for word in "".join(c if c.isalpha() else " " for c in tail).split() if len(word) > 3)
    return nearest(words, 5) if words else []
