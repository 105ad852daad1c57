"""Authors as two sources write them: whether two lists can be of one article."""

import re
from functools import lru_cache
from typing import Literal

from rapidfuzz.distance import JaroWinkler

from germane.article import Author
from germane.text import fold

AuthorAgreement = Literal["all", "most", "first", "one", "unknown", "different"]

_PARTICLE_WORDS = (
    "af al ap da dal de del della den der di do dos du el et ibn la las le los mac of san st te ten ter the "
    "van vande vander von und y z zu zum zur"
)
_PARTICLES = frozenset(_PARTICLE_WORDS.split())
_SUFFIXES = frozenset(["jr", "sr", "ii", "iii", "iv", "phd", "md", "dr", "prof"])
_GROUP = re.compile(
    r"\b(?:collaboration|consortium|group|team|network|committee|initiative|society|investigators|project)\b",
    re.IGNORECASE,
)
# Several people in one name: "S. Moss and E. Fern", or what a wrong reading of BibTeX makes of them.
_LUMP = re.compile(r" and |;| & |,.*,")
_ET_AL = re.compile(r"\b(?:et\.? al|and others|u\.? ?a)\b\.?", re.IGNORECASE)
_UMLAUT = re.compile(r"(?<=[aou])e(?!$)")  # Mueller, Müller
_N_COMPARED = 60  # of the longest lists (3,000 names), the first


def compare_authors(a: tuple[Author, ...], b: tuple[Author, ...]) -> AuthorAgreement:
    """Return how far two lists agree.

    "all" of both; "most" of the shorter one (order may differ); only the "first" of a list of which the other knows no
    more; "one" of a single author who is not the first; "unknown" when one list is empty, a group or in another
    script; else "different".
    """
    a, b = _mended(a), _mended(b)
    if is_shattered(a) or is_shattered(b):
        return _compare_shattered(a, b)
    people_a, people_b = _people(a), _people(b)
    if not people_a or not people_b:
        return "unknown"
    if len(people_a) > len(people_b):
        people_a, people_b = people_b, people_a
    free = list(range(len(people_b)))
    matched = []
    for person in people_a:
        found = next((position for position in free if _is_same(person, people_b[position])), None)
        if found is not None:
            free.remove(found)
            matched.append(found)
    if not matched:
        return "different"
    if len(people_a) == 1:
        if len(people_b) == 1:
            return "all"
        return "first" if matched[0] == 0 else "one"
    if len(matched) == len(people_a) and len(people_a) == len(people_b):
        return "all"
    return "most" if 2 * len(matched) > len(people_a) else "different"


def is_shattered(authors: tuple[Author, ...]) -> bool:
    """Tell whether a list has one letter an author, as some programs write it."""
    return len(authors) > 3 and 2 * sum(len(author.name.strip()) < 2 for author in authors) > len(authors)


def first_surname(authors: tuple[Author, ...]) -> str:
    """Return the first author's surname, folded, as nearly as it can be told; "" for none."""
    authors = _mended(authors)
    first = authors[0] if authors else Author("")
    return _surname(first.family or first.name)


@lru_cache(maxsize=4096)  # an import asks several times for the same article
def _surname(name: str) -> str:
    tokens = _tokens(_ET_AL.sub("", name.partition(",")[0]))
    return tokens[-1] if tokens else ""


def _mended(authors: tuple[Author, ...]) -> tuple[Author, ...]:
    """Put a shattered list together again, where its spaces are still there as empty names."""
    if not is_shattered(authors) or all(author.name.strip() for author in authors):
        return authors
    names = re.split(r",| and ", "".join(author.name or " " for author in authors))
    return tuple(Author(name.strip()) for name in names if name.strip())


