"""Claim articles for an item from the identifiers that it links to, writes out, or is declared to be about."""

from collections.abc import Iterable, Mapping

from germane.article import Identifier
from germane.identifiers import find_identifiers, key_of
from germane.item import Evidence, ItemClaim
from germane.text import plain_text

_MATCHER = "links/1"
_LIST_SIZE = 20  # an item that names more articles than this is a list (a newsletter, a CV), about none of them
# What explains best comes first: a reader can check a link, then a written identifier; a declaration must be believed.
_RANK = {"id-link": 0, "id-text": 1, "declared": 2}


def claims_of(
    *,
    texts: Mapping[str, str],
    links: Iterable[str],
    declared: Iterable[Iterable[Identifier]] = (),
    declared_by: str = "",
    own: Iterable[Identifier] = (),
) -> tuple[ItemClaim, ...]:
    """Return one claim for each article identifier, with the surest evidence, in the order they were met.

    `texts` maps field names to plain text; `declared` gives each declared article's identifiers. An item that names
    more than 20 articles is a list: each claim has confidence 1/n. `own` are the item's own names, never claimed.
    """
    declared_by = plain_text(declared_by) or "its record"  # evidence says always where it stood
    found: dict[str, Evidence] = {}
    excluded = {key_of(identifier) for identifier in own}
    groups: list[set[str]] = []

    def note(keys: list[str], evidences: list[Evidence]) -> None:
        keys_here = [key for key in keys if key not in excluded]
        if keys_here:
            groups.append(set(keys_here))
        for key, evidence in zip(keys, evidences, strict=True):
            if key not in excluded and (key not in found or _RANK[evidence.code] < _RANK[found[key].code]):
                found[key] = evidence

    for link in links:
        for key, matched, _ in _identifiers(link):
            note([key], [Evidence("id-link", matched, link, _MATCHER)])
    for field, text in texts.items():
        for key, matched, start in _identifiers(text):
            note([key], [Evidence("id-text", matched, f"{field}:{start}", _MATCHER)])
    for identifiers in declared:
        keys = list(dict.fromkeys(key_of(identifier) for identifier in identifiers))
        note(keys, [Evidence("declared", key, declared_by, _MATCHER) for key in keys])
    n_articles = _count_articles(groups)
    confidence = 1.0 if n_articles <= _LIST_SIZE else 1 / n_articles
    return tuple(
        ItemClaim(key, Evidence(each.code, each.matched, each.where, each.matcher, confidence))
        for key, each in found.items()
    )


def _identifiers(text: str) -> Iterable[tuple[str, str, int]]:
    for found in find_identifiers(text) if text else ():
        yield key_of(found.identifier), found.matched, found.start


def _count_articles(groups: list[set[str]]) -> int:
    """Return how many articles the identifiers name; those that were declared together name one."""
    names: dict[str, int] = {}
    for number, group in enumerate(groups):
        known = next((names[key] for key in group if key in names), number)
        names.update(dict.fromkeys(group, known))
    return len(set(names.values()))
