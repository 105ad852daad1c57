"""Decide whose record it is: one batch's view of the catalog, what it loaded, decided, and will write."""

from collections.abc import Callable, Iterable, Sequence

from msgspec.structs import replace

from germane.article import Abstract, Article, Record
from germane.identifiers import key_of, parse_key
from germane.matching.works import compare_works, is_contradicted, work_keys
from germane.merge import merge_articles, merge_records
from germane.web.catalog.codec import unpack_article, unpack_markup, unpack_text
from germane.web.catalog.store import article_rows
from germane.web.catalog.store.grouping import group_records
from germane.web.catalog.store.incoming import Prepared
from germane.web.catalog.store.sql import rows, rows_in
from germane.web.catalog.store.work_keys import TOO_COMMON, find_work_keys

Reparse = Callable[[str, str], Iterable[Record]]  # (source, raw text) → its records
RecordName = tuple[str, str]  # source, key


class Batch:
    """What is known and decided about some records and the articles that they concern.

    Article numbers that callers and tables hold may have been absorbed meanwhile: `final` says what became of them.
    """

    def __init__(self, reparse: Reparse) -> None:
        self.reparse = reparse
        self.articles: dict[int, Article] = {}  # as decided so far; each with the identifiers that it owns alone
        self.before: dict[int, Article] = {}  # as they were loaded
        self.owners: dict[str, int] = {}  # identifier key → the article whose records say so
        self.leftovers: dict[str, int] = {}  # identifier key → the article whose records once said so
        self.contests: dict[int, set[str]] = {}  # article → keys that its records claim and others own
        self.regrouped: set[int] = set()  # articles whose contests are known anew
        self.released: set[str] = set()  # keys that an article of this batch gave up
        self.sharing: dict[int, list[int]] = {}  # work key → articles
        self.asked: set[int] = set()  # work keys that were looked up
        self.versions: list[tuple[int, int]] = []  # by their titles or by a contested name, not those declared
        self.absorbed: dict[int, int] = {}
        self.dirty: dict[int, None] = {}
        self.fresh: dict[RecordName, Prepared] = {}  # records of this batch
        self.records: dict[RecordName, Record] = {}  # the same, to be looked into
        self.at: dict[RecordName, int] = {}  # where records of this batch, and those that it moved, are now
        self.gone: set[int] = set()  # articles without a record
        self.were_gone: set[int] = set()
        self.next_id = (rows("SELECT MAX(id) FROM catalog_article")[0][0] or 0) + 1

    def load(self, incoming: Sequence[Article], ids: Iterable[int]) -> None:
        """Read everything that deciding on these articles may need, in a handful of queries."""
        self._know(incoming)
        self._load_articles(ids)

    def place(self, fresh: Prepared, record: Record, held_by: int | None) -> None:
        """Find or make the record's article and merge the record into it."""
        name = (fresh.source, fresh.key)
        self.fresh[name], self.records[name] = fresh, record
        if held_by is None:
            self.at[name] = self._place(merge_records([record]))
        else:
            self.at[name] = self.final(self.at.get(name, held_by))
            self.regroup(self.at[name])

    def regroup(self, article_id: int) -> None:
        """Make an article again from its records; those that are no longer of it go where they belong."""
        article_id = self.final(article_id)
        records = self._records(article_id)
        self.regrouped.add(article_id)
        self.contests.pop(article_id, None)
        if not records:
            self._remove(article_id)
            return
        (_, kept), *others = group_records(records)
        self._know([kept, *(group.article for group in others)])
        self._release(article_id, keep=set(kept.identifiers))
        self.gone.discard(article_id)
        self._set(article_id, kept)
        for group in others:
            number = self._place(group.article)
            self.at.update(((r.source, r.key), number) for r in group.records)
        for owner in self._owners(kept):
            if owner != article_id and not is_contradicted(self.articles[article_id], self.articles[owner]):
                article_id = self._merge(article_id, owner)

    def settle(self) -> None:
        """Give the names that articles gave up to those who claim them too, and find whose versions articles are."""
        free = {key for key in self.released if key not in self.owners}
        claims = rows_in("SELECT key, article_id FROM catalog_contest WHERE key IN ({})", free)
        claims = [(key, number) for key, number in claims if number not in self.regrouped]
        claims += [(key, number) for number, keys in self.contests.items() for key in keys & free]
        self._load_articles(self.final(number) for _, number in claims)
        for key, number in sorted(claims):
            identifier, claimant = parse_key(key), self.final(number)
            article = self.articles.get(claimant)
            if identifier and article and key not in self.owners and claimant not in self.gone:
                self._set(claimant, merge_articles(article, Article(identifiers=(identifier,))))
        self._know_titles(self.articles[number] for number in self.dirty if number not in self.gone)
        for number in list(self.dirty):
            if number not in self.gone and number not in self.absorbed:
                self._link(number)

    def give_number(self) -> int:
        """Return the number of a new article."""
        self.next_id += 1
        return self.next_id - 1

    def final(self, article_id: int) -> int:
        """Return the article that an article has become."""
        while article_id in self.absorbed:
            article_id = self.absorbed[article_id]
        return article_id

    # --- deciding ---------------------------------------------------------------------------------------------------

    def _place(self, article: Article) -> int:
        number = self._owner(article)
        if number in self.articles and number not in self.gone:
            self._set(number, merge_articles(self.articles[number], article))
        else:
            self.gone.discard(number)
            self._set(number, article)
        return number

    def _owner(self, article: Article) -> int:
        """Return the article that a record speaks of, merging articles that it shows to be one."""
        owners = self._owners(article)
        found = [i for i in owners if not is_contradicted(self.articles[i], article)]
        number = found[0] if found else self._forsaken(article) or self._alike(article)
        for other in found[1:]:
            if not is_contradicted(self.articles[number], self.articles[other]):
                number = self._merge(number, other)
        for other in owners:
            if other not in found and compare_works(self.articles[other], article).outcome == "same-work":
                self.versions.append((number, other))  # the DOIs of a preprint and of its publication
        return number

    def _owners(self, article: Article) -> list[int]:
        keys = map(key_of, article.identifiers)
        return list(dict.fromkeys(self.final(self.owners[key]) for key in keys if key in self.owners))

    def _forsaken(self, article: Article) -> int:
        """Return the article that every source has withdrawn, and that this one names; 0 for none."""
        for key in map(key_of, article.identifiers):
            number = self.final(self.leftovers.get(key, 0))
            if number in self.gone and not is_contradicted(self.articles[number], article):
                return number
        return 0

    def _alike(self, article: Article) -> int:
        for candidate in self._near(article):
            if compare_works(self.articles[candidate], article).outcome == "same-article":
                return candidate
        return self.give_number()

    def _near(self, article: Article) -> list[int]:
        """Return the articles whose titles are like this one's."""
        found = [self.sharing.get(key, ()) for key in work_keys(article)]
        some = dict.fromkeys(self.final(i) for ids in found if len(ids) <= TOO_COMMON for i in ids)
        return [i for i in some if i in self.articles and i not in self.gone]

    def _merge(self, a: int, b: int) -> int:
        """Two articles are one: the lower number stays."""
        winner, loser = min(a, b), max(a, b)
        merged = merge_articles(self.articles[winner], self.articles[loser])
        self.absorbed[loser] = winner
        self.contests.setdefault(winner, set()).update(self.contests.pop(loser, ()))
        self.dirty.pop(loser, None)
        self._set(winner, merged)
        return winner

    def _set(self, number: int, article: Article) -> None:
        """Take an article as this, without the names that others own: those are contested."""
        for key in map(key_of, article.identifiers):
            if self.final(self.owners.setdefault(key, number)) != number:
                self.contests.setdefault(number, set()).add(key)
        contested = self.contests.get(number)
        if contested:
            owned = tuple(i for i in article.identifiers if self.final(self.owners[key_of(i)]) == number)
            article = replace(article, identifiers=owned)
        self.articles[number] = article
        self.dirty[number] = None
        for work_key in work_keys(article):
            some = self.sharing.setdefault(work_key, [])
            if number not in some:
                some.append(number)

    def _release(self, number: int, keep: Iterable[object] = ()) -> None:
        for identifier in set(self.articles[number].identifiers) - set(keep):
            key = key_of(identifier)
            if self.final(self.owners.get(key, number)) == number:
                self.owners.pop(key, None)
                self.leftovers[key] = number
                self.released.add(key)

    def _remove(self, number: int) -> None:
        self._release(number)
        self.gone.add(number)
        self.dirty[number] = None

    def _link(self, number: int) -> None:
        """Note whose version an article is by its title; it may also turn out to be another one that is here."""
        for other in self._near(self.articles[number]):
            if other in (number, *self.absorbed):
                continue
            outcome = compare_works(self.articles[other], self.articles[number]).outcome
            if outcome == "same-work":
                self.versions.append((number, other))
            elif outcome == "same-article":
                number = self._merge(number, other)

    # --- loading ----------------------------------------------------------------------------------------------------

    def _records(self, number: int) -> list[Record]:
        """Return all records of an article: those that are kept, and over them those of this batch."""
        ids = [number, *(loser for loser in self.absorbed if self.final(loser) == number)]
        ids = [i for i in ids if i in self.before]
        found: dict[RecordName, Record] = {}
        for source, key, raw in rows_in(
            "SELECT source, key, raw FROM catalog_record WHERE article_id IN ({}) AND NOT is_withdrawn ORDER BY id", ids
        ):
            if (source, key) not in self.at:
                found.update(((source, key), r) for r in self.reparse(source, unpack_text(raw)) if r.key == key)
        for (source, key), at in self.at.items():
            if self.final(at) == number:
                found[source, key] = self._moved(source, key)
        return list(found.values())

    def _moved(self, source: str, key: str) -> Record:
        if (source, key) in self.records:
            return self.records[source, key]
        [(raw,)] = rows("SELECT raw FROM catalog_record WHERE source = %s AND key = %s", [source, key])
        return next(r for r in self.reparse(source, unpack_text(raw)) if r.key == key)

    def _know(self, some: Sequence[Article]) -> None:
        """Load who owns the names of some articles, and who has titles like theirs."""
        keys = [key_of(i) for a in some for i in a.identifiers]
        wanted = [k for k in keys if k not in self.owners and k not in self.leftovers]
        named = rows_in("SELECT key, article_id FROM catalog_identifier WHERE key IN ({})", wanted)
        self._load_articles(number for _, number in named)
        self._know_titles(some)
        for key, number in named:
            identifier = parse_key(key)
            is_owner = number not in self.were_gone and identifier in self.before[number].identifiers
            (self.owners if is_owner else self.leftovers)[key] = number

    def _know_titles(self, some: Iterable[Article]) -> None:
        wanted = {key for a in some for key in work_keys(a)} - self.asked
        self.asked |= wanted
        found = find_work_keys(wanted)
        for key, number in found:
            known = self.sharing.setdefault(key, [])
            if number not in known:
                known.append(number)
        near = {number for key, number in found if len(self.sharing[key]) <= TOO_COMMON}
        self._load_articles(near)

    def _load_articles(self, ids: Iterable[int]) -> None:
        abstracts: dict[int, list[Abstract]] = {}
        wanted = [i for i in ids if i not in self.articles]
        for number, markup, *rest in rows_in(
            "SELECT article_id, markup, source, license, basis, language FROM catalog_abstract"
            " WHERE article_id IN ({})",
            wanted,
        ):
            abstracts.setdefault(number, []).append(Abstract(unpack_markup(markup), *rest))
        for number, content, is_deleted in rows_in(
            "SELECT id, content, is_deleted FROM catalog_article WHERE id IN ({})", wanted
        ):
            if is_deleted:
                self.gone.add(number)
                self.were_gone.add(number)
            article = article_rows.with_abstracts(unpack_article(content), abstracts.get(number, ()))
            self.articles[number] = self.before[number] = article