def _compare_shattered(a: tuple[Author, ...], b: tuple[Author, ...]) -> AuthorAgreement:
    """Look for the surnames of the sound list in the letters of the other, which are still in order."""
    if is_shattered(a) and is_shattered(b):
        letters_a, letters_b = _letters(a), _letters(b)
        return "unknown" if not letters_a or not letters_b else ("all" if letters_a == letters_b else "different")
    shattered, sound = (a, b) if is_shattered(a) else (b, a)
    letters = _letters(shattered)
    people = _people(sound)
    if not people or not letters:
        return "unknown"
    found = [any(len(name) > 1 and name.replace(" ", "") in letters for name in names) for names, _ in people]
    if len(people) == 1:
        return "first" if found[0] else "different"
    return "most" if 2 * sum(found) > len(found) else "different"


def _letters(authors: tuple[Author, ...]) -> str:
    return _UMLAUT.sub("", fold("".join(author.name for author in authors)).replace(" ", ""))


Person = tuple[frozenset[str], frozenset[str]]  # what may be the surname; all tokens of the name


def _people(authors: tuple[Author, ...]) -> list[Person]:
    people = [_person(author.name, author.family, author.given) for author in authors[:_N_COMPARED]]
    return [person for person in people if person[0]]


@lru_cache(maxsize=16384)
def _person(name: str, family: str, given: str) -> Person:
    """Return the possible surnames and the tokens of a name; nothing for a group or a name not in Latin letters."""
    if not family and (_GROUP.search(name) or not _ET_AL.sub("", name).strip()):
        return frozenset(), frozenset()
    name = _ET_AL.sub("", name)
    tokens = _tokens(f"{given} {family}" if family else name)
    if not any(char.isascii() and char.isalpha() for char in "".join(tokens)):
        return frozenset(), frozenset()
    names = {"".join(tokens), tokens[-1]}
    if len(tokens) > 1 and tokens[-2] in _PARTICLES:
        names.add(tokens[-2] + tokens[-1])
    if not family and (_LUMP.search(name) or ("," in name and len(tokens) > 3)):
        names.update(tokens)
    elif not family:
        names.add(tokens[0])  # either order
        names.update(_tokens(name.partition(",")[0])[-1:])
    elif surname := _tokens(family):
        names |= {surname[0], "".join(surname)}
        if len(surname[-1]) == 1 or not given:
            names.add(tokens[0])
    long = {token for token in names if len(token) > 1 and (token not in _PARTICLES or token == tokens[-1])}
    return frozenset(long or names), frozenset(tokens)


def _tokens(name: str) -> list[str]:
    """Return a name's parts, folded; a title goes, a particle stays: it is a surname, too (Du, Do, Le)."""
    tokens = [_UMLAUT.sub("", token) for token in fold(name.replace("'", "").replace("’", "")).split()]
    return [token for token in tokens if token not in _SUFFIXES] or tokens


def _is_same(a: Person, b: Person) -> bool:
    """Tell whether two names may be one person's: a surname in common, and no initial against it."""
    shared = a[0] & b[0]
    if len(shared) > 1:
        return True
    tokens_a, tokens_b = a[1] - _PARTICLES, b[1] - _PARTICLES
    if len(tokens_a) > 1 and len(tokens_b) > 1 and (tokens_a <= tokens_b or tokens_b <= tokens_a):
        return any(len(token) > 2 for token in tokens_a & tokens_b)  # a name left out: Ana Moss, Ana Moss Fern
    if shared:
        b_shared = shared
    else:
        alike = [(x, y) for x in a[0] for y in b[0] if _is_alike(x, y)]
        shared, b_shared = frozenset(x for x, _ in alike), frozenset(y for _, y in alike)
        if not shared:
            return False
    initials_a = {token[0] for token in tokens_a - shared}
    initials_b = {token[0] for token in tokens_b - b_shared}
    return not initials_a or not initials_b or bool(initials_a & initials_b)


def _is_alike(x: str, y: str) -> bool:
    """Tell whether two surnames may be two transliterations, or one with a slip."""
    return min(len(x), len(y)) >= 5 and x[0] == y[0] and JaroWinkler.similarity(x, y) >= 0.93
