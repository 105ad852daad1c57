"""The lists that are made at night: derived from the marks, and replaced whole."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from germane.recommend import Recommendation
from germane.web.readers import database
from germane.web.readers.codec import pack_list
from germane.web.readers.models import Reader, RecommendedList


def write_lists(lists: Mapping[int, list[Recommendation]], now: datetime) -> int:
    """Keep what is recommended to some readers, by their numbers, in place of what was; return of how many.

    Readers who have left meanwhile are passed over.
    """
    with transaction.atomic(using=database()):
        there = set(Reader.objects.filter(pk__in=list(lists)).values_list("pk", flat=True))
        rows = [
            RecommendedList(reader_id=reader_id, made_at=now, found=pack_list(found))
            for reader_id, found in lists.items()
            if reader_id in there
        ]
        RecommendedList.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["reader"],
            update_fields=["made_at", "found"],
        )
    return len(rows)
