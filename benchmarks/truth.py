"""What is known of a synthetic corpus, looked up in the site that was made of it; and random pages of a site."""

import gzip
import json
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


def newest(home: Path, n: int) -> list[tuple[str, str]]:
    """Return the addresses and titles of the articles that came last."""
    return [
        (_path(number, doi), title)
        for number, doi, title in ask(
            home,
            "SELECT id, doi, title FROM catalog_article WHERE merged_into IS NULL AND NOT is_deleted"
            " ORDER BY id DESC LIMIT ?",
            [n],
        )
    ]


def n_waiting(home: Path, flag: str) -> int:
    """Return how many articles wait for a stage, by the name of its flag."""
    return int(ask(home, f"SELECT COUNT(*) FROM catalog_article WHERE NOT {flag}")[0][0])


def _path(number: int, doi: str) -> str:
    return f"/doi/{quote(doi, safe='/:;()!,@')}" if doi else f"/article/{number}"


def check(corpus: Path, home: Path, n: int = 4_000) -> dict[str, str]:
    """Return what became of things known of the corpus: merged duplicates, found mentions, stored lists.

    Of duplicates and mentions the first `n` of each kind are looked up.
    """
    manifest = json.loads((corpus / "manifest.json").read_text())
    kept = ask(home, "SELECT COUNT(*) FROM catalog_article WHERE merged_into IS NULL AND NOT is_deleted")[0][0]
    told = {"articles in the catalog / in the corpus": f"{kept:,} / {manifest['articles']:,}"}
    for how, pairs in _by_kind(corpus / "truth/duplicates.jsonl.gz", n).items():
        found = sum(_is_one_article(home, pair["records"]) for pair in pairs)
        told[f"duplicates by {how} that became one article"] = f"{found:,} of {len(pairs):,}"
    for how, mentions in _by_kind(corpus / "truth/mentions.jsonl.gz", n).items():
        shelf = "about" if mentions[0]["about"] else "topic"
        found = sum(_is_mentioned(home, mention, shelf) for mention in mentions)
        told[f"items known by {how} on the {shelf} shelf"] = f"{found:,} of {len(mentions):,}"
    for name, what in (("is_enriched", "keyphrases"), ("is_indexed", "the index"), ("is_related", "similar articles")):
        told[f"articles that still wait for {what}"] = f"{n_waiting(home, name):,}"
    return told


def _by_kind(path: Path, n: int) -> dict[str, list[dict[str, Any]]]:
    """Return the first `n` lines of each kind that a file of truth holds."""
    kinds: dict[str, list[dict[str, Any]]] = {}
    with gzip.open(path) as file:
        for line in file:
            known = json.loads(line)
            some = kinds.setdefault(known["by"], [])
            if len(some) < n:
                some.append(known)
    return kinds


def _is_one_article(home: Path, records: Sequence[str]) -> bool:
    found = [
        ask(home, "SELECT article_id FROM catalog_record WHERE source = ? AND key = ?", record.split(":", 1))
        for record in records
    ]
    return all(found) and len({row[0][0] for row in found}) == 1


def _is_mentioned(home: Path, known: dict[str, Any], shelf: str) -> bool:
    return bool(
        ask(
            home,
            "SELECT 1 FROM catalog_mention m JOIN catalog_item i ON i.id = m.item_id"
            " JOIN catalog_identifier n ON n.article_id = m.article_id"
            " WHERE i.channel = 'synthetic' AND i.key = ? AND n.key = ? AND m.shelf = ?",
            [known["item"], known["identifier"], shelf],
        )
    )
