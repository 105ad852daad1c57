"""Similar articles of all articles, a list of near ones at a time; every part can run in a process of its own."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from germane.item import Evidence
from germane.relate.bulk.candidates import Candidates, find_candidates, rare_products
from germane.relate.bulk.corpus import Corpus
from germane.relate.bulk.folding import distinct
from germane.relate.bulk.graph import Graph, Ties
from germane.relate.bulk.telling import Telling, have_own_authors
from germane.relate.bulk.words import Rows, WordTable
from germane.relate.diversity import LARGEST_GROUP, SAME_WORDS, SMALLEST_CAP, spread
from germane.relate.links import LINK_WEIGHTS
from germane.relate.reasons import evidence_from, told_links
from germane.relate.similar import N_FOLDED, Similar

N_SPARE = 2  # candidates beyond those asked for that are told, since some have no reason


def relate_lists(
    corpus: Corpus, graph: Graph | None, begin: int, end: int, *, n: int = 20
) -> Iterator[tuple[int, list[Similar]]]:
    """Yield the articles of the lists `begin` to `end`, each with its similar ones, best first, `n` at most."""
    first, last = int(corpus.lists[begin]), int(corpus.lists[end])
    rare = rare_products(corpus, first, last)
    for number in range(begin, end):
        own = np.arange(corpus.lists[number], corpus.lists[number + 1])
        if not len(own):
            continue
        ties = graph.ties_of(own) if graph else None
        table = WordTable(corpus, own)
        try:
            found = find_candidates(corpus, table, number, rare[own - first], ties)
            yield from _told(corpus, table, own, found, ties, n)
        finally:
            table.close()


def _told(
    corpus: Corpus, table: WordTable, own: Rows, found: Candidates, ties: Ties | None, n: int
) -> Iterator[tuple[int, list[Similar]]]:
    kept = _kept(corpus, own, found, n)
    is_spread, by_authors = _groups(corpus, own, kept, n)
    chosen = kept.rows >= 0
    chosen[~is_spread, n + N_SPARE :] = False
    owners, places = np.nonzero(chosen)
    telling = Telling(corpus, table, own, owners, kept.rows[chosen])
    links = _links(ties, owners, kept.rows[chosen])
    bounds = np.searchsorted(owners, np.arange(len(own) + 1)).tolist()
    ids = corpus.ids[kept.rows[chosen]].tolist()
    scores, text, words, vectors = (
        part[chosen].tolist() for part in (np.minimum(kept.scores, 1), kept.text, kept.words, kept.vectors)
    )
    titled = (~corpus.has_abstract[own]).tolist()
    own_ids = corpus.ids[own].tolist()
    for owner, number in enumerate(own_ids):
        similar: list[Similar] = []
        at: dict[int, int] = {}
        for pair in range(bounds[owner], bounds[owner + 1]):
            told, are_keyphrases = telling.of(owner, pair)
            evidence = evidence_from(
                told,
                are_keyphrases,
                links[pair],
                score=text[pair],
                words=words[pair],
                vectors=vectors[pair],
                by_title_only=titled[owner],
            )
            if evidence:
                at[ids[pair]] = places[pair]
                similar.append(Similar(ids[pair], scores[pair], evidence, titled[owner]))
                if len(similar) == n and not is_spread[owner]:
                    break
        if is_spread[owner]:
            groups = corpus.groups[np.maximum(kept.rows[owner], 0)].tolist()
            authors = by_authors[owner].tolist()
            similar = spread(similar, lambda s: _groups_of(groups[at[s.article_id]], authors[at[s.article_id]]), n=n)  # noqa: B023
        yield number, similar


def _groups_of(group: int, is_by_own_authors: bool) -> list[int | str]:
    return ([group] if group else []) + (["authors"] if is_by_own_authors else [])


def _kept(corpus: Corpus, own: Rows, found: Candidates, n: int) -> Candidates:
    """Return the candidates that are no other's double, first the best: (q, n + N_FOLDED)."""
    k = min(n + N_FOLDED, found.rows.shape[1])
    # those with the article's own text again do not count among these
    order = np.argsort((found.words >= SAME_WORDS) & (found.rows >= 0), axis=1, kind="stable")[:, :k]
    first = _taken(found, order)
    stays = distinct(corpus, own, first)
    rows = np.where(stays, first.rows, -1)
    return _taken(
        Candidates(rows, first.scores, first.text, first.words, first.vectors),
        np.argsort(~stays, axis=1, kind="stable"),
    )


def _taken(found: Candidates, order: NDArray[np.intp]) -> Candidates:
    parts: Sequence[NDArray[np.float32]] = (found.scores, found.text, found.words, found.vectors)
    return Candidates(
        np.take_along_axis(found.rows, order, axis=1), *(np.take_along_axis(part, order, axis=1) for part in parts)
    )


def _groups(corpus: Corpus, own: Rows, kept: Candidates, n: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return whose lists a group may crowd (q,), and which candidates (q, k) are by the article's own authors."""
    cap = max(SMALLEST_CAP, round(LARGEST_GROUP * n))
    by_authors = have_own_authors(corpus, own, kept.rows)
    groups = np.sort(np.where(kept.rows[:, :n] >= 0, corpus.groups[kept.rows[:, :n]], 0), axis=1)
    crowded = ((groups[:, cap:] == groups[:, :-cap]) & (groups[:, cap:] > 0)).any(axis=1)
    return crowded | (by_authors[:, :n].sum(axis=1) > cap), by_authors


def _links(ties: Ties | None, owners: Rows, rows: Rows) -> list[tuple[Evidence, ...]]:
    """Return what the links of each pair say, () of those that have none."""
    told: list[tuple[Evidence, ...]] = [()] * len(owners)
    if ties is None or not len(ties.keys):
        return told
    keys = owners << 32 | rows
    at = np.searchsorted(ties.keys, keys)
    at[at == len(ties.keys)] = 0
    tied = np.flatnonzero(ties.keys[at] == keys)
    columns = [ties.n_links[kind][at[tied]].tolist() for kind in LINK_WEIGHTS]
    for pair, *n_links in zip(tied.tolist(), *columns, strict=True):
        told[pair] = told_links(*n_links)
    return told
