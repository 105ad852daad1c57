"""What a new version or another setting outdates is handed to the stages again; pages go on with what is there."""

from collections.abc import Callable

from django.db import transaction

import germane
from germane.relate.reasons import MATCHER
from germane.web import wiring
from germane.web.catalog import stale
from germane.web.catalog.store import derived, remaking

_GENERATION = "generation"  # of the index
_MARKED = 20_000  # articles marked in one transaction: others wait for it, and shall not notice


def mark_outdated() -> None:
    """Mark as stale what was made by something else than what would make it now, or is gone. Raises IndexFailure."""
    if _is_index_lost():
        _mark("is_indexed")
    _renew("embedding", wiring.embedder().name, lambda: _mark("is_indexed", "is_related"))
    _renew("similar", MATCHER, lambda: _mark("is_related"))
    _renew("germane", germane.__version__, _retry_failures)


def read_generation() -> int:
    """Return how many times articles were brought into the index."""
    return int(derived.read_derivation(_GENERATION) or 0)


def begin_generation() -> None:
    """Count one more: what is related from now on sees articles that others have not seen."""
    derived.write_derivation(_GENERATION, str(read_generation() + 1))


def _is_index_lost() -> bool:
    """Tell whether articles should be in the index and it is empty: its folder was removed, or another one is named."""
    index = wiring.open_writable_index()
    try:
        # asked last: where nothing is indexed, finding that out means reading every article
        return not index.n_documents and read_generation() > 0 and derived.is_any_indexed()
    finally:
        index.close()


def _renew(what: str, maker: str, mark: Callable[[], None]) -> None:
    """Mark what another maker made. Interrupted, it is done again: the new maker is noted at the end."""
    if derived.read_derivation(what) != maker:
        mark()
        derived.write_derivation(what, maker)


def _retry_failures() -> None:
    with transaction.atomic():
        derived.retry_failures()


def _mark(*flags: remaking.Flag) -> None:
    """Hand every article to the stages of some flags again, a few at a time."""
    for start in range(0, stale.last_article(), _MARKED):
        with transaction.atomic():
            for flag in flags:
                remaking.mark_stale_between("article", flag, start, start + _MARKED)
