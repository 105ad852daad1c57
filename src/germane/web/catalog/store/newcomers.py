"""Which records are of articles that nobody here knows: most are, and these take a straight path into the tables."""

from collections import Counter
from collections.abc import Sequence
from typing import TypeVar

from germane.web.catalog.store.incoming import Prepared
from germane.web.catalog.store.sql import rows_in
from germane.web.catalog.store.work_keys import find_work_keys

T = TypeVar("T")


def find_newcomers(fresh: Sequence[Prepared]) -> list[bool]:
    """Tell of each record whether it shares no name and no key of its title with an article or with another of these.

    The records themselves are new.
    """
    names = Counter(name for one in fresh for name in one.alone.names)
    keys = Counter(key for one in fresh for key in one.alone.work_keys)
    taken_names = _several(names) | {
        key for (key,) in rows_in("SELECT key FROM catalog_identifier WHERE key IN ({})", names)
    }
    taken_keys = _several(keys) | {key for key, _ in find_work_keys(keys)}
    return [taken_names.isdisjoint(one.alone.names) and taken_keys.isdisjoint(one.alone.work_keys) for one in fresh]


def _several(counted: Counter[T]) -> set[T]:
    return {value for value, n in counted.items() if n > 1}
