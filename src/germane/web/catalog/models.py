"""The catalog's tables: columns and constraints only; integrity is the database's.

Two truths are kept, `Record` with `Item`, and everything else is derived from them (`germane rebuild`).
Lists are read by keyset on (`sort_on`, `id`), both descending, so every list has an index that ends in them.
"""

from typing import ClassVar

from django.db import models
from django.db.models import CheckConstraint, F, Index, Q, UniqueConstraint

from germane.article import ARTICLE_TYPES
from germane.item import ABOUT_CODES, EVIDENCE_CODES, ITEM_KINDS, SHELVES, TABS


class Venue(models.Model):
    """A journal, conference or repository, one row per folded name."""

    slug = models.CharField(max_length=200, unique=True)  # the folded name, with hyphens
    name = models.TextField()
    kind = models.CharField(max_length=12, blank=True)
    publisher = models.TextField(blank=True)
    issns = models.TextField(blank=True)  # separated by spaces


class Article(models.Model):
    """One article: the columns that lists, filters and stages need, and the merged record itself in `content`."""

    cluster_id = models.BigIntegerField(db_index=True)  # the lowest id among the versions of one work
    merged_into = models.BigIntegerField(null=True)  # set when it turned out to be another article
    title = models.TextField(blank=True)  # plain
    title_html = models.TextField(blank=True)  # clean markup with MathML
    byline = models.TextField(blank=True)
    doi = models.TextField(blank=True)  # makes the address; the first of several
    venue = models.ForeignKey(Venue, null=True, on_delete=models.PROTECT, db_index=False, db_constraint=False)
    published_on = models.CharField(max_length=10, blank=True)
    sort_on = models.IntegerField()  # published_on as YYYYMMDD, unknown parts 0
    type = models.CharField(max_length=20)
    language = models.CharField(max_length=3, blank=True)
    is_open = models.BooleanField(default=False)
    notices = models.SmallIntegerField(default=0)  # bits: see NOTICE_BITS in `rows`
    n_mentions = models.IntegerField(default=0)  # about shelf only; what "most discussed" sorts by
    n_listed = models.IntegerField(default=0)  # references and notices, which More information counts
    counts = models.CharField(max_length=120, blank=True)  # shown per tab, see `rows.Counts`
    content = models.BinaryField()  # germane.article.Article without abstracts, see `codec`
    is_enriched = models.BooleanField(default=False)
    is_indexed = models.BooleanField(default=False)
    is_related = models.BooleanField(default=False)
    related_in = models.IntegerField(db_default=0)  # the generation of the index that its similar articles come from
    is_deleted = models.BooleanField(default=False)  # every source withdrew it: answers 410
    added_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [
            Index("sort_on", "id", name="article_newest", condition=Q(merged_into=None, is_deleted=False)),
            Index("venue_id", "sort_on", "id", name="article_by_venue"),
            Index("n_mentions", "id", name="article_discussed", condition=Q(n_mentions__gt=0)),
            Index("merged_into", name="article_redirects", condition=Q(merged_into__isnull=False)),
            Index("id", name="article_to_enrich", condition=Q(is_enriched=False)),
            Index("id", name="article_to_index", condition=Q(is_indexed=False)),
            Index("id", name="article_to_relate", condition=Q(is_related=False)),
        ]
        constraints: ClassVar = [
            CheckConstraint(condition=Q(type__in=ARTICLE_TYPES), name="article_type_known"),
            CheckConstraint(condition=~Q(merged_into=F("id")), name="article_not_merged_into_itself"),
        ]


class Identifier(models.Model):
    """One name of an article, such as "doi:10.1/x". The primary key keeps two articles from owning one name."""

    key = models.TextField(primary_key=True)
    article_id = models.BigIntegerField(db_index=True)


class Contest(models.Model):
    """A name that an article's records claim too, and that another article owns: it has it wrongly, or shares a work.

    When the owner's records say so no longer, the name goes to the lowest of these.
    """

    pk = models.CompositePrimaryKey("key", "article_id")
    key = models.TextField()
    article_id = models.BigIntegerField(db_index=True)


class WorkKey(models.Model):
    """A blocking key of `germane.matching.works`: articles that share one may be the same work."""

    pk = models.CompositePrimaryKey("key", "article_id")
    key = models.BigIntegerField()
    article_id = models.BigIntegerField(db_index=True)


class RecentWorkKey(models.Model):
    """Such a key of one of the newest articles, which is sorted in with many others."""

    pk = models.CompositePrimaryKey("key", "article_id")
    key = models.BigIntegerField()
    article_id = models.BigIntegerField()

    class Meta:
        indexes: ClassVar = [Index("article_id", name="recent_work_key_of_article")]


class Record(models.Model):
    """What one source says of one article, kept whole, so that articles can be rebuilt."""

    source = models.TextField()
    key = models.TextField()
    article_id = models.BigIntegerField(db_index=True)
    digest = models.BinaryField(max_length=16)  # of `raw`, to tell unchanged from changed
    raw = models.BinaryField()  # the piece as it was read, compressed
    is_withdrawn = models.BooleanField(default=False)
    seen_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [UniqueConstraint(fields=["source", "key"], name="record_of_source_unique")]


