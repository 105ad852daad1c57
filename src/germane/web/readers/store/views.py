"""How often articles' pages are looked at: sums of each day, and nothing about who looked."""

from collections.abc import Mapping
from datetime import date

from django.db import connections, transaction
from django.db.models import Sum

from germane.web.readers import database
from germane.web.readers.models import PageView

_AT_ONCE = 2_000


def add_views(day: date, views: Mapping[int, int]) -> None:
    """Add to the sums of a day, all or none."""
    rows = [(day.isoformat(), article_id, n) for article_id, n in sorted(views.items())]
    with transaction.atomic(using=database()), connections[database()].cursor() as cursor:
        cursor.executemany(
            "INSERT INTO readers_pageview (day, article_id, n) VALUES (%s, %s, %s)"
            " ON CONFLICT (day, article_id) DO UPDATE SET n = readers_pageview.n + EXCLUDED.n",
            rows,
        )


def forget_views(before: date) -> int:
    """Delete the sums of days before a day, some at a time, and return how many rows."""
    n = 0
    while old := list(PageView.objects.filter(day__lt=before).values_list("id", flat=True)[:_AT_ONCE]):
        n += PageView.objects.filter(id__in=old).delete()[0]
    return n


def sum_views(since: date) -> int:
    """Return how often pages of articles were looked at, from a day on."""
    return int(PageView.objects.filter(day__gte=since).aggregate(n=Sum("n"))["n"] or 0)


def most_viewed(since: date, n: int = 10) -> list[tuple[int, int]]:
    """Return the articles that were looked at most, from a day on, each with how often."""
    sums = PageView.objects.filter(day__gte=since).values_list("article_id").annotate(n=Sum("n"))
    return [(article_id, views) for article_id, views in sums.order_by("-n", "article_id")[:n]]
