"""Write what sources say of articles: find whose record it is, merge, and keep every table that follows from it.

A batch is read, decided in memory and written with a few statements, so that an import's cost is the parsing.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Literal, NamedTuple

from germane.article import VERSION_RELATIONS, Abstract, Article, Deletion, Record
from germane.identifiers import key_of
from germane.matching.works import compare_works, work_keys
from germane.merge import merge_articles, merge_records
from germane.web.catalog.codec import digest, pack_text, unpack_article, unpack_text
from germane.web.catalog.rows import target_of
from germane.web.catalog.store import article_rows
from germane.web.catalog.store.derived import recount
from germane.web.catalog.store.items import resolve_claims, write_declared
from germane.web.catalog.store.sql import insert_many, rows, rows_in, write, write_in, write_many

Outcome = Literal["new", "changed", "unchanged"]
Reparse = Callable[[str, str], Iterable[Record]]  # (source, raw text) → its records
_TOO_COMMON = 30  # a blocking key that more articles share says nothing


class Incoming(NamedTuple):
    """A record as it was read."""

    record: Record
    raw: str


class _Held(NamedTuple):
    article_id: int
    digest: bytes
    is_withdrawn: bool


def write_records(incoming: Sequence[Incoming], reparse: Reparse, now: datetime) -> list[Outcome]:
    """Keep records and bring their articles up to date. No two may share (source, key); returns what each one was."""
    held = _held([(i.record.source, i.record.key) for i in incoming])
    outcomes: list[Outcome] = []
    batch = _Batch(reparse, now)
    fresh: list[tuple[Incoming, bytes, _Held | None]] = []
    for one in incoming:
        before = held.get((one.record.source, one.record.key))
        mark = digest(one.raw)
        if before and before.digest == mark and not before.is_withdrawn:
            outcomes.append("unchanged")
        else:
            outcomes.append("changed" if before else "new")
            fresh.append((one, mark, before))
    if fresh:
        batch.load([one.record.article for one, _, _ in fresh], [b.article_id for _, _, b in fresh if b])
        for one, mark, before in fresh:
            batch.place(one, mark, before.article_id if before else None)
        batch.flush()
    return outcomes


def withdraw_records(deletions: Sequence[Deletion], reparse: Reparse, now: datetime) -> list[Outcome]:
    """Withdraw records; an article that no record is left of answers 410 from then on."""
    held = _held([(d.source, d.key) for d in deletions])
    outcomes: list[Outcome] = []
    for deletion in deletions:
        before = held.get((deletion.source, deletion.key))
        if not before or before.is_withdrawn:
            outcomes.append("unchanged")
            continue
        outcomes.append("changed")
        write(
            "UPDATE catalog_record SET is_withdrawn = %s, seen_at = %s WHERE source = %s AND key = %s",
            [True, now, deletion.source, deletion.key],
        )
    remerge_articles(
        [b.article_id for b, o in zip((held.get((d.source, d.key)) for d in deletions), outcomes, strict=True)
         if b and o == "changed"],
        reparse,
        now,
    )  # fmt: skip
    return outcomes


def remerge_articles(ids: Iterable[int], reparse: Reparse, now: datetime) -> None:
    """Make articles again from all their records, as after a change or with a better parser."""
    batch = _Batch(reparse, now)
    wanted = list(dict.fromkeys(ids))
    batch.load([], wanted)
    for article_id in wanted:
        batch.remerge(article_id)
    batch.flush()


class _Batch:
    """One batch's view of the catalog: what it loaded, what it decided, what it will write."""

    def __init__(self, reparse: Reparse, now: datetime) -> None:
        self.reparse = reparse
        self.now = now
        self.owners: dict[str, int] = {}  # identifier key → article
        self.sharing: dict[int, list[int]] = {}  # work key → articles
        self.articles: dict[int, Article] = {}
        self.before: dict[int, Article] = {}  # as they were loaded
        self.waiting: dict[int, list[int]] = {}  # target → articles that call it a version of theirs
        self.dirty: dict[int, None] = {}
        self.versions: list[tuple[int, int]] = []
        self.absorbed: dict[int, int] = {}
        self.record_rows: list[tuple[object, ...]] = []
        self.placed: dict[int, list[Record]] = {}
        self.deleted: set[int] = set()
        self.were_deleted: set[int] = set()
        self.next_id = 0

    def load(self, incoming: Sequence[Article], ids: Iterable[int]) -> None:
        """Read everything that deciding on these articles may need, in a handful of queries."""
        keys = [key_of(i) for a in incoming for i in a.identifiers]
        targets = [r.identifier for a in incoming for r in a.relations if r.kind in VERSION_RELATIONS and r.identifier]
        self.owners = dict(
            rows_in("SELECT key, article_id FROM catalog_identifier WHERE key IN ({})", [*keys, *targets])
        )
        for target, article_id in rows_in(
            "SELECT target, article_id FROM catalog_versionlink WHERE target IN ({})", map(target_of, keys)
        ):
            self.waiting.setdefault(target, []).append(article_id)
        homeless = [a for a in incoming if not any(key_of(i) in self.owners for i in a.identifiers)]
        for key, article_id in rows_in(
            "SELECT key, article_id FROM catalog_workkey WHERE key IN ({})",
            [key for a in homeless for key in work_keys(a)],
        ):
            self.sharing.setdefault(key, []).append(article_id)
        self.sharing = {k: v for k, v in self.sharing.items() if len(v) <= _TOO_COMMON}
        wanted = {*ids, *(self.owners[k] for k in keys if k in self.owners)}
        wanted.update(article_id for some in self.sharing.values() for article_id in some)
        self._load_articles(wanted)
        self.next_id = (rows("SELECT MAX(id) FROM catalog_article")[0][0] or 0) + 1

    def place(self, one: Incoming, mark: bytes, held_by: int | None) -> None:
        """Find or make the record's article and merge the record into it."""
        article = merge_records([one.record])
        article_id = self._owner(article, held_by)
        self.record_rows.append(
            (one.record.source, one.record.key, article_id, mark, pack_text(one.raw), False, self.now)
        )
        self.placed.setdefault(article_id, []).append(one.record)
        if held_by is not None:
            self.remerge(article_id)
        elif article_id in self.articles:
            self._set(article_id, merge_articles(self.articles[article_id], article))
        else:
            self._set(article_id, article)
        self._link_versions(article_id, article)

    def remerge(self, article_id: int) -> None:
        """Make an article again from its records: those that are kept, and over them those of this batch."""
        ids = [article_id, *(loser for loser in self.absorbed if self._final(loser) == article_id)]
        records = {(r.source, r.key): r for i in ids for r in self.placed.get(i, ())}
        for source, key, raw in rows_in(
            "SELECT source, key, raw FROM catalog_record WHERE article_id IN ({}) AND NOT is_withdrawn ORDER BY id", ids
        ):
            if (source, key) not in records:
                for record in self.reparse(source, unpack_text(raw)):
                    if record.key == key:
                        records.setdefault((source, key), record)
        if records:
            self.deleted.discard(article_id)
            self._set(article_id, merge_records(records.values()))
        else:
            self.deleted.add(article_id)
            self.dirty[article_id] = None

    def flush(self) -> None:
        """Write what was decided."""
        for loser, winner in self.absorbed.items():
            _absorb(loser, winner, self.now)
        changed = {
            i: self.articles[i]
            for i in self.dirty
            if i not in self.absorbed
            and i not in self.deleted
            and (self.articles[i] != self.before.get(i) or i in self.were_deleted)
        }
        article_rows.write_articles(changed, known=self.before.keys(), now=self.now)
        insert_many(
            "record",
            ("source", "key", "article_id", "digest", "raw", "is_withdrawn", "seen_at"),
            [(*r[:2], self._final(r[2]), *r[3:]) for r in self.record_rows],
            "(source, key) DO UPDATE SET article_id = EXCLUDED.article_id, digest = EXCLUDED.digest,"
            " raw = EXCLUDED.raw, is_withdrawn = EXCLUDED.is_withdrawn, seen_at = EXCLUDED.seen_at",
        )
        if self.deleted:
            write_in("UPDATE catalog_article SET is_deleted = TRUE, is_indexed = FALSE WHERE id IN ({})", self.deleted)
        touched = set(changed) | _join_clusters([(self._final(a), self._final(b)) for a, b in self.versions])
        write_declared(changed, self.now)
        touched |= resolve_claims([key_of(i) for a in changed.values() for i in a.identifiers], self.now)
        recount(touched)

    def _owner(self, article: Article, held_by: int | None) -> int:
        """Return the article that a record speaks of, merging articles that it shows to be one."""
        found = [self._final(self.owners[k]) for k in map(key_of, article.identifiers) if k in self.owners]
        if held_by is not None:
            found.insert(0, self._final(held_by))
        found = list(dict.fromkeys(found))
        if not found:
            return self._by_title(article)
        winner = found[0]
        for other in found[1:]:
            if _may_be_one(self.articles[winner], self.articles[other]):
                winner = self._merge_articles(winner, other)
        return winner

    def _by_title(self, article: Article) -> int:
        near = dict.fromkeys(
            self._final(i) for key in work_keys(article) for i in self.sharing.get(key, ()) if i in self.articles
        )
        same_work = None
        for candidate in near:
            verdict = compare_works(self.articles[candidate], article)
            if verdict.outcome == "same-article":
                return candidate
            if verdict.outcome == "same-work" and same_work is None:
                same_work = candidate
        article_id = self.next_id
        self.next_id += 1
        if same_work is not None:
            self.versions.append((same_work, article_id))
        return article_id

    def _merge_articles(self, a: int, b: int) -> int:
        """Two articles are one: the lower number stays."""
        winner, loser = min(a, b), max(a, b)
        merged = merge_articles(self.articles[winner], self.articles[loser])
        self.absorbed[loser] = winner
        self.dirty.pop(loser, None)
        self._set(winner, merged)
        return winner

    def _set(self, article_id: int, article: Article) -> None:
        self.articles[article_id] = article
        self.dirty[article_id] = None
        for identifier in article.identifiers:
            self.owners.setdefault(key_of(identifier), article_id)
        for key in work_keys(article):
            some = self.sharing.setdefault(key, [])
            if article_id not in some:
                some.append(article_id)

    def _link_versions(self, article_id: int, article: Article) -> None:
        for relation in article.relations:
            if relation.kind in VERSION_RELATIONS and relation.identifier:
                if relation.identifier in self.owners:
                    self.versions.append((article_id, self.owners[relation.identifier]))
                self.waiting.setdefault(target_of(relation.identifier), []).append(article_id)
        for identifier in article.identifiers:
            self.versions += [(article_id, other) for other in self.waiting.get(target_of(key_of(identifier)), ())]

    def _final(self, article_id: object) -> int:
        number = int(str(article_id))
        while number in self.absorbed:
            number = self.absorbed[number]
        return number

    def _load_articles(self, ids: Iterable[int]) -> None:
        abstracts: dict[int, list[Abstract]] = {}
        wanted = [i for i in ids if i not in self.articles]
        for number, *rest in rows_in(
            "SELECT article_id, markup, source, license, basis, language FROM catalog_abstract"
            " WHERE article_id IN ({})",
            wanted,
        ):
            abstracts.setdefault(number, []).append(Abstract(*rest))
        for number, content, is_deleted in rows_in(
            "SELECT id, content, is_deleted FROM catalog_article WHERE id IN ({})", wanted
        ):
            if is_deleted:
                self.were_deleted.add(number)
            article = article_rows.with_abstracts(unpack_article(content), abstracts.get(number, ()))
            self.articles[number] = self.before[number] = article


