"""The readers' tables: columns and constraints only; integrity is the database's.

Articles are named by number, without a foreign key: they live in another database, may turn out to be one with
another article, and may be withdrawn. Whoever reads numbers here resolves them through `catalog.queries`.
Every table of a reader's has a column `reader`, so that what is kept of somebody can be exported and deleted whole.
"""

import secrets
from typing import ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models import CheckConstraint, Index, Q, UniqueConstraint
from django.db.models.functions import Lower

DIGESTS = ("none", "daily", "weekly")
FOLLOWED = ("article", "keyphrase", "venue", "author", "search")
EXCLUDED = ("author", "venue", "topic")
ALERTS = ("new", "mention", "correction", "concern", "retraction", "reinstatement")
MAILED = ("retraction", "reinstatement")  # alerts of these kinds are told by mail at once


def new_key() -> str:
    """Return a key that nobody guesses: 192 random bits, for addresses."""
    return secrets.token_urlsafe(24)


class ReaderManager(BaseUserManager["Reader"]):
    """Makes readers."""

    def create_user(self, email: str, password: str | None = None, **fields: object) -> "Reader":
        """Make a reader. Raises ValueError without an address."""
        if not email:
            raise ValueError("a reader has an e-mail address")
        reader = self.model(email=self.normalize_email(email), **fields)
        reader.set_password(password)
        reader.save(using=self._db)
        return reader

    def create_superuser(self, email: str, password: str | None = None, **fields: object) -> "Reader":
        """Make an operator, who may do everything."""
        return self.create_user(email, password, **{**fields, "is_staff": True, "is_superuser": True})


class Reader(AbstractBaseUser, PermissionsMixin):
    """An account. The e-mail address is its name; nothing else needs to be told."""

    email = models.EmailField(unique=True, max_length=254)
    name = models.CharField(max_length=100, blank=True)  # shown to nobody but the reader, and on shared collections
    is_staff = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    joined_at = models.DateTimeField(auto_now_add=True)
    feed_key = models.CharField(max_length=40, unique=True, default=new_key)  # the private feed's address; renewable
    digest = models.CharField(max_length=6, default="none", choices=[(d, d) for d in DIGESTS])
    digest_key = models.CharField(max_length=40, unique=True, default=new_key)  # confirms, and unsubscribes
    digest_confirmed_at = models.DateTimeField(null=True)  # the second opt-in, by a link in a mail
    digest_sent_at = models.DateTimeField(null=True)
    alert_mails = models.BooleanField(default=True)  # told at once by mail that something liked was retracted

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar = []
    objects: ClassVar[ReaderManager] = ReaderManager()

    class Meta:
        constraints: ClassVar = [
            UniqueConstraint(Lower("email"), name="reader_email_once"),
            CheckConstraint(condition=Q(digest__in=DIGESTS), name="reader_digest_known"),
        ]
        indexes: ClassVar = [
            Index("digest", "digest_sent_at", name="reader_digest_due", condition=~Q(digest="none")),
        ]


def _reader() -> "models.ForeignKey[Reader, Reader]":
    # every table's own index begins with the reader, so that Django need not make another
    return models.ForeignKey(Reader, on_delete=models.CASCADE, db_index=False, related_name="+")


class Like(models.Model):
    """A reader likes an article."""

    reader = _reader()
    article_id = models.BigIntegerField()
    liked_at = models.DateTimeField()
    is_counted = models.BooleanField(default=True)  # in the public count: see `store.counting`

    class Meta:
        constraints: ClassVar = [UniqueConstraint("reader", "article_id", name="like_once")]
        indexes: ClassVar = [
            Index("article_id", "reader", name="like_of_article"),
            Index("reader", "liked_at", "article_id", name="like_newest"),
        ]


class LikeCount(models.Model):
    """How many likes an article's public count shows; derived from `Like`."""

    article_id = models.BigIntegerField(primary_key=True)
    n = models.IntegerField()


class ReadMark(models.Model):
    """A reader has read an article."""

    reader = _reader()
    article_id = models.BigIntegerField()
    read_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [UniqueConstraint("reader", "article_id", name="read_once")]


class Dismissal(models.Model):
    """A reader wants less like this: the article is not recommended, and those near it less."""

    reader = _reader()
    article_id = models.BigIntegerField()
    dismissed_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [UniqueConstraint("reader", "article_id", name="dismissed_once")]


class Note(models.Model):
    """What a reader wrote down about an article, for themselves alone."""

    reader = _reader()
    article_id = models.BigIntegerField()
    text = models.TextField(max_length=20_000)
    changed_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            UniqueConstraint("reader", "article_id", name="note_once"),
            CheckConstraint(condition=~Q(text=""), name="note_says_something"),
        ]


