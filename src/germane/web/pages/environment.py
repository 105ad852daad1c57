"""The Jinja2 environment of the pages, and `render`, by which every page is made.

Templates are compiled once a process. What templates print is escaped, but for markup that `germane.text` cleaned at
the door; a template says so with the filter `clean`.
"""

from functools import cache, lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.http import HttpResponse
from django.template import engines
from django.utils.html import json_script
from jinja2 import Environment
from markupsafe import Markup

from germane.article import Identifier
from germane.item import Evidence
from germane.web.catalog.rows import Line
from germane.web.pages import addresses, evidence, words
from germane.web.pages.compiling import PageEnvironment, written
from germane.web.pages.players import player_of
from germane.web.readers.suggesting import Suggestion

STATIC = Path(__file__).parent / "static"


def make_environment(**options: Any) -> Environment:
    """Return the environment that the settings' TEMPLATES names."""
    options["autoescape"] = lambda name: not str(name).endswith(".txt")  # a mail's text is no markup
    environment = PageEnvironment(
        trim_blocks=True, lstrip_blocks=True, cache_size=-1, extensions=["jinja2.ext.loopcontrols"], **options
    )
    environment.filters |= {
        "date": words.date_words,
        "short_date": words.date_short,
        "count": words.count,
        "plural": words.plural,
        "browser": words.browser_name,
        "license": words.license_name,
        "source": words.source_name,
        "declared": words.declared_words,
        "name": words.identifier_name,
        "language": words.language_tag,
        "type": lambda name: words.TYPE_NAMES.get(name, ""),
        "notice": lambda kind: words.NOTICE_NAMES.get(kind, ""),
        "quoted": _quoted,
        "url": addresses.safe_url,
        "host": addresses.host_of,
        "clean": Markup,
        "tongue": tongue,
        "title_html": title_html,
        "why": why,
        "because": because,
        "because_text": because_text,
        "outside": outside,
        "json_script": json_script,
    }
    environment.globals |= {
        "static": static_address,
        "site": settings.ENVIRONMENT.site_name,
        "contact": settings.ENVIRONMENT.contact,
        "base_url": settings.ENVIRONMENT.base_url,
        "TAB_NAMES": addresses.TAB_NAMES,
        "EXPORT_NAMES": addresses.EXPORT_NAMES,
        "form_address": addresses.address_of_form,
        "search_address": addresses.search_address,
        "player_of": player_of,
        "accounts": lambda: settings.ENVIRONMENT.accounts,
    }
    return environment


def render(template: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    """Return a page."""
    return HttpResponse(_environment().get_template(template).render(context), status=status)


def compile_templates() -> int:
    """Compile every template, so that no reader waits for it, and return how many there are."""
    names = _environment().list_templates(extensions=["html", "xml"])
    for name in names:
        _environment().get_template(name)
    return len(names)


@cache
def static_address(name: str) -> str:
    """Return the address of a static file with its content's hash, so that it can be kept for ever."""
    digest = blake2b((STATIC / name).read_bytes(), digest_size=6).hexdigest()
    return f"/static/{name}?v={digest}"


def why(found: Evidence | tuple[Evidence, ...]) -> Markup:
    """Return the sentence for an item's evidence, or for an article's reasons, as markup with its values marked."""
    parts = evidence.parts_of(found) if isinstance(found, Evidence) else evidence.reasons(found[:3])
    return Markup("".join([f"<b>{written(text)}</b>" if is_value else written(text) for text, is_value in parts]))  # noqa: S704 – each part is escaped


def because(suggestion: Suggestion) -> Markup:
    """Return the sentence for why an article is recommended, as markup in which each liked article is a link."""
    places = sorted(range(len(suggestion.evidence)), key=lambda at: suggestion.evidence[at].where != "likes")
    likes = iter([suggestion.likes[at] for at in places])  # in the order of the sentence: likes, then phrases
    parts: list[str] = []
    for text, is_value in evidence.because(suggestion.evidence):
        line = next(likes) if is_value else None
        title = title_html(line) if line else Markup("<b>{}</b>").format(text)
        parts.append(
            Markup('<a href="{}" dir="auto">{}</a>').format(line.address, title) if line
            else title if is_value else Markup.escape(text)
        )  # fmt: skip
    return Markup("").join(parts)


def because_text(suggestion: Suggestion) -> str:
    """Return the same sentence as plain text."""
    return "".join(part.text for part in evidence.because(suggestion.evidence))


@lru_cache(maxsize=512)
def tongue(code: str) -> Markup:
    """Return the attributes that somebody else's text carries: its own language, and its own direction."""
    tag = words.language_tag(code)
    return Markup(f' lang="{tag}" dir="auto"') if tag else Markup(' dir="auto"')  # noqa: S704 – letters and hyphens


def title_html(line: Line) -> Markup:
    """Return an article's title as markup: what `germane.text` cleaned, else the plain one."""
    return Markup(line.title_html) if line.title_html else Markup.escape(line.title or "Untitled")  # noqa: S704


def outside(identifier: Identifier) -> str:
    """Return where an identifier leads outside this site."""
    return addresses.safe_url(addresses.outside_address(identifier.scheme, identifier.value))


@lru_cache(maxsize=8_192)
def _quoted(text: str) -> str:
    return quote(text, safe="")


@cache
def _environment() -> Environment:
    environment: Environment = engines["jinja2"].env  # type: ignore[attr-defined]
    return environment
