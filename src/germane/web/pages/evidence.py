"""Evidence → the sentence that stands under every item: a closed vocabulary in plain English.

A sentence comes as parts, so that pages can mark the values and feeds can join them; nothing here is markup.
"""

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from germane.item import PROBABLE_CODES, Evidence, EvidenceCode
from germane.web.pages.words import date_words, declared_words

_DECLARED = {
    "has-award": "an award",
    "has-comment": "a comment",
    "has-correction": "a correction",
    "has-dataset": "a data set",
    "has-poster": "a poster",
    "has-preprint": "a preprint",
    "has-review": "a peer review",
    "has-slides": "slides",
    "has-software": "software",
    "has-supplement": "a supplement",
    "has-trial": "a trial",
    "has-video": "a video",
    "is-preprint-of": "the published version",
    "is-version-of": "another version",
}
_IDENTIFIER = re.compile(r"(?:doi|pmid|pmcid|arxiv|acl|openalex|nct):\S+|10\.\d{4,9}/\S+|https?://\S+", re.IGNORECASE)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


class Part(NamedTuple):
    """A piece of a sentence; what the evidence itself says is marked."""

    text: str
    is_value: bool = False


# Said of most similar articles, dozens of times a page.
_SEMICOLON, _COMMA = Part("; "), Part(", ")
_BOTH_ABOUT, _SHARES_WORD, _SHARES_WORDS = Part("both about "), Part("shares the word "), Part("shares the words ")


def parts_of(evidence: Evidence) -> tuple[Part, ...]:
    """Return the sentence for a piece of evidence, with its values apart."""
    parts = _SENTENCES[evidence.code](evidence)
    return (Part("Probably: "), *parts) if evidence.code in PROBABLE_CODES else parts


def sentence(evidence: Evidence) -> str:
    """Return the sentence for a piece of evidence as plain text."""
    return "".join(part.text for part in parts_of(evidence))


def reasons(evidence: Sequence[Evidence]) -> tuple[Part, ...]:
    """Return the one sentence for why two articles are alike: "Shares 12 references; both about pain; NRS score"."""
    parts: list[Part] = []
    for piece in evidence:
        said = _REASONS[piece.code](piece) if piece.code in _REASONS else parts_of(piece)
        parts += (_SEMICOLON, *said) if parts else said
    if parts and not parts[0].is_value:
        parts[0] = Part(parts[0].text[:1].upper() + parts[0].text[1:])
    return tuple(parts)


def because(evidence: Sequence[Evidence]) -> tuple[Part, ...]:
    """Return the one sentence for why an article is recommended, its values in the order of the evidence.

    "Because you liked “A”, “B” and “C”", and of phrases: "Because your profile says “pain”".
    """
    parts: list[Part] = []
    for place, where in (("likes", "Because you liked "), ("profile", "Because your profile says ")):
        some = [piece.matched for piece in evidence if piece.where == place]
        for at, value in enumerate(some):
            between = where if at == 0 else " and " if at == len(some) - 1 else ", "
            if parts and at == 0:
                between = f"; {between.lower()}"
            parts += [Part(f"{between}“"), Part(value, is_value=True), Part("”")]
    return tuple(parts)


def _id_link(e: Evidence) -> tuple[Part, ...]:
    return Part("Links to "), _address(e.matched)


def _url_known(e: Evidence) -> tuple[Part, ...]:
    host = re.sub(r"^(?:https?://)?(?:www\.)?([^/]+).*$", r"\1", e.matched)
    return Part("Links to this article’s page at "), Part(host, is_value=True)


def _id_text(e: Evidence) -> tuple[Part, ...]:
    return Part("Quotes “"), Part(e.matched, is_value=True), Part("”")


def _declared(e: Evidence) -> tuple[Part, ...]:
    # `matched` is a kind of relation, perhaps followed by what it leads to, or an identifier, or a word of its own
    kind = e.matched.partition(" ")[0].lower()
    preposition, _, registry = declared_words(e.where).partition(" ")
    where = Part(f" {preposition} "), Part(registry, is_value=True)
    if not e.matched or _IDENTIFIER.fullmatch(e.matched):
        return Part("Declared"), *where
    what = _DECLARED.get(kind) or (e.matched if e.matched.startswith(("a ", "an ")) else _an(e.matched))
    return Part("Declared as "), Part(what, is_value=True), *where