def _may_be_one(a: Article, b: Article) -> bool:
    """Two articles with different DOIs stay two, whatever a third record says of both."""
    mine, theirs = ({i.value for i in x.identifiers if i.scheme == "doi"} for x in (a, b))
    return not mine or not theirs or bool(mine & theirs)


def _held(keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], _Held]:
    held: dict[tuple[str, str], _Held] = {}
    for source in dict.fromkeys(source for source, _ in keys):
        for key, article_id, mark, is_withdrawn in rows_in(
            f"SELECT key, article_id, digest, is_withdrawn FROM catalog_record WHERE source = '{_name(source)}'"
            " AND key IN ({})",
            [k for s, k in keys if s == source],
        ):
            held[source, key] = _Held(article_id, bytes(mark), bool(is_withdrawn))
    return held


def _name(source: str) -> str:
    """Return a source's name, which stands in SQL as it is and so must be a plain word."""
    if not source.replace("-", "_").isidentifier():
        raise ValueError(f"{source!r} is no connector's name")
    return source


def _join_clusters(pairs: Iterable[tuple[int, int]]) -> set[int]:
    """Give the two articles of each pair one cluster; returns the articles whose versions changed."""
    touched: set[int] = set()
    for a, b in dict.fromkeys(p for p in pairs if p[0] != p[1]):
        clusters = sorted(r[0] for r in rows("SELECT cluster_id FROM catalog_article WHERE id IN (%s, %s)", [a, b]))
        if len(clusters) == 2 and clusters[0] != clusters[1]:
            write("UPDATE catalog_article SET cluster_id = %s WHERE cluster_id = %s", clusters)
            touched.update(r[0] for r in rows("SELECT id FROM catalog_article WHERE cluster_id = %s", clusters[:1]))
    return touched


def _absorb(loser: int, winner: int, now: datetime) -> None:
    """Hand everything that belongs to one article to another, and leave a redirect."""
    for table in ("identifier", "record"):
        write(f"UPDATE catalog_{table} SET article_id = %s WHERE article_id = %s", [winner, loser])
    write(
        "DELETE FROM catalog_mention WHERE article_id = %s"
        " AND item_id IN (SELECT item_id FROM catalog_mention WHERE article_id = %s)",
        [loser, winner],
    )
    write("UPDATE catalog_mention SET article_id = %s WHERE article_id = %s", [winner, loser])
    for table, column in article_rows.OWNED:
        write(f"DELETE FROM catalog_{table} WHERE {column} = %s", [loser])
    write_many(
        "DELETE FROM catalog_similar WHERE article_id = %s OR similar_id = %s",
        [(loser, loser)],
    )
    write(
        "UPDATE catalog_article SET merged_into = %s, is_indexed = %s, changed_at = %s"
        " WHERE id = %s OR merged_into = %s",
        [winner, False, now, loser, loser],
    )
