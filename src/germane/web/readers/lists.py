"""What is kept for a reader's feed and digest: the list of the night, or a fresh one when there is none."""

from datetime import datetime, timedelta

from msgspec import Struct

from germane.recommend import Recommendation
from germane.web.readers.codec import unpack_list
from germane.web.readers.models import Reader, RecommendedList
from germane.web.readers.queries import marks_of
from germane.web.readers.recommending import recommend_for, still_fit

KEPT_FOR = timedelta(hours=36)  # a list that is older is made anew when it is asked for


class KeptList(Struct, frozen=True):
    """A list, and when it was made."""

    found: list[Recommendation]
    made_at: datetime


def find_reader_of_feed(feed_key: str) -> int | None:
    """Return whose feed has this key, or None."""
    return Reader.objects.filter(feed_key=feed_key, is_active=True).values_list("pk", flat=True).first()


def read_list(reader_id: int, now: datetime, n: int = 20) -> KeptList:
    """Return what is recommended to a reader, without what they marked since it was made."""
    marks = marks_of(reader_id)
    kept = RecommendedList.objects.filter(reader_id=reader_id, made_at__gt=now - KEPT_FOR).first()
    if kept is None:
        return KeptList(recommend_for(marks, n=n), now)
    return KeptList(still_fit(unpack_list(kept.found), marks)[:n], kept.made_at)
