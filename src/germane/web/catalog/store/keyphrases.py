"""The keyphrases of articles, and of how many articles each keyphrase is.

A keyphrase's number follows from its slug, so that nothing is looked up to write what an article has. How many articles
have it would change a page of a large tree for each: new articles are counted many at a time, in the order of the tree.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from django.db import connection

from germane.web.catalog.rows import phrase_number, phrase_slug
from germane.web.catalog.store.derived import read_derivation, write_derivation
from germane.web.catalog.store.sql import insert_many, rows, rows_in, write, write_in, write_many

if TYPE_CHECKING:  # the extractor loads half a second of arrays, which an import does without
    from germane.enrich.keyphrases import Keyphrase as FoundKeyphrase

_DONE = "keyphrases"  # in the table of derivations: the number of the last article that is counted
_ARTICLES = 150_000  # counted together: about a second for each million keyphrases that there are
_LOCK = 7_202_119  # of those who count, or change what is counted
# The phrase as the first article of a group writes it: SQLite takes it from the row that MIN found.
_FIRST = {"sqlite": "phrase", "postgresql": "(ARRAY_AGG(phrase ORDER BY article_id))[1]"}
_ADD = "(id) DO UPDATE SET n_articles = catalog_keyphrase.n_articles + EXCLUDED.n_articles"


class PhraseRow(NamedTuple):
    """A keyphrase as its row has it."""

    number: int  # of its slug
    phrase: str
    score: float


def phrase_rows(phrases: Sequence["FoundKeyphrase"]) -> list[PhraseRow]:
    """Return the rows of an article's keyphrases, best first; of those with one slug the best alone."""
    found: dict[str, PhraseRow] = {}
    for phrase in phrases:
        slug = phrase_slug(phrase.phrase)
        if slug and slug not in found:
            found[slug] = PhraseRow(phrase_number(slug), phrase.phrase, phrase.score)
    return list(found.values())


def write_keyphrases(found: Mapping[int, Sequence[PhraseRow]], sort_ons: Mapping[int, int]) -> None:
    """Replace the keyphrases of some articles. `count_keyphrases` counts those of new articles."""
    forget_keyphrases(found)
    insert_many(
        "articlekeyphrase",
        ("article_id", "rank", "keyphrase_id", "phrase", "score", "sort_on"),
        [
            (i, rank, number, phrase, score, sort_ons.get(i, 0))
            for i in sorted(found)
            for rank, (number, phrase, score) in enumerate(found[i])
        ],
    )
    _wait_for_others()
    done = _done()
    again = [row for i in sorted(found) if i <= done for row in found[i]]
    n, phrases = Counter(row.number for row in again), {row.number: row.phrase for row in reversed(again)}
    insert_many(
        "keyphrase", ("id", "phrase", "n_articles"), [(i, phrases[i], n[i]) for i in sorted(n)], _ADD
    )  # those that were counted once are counted at once
    count_keyphrases(at_least=_ARTICLES)


def forget_keyphrases(ids: Iterable[int]) -> None:
    """Remove the keyphrases of some articles."""
    wanted = list(ids)
    before = rows_in("SELECT article_id, keyphrase_id FROM catalog_articlekeyphrase WHERE article_id IN ({})", wanted)
    if not before:
        return
    _wait_for_others()
    done = _done()
    write_in("DELETE FROM catalog_articlekeyphrase WHERE article_id IN ({})", wanted)
    n = Counter(number for i, number in before if i <= done)
    write_many(
        "UPDATE catalog_keyphrase SET n_articles = n_articles - %s WHERE id = %s", [(n[i], i) for i in sorted(n)]
    )


def count_keyphrases(at_least: int = 1) -> None:
    """Count the keyphrases of new articles, when so many are waiting.

    Counting and the note of how far it has come are one transaction, the caller's: nothing is counted twice.
    """
    _wait_for_others()
    done, last = _done(), _last()
    while last - done >= at_least:
        upto = min(last, done + _ARTICLES)
        write(
            f"INSERT INTO catalog_keyphrase (id, phrase, n_articles) SELECT keyphrase_id, {_FIRST[connection.vendor]},"
            " COUNT(*) FROM catalog_articlekeyphrase WHERE article_id > %s AND article_id <= %s GROUP BY keyphrase_id"
            f" HAVING MIN(article_id) > 0 ORDER BY keyphrase_id ON CONFLICT {_ADD}",
            [done, upto],
        )
        write_derivation(_DONE, str(upto))
        done = upto


def _wait_for_others() -> None:
    """Let nobody else count until this transaction ends; on SQLite nobody else writes."""
    if connection.vendor == "postgresql":
        write("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


def _last() -> int:
    return int(rows("SELECT COALESCE(MAX(article_id), 0) FROM catalog_articlekeyphrase")[0][0])


def _done() -> int:
    return int(read_derivation(_DONE) or 0)
