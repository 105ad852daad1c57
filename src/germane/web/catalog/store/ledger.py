"""Write how imports go: what could not be understood, and how far an interrupted one has come."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from germane.reading import Piece
from germane.web.catalog.codec import digest, pack_text, unpack_text
from germane.web.catalog.store.sql import insert_many, rows, write, write_in

_KEPT_CHARS = 65_536  # of a piece that is too large or too broken to be replayed


class StoredReject(msgspec.Struct, frozen=True):
    """A piece that was rejected, as `germane rejects` lists and replays it."""

    id: int
    file: str
    position: int
    line: int
    source: str
    reason: str
    is_whole: bool
    seen_at: str


def write_rejects(file: str, source: str, rejects: Sequence[tuple[Piece, str]], now: datetime) -> None:
    """Keep pieces that could not be understood, each once however often its file is read."""
    insert_many(
        "reject",
        ("file", "position", "line", "source", "reason", "raw", "is_whole", "digest", "seen_at"),
        [
            (
                file,
                piece.position,
                piece.line,
                source,
                reason[:2000],
                pack_text(piece.text if not piece.error else piece.text[:_KEPT_CHARS]),
                not piece.error,
                digest(piece.text),
                now,
            )
            for piece, reason in rejects
        ],
        "(file, position, digest) DO UPDATE SET reason = EXCLUDED.reason, seen_at = EXCLUDED.seen_at",
    )


def read_rejects(after: int = 0, n: int = 500) -> list[StoredReject]:
    """Return rejects in the order in which they were first seen."""
    found = rows(
        "SELECT id, file, position, line, source, reason, is_whole, seen_at FROM catalog_reject WHERE id > %s"
        " ORDER BY id LIMIT %s",
        [after, n],
    )
    return [
        StoredReject(number, file, position, line, source, reason, bool(is_whole), str(seen_at))
        for number, file, position, line, source, reason, is_whole, seen_at in found
    ]


def read_reject_text(reject_id: int) -> str:
    """Return what is kept of a reject's piece."""
    return unpack_text(rows("SELECT raw FROM catalog_reject WHERE id = %s", [reject_id])[0][0])


def remove_rejects(ids: Sequence[int]) -> None:
    """Forget rejects that were replayed with success."""
    write_in("DELETE FROM catalog_reject WHERE id IN ({})", ids)


def remove_old_rejects(file: str, after: int, seen_before: datetime) -> None:
    """Forget the rejects of a file that it no longer holds: it has just been read again from `after` to its end."""
    write(
        "DELETE FROM catalog_reject WHERE file = %s AND position > %s AND seen_at < %s",
        [file, after, seen_before],
    )


def set_reject_reason(reject_id: int, reason: str) -> None:
    """Note why a reject still cannot be understood."""
    write("UPDATE catalog_reject SET reason = %s WHERE id = %s", [reason[:2000], reject_id])


def read_checkpoint(fingerprint: str) -> tuple[int, dict[str, int]]:
    """Return how many pieces of a file are done and what they came to; (0, {}) when none."""
    found = rows("SELECT position, counts FROM catalog_checkpoint WHERE fingerprint = %s", [fingerprint])
    return (found[0][0], msgspec.json.decode(found[0][1], type=dict[str, int])) if found else (0, {})


def write_checkpoint(fingerprint: str, file: str, position: int, counts: Mapping[str, int], now: datetime) -> None:
    """Note how far a file's import has come; in the same transaction as what it wrote."""
    insert_many(
        "checkpoint",
        ("fingerprint", "file", "position", "counts", "updated_at"),
        [(fingerprint, file, position, msgspec.json.encode(dict(counts)).decode(), now)],
        "(fingerprint) DO UPDATE SET position = EXCLUDED.position, counts = EXCLUDED.counts,"
        " updated_at = EXCLUDED.updated_at",
    )


def remove_checkpoints(file: str) -> None:
    """Forget a file's checkpoint, and those of what stood in its place before: its import has ended."""
    write("DELETE FROM catalog_checkpoint WHERE file = %s", [file])
