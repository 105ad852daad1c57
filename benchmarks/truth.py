"""What is known of a synthetic corpus, looked up in the site that was made of it; and random pages of a site."""

import random
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

_FILE = "germane.sqlite3"


def ask(home: Path, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """Return what a query finds in a home's catalog, opened for reading only."""
    catalog = sqlite3.connect(f"file:{home.absolute() / _FILE}?mode=ro", uri=True, timeout=30)
    try:
        return catalog.execute(sql, parameters).fetchall()
    finally:
        catalog.close()


def random_paths(home: Path, n: int, seed: int = 5) -> list[str]:
    """Return the addresses of random articles, drawn by number so that nothing is scanned."""
    chance = random.Random(seed)
    last = ask(home, "SELECT MAX(id) FROM catalog_article")[0][0] or 0
    paths: list[str] = []
    while len(paths) < n:
        found = ask(
            home,
            "SELECT id, doi FROM catalog_article WHERE id >= ? AND merged_into IS NULL AND NOT is_deleted"
            " ORDER BY id LIMIT 1",
            [chance.randint(1, last)],
        )
        paths += [_path(*row) for row in found]
    return paths


def newest_paths(home: Path, n: int) -> list[str]:
    """Return the addresses of the articles that came last."""
    return [
        _path(*row)
        for row in ask(
            home,
            "SELECT id, doi FROM catalog_article WHERE merged_into IS NULL AND NOT is_deleted ORDER BY id DESC LIMIT ?",
            [n],
        )
    ]


def _path(number: int, doi: str) -> str:
    return f"/doi/{quote(doi, safe='/:;()!,@')}" if doi else f"/article/{number}"