class Abstract(models.Model):
    """One source's abstract of an article. Read through `gate` only."""

    article_id = models.BigIntegerField(db_index=True)
    source = models.TextField()
    license = models.TextField(blank=True)
    basis = models.CharField(max_length=12)
    language = models.CharField(max_length=3, blank=True)
    markup = models.BinaryField()  # see `codec.unpack_markup`
    html = models.TextField(blank=True)  # with MathML, when `markup` holds TeX; empty otherwise


class Authorship(models.Model):
    """An author whom ORCID names, on one article: what author pages list."""

    pk = models.CompositePrimaryKey("orcid", "sort_on", "article_id")
    orcid = models.CharField(max_length=19)
    sort_on = models.IntegerField()
    article_id = models.BigIntegerField(db_index=True)
    name = models.TextField()


class Keyphrase(models.Model):
    """A phrase found in articles, one row per folded form."""

    id = models.BigIntegerField(primary_key=True)  # `rows.phrase_number` of its slug
    phrase = models.TextField()  # as first written
    n_articles = models.IntegerField(default=0)


class ArticleKeyphrase(models.Model):
    """A keyphrase of an article."""

    pk = models.CompositePrimaryKey("article_id", "rank")
    article_id = models.BigIntegerField()
    rank = models.SmallIntegerField()
    keyphrase_id = models.BigIntegerField()
    phrase = models.TextField()  # as this article writes it
    score = models.FloatField()
    sort_on = models.IntegerField()

    class Meta:
        indexes: ClassVar = [Index("keyphrase_id", "sort_on", "article_id", name="article_of_keyphrase")]


class ReferenceList(models.Model):
    """The identifiers that an article refers to, known here or not; an article that names none has no row."""

    article_id = models.BigIntegerField(primary_key=True)
    targets = models.BinaryField()  # `rows.target_of` each: see `codec.pack_targets`


class Citation(models.Model):
    """The reference lists the other way round: who refers to an identifier. Made of them in bulk, after an import."""

    pk = models.CompositePrimaryKey("target", "citing_id")
    target = models.BigIntegerField()
    citing_id = models.BigIntegerField()


class VersionLink(models.Model):
    """An article's statement that an identifier, known here or not, is another version of its work."""

    pk = models.CompositePrimaryKey("target", "article_id")
    target = models.BigIntegerField()
    article_id = models.BigIntegerField(db_index=True)


class Similar(models.Model):
    """The similar articles of an article, with why. Derived; the whole list is replaced at once."""

    article_id = models.BigIntegerField(primary_key=True)
    n = models.SmallIntegerField()
    n_told = models.SmallIntegerField()  # those with a reason
    found = models.BinaryField()  # see `codec.pack_similar`

    class Meta:
        constraints: ClassVar = [
            CheckConstraint(condition=Q(n__gt=0), name="similar_is_no_empty_list"),
            CheckConstraint(condition=Q(n_told=F("n")), name="similar_has_evidence"),
        ]


class Refresh(models.Model):
    """An article that has similar ones, and to which newer articles may be more similar: the second queue of relating.

    The first are the articles that are new or changed.
    """

    article_id = models.BigIntegerField(primary_key=True)


class Failure(models.Model):
    """An article on which a stage failed: it goes without that stage's output until it changes, or a new version."""

    pk = models.CompositePrimaryKey("stage", "article_id")
    stage = models.CharField(max_length=12)
    article_id = models.BigIntegerField(db_index=True)
    reason = models.TextField()
    seen_at = models.DateTimeField()


class NoticeChange(models.Model):
    """An article that was here already got notices that it had not before; in the order in which that was learnt."""

    article_id = models.BigIntegerField()
    gained = models.SmallIntegerField()  # bits, as in `Article.notices`
    seen_at = models.DateTimeField()


class Derivation(models.Model):
    """What made some of the derived data: when it is another one now, that data is made again."""

    what = models.CharField(max_length=20, primary_key=True)  # "embedding", "similar" …
    made_by = models.TextField()


class Item(models.Model):
    """A story, post, video or reference work, as its channel gave it."""

    channel = models.TextField()
    key = models.TextField()
    kind = models.CharField(max_length=10)
    platform = models.TextField(blank=True)
    label = models.CharField(max_length=40, blank=True)
    url = models.TextField(blank=True)
    title = models.TextField(blank=True)
    excerpt = models.CharField(max_length=201, blank=True)
    author = models.TextField(blank=True)
    published_on = models.CharField(max_length=32, blank=True)
    sort_on = models.IntegerField()
    language = models.CharField(max_length=8, blank=True)
    storage = models.CharField(max_length=12)
    content = models.BinaryField()  # germane.item.Item, whole
    digest = models.BinaryField(max_length=16)
    is_hidden = models.BooleanField(default=False)
    is_related = models.BooleanField(default=False)  # its topic shelf has been looked for
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [Index("id", name="item_to_relate", condition=Q(is_related=False))]
        constraints: ClassVar = [
            UniqueConstraint(fields=["channel", "key"], name="item_of_channel_unique"),
            CheckConstraint(condition=Q(kind__in=ITEM_KINDS), name="item_kind_known"),
        ]


