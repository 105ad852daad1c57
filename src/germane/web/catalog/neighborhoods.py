"""What relating an article needs: what the index keeps of it, and what the citation graph says, read in bounded parts.

`catalog_citation` finds targets by number, one-way: to name what is cited, the citing articles' records are read.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from germane.index import Document
from germane.web.catalog.codec import unpack_article, unpack_targets
from germane.web.catalog.rows import target_of
from germane.web.catalog.store.sql import rows, rows_in

MAX_FELLOWS = 200  # articles that cite one thing: more of them have nothing else in common
MAX_CITING = 30  # of those that cite an article, the newest, whose other references are looked at
MAX_REFERENCES = 300  # of each of these
MAX_CO_CITED = 40
_UNION = 100  # parts of one statement


class Neighborhood(Struct, frozen=True):
    """What relating an article needs: itself, and what the citation graph says."""

    document: Document
    versions: tuple[int, ...]  # articles of the same cluster: never similar, but the same
    cites: tuple[int, ...]
    cited_by: tuple[int, ...]
    coupled: tuple[tuple[int, int], ...]  # (article, references shared)
    co_cited: tuple[tuple[int, int], ...] = ()  # (article, articles that cite both)


def read_graph(documents: Sequence[Document]) -> list[Neighborhood]:
    """Return documents with what the graph says; of what very many cite, only so many that it costs little."""
    ids = [document.id for document in documents]
    clusters = _clusters(ids)
    targets = _targets_of(ids)
    own = {target_of(key): document.id for document in documents for key in document.identifiers}
    citing = _citing({*own, *(t for some in targets.values() for t in some)})
    co_cited = _co_cited(documents, citing)
    cited = {t for some in targets.values() for t in some} | {t for some in co_cited.values() for t in some}
    known = _articles_of(cited, [*ids, *_witnesses(co_cited)])
    return [
        _neighborhood(d, clusters.get(d.id, ()), targets.get(d.id, frozenset()), citing, co_cited[d.id], known)
        for d in documents
    ]


def _neighborhood(
    document: Document,
    versions: Sequence[int],
    targets: frozenset[int],
    citing: Mapping[int, Sequence[int]],
    co_cited: Mapping[int, Sequence[int]],
    known: Mapping[int, int],
) -> Neighborhood:
    shared: Counter[int] = Counter()
    for target in targets:
        fellows = citing.get(target, ())
        if len(fellows) <= MAX_FELLOWS:  # what everybody cites couples nobody
            shared.update(fellow for fellow in fellows if fellow != document.id)
    together: Counter[int] = Counter()
    for target, witnesses in co_cited.items():
        other = known.get(target)
        if other is not None and other != document.id:
            together[other] = max(together[other], len(witnesses))  # several names of one article count once
    return Neighborhood(
        document=document,
        versions=tuple(versions),
        cites=tuple(known[t] for t in targets if t in known),
        cited_by=tuple(n for key in document.identifiers for n in citing.get(target_of(key), ()) if n != document.id),
        coupled=tuple(sorted(shared.items())),
        co_cited=tuple(sorted(together.items())),
    )


def _clusters(ids: Sequence[int]) -> dict[int, list[int]]:
    clusters: dict[int, list[int]] = {}
    for number, other in rows_in(
        "SELECT a.id, b.id FROM catalog_article a JOIN catalog_article b ON b.cluster_id = a.cluster_id"
        " WHERE b.id <> a.id AND b.merged_into IS NULL AND a.id IN ({})",
        ids,
    ):
        clusters.setdefault(number, []).append(other)
    return clusters


def _targets_of(ids: Sequence[int]) -> dict[int, frozenset[int]]:
    return {number: frozenset(some) for number, some in _lists_of(ids).items()}


def _lists_of(ids: Iterable[int]) -> dict[int, tuple[int, ...]]:
    found = rows_in("SELECT article_id, targets FROM catalog_referencelist WHERE article_id IN ({})", ids)
    return {number: unpack_targets(blob) for number, blob in found}


def _citing(targets: Iterable[int]) -> dict[int, list[int]]:
    """Return who cites some targets: of each, the newest here and one more than counts, so that a hub is told."""
    return _read_each(
        "SELECT target, citing_id FROM catalog_citation WHERE target = %s ORDER BY citing_id DESC",
        targets,
        MAX_FELLOWS + 1,
    )


def _co_cited(documents: Sequence[Document], citing: Mapping[int, Sequence[int]]) -> dict[int, dict[int, list[int]]]:
    """Return, for each document, the targets that the newest articles citing it cite too, each with those articles."""
    citers = {
        d.id: sorted({n for key in d.identifiers for n in citing.get(target_of(key), ())} - {d.id}, reverse=True)
        for d in documents
    }
    wanted = {n for some in citers.values() for n in some[:MAX_CITING]}
    lists = {number: some[:MAX_REFERENCES] for number, some in _lists_of(wanted).items()}
    found: dict[int, dict[int, list[int]]] = {}
    for document in documents:
        own = {target_of(key) for key in document.identifiers}
        together: dict[int, list[int]] = {}
        for citer in citers[document.id][:MAX_CITING]:
            for target in lists.get(citer, ()):
                if target not in own:
                    together.setdefault(target, []).append(citer)
        best = sorted(together, key=lambda t: (-len(together[t]), t))[:MAX_CO_CITED]
        found[document.id] = {target: together[target] for target in best}
    return found


def _witnesses(co_cited: Mapping[int, Mapping[int, Sequence[int]]]) -> set[int]:
    """Return one citing article for each co-cited target, few altogether: their records hold the targets' names."""
    witnesses: set[int] = set()
    for together in co_cited.values():
        for citers in together.values():
            if witnesses.isdisjoint(citers):
                witnesses.add(citers[0])
    return witnesses


def _articles_of(targets: set[int], citing_ids: Sequence[int]) -> dict[int, int]:
    """Return the articles here that reference lists name, by target; targets are one-way, so names are read again."""
    if not targets:
        return {}
    names: set[str] = set()
    for (content,) in rows_in("SELECT content FROM catalog_article WHERE id IN ({})", citing_ids):
        references = (r.identifier for r in unpack_article(content).relations if r.kind == "references")
        names.update(name for name in references if name and target_of(name) in targets)
    return {
        target_of(key): number
        for key, number in rows_in("SELECT key, article_id FROM catalog_identifier WHERE key IN ({})", names)
    }


def _read_each(sql: str, values: Iterable[int], n: int) -> dict[int, list[int]]:
    """Return the first `n` rows of a query for each value, by that value: one statement for many values."""
    found: dict[int, list[int]] = {}
    wanted = list(dict.fromkeys(values))
    for start in range(0, len(wanted), _UNION):
        some = wanted[start : start + _UNION]
        one = f"SELECT * FROM ({sql} LIMIT {n}) x"
        for value, other in rows(" UNION ALL ".join([one] * len(some)), some):
            found.setdefault(value, []).append(other)
    return found
