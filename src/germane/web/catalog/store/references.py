"""What articles refer to, both ways: each article's list, and from what is cited to who cites it.

A list is one row, written with its article. The way back has a row for each reference, in an order of its own: written
one by one, each would change a page of a large tree. So the references of new articles are sorted in, many at a time.
"""

from collections.abc import Iterable, Iterator, Mapping

import numpy as np
from django.db import transaction

from germane.web.catalog.codec import unpack_targets
from germane.web.catalog.store.derived import read_derivation, write_derivation
from germane.web.catalog.store.sql import insert_many, rows, rows_in, write_in, write_many

_DONE = "citations"  # in the table of derivations: the number of the last article whose references are sorted in
_ARTICLES = 200_000  # sorted in together, and about 60 MB of memory while they are
_ROWS = 250_000  # written in one transaction


def write_references(packed: Mapping[int, bytes], known: Iterable[int]) -> None:
    """Keep the references of articles, packed by `pack_targets`. `known` are the articles that may have some already.

    `list_citations` sorts in those of the others.
    """
    existing = set(known)
    before = _targets_of(existing)
    after = {i: set(unpack_targets(packed.get(i, b""))) for i in existing}
    _remove(((target, i) for i, some in before.items() for target in some - after[i]), existing)
    insert_many(
        "citation",
        ("target", "citing_id"),
        sorted((target, i) for i, some in after.items() for target in some - before.get(i, set())),
        "DO NOTHING",  # what is not sorted in yet
    )
    insert_many("referencelist", ("article_id", "targets"), [(i, blob) for i, blob in packed.items() if blob])


def forget_references(ids: Iterable[int]) -> None:
    """Remove the references of some articles."""
    wanted = set(ids)
    _remove(((target, i) for i, some in _targets_of(wanted).items() for target in some), wanted)


def count_unlisted() -> int:
    """Return how many articles' references are still to be sorted in, or a few more."""
    return _last() - _done()


def list_citations() -> Iterator[int]:
    """Sort in the references of new articles; to be called outside of a transaction, and yields after each of its own.

    Interrupted, it does some of it again and changes nothing by that.
    """
    last = _last()
    while (done := _done()) < last:
        upto = min(last, done + _ARTICLES)
        targets, citing = _read_lists(done, upto)
        order = np.lexsort((citing, targets))
        for start in range(0, len(order), _ROWS):
            some = order[start : start + _ROWS]
            with transaction.atomic():
                write_many(
                    "INSERT INTO catalog_citation (target, citing_id) VALUES (%s, %s) ON CONFLICT DO NOTHING",
                    list(zip(targets[some].tolist(), citing[some].tolist(), strict=True)),
                )
            yield len(some)
        with transaction.atomic():
            write_derivation(_DONE, str(upto))


def _read_lists(after: int, upto: int) -> "tuple[np.ndarray[tuple[int], np.dtype[np.int64]], ...]":
    """Return the references of the articles after one and up to another: targets, and who cites them."""
    found = rows(
        "SELECT article_id, targets FROM catalog_referencelist WHERE article_id > %s AND article_id <= %s"
        " ORDER BY article_id",
        [after, upto],
    )
    blobs = [bytes(blob) for _, blob in found]
    lengths = [len(blob) // 8 for blob in blobs]
    citing = np.repeat(np.array([number for number, _ in found], dtype=np.int64), lengths)
    return np.frombuffer(b"".join(blobs), dtype="<i8").astype(np.int64), citing


def _targets_of(ids: Iterable[int]) -> dict[int, set[int]]:
    found = rows_in("SELECT article_id, targets FROM catalog_referencelist WHERE article_id IN ({})", ids)
    return {number: set(unpack_targets(blob)) for number, blob in found}


def _remove(citations: Iterable[tuple[int, int]], ids: Iterable[int]) -> None:
    write_many("DELETE FROM catalog_citation WHERE target = %s AND citing_id = %s", sorted(citations))
    write_in("DELETE FROM catalog_referencelist WHERE article_id IN ({})", ids)


def _last() -> int:
    return int(rows("SELECT COALESCE(MAX(article_id), 0) FROM catalog_referencelist")[0][0])


def _done() -> int:
    return int(read_derivation(_DONE) or 0)
