"""Texts → keyphrases, as they are shown."""

from collections.abc import Mapping, Sequence
from typing import Literal

from msgspec import Struct

from germane.enrich.keyphrases.choosing import Option, Ranked, choose_phrases, probability, rank_phrases
from germane.enrich.keyphrases.model import load_model
from germane.enrich.keyphrases.scoring import Scored, Text, score_phrases
from germane.enrich.keyphrases.words import phrase_hash, stems_of
from germane.enrich.keyphrases.writing import Case, write_phrase

Where = Literal["title", "abstract", "keywords", "topic"]

_BATCH = 128  # texts in one pass: the calls cost less a text, and what they work on still fits the processor's caches
_ABSENT_KEYWORD = 0.5  # what an author's keyword gets that the text does not contain
_NO_KEYWORDS = frozenset(
    ["human", "humans", "male", "female", "adult", "aged", "animals", "middle aged", "adolescent", "child"]
)


class Keyphrase(Struct, frozen=True):
    """A phrase found in a text."""

    phrase: str
    score: float  # 0..1: how likely authors are to choose it
    position: int  # characters from the beginning of its field to its first occurrence; 0 under "topic"
    where: Where  # "keywords": only there; "topic": the text is about it without saying so
    acronym: str = ""  # the short form that the text introduces for it, if any


def extract_keyphrases(
    title: str, abstract: str, *, n: int = 5, language: str = "en", keywords: Sequence[str] = ()
) -> list[Keyphrase]:
    """Return at most `n` keyphrases of a plain text, best first; fewer or none when the text says little.

    `language` is ISO 639-1; "" means unknown. `keywords` are the authors' own, which count for much.
    """
    return extract_many([(title, abstract)], n=n, languages=[language], keywords=[keywords])[0]


def extract_many(
    texts: Sequence[Text],
    *,
    n: int = 5,
    languages: Sequence[str] | None = None,
    keywords: Sequence[Sequence[str]] | None = None,
) -> list[list[Keyphrase]]:
    """Return the keyphrases of each (title, abstract), as `extract_keyphrases` does, but faster.

    `languages` and `keywords` have one entry per text; without them all are English, and have none.
    Raises ValueError when their lengths differ.
    """
    languages = ["en"] * len(texts) if languages is None else languages
    keywords = [()] * len(texts) if keywords is None else keywords
    if not len(texts) == len(languages) == len(keywords):
        raise ValueError(f"{len(texts)} texts, {len(languages)} languages, {len(keywords)} lists of keywords")
    results: list[list[Keyphrase]] = [[] for _ in texts]
    if n < 1:
        return results
    for language in dict.fromkeys(languages):
        numbers = [number for number, one in enumerate(languages) if one == language]
        for begin in range(0, len(numbers), _BATCH):
            batch = numbers[begin : begin + _BATCH]
            own = [own_keywords(keywords[number], language) for number in batch]
            scored = score_phrases([texts[number] for number in batch], language, own)
            ranked = rank_phrases(scored.found, scored.scores)
            for text, number in enumerate(batch):
                shown = _show(ranked, text, n, language, scored.absent[text])
                results[number] = _with_absent(shown, own[text], scored, text, keywords[number], n, language)
    return results


def own_keywords(keywords: Sequence[str], language: str) -> dict[int, str]:
    """Return the authors' keywords by the hash under which they would be found."""
    return {phrase_hash(keyword, language): keyword for keyword in keywords if keyword.strip()}


def show_option(option: Option, case: Case, acronym: str = "") -> Keyphrase:
    """Return a chosen phrase as it is shown."""
    score = round(probability(option.score), 4)
    if not option.runs:
        return Keyphrase(load_model().topics.names[-1 - option.phrase], score, 0, "topic")
    at = option.runs[0].start
    where: Where = "title" if at in case.title else "abstract"
    return Keyphrase(write_phrase(case, option.runs), score, case.found.words.starts[at], where, acronym)


def _show(ranked: Ranked, text: int, n: int, language: str, absent: Sequence[Option]) -> list[Keyphrase]:
    found = ranked.found
    case = Case(found, text, language)
    acronyms = {a.full: a.text for a in found.acronyms[text]}
    return [
        show_option(option, case, acronyms.get(int(found.hash[option.phrase]), "") if option.runs and acronyms else "")
        for option in choose_phrases(ranked, text, n, absent)
    ]


def _with_absent(
    shown: list[Keyphrase],
    own: Mapping[int, str],
    scored: Scored,
    text: int,
    keywords: Sequence[str],
    n: int,
    language: str,
) -> list[Keyphrase]:
    """Return the phrases together with the authors' keywords that the text does not contain."""
    if not own:
        return shown
    some = scored.found.of(text)
    in_text = set(scored.found.hash[some.start : some.stop].tolist())
    used = {stem for item in shown for stem in stems_of(item.phrase, language)}
    place = 0
    absent: list[Keyphrase] = []
    for keyword in keywords:
        stems = set(stems_of(keyword, language))
        number = phrase_hash(keyword, language) if stems else 0
        if number in own and number not in in_text and not stems & used and keyword.lower() not in _NO_KEYWORDS:
            used |= stems
            absent.append(Keyphrase(" ".join(keyword.split()), _ABSENT_KEYWORD, place, "keywords"))
        place += len(keyword) + len("; ")
    return sorted([*shown, *absent], key=lambda item: -item.score)[:n]