class Collection(models.Model):
    """A reader's named list of articles: private, unless it has a key that its link carries."""

    reader = _reader()
    name = models.CharField(max_length=120)
    about = models.TextField(max_length=2_000, blank=True)
    share_key = models.CharField(max_length=40, unique=True, null=True)
    made_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            UniqueConstraint("reader", "name", name="collection_named_once"),
            CheckConstraint(condition=~Q(name=""), name="collection_has_a_name"),
        ]


class CollectionEntry(models.Model):
    """An article in a collection."""

    collection = models.ForeignKey(Collection, on_delete=models.CASCADE, db_index=False, related_name="+")
    article_id = models.BigIntegerField()
    added_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [UniqueConstraint("collection", "article_id", name="collected_once")]


class Exclusion(models.Model):
    """What a reader never wants recommended: an author, a venue, a topic."""

    reader = _reader()
    kind = models.CharField(max_length=8)
    value = models.CharField(max_length=200)  # ORCID or folded name; venue's number; keyphrase's slug
    label = models.CharField(max_length=300)  # as it is shown
    made_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            UniqueConstraint("reader", "kind", "value", name="excluded_once"),
            CheckConstraint(condition=Q(kind__in=EXCLUDED), name="exclusion_kind_known"),
        ]


class ProfilePhrase(models.Model):
    """What a reader said of a phrase of their profile: more of it, less, or not at all (0)."""

    reader = _reader()
    slug = models.CharField(max_length=200)  # of a keyphrase of the catalog, or of the reader's own words
    phrase = models.CharField(max_length=200)
    weight = models.FloatField()

    class Meta:
        constraints: ClassVar = [
            UniqueConstraint("reader", "slug", name="profile_phrase_once"),
            CheckConstraint(condition=Q(weight__gte=-1) & Q(weight__lte=2), name="profile_phrase_in_range"),
        ]


class Follow(models.Model):
    """What a reader wants to hear about."""

    reader = _reader()
    kind = models.CharField(max_length=10)
    target = models.CharField(
        max_length=1_000
    )  # article's number, keyphrase's or venue's slug, ORCID, a search's query
    label = models.CharField(max_length=300)  # as it is shown
    made_at = models.DateTimeField()
    seen_to = models.BigIntegerField(default=0)  # of an article or a mention: what came up to then is not told

    class Meta:
        constraints: ClassVar = [
            UniqueConstraint("reader", "kind", "target", name="followed_once"),
            CheckConstraint(condition=Q(kind__in=FOLLOWED), name="follow_kind_known"),
        ]
        indexes: ClassVar = [Index("kind", "target", name="follow_of_target")]


class FollowDay(models.Model):
    """How much happened on one day to something that a reader follows: beyond a limit it is counted, and not told."""

    follow = models.ForeignKey(Follow, on_delete=models.CASCADE, db_index=False, related_name="+")
    day = models.DateField()
    n = models.IntegerField()

    class Meta:
        constraints: ClassVar = [UniqueConstraint("follow", "day", name="follow_day_once")]


class Alert(models.Model):
    """Something happened that a reader follows, or to an article that they like."""

    reader = _reader()
    kind = models.CharField(max_length=13)
    article_id = models.BigIntegerField()
    item_id = models.BigIntegerField(default=0)  # of a mention; 0 of the rest
    why = models.CharField(max_length=400)  # "You follow …", "You like this article"
    happened_at = models.DateTimeField()
    seen_at = models.DateTimeField(null=True)
    is_to_mail = models.BooleanField(default=False)
    mailed_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            UniqueConstraint("reader", "kind", "article_id", "item_id", name="alerted_once"),
            CheckConstraint(condition=Q(kind__in=ALERTS), name="alert_kind_known"),
        ]
        indexes: ClassVar = [
            Index("reader", "happened_at", "id", name="alert_newest"),
            Index("reader", name="alert_unseen", condition=Q(seen_at=None)),
            Index("reader", "id", name="alert_to_mail", condition=Q(is_to_mail=True)),
        ]


class RecommendedList(models.Model):
    """What is recommended to a reader, made at night: one packed row (`codec`). Derived from the marks."""

    reader = models.OneToOneField(Reader, on_delete=models.CASCADE, primary_key=True, related_name="+")
    made_at = models.DateTimeField()
    found = models.BinaryField()


class Mailed(models.Model):
    """An article that a digest told a reader of, which no later one tells again."""

    reader = _reader()
    article_id = models.BigIntegerField()
    mailed_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [UniqueConstraint("reader", "article_id", name="mailed_once")]


class Checkpoint(models.Model):
    """How far a job has come through what happens, such as the greatest mention's number that alerts were made of."""

    name = models.CharField(max_length=40, primary_key=True)
    value = models.BigIntegerField()


class PageView(models.Model):
    """How often an article's page was looked at on one day: numbers only, of nobody."""

    day = models.DateField()
    article_id = models.BigIntegerField()
    n = models.IntegerField()

    class Meta:
        constraints: ClassVar = [UniqueConstraint("day", "article_id", name="viewed_day_once")]
