"""Which articles are the same, or versions of one work, when no common identifier says so.

The rule is cautious: title, authors and year must agree, and nothing may contradict. Merging two articles wrongly
puts one's mentions on the other's page; not merging shows one article twice.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from hashlib import blake2b
from typing import Literal

from msgspec import Struct

from germane.article import VERSION_RELATIONS, Article, Scheme
from germane.identifiers import key_of
from germane.matching.work_authors import AuthorAgreement, compare_authors, first_surname
from germane.matching.work_titles import Agreement, Title, agreement, rare_words, take_apart
from germane.text import fold

Outcome = Literal["same-article", "same-work", "different", "unsure"]


class Verdict(Struct, frozen=True):
    """What two articles are to each other. "same-work": two articles, versions of one work, hence one cluster."""

    outcome: Outcome
    reason: str


_PREPRINT_DOI = re.compile(
    r"10\.(?:48550|65215|64898|21203|26434|31234|31235|31219|31222|31223|20944|22541|36227|33774|2139|31730|35542|14293"
    r"|1101/(?:\d{4}\.\d\d\.\d\d\.)?\d{6,8}$|5194/[a-z]+-(?:discuss|preprint)|1590/scielopreprints)"
)
_PART_RELATIONS = frozenset(
    {
        "has-review",
        "is-review-of",
        "has-correction",
        "is-correction-of",
        "has-comment",
        "is-comment-on",
        "has-supplement",
    }
)
_ROLE_OF_TYPE = {"correction": "correction", "retraction": "retraction", "peer-review": "review"}
_APART_TYPES = frozenset({"dataset", "software", "book", "thesis"})  # never the same as one of another type
# Two values of one of these are two articles; OpenAlex gives one article several ids and joins them later.
_EXCLUSIVE: tuple[Scheme, ...] = ("doi", "pmid", "pmcid", "arxiv", "acl")
# Between a preprint and its publication. Whole proceedings were put on arXiv ten years later: under the same titles.
_MAX_YEARS_VERSIONS = 6
_MAX_YEARS_VERSIONS_LONG_TITLE = 12
_MAX_YEARS_SAME = 1  # online, and in print


def work_keys(article: Article) -> tuple[int, ...]:
    """Return up to four keys (0 ≤ key < 2^63) of which two versions of one work very probably share one.

    They are made of the title: all of it; its main part; its longest words; its first words with the first author's
    surname. () when the title says too little ("Editorial").
    """
    return _keys(_full_title(article), first_surname(article.authors))


@lru_cache(maxsize=4096)  # an import asks for the same article's keys when it looks, decides and writes
def _keys(full_title: str, surname: str) -> tuple[int, ...]:
    title = take_apart(full_title)
    if title.is_generic or title.role in ("correction", "retraction"):
        return ()
    texts = [title.compact]
    if title.parts and title.parts[0]:
        texts.append(title.parts[0])
    rare = rare_words(title)
    if len(rare) >= 4:
        texts.append(" ".join(sorted(rare[:4])))
    if len(title.words) >= 3:
        texts.append(" ".join((*title.words[:3], surname)))
    return tuple(dict.fromkeys(_hash(text) for text in texts))


def _hash(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big") >> 1


def compare_works(a: Article, b: Article) -> Verdict:
    """Return what two articles are to each other, with the reason in words.

    Symmetric. Two published articles with two DOIs are never the same article, and what speaks of an article (a
    correction, a comment, a review) is never the same as the article.
    """
    declared = _declared(a, b)
    if declared:
        return declared
    title_a, title_b = take_apart(_full_title(a)), take_apart(_full_title(b))
    role_a, role_b = _ROLE_OF_TYPE.get(a.type, title_a.role), _ROLE_OF_TYPE.get(b.type, title_b.role)
    if role_a != role_b:
        return Verdict("different", f"one is a {role_a or role_b} of something")
    if a.type != b.type and (a.type in _APART_TYPES or b.type in _APART_TYPES) and "other" not in (a.type, b.type):
        return Verdict("different", f"one is a {a.type}, the other a {b.type}")
    titles = agreement(title_a, title_b)
    if titles == "different" or not title_a.compact:
        return Verdict("different", "the titles differ")
    authors = compare_authors(a.authors, b.authors)
    if authors == "different":
        return Verdict("different", "the authors differ")
    doubt = _doubt(a, b, title_a, titles, authors) or (role_a and f"both are a {role_a}")
    if doubt:
        return Verdict("unsure", doubt)
    return _version(a, b, f"{_TITLE_REASONS[titles]} and {_AUTHOR_REASONS[authors]}")


_TITLE_REASONS: dict[Agreement, str] = {
    "equal": "same title",
    "part": "same main title",
    "near": "nearly the same title",
    "similar": "similar title",
    "different": "other title",
}
_AUTHOR_REASONS: dict[AuthorAgreement, str] = {
    "all": "same authors",
    "most": "mostly the same authors",
    "first": "same first author",
    "one": "one author in common",
    "unknown": "authors unknown",
    "different": "other authors",
}


def _full_title(article: Article) -> str:
    if article.subtitle and article.subtitle not in article.title:
        return f"{article.title}: {article.subtitle}"
    return article.title


def _declared(a: Article, b: Article) -> Verdict | None:
    """Return what identifiers and declared relations say, which goes before everything else."""
    for one, other in ((a, b), (b, a)):
        names = {key_of(identifier) for identifier in other.identifiers}
        kinds = {relation.kind for relation in one.relations if relation.identifier in names}
        if kinds & VERSION_RELATIONS:
            return Verdict("same-work", "one is declared a version of the other")
        if kinds & _PART_RELATIONS:
            return Verdict("different", "one is declared to be about the other")
    shared = set(a.identifiers) & set(b.identifiers)
    if not shared:
        return None
    name = key_of(min(shared))
    contradicted = [scheme for scheme in _EXCLUSIVE if _contradict(a, b, scheme)]
    if not contradicted:
        return Verdict("same-article", f"both are {name}")
    if contradicted == ["doi"] and _is_preprint(a) != _is_preprint(b):
        return Verdict("same-work", f"both are {name}, with the DOIs of a preprint and of its publication")
    return Verdict("unsure", f"both are {name}, but with different identifiers ({', '.join(contradicted)})")


def is_contradicted(a: Article, b: Article) -> bool:
    """Tell whether two articles that share an identifier are two all the same, as one of them has it wrongly.

    They are when both have DOIs and none in common, or when they are also told apart by another registry (two records
    of one collection) and neither their titles nor their authors agree.
    """
    if _contradict(a, b, "doi"):
        return True
    if not any(_contradict(a, b, scheme) for scheme in _EXCLUSIVE):
        return False
    titles = agreement(take_apart(_full_title(a)), take_apart(_full_title(b)))
    return titles == "different" and compare_authors(a.authors, b.authors) == "different"


def _values(article: Article, scheme: Scheme) -> set[str]:
    return {identifier.value for identifier in article.identifiers if identifier.scheme == scheme}


def _contradict(a: Article, b: Article, scheme: Scheme) -> bool:
    values_a, values_b = _values(a, scheme), _values(b, scheme)
    return bool(values_a) and bool(values_b) and not values_a & values_b


def _is_preprint(article: Article) -> bool:
    dois = _values(article, "doi")
    if dois:
        return all(_PREPRINT_DOI.match(doi) for doi in dois)
    if article.type == "preprint" or (article.venue is not None and article.venue.kind == "repository"):
        return True
    return bool(_values(article, "arxiv")) and not _values(article, "acl") and not _values(article, "pmid")


def _doubt(a: Article, b: Article, title: Title, titles: Agreement, authors: AuthorAgreement) -> str:
    """Return why agreement of titles and authors is not enough here, or ""."""
    if titles == "similar":
        return "the titles are similar, no more"
    if authors == "unknown" and not _is_same_place(a, b):
        return "the authors of one are unknown"
    if title.is_generic and not (_is_same_place(a, b) and authors in ("all", "most", "first")):
        return "the title says too little"
    if titles == "part" and authors not in ("all", "most"):
        return "one lacks the subtitle, and not enough authors are known"
    if titles == "near" and (authors == "one" or len(title.words) < 4):
        return "the titles differ a little, and not enough authors are known"
    if authors == "one" and len(title.words) < 5:
        return "only one author is known, not the first of the other, and the title is short"
    years = _years_apart(a, b)
    return f"{years} years lie between them" if years is not None and years > _max_years(a, b, title, titles) else ""


def _max_years(a: Article, b: Article, title: Title, titles: Agreement) -> int:
    if _is_preprint(a) == _is_preprint(b):
        return _MAX_YEARS_SAME
    if titles != "equal":
        return 2
    return _MAX_YEARS_VERSIONS_LONG_TITLE if len(title.words) >= 5 else _MAX_YEARS_VERSIONS


def _years_apart(a: Article, b: Article) -> int | None:
    return None if a.year is None or b.year is None else abs(a.year - b.year)


def _version(a: Article, b: Article, reason: str) -> Verdict:
    """Return the verdict on two articles that agree: one and the same, two versions, or two publications?"""
    contradicted = [scheme for scheme in _EXCLUSIVE if _contradict(a, b, scheme)]
    preprint_a, preprint_b = _is_preprint(a), _is_preprint(b)
    if preprint_a != preprint_b:
        return Verdict("same-work", f"{reason}, preprint and publication")
    if contradicted:
        if preprint_a and not {"arxiv", "pmid", "pmcid", "acl"} & set(contradicted) and _servers_differ(a, b):
            return Verdict("same-work", f"{reason}, on two preprint servers")
        return Verdict("unsure", f"{reason}, but different identifiers ({', '.join(contradicted)})")
    if preprint_a and _values(a, "arxiv") != _values(b, "arxiv") and _values(a, "doi") != _values(b, "doi"):
        known = (_values(a, "arxiv") or _values(a, "doi")) and (_values(b, "arxiv") or _values(b, "doi"))
        if known:
            return Verdict("same-work", f"{reason}, on two preprint servers")
    clash = _clash(a, b)
    return Verdict("unsure", f"{reason}, but {clash}") if clash else Verdict("same-article", reason)


def _servers_differ(a: Article, b: Article) -> bool:
    return not {doi.partition("/")[0] for doi in _values(a, "doi")} & {
        doi.partition("/")[0] for doi in _values(b, "doi")
    }


def _clash(a: Article, b: Article) -> str:
    """Return what makes two publications of one title two articles (a paper and its journal version), or ""."""
    if a.venue and b.venue:
        if a.venue.issns and b.venue.issns and not set(a.venue.issns) & set(b.venue.issns):
            return "different journals"
        if not a.venue.issns and not b.venue.issns and not _is_same_venue(a.venue.name, b.venue.name):
            return "different venues"
    if {a.type, b.type} == {"article", "conference-paper"}:
        return "one in a journal, one at a conference"
    for field, value_a, value_b in (("volumes", a.volume, b.volume), ("pages", _first_page(a), _first_page(b))):
        if value_a and value_b and value_a != value_b:
            return f"different {field}"
    return ""


def _is_same_venue(a: str, b: str) -> bool:
    """Tell whether two names may be of one venue: equal, or abbreviated word by word."""
    words_a, words_b = ([word for word in fold(name).split() if word not in _VENUE_STOP] for name in (a, b))
    if not words_a or not words_b:
        return True
    if len(words_a) != len(words_b):
        return set(words_a) <= set(words_b) or set(words_b) <= set(words_a)
    return all(x.startswith(y) or y.startswith(x) for x, y in zip(words_a, words_b, strict=True))


_VENUE_STOP = frozenset(
    ["the", "of", "and", "in", "for", "on", "a", "de", "la", "proceedings", "annual", "international", "conference"]
)


def _first_page(article: Article) -> str:
    return re.split(r"[-–—]", article.pages, maxsplit=1)[0].strip().lower()


def _is_same_place(a: Article, b: Article) -> bool:
    """Tell whether both stand in the same place of the same venue: that is evidence as good as authors."""
    page = _first_page(a)
    if not page or page != _first_page(b) or not a.volume or a.volume != b.volume or not a.venue or not b.venue:
        return False
    return bool(set(a.venue.issns) & set(b.venue.issns)) or _is_same_venue(a.venue.name, b.venue.name)


def is_same_cluster(verdict: Verdict) -> bool:
    """Tell whether a verdict puts two articles into one cluster."""
    return verdict.outcome in ("same-article", "same-work")


def candidates(keys: Iterable[tuple[int, ...]]) -> Iterable[tuple[int, int]]:
    """Yield, once each, the pairs of positions that share a key."""
    blocks: dict[int, list[int]] = {}
    for position, its_keys in enumerate(keys):
        partners = sorted({partner for key in its_keys for partner in blocks.get(key, ())})
        for partner in partners:
            yield partner, position
        for key in its_keys:
            blocks.setdefault(key, []).append(position)