def _title(_: Evidence) -> tuple[Part, ...]:
    return (Part("contains the full title"),)


def _names(e: Evidence) -> tuple[Part, ...]:
    venue, *rest = _values(e.matched)
    parts = [Part("names "), Part(venue, is_value=True)]
    if rest:
        parts += [Part(" and “"), Part(rest[0], is_value=True), Part("”")]
    if len(rest) > 1:
        parts += [Part(f", {rest[1]}")]
    return tuple(parts)


def _curator(e: Evidence) -> tuple[Part, ...]:
    days = _DAY.findall(f"{e.where} {e.matched}")
    who = _DAY.sub("", e.matched).strip(" ,;") or "a curator"
    return Part("Added by "), Part(who, is_value=True), Part(f" on {date_words(days[0])}" if days else "")


def _cites(e: Evidence) -> tuple[Part, ...]:
    # `matched` is the direction: whether this article cites the similar one, or is cited by it
    return (Part("Cited by this article" if e.matched == "cites" else "Cites this article"),)


def _co_cited(e: Evidence) -> tuple[Part, ...]:
    return Part("Cited together in "), Part(_number(e.matched, "paper"), is_value=True)


def _coupled(e: Evidence) -> tuple[Part, ...]:
    return Part("Shares "), Part(_number(e.matched, "reference"), is_value=True)


def _phrases(e: Evidence) -> tuple[Part, ...]:
    parts = [Part("Same topic: ")]
    for phrase in _values(e.matched)[:4]:
        parts += [Part("; ")] if len(parts) > 1 else []
        parts += [Part(phrase, is_value=True)]
    return tuple(parts)


def _both_about(e: Evidence) -> tuple[Part, ...]:
    # what they share is phrases that name a subject, or only words
    is_subject, values = e.where == "keyphrases", _values(e.matched)[:4]
    between = _SEMICOLON if is_subject else _COMMA
    parts = [_BOTH_ABOUT if is_subject else _SHARES_WORD if len(values) == 1 else _SHARES_WORDS]
    for value in values:
        parts += (Part(value, True), between)
    return tuple(parts[:-1])


def _semantic(_: Evidence) -> tuple[Part, ...]:
    return (Part("Close in meaning"),)


def _liked(e: Evidence) -> tuple[Part, ...]:
    return Part("Because you liked “"), Part(e.matched, is_value=True), Part("”")


_SENTENCES: dict[EvidenceCode, Callable[[Evidence], tuple[Part, ...]]] = {
    "id-link": _id_link,
    "url-known": _url_known,
    "id-text": _id_text,
    "declared": _declared,
    "title": _title,
    "names": _names,
    "curator": _curator,
    "cites": _cites,
    "co-cited": _co_cited,
    "coupled": _coupled,
    "phrases": _phrases,
    "semantic": _semantic,
    "liked": _liked,
}

# Within the sentence for two articles, where several stand in a row.
_REASONS: dict[EvidenceCode, Callable[[Evidence], tuple[Part, ...]]] = {
    "cites": lambda e: (Part("cited by this article" if e.matched == "cites" else "cites this article"),),
    "co-cited": lambda e: (Part("cited together in "), *_co_cited(e)[1:]),
    "coupled": lambda e: (Part("shares "), *_coupled(e)[1:]),
    "phrases": _both_about,
    "semantic": lambda _: (Part("close in meaning"),),
}


def _address(matched: str) -> Part:
    text = re.sub(r"^https?://(?:www\.|dx\.)?", "", matched.strip())
    if re.match(r"10\.\d{4,9}/", text):
        text = f"doi.org/{text}"
    text = re.sub(r"^doi:\s*", "doi.org/", text, flags=re.IGNORECASE)
    return Part(text if len(text) <= 80 else f"{text[:79]}…", is_value=True)


def _values(matched: str) -> list[str]:
    return [value for part in matched.split(";") if (value := part.strip())] or [matched]


def _an(noun: str) -> str:
    # "slides" and "data" need no article; everything else that registries declare is countable
    if noun.endswith("s") or noun in {"data", "code", "software"}:
        return noun
    return f"an {noun}" if noun[:1].lower() in "aeiou" else f"a {noun}"


def _number(matched: str, noun: str) -> str:
    found = re.search(r"\d+", matched)
    if not found:
        return f"several {noun}s"
    return f"{int(found[0]):,} {noun}{'' if int(found[0]) == 1 else 's'}"
