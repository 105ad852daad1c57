"""What a new version or another setting outdates is handed to the stages again; pages go on with what is there."""

from django.db import transaction

import germane
from germane.relate.reasons import MATCHER
from germane.web import wiring
from germane.web.catalog.store import derived

_GENERATION = "generation"  # of the index


def mark_outdated() -> None:
    """Mark as stale what was made by something else than what would make it now, or is gone. Raises IndexFailure."""
    if _is_index_lost():
        derived.mark_stale("is_indexed")
    with transaction.atomic():
        if _is_new("embedding", wiring.embedder().name):
            derived.mark_stale("is_indexed", "is_related")
        if _is_new("similar", MATCHER):
            derived.mark_stale("is_related")
        if _is_new("germane", germane.__version__):
            derived.retry_failures()


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


def _is_new(what: str, maker: str) -> bool:
    if derived.read_derivation(what) == maker:
        return False
    derived.write_derivation(what, maker)
    return True
