"""Write what was made of articles (formulas, similar articles, counts). All of it can be rebuilt."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from germane.item import Evidence, Tab
from germane.web.catalog.codec import pack_similar
from germane.web.catalog.rows import MAX_VERSIONS, Counts, read_counts, write_counts
from germane.web.catalog.store.sql import as_parameter, insert_many, rows, rows_in, write, write_in, write_many

# Of the articles most similar to a new one, so many look again whether it belongs in their lists.
N_TOLD = 10
Found = Sequence[tuple[int, float, Sequence[Evidence]]]  # (article, score, reasons), best first
_DISCUSSED: tuple[Tab, ...] = ("news", "social", "video")
# A stage → the flag that says whether an article has its output.
FLAGS = {"enrich": "is_enriched", "relate": "is_related"}


def write_rendered(titles: Mapping[int, str], abstracts: Mapping[int, str]) -> None:
    """Write titles by article, and abstracts by their own number, with formulas as MathML."""
    write_many("UPDATE catalog_article SET title_html = %s WHERE id = %s", [(t, i) for i, t in titles.items()])
    write_many("UPDATE catalog_abstract SET html = %s WHERE id = %s", [(t, i) for i, t in abstracts.items()])


def mark_enriched(changed_at: Mapping[int, Any]) -> None:
    """Mark articles as enriched, and as such that the index has not seen so.

    Those that have changed since they were read, which `changed_at` tells, stay in the stages' queues.
    """
    write_many(
        "UPDATE catalog_article SET is_enriched = TRUE, is_indexed = FALSE WHERE id = %s AND changed_at = %s",
        list(changed_at.items()),
    )


def mark_indexed(changed_at: Mapping[int, Any]) -> None:
    """Mark articles as being in the index, but for those that have changed since they were read."""
    write_many(
        "UPDATE catalog_article SET is_indexed = TRUE WHERE id = %s AND changed_at = %s", list(changed_at.items())
    )


def write_similar(found: Mapping[int, Found], generation: int = 0) -> None:
    """Replace the similar articles of some articles, best first, and mark the articles as related.

    `generation` counts the states of the index. Articles that are new in it are told to their nearest neighbors, whose
    lists come from an earlier one: these wait for a refresh, which tells nobody else.
    """
    arrived = {r[0] for r in rows_in("SELECT id FROM catalog_article WHERE NOT is_related AND id IN ({})", found)}
    write_lists({number: (len(some), pack_similar(number, some)) for number, some in found.items()}, generation)
    write_in("DELETE FROM catalog_refresh WHERE article_id IN ({})", found)
    write_in(
        "INSERT INTO catalog_refresh (article_id) SELECT id FROM catalog_article WHERE is_related AND related_in < %s"
        " AND id IN ({}) ON CONFLICT DO NOTHING",
        [other for number in arrived for other, _, _ in found[number][:N_TOLD]],
        generation,
    )


def write_lists(lists: Mapping[int, tuple[int, bytes]], generation: int) -> None:
    """Replace packed lists of similar articles, each with its length, and mark the articles as related."""
    write_in("DELETE FROM catalog_similar WHERE article_id IN ({})", [i for i, (n, _) in lists.items() if not n])
    insert_many(
        "similar",
        ("article_id", "n", "n_told", "found"),
        [(i, n, n, blob) for i, (n, blob) in lists.items() if n],  # packing refuses a list that is not told whole
        "(article_id) DO UPDATE SET n = EXCLUDED.n, n_told = EXCLUDED.n_told, found = EXCLUDED.found",
    )
    write_in("UPDATE catalog_article SET is_related = TRUE, related_in = %s WHERE id IN ({})", lists, generation)


def end_refresh(ids: Iterable[int]) -> None:
    """Take articles out of the queue of those that wait for a refresh."""
    write_in("DELETE FROM catalog_refresh WHERE article_id IN ({})", ids)


def write_failures(stage: str, reasons: Mapping[int, str], now: datetime) -> None:
    """Note why a stage failed on some articles, and mark them as done, so that it goes on with the others."""
    insert_many(
        "failure",
        ("stage", "article_id", "reason", "seen_at"),
        [(stage, number, reason[:2000], now) for number, reason in reasons.items()],
        "(stage, article_id) DO UPDATE SET reason = EXCLUDED.reason, seen_at = EXCLUDED.seen_at",
    )
    write_in(f"UPDATE catalog_article SET {FLAGS[stage]} = TRUE WHERE id IN ({{}})", reasons)
    write_in("DELETE FROM catalog_refresh WHERE article_id IN ({})", reasons)


def remove_failures(stage: str, ids: Iterable[int]) -> None:
    """Forget that a stage failed on some articles: it has not, this time."""
    if rows("SELECT 1 FROM catalog_failure WHERE stage = %s LIMIT 1", [stage]):
        write_in("DELETE FROM catalog_failure WHERE stage = %s AND article_id IN ({})", ids, stage)


def retry_failures() -> None:
    """Hand every article on which a stage failed to that stage again."""
    for stage, flag in FLAGS.items():
        write(
            f"UPDATE catalog_article SET {flag} = FALSE WHERE id IN"
            " (SELECT article_id FROM catalog_failure WHERE stage = %s)",
            [stage],
        )
    write("DELETE FROM catalog_failure")


def read_derivation(what: str) -> str:
    """Return what made some derived data, "" when nothing has."""
    found = rows("SELECT made_by FROM catalog_derivation WHERE what = %s", [what])
    return str(found[0][0]) if found else ""


def write_derivation(what: str, made_by: str) -> None:
    """Note what makes some derived data from now on."""
    insert_many("derivation", ("what", "made_by"), [(what, made_by)], "(what) DO UPDATE SET made_by = EXCLUDED.made_by")


def is_any_indexed() -> bool:
    """Tell whether an article that can be found is marked as being in the index."""
    return bool(
        rows("SELECT 1 FROM catalog_article WHERE is_indexed AND merged_into IS NULL AND NOT is_deleted LIMIT 1")
    )


def mark_items_related(ids: Iterable[int]) -> None:
    """Mark items whose topic shelf has been looked for."""
    write_in("UPDATE catalog_item SET is_related = TRUE WHERE id IN ({})", ids)


def recount(ids: Iterable[int], now: datetime) -> None:
    """Count again what the tabs of some articles list.

    The index keeps of each article whether it has news, videos, posts about it: where that changes, it is told again.
    """
    wanted = list(dict.fromkeys(ids))
    tally: dict[int, dict[str, int]] = {number: {} for number in wanted}
    for number, tab, shelf, n in rows_in(
        "SELECT m.article_id, m.tab, m.shelf, COUNT(*) FROM catalog_mention m JOIN catalog_item i ON i.id = m.item_id"
        " WHERE NOT m.is_hidden AND NOT i.is_hidden AND m.article_id IN ({}) GROUP BY m.article_id, m.tab, m.shelf",
        wanted,
    ):
        counted = tally[number]
        counted[tab] = counted.get(tab, 0) + n
        if shelf == "about":
            counted[f"{tab}_about"] = n
    for number, n in rows_in(
        "SELECT a.id, COUNT(*) FROM catalog_article a JOIN catalog_article b ON b.cluster_id = a.cluster_id"
        " AND b.id <> a.id AND b.merged_into IS NULL AND NOT b.is_deleted WHERE a.id IN ({}) GROUP BY a.id",
        wanted,
    ):
        tally[number]["more"] = tally[number].get("more", 0) + min(n, MAX_VERSIONS)
    before: dict[int, Counts] = {}
    for number, n, text in rows_in("SELECT id, n_listed, counts FROM catalog_article WHERE id IN ({})", wanted):
        tally[number]["more"] = tally[number].get("more", 0) + n
        before[number] = read_counts(text)
    after = {i: Counts(**{k: n for k, n in some.items() if k != "more_about"}) for i, some in tally.items()}
    write_many(
        "UPDATE catalog_article SET counts = %s, n_mentions = %s WHERE id = %s",
        [(write_counts(counts), sum(map(counts.about, _DISCUSSED)), i) for i, counts in after.items()],
    )
    write_in(
        # It has changed: what was read of it before, and is on its way into the index, does not make it indexed.
        "UPDATE catalog_article SET is_indexed = FALSE, changed_at = %s WHERE id IN ({})",
        [i for i, counts in before.items() if _kinds_about(counts) != _kinds_about(after[i])],
        as_parameter(now),
    )


def _kinds_about(counts: Counts) -> list[bool]:
    return [counts.about(tab) > 0 for tab in _DISCUSSED]
