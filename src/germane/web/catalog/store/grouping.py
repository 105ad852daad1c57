"""Which records are of one article, when all of them are known: what is asked when one of them has changed."""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from germane.article import Article, Record
from germane.matching.works import compare_works, is_contradicted
from germane.merge import merge_articles, merge_records


class Group(NamedTuple):
    """Records of one article, and what they make together."""

    records: list[Record]
    article: Article


def group_records(records: Sequence[Record]) -> list[Group]:
    """Return the records as groups of one article each, the group of the first record first.

    Records are of one article when they share an identifier and nothing contradicts, or when their titles, years and
    authors say so.
    """
    if len(records) == 1:
        return [Group(list(records), merge_records(records))]
    by_name = _joined((Group([record], merge_records([record])) for record in records), _share_a_name)
    groups = _joined(by_name, _are_alike)
    place = {(record.source, record.key): position for position, record in enumerate(records)}
    return sorted(groups, key=lambda group: min(place[r.source, r.key] for r in group.records))


def _joined(new: Iterable[Group], is_one: Callable[[Article, Article], bool]) -> list[Group]:
    groups: list[Group] = []
    for group in new:
        apart = []
        for other in groups:
            if is_one(other.article, group.article):
                group = Group(other.records + group.records, merge_articles(other.article, group.article))
            else:
                apart.append(other)
        groups = [*apart, group]
    return groups


def _share_a_name(a: Article, b: Article) -> bool:
    return not set(a.identifiers).isdisjoint(b.identifiers) and not is_contradicted(a, b)


def _are_alike(a: Article, b: Article) -> bool:
    return not is_contradicted(a, b) and compare_works(a, b).outcome == "same-article"
