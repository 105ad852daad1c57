"""What recommending asks of the catalog: of hundreds of articles at once, a question a query."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from germane.text import fold
from germane.web.catalog.codec import unpack_article, unpack_similar
from germane.web.catalog.rows import is_retracted
from germane.web.catalog.store.sql import rows

MAX_ASKED = 10_000  # numbers in one query; SQLite takes 32,766
_AT_ONCE = 100_000  # rows held as Python objects
_SHOWN = "a.merged_into IS NULL AND NOT a.is_deleted"
_CUT = " et al."  # what a byline ends with that does not name everybody


class Standing(Struct, frozen=True):
    """What decides whether an article may be recommended, and beside which."""

    article_id: int  # as it is today: another than was asked for, if it was merged
    venue_id: int  # 0: none
    year: int | None
    cluster_id: int
    is_retracted: bool
    byline: str


def read_standings(ids: Iterable[int]) -> dict[int, Standing]:
    """Return how some articles stand, by the numbers asked for, merges followed; those that are gone are left out."""
    found: dict[int, Standing] = {}
    for some in _chunks(ids):
        asked = rows(
            "SELECT m.id, a.id, a.venue_id, a.sort_on, a.cluster_id, a.notices, a.byline FROM catalog_article m"
            " JOIN catalog_article a ON a.id = COALESCE(m.merged_into, m.id)"
            f" WHERE m.id IN ({_marks(some)}) AND {_SHOWN}",
            some,
        )
        found |= {
            number: Standing(today, venue or 0, (sort_on // 10_000) or None, cluster, is_retracted(bits), byline)
            for number, today, venue, sort_on, cluster, bits, byline in asked
        }
    return found


def read_similar_of(ids: Iterable[int]) -> dict[int, list[tuple[int, float]]]:
    """Return the kept lists of similar articles of some articles, as (article, likeness 0..1), best first."""
    found: dict[int, list[tuple[int, float]]] = {}
    for some in _chunks(ids):
        kept = rows(f"SELECT article_id, found FROM catalog_similar WHERE article_id IN ({_marks(some)})", some)
        found |= {number: [(other, score) for other, score, _ in unpack_similar(blob)] for number, blob in kept}
    return found


def read_newest_of_keyphrases(keyphrase_ids: Sequence[int], n: int = 5) -> dict[int, list[int]]:
    """Return the numbers of the newest articles of some keyphrases, at most 200 of these; unused ones are left out."""
    if not keyphrase_ids:
        return {}
    one = (
        "SELECT * FROM (SELECT keyphrase_id, article_id FROM catalog_articlekeyphrase WHERE keyphrase_id = %s"
        " ORDER BY sort_on DESC, article_id DESC LIMIT %s) x"
    )
    some = keyphrase_ids[:200]
    found: dict[int, list[int]] = {}
    for keyphrase, article in rows(" UNION ALL ".join([one] * len(some)), [v for each in some for v in (each, n)]):
        found.setdefault(keyphrase, []).append(article)
    return found


def read_years(after: int = 0) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the articles that the index has, ascending, of greater numbers than one, and their years, 0 unknown."""
    found: list[NDArray[np.int64]] = []
    while some := rows(
        "SELECT id, sort_on / 10000 FROM catalog_article WHERE is_indexed AND merged_into IS NULL AND NOT is_deleted"
        " AND id > %s ORDER BY id LIMIT %s",
        [after, _AT_ONCE],
    ):
        after = some[-1][0]
        found.append(np.array(some, np.int64))
    pairs = np.concatenate(found) if found else np.zeros((0, 2), np.int64)
    return pairs[:, 0].copy(), pairs[:, 1].copy()


def greatest_number() -> int:
    """Return the greatest number that an article has, 0 when there is none."""
    return int(rows("SELECT COALESCE(MAX(id), 0) FROM catalog_article")[0][0])


def count_of_keyphrases(keyphrase_ids: Iterable[int]) -> dict[int, int]:
    """Return in how many articles some keyphrases stand."""
    found: dict[int, int] = {}
    for some in _chunks(keyphrase_ids):
        found |= dict(rows(f"SELECT id, n_articles FROM catalog_keyphrase WHERE id IN ({_marks(some)})", some))
    return found


def having_keyphrases(ids: Sequence[int], keyphrase_ids: Sequence[int]) -> set[int]:
    """Return those of some articles that have any of these keyphrases."""
    if not ids or not keyphrase_ids:
        return set()
    found = rows(
        f"SELECT article_id FROM catalog_articlekeyphrase WHERE article_id IN ({_marks(ids)})"
        f" AND keyphrase_id IN ({_marks(keyphrase_ids)})",
        [*ids, *keyphrase_ids],
    )
    return {number for (number,) in found}


def written_by(bylines: Mapping[int, str], orcids: Sequence[str], names: Sequence[str]) -> set[int]:
    """Return those of some articles, given with their bylines, that somebody wrote who has such an ORCID or name.

    A name is meant whatever its case and accents, and also without what stands before or after it.
    """
    found: set[int] = set()
    ids = list(bylines)
    if ids and orcids:
        named = rows(
            f"SELECT article_id FROM catalog_authorship WHERE article_id IN ({_marks(ids)})"
            f" AND orcid IN ({_marks(orcids)})",
            [*ids, *orcids],
        )
        found |= {number for (number,) in named}
    wanted = [f" {folded} " for name in names if (folded := fold(name))]
    if not wanted:
        return found
    found |= {number for number, byline in bylines.items() if _names_one(byline.split(", "), wanted)}
    cut = [number for number, byline in bylines.items() if byline.endswith(_CUT) and number not in found]
    if cut:
        whole = rows(f"SELECT id, content FROM catalog_article WHERE id IN ({_marks(cut)})", cut)
        authors = ((number, [author.name for author in unpack_article(blob).authors]) for number, blob in whole)
        found |= {number for number, all_names in authors if _names_one(all_names, wanted)}
    return found


def _names_one(authors: Iterable[str], wanted: Sequence[str]) -> bool:
    folded = [f" {fold(author)} " for author in authors]
    return any(name in author for author in folded for name in wanted)


def _chunks(values: Iterable[int]) -> Iterable[list[int]]:
    everything = list(dict.fromkeys(values))
    return (everything[start : start + MAX_ASKED] for start in range(0, len(everything), MAX_ASKED))


def _marks(values: Sequence[object]) -> str:
    return ",".join(["%s"] * len(values))
