"""Readers for tests: made as rows, with an address that is verified or not."""

from datetime import UTC, datetime, timedelta

from allauth.account.models import EmailAddress

from germane.web.readers.models import Like, Reader

NOW = datetime(2026, 11, 20, 10, 20, tzinfo=UTC)
DAY = timedelta(days=1)


def make_reader(name: str = "ada", *, age: timedelta = 30 * DAY, is_verified: bool = True) -> Reader:
    """Make a reader whose account is so old at `NOW`."""
    reader = Reader(email=f"{name}@example.org")
    reader.set_unusable_password()
    reader.save()
    Reader.objects.filter(pk=reader.pk).update(joined_at=NOW - age)
    EmailAddress.objects.create(user=reader, email=reader.email, verified=is_verified, primary=True)
    return reader


def likes_of(reader: Reader) -> dict[int, datetime]:
    """Return what a reader likes, with since when."""
    return dict(Like.objects.filter(reader=reader).values_list("article_id", "liked_at"))
