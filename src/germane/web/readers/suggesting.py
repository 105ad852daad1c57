"""Recommendations as pages, feeds and mails show them: articles with their evidence, in groups."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from germane.item import Evidence, EvidenceCode
from germane.recommend import Because, Recommendation
from germane.web.catalog.rows import Line

_CODE: EvidenceCode = "liked"
MATCHER = "likes/1"  # what decided, in the evidence
MAX_GROUPS = 3  # with a heading of their own
MIN_IN_GROUP, IN_GROUP = 2, 4


class Suggestion(NamedTuple):
    """A recommended article, and why."""

    line: Line
    evidence: tuple[Evidence, ...]
    likes: tuple[Line | None, ...]  # beside the evidence: the liked article; None for a phrase of the profile


class Group(NamedTuple):
    """Recommendations under one heading."""

    liked: Line | None  # whom they are because of; None: of several
    suggestions: tuple[Suggestion, ...]


def needed(found: Iterable[Recommendation]) -> list[int]:
    """Return the numbers of all articles that showing some recommendations takes."""
    return list(
        dict.fromkeys(n for each in found for n in (each.article_id, *(b.article_id for b in each.because)) if n)
    )


def suggest(found: Iterable[Recommendation], lines: Mapping[int, Line]) -> list[Suggestion]:
    """Return recommendations as they are shown, of the lines that `needed` asked for."""
    suggestions = []
    for each in found:
        told: dict[str, Because] = {}  # by what is said: two versions of one work, both liked, are told of once
        for b in each.because:
            if b.phrase or b.article_id in lines:
                told.setdefault(_evidence(b, lines).matched.casefold(), b)
        if each.article_id in lines and told:
            likes = tuple(None if b.phrase else lines[b.article_id] for b in told.values())
            evidence = tuple(_evidence(b, lines) for b in told.values())
            suggestions.append(Suggestion(lines[each.article_id], evidence, likes))
    return suggestions


def group(suggestions: Sequence[Suggestion]) -> list[Group]:
    """Return recommendations in groups: those that one liked article speaks for, the greatest first, then the rest."""
    left, groups = list(suggestions), list[Group]()
    speakers = {line.id for each in left for line in each.likes if line}
    at_most = IN_GROUP if len(speakers) > 1 else len(left)
    while speakers and len(groups) < MAX_GROUPS:
        counts = Counter(line.id for each in left for line in each.likes if line and line.id in speakers)
        liked, n = counts.most_common(1)[0] if counts else (0, 0)
        if n < MIN_IN_GROUP:
            break
        some = [each for each in left if any(line and line.id == liked for line in each.likes)][:at_most]
        groups.append(Group(next(line for line in some[0].likes if line and line.id == liked), tuple(some)))
        left = [each for each in left if each not in some]
        speakers.remove(liked)
    return [*groups, Group(None, tuple(left))] if left else groups


def _evidence(because: Because, lines: Mapping[int, Line]) -> Evidence:
    matched = because.phrase or lines[because.article_id].title or "Untitled"
    return Evidence(_CODE, matched, "profile" if because.phrase else "likes", MATCHER, min(because.share, 1.0))
