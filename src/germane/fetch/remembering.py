"""What is kept of earlier answers: how to ask whether something is new, and what robots.txt said."""

from collections.abc import Mapping
from hashlib import sha256

from germane.fetch.storing import Store


class Memory:
    """ETags and dates by address, robots.txt by origin, on disk. Addresses are kept as digests: they may hold keys."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def conditions(self, url: str) -> dict[str, str]:
        """Return the headers that ask only for what is newer than remembered (RFC 9110, 13.1). Raises StoreError."""
        with self._store.transaction() as db:
            row = db.execute("SELECT etag, modified FROM seen WHERE url = ?", (_digest(url),)).fetchone()
        etag, modified = row or ("", "")
        return {name: value for name, value in (("if-none-match", etag), ("if-modified-since", modified)) if value}

    def remember(self, url: str, headers: Mapping[str, str]) -> None:
        """Keep an answer's ETag and Last-Modified; what has neither is forgotten. Raises StoreError."""
        etag, modified = headers.get("etag", ""), headers.get("last-modified", "")
        with self._store.transaction() as db:
            db.execute("DELETE FROM seen WHERE url = ?", (_digest(url),))
            if etag or modified:
                db.execute("INSERT INTO seen(url, etag, modified) VALUES (?, ?, ?)", (_digest(url), etag, modified))

    def robots(self, origin: str, since: float) -> str | None:
        """Return what robots.txt said since then; None when it has to be asked. Raises StoreError."""
        with self._store.transaction() as db:
            row = db.execute("SELECT body FROM robots WHERE origin = ? AND fetched_at >= ?", (origin, since)).fetchone()
        return str(row[0]) if row else None

    def keep_robots(self, origin: str, body: str, now: float) -> None:
        """Keep what robots.txt says now. Raises StoreError."""
        with self._store.transaction() as db:
            db.execute("INSERT OR REPLACE INTO robots(origin, fetched_at, body) VALUES (?, ?, ?)", (origin, now, body))


def _digest(url: str) -> str:
    return sha256(url.encode()).hexdigest()
