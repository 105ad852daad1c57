"""The Recommended tab: the list that is kept, or one that is computed now, as it is steered or when none is kept."""

from collections.abc import Sequence
from typing import NamedTuple

from django.http import HttpRequest

from germane.index import IndexFailure
from germane.web.catalog import queries
from germane.web.catalog.relating import find_similar_lines
from germane.web.catalog.rows import Page, SimilarLine
from germane.web.pages import charts, steering
from germane.web.pages.addresses import address_of_form
from germane.web.pages.steering import Choice, Steered
from germane.web.pages.words import teaser

N_ON_PAGE = 5  # on the article's own address; the tab's shows all


class Near(NamedTuple):
    """A similar article as the tab shows it, with what can be left out because of it."""

    line: SimilarLine
    teaser: str
    exclusions: Sequence[Choice]


def context_of(request: HttpRequest, page: Page, *, is_own_page: bool) -> dict[str, object]:
    """Return what the tab shows. Only at its own address is it steered, and computed when no list is kept."""
    steered = steering.read_steering(request.GET) if is_own_page else Steered()
    found, is_down = page.similar, False
    if is_own_page and (not steered.is_plain or not (page.similar or page.is_related)):
        try:
            found = find_similar_lines(page.line.id, steering.steering_of(steered))
        except IndexFailure:
            found, is_down = (), True
    shown = found if is_own_page else found[:N_ON_PAGE]
    address = address_of_form(page.line.address, "recommended")
    return {
        "shelves": [],
        "similar": _near(shown, address, steered, is_own_page=is_own_page),
        "n_similar": len(found),
        "near": charts.near_map(found, page.line.sort_on),  # its numbers are the list's, steered or not
        "steered": steered,
        "steps": steering.STEPS,
        "removals": steering.removals(address, steered),
        "is_steered": not steered.is_plain,
        "is_down": is_down,
        "is_without_abstract": page.abstract is None and not page.is_abstract_withheld,
        "is_empty": not found and steered.is_plain and not is_down,
    }


def _near(shown: Sequence[SimilarLine], address: str, steered: Steered, *, is_own_page: bool) -> list[Near]:
    abstracts = queries.read_abstracts([near.line for near in shown])
    phrases = queries.read_keyphrases([near.line.id for near in shown]) if is_own_page else {}
    return [
        Near(
            near,
            teaser(abstracts[near.line.id].html) if near.line.id in abstracts else "",
            steering.exclusions(address, steered, near.line, phrases.get(near.line.id, ())) if is_own_page else (),
        )
        for near in shown
    ]