class Claim(models.Model):
    """An item's statement of an article, kept also while nobody has that article yet."""

    pk = models.CompositePrimaryKey("key", "item_id")
    key = models.TextField()  # "doi:10.1/x"
    item_id = models.BigIntegerField(db_index=True)


class Mention(models.Model):
    """An item on a shelf of an article's tab, with the evidence without which it may not be there."""

    item = models.ForeignKey(Item, on_delete=models.CASCADE)
    article_id = models.BigIntegerField()
    tab = models.CharField(max_length=12)
    shelf = models.CharField(max_length=6)
    code = models.CharField(max_length=12)
    matched = models.TextField()
    place = models.TextField()  # where it stood: field and offset, URL, or registry
    matcher = models.CharField(max_length=40)
    confidence = models.FloatField()
    sort_on = models.IntegerField()
    is_hidden = models.BooleanField(default=False)
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [
            Index("article_id", "tab", "shelf", "sort_on", "id", name="mention_of_article"),
            Index("id", name="mention_newest", condition=Q(shelf="about", tab__in=("news", "social", "video"))),
        ]
        constraints: ClassVar = [
            UniqueConstraint(fields=["item", "article_id"], name="mention_once"),
            CheckConstraint(condition=Q(tab__in=TABS), name="mention_tab_known"),
            CheckConstraint(condition=Q(shelf__in=SHELVES), name="mention_shelf_known"),
            CheckConstraint(condition=Q(code__in=EVIDENCE_CODES), name="mention_code_known"),
            CheckConstraint(condition=~Q(matched="") & ~Q(place="") & ~Q(matcher=""), name="mention_has_evidence"),
            CheckConstraint(condition=Q(confidence__gte=0) & Q(confidence__lte=1), name="mention_confidence_0_to_1"),
            CheckConstraint(
                condition=Q(shelf="topic") | Q(code__in=sorted(ABOUT_CODES)), name="mention_about_is_not_similarity"
            ),
            CheckConstraint(
                condition=Q(shelf="about") | ~Q(code__in=sorted(ABOUT_CODES)), name="mention_topic_is_similarity"
            ),
        ]


class Reject(models.Model):
    """A piece that could not be understood, with its place and why; replayed by `germane rejects --replay`."""

    file = models.TextField()
    position = models.BigIntegerField()
    line = models.BigIntegerField(default=0)
    source = models.CharField(max_length=20)
    reason = models.TextField()
    raw = models.BinaryField()  # compressed; at most 64 kB of an oversized piece
    is_whole = models.BooleanField(default=True)  # False: `raw` is cut, so replaying cannot help
    digest = models.BinaryField(max_length=16)
    seen_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            UniqueConstraint(fields=["file", "position", "digest"], name="reject_once"),
        ]


class Checkpoint(models.Model):
    """How far an interrupted import of a file has come; removed when it ends."""

    fingerprint = models.CharField(max_length=64, primary_key=True)  # of name, size, time and beginning
    file = models.TextField()
    position = models.BigIntegerField()  # pieces done
    counts = models.TextField()  # JSON
    updated_at = models.DateTimeField()


class HarvestWindow(models.Model):
    """How far a source has been harvested: one row for each window of days and query that it was asked for."""

    source = models.CharField(max_length=40)
    query = models.TextField(blank=True)
    since = models.CharField(max_length=10, blank=True)
    until = models.CharField(max_length=10, blank=True)
    cursor = models.TextField(blank=True)  # where the next page is
    n_pages = models.IntegerField(default=0)  # fetched, and kept in files until they are imported
    n_imported = models.IntegerField(default=0)  # of these
    n_records = models.BigIntegerField(default=0)  # that the pages held, as the source told
    n_told = models.BigIntegerField(null=True)  # that all pages should hold
    counts = models.TextField(default="{}")  # JSON: what the import of the pages came to
    is_fetched = models.BooleanField(default=False)  # to its last page
    is_daily = models.BooleanField(default=False)  # `germane harvest all` asked for it, and goes on after it
    error = models.TextField(blank=True)  # why the last run ended before that
    retry_at = models.DateTimeField(null=True)  # before then it cannot help
    seen_at = models.DateTimeField()  # of the last page or error
    done_at = models.DateTimeField(null=True)  # fetched and imported

    class Meta:
        indexes: ClassVar = [Index("source", "done_at", name="harvest_of_source")]
        constraints: ClassVar = [
            UniqueConstraint(fields=["source", "query", "since", "until"], name="harvest_window_once"),
            CheckConstraint(condition=Q(n_imported__lte=F("n_pages")), name="harvest_imported_what_was_fetched"),
        ]
