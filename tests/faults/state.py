"""The whole state of a site as lines that can be compared: every row of every table, every document of the index."""

import contextlib
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any

from germane.index import Filters, Index, Query, open_index
from germane.index.queries import parse_query
from germane.web.catalog.codec import unpack_similar

State = dict[str, list[str]]  # a table, or a part of the index → its lines, sorted

# What may differ between two runs that end well: moments, and numbers that only count attempts.
_TIMES = ("_at",)  # endings of columns
_COUNTERS = {("catalog_article", "related_in")}
_ROWS_APART: Mapping[str, str] = {
    "catalog_derivation": "what <> 'generation' AND made_by <> ''",
    "catalog_keyphrase": "n_articles > 0",  # a phrase that nobody has any more is no fault
}
# A number that was handed out → what it stands for. Any other `id` but an article's is left out.
_NAMED = {"catalog_venue": "slug", "catalog_item": "channel || ' ' || key"}
_REFERENCES = {"venue_id": "catalog_venue", "item_id": "catalog_item"}
_READ_OTHERWISE = {"catalog_similar"}
_N_SIMILAR = 10
_NEARLY = 0.02  # of a score
_N_FOUND = 3  # by an article's title
_OWN_NUMBER = {"catalog_article", "catalog_keyphrase"}
_FLAGS = ("is_open", "has_news", "has_video", "has_social", "has_data", "is_retracted")
_FILTERS: tuple[Mapping[str, Any], ...] = (
    *({name: True} for name in _FLAGS),
    {"year_from": 2010},
    {"types": ("article",)},
    {"languages": ("en",)},
)


def read_state(home: Path) -> State:
    """Return the state of the site in a home. Raises AssertionError when database or index are damaged."""
    assert check_sound(home) == []
    return _tables(home) | (_index(home) if (home / "index").exists() else {})


def check_sound(home: Path) -> list[str]:
    """Return what is damaged in a site's files, a sentence each: all are read whole."""
    problems = []
    for path in filter(Path.exists, (home / "germane.sqlite3", home / "readers.sqlite3")):
        with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30)) as database:
            problems += [row[0] for row in database.execute("PRAGMA integrity_check") if row[0] != "ok"]
    return problems + (opened_index(home).verify() if (home / "index").exists() else [])


def differences(expected: State, found: State, n: int = 3) -> list[str]:
    """Return in what two states differ, at most `n` lines a table and side."""
    told = []
    for name in sorted({*expected, *found}):
        if name not in expected or name not in found:
            told.append(f"{name}: only {'expected' if name in expected else 'found'}")
            continue
        if name in _COMPARED:
            told += _COMPARED[name](expected[name], found[name])[:n]
            continue
        for what, some in (
            ("missing", set(expected[name]) - set(found[name])),
            ("unexpected", set(found[name]) - set(expected[name])),
        ):
            told += [f"{name}: {what} {len(some)}, such as {line[:300]}" for line in sorted(some)[:n]]
        if len(expected[name]) != len(found[name]) and set(expected[name]) == set(found[name]):
            told.append(f"{name}: {len(found[name])} lines instead of {len(expected[name])}")
    return told


def connect(home: Path) -> sqlite3.Connection:
    """Return a connection that only reads."""
    return sqlite3.connect(f"file:{home / 'germane.sqlite3'}?mode=ro", uri=True, timeout=30)


def opened_index(home: Path) -> Index:
    """Return the site's index, for reading."""
    from germane.enrich.embedding import load_embedder

    model = load_embedder("static")
    return open_index("embedded:", home, dimensions=model.dimensions, vector_model=model.name)


def ids_of(index: Index, filters: Filters) -> set[int]:
    """Return the numbers of the documents that pass."""
    found: set[int] = set()
    after = ""
    while True:
        results = index.search(Query(n=200, filters=filters, sort="newest", after=after))
        found |= {hit.id for hit in results.hits}
        after = results.next_page
        if not after:
            return found


# ── the database ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _tables(home: Path) -> State:
    with connect(home) as database:
        names = [
            row[0]
            for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE 'catalog_%'")
        ]
        stand_ins = {
            table: dict(database.execute(f"SELECT id, {name} FROM {table}").fetchall())
            for table, name in _NAMED.items()
        }
        found = {name: sorted(_lines(database, name, stand_ins)) for name in names if name not in _READ_OTHERWISE}
        return found | {"schema": _schema(database), "catalog_similar": _similar(database)}


def _schema(database: sqlite3.Connection) -> list[str]:
    rows = database.execute("SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL")
    return sorted(f"{kind} {name} {sql.replace(chr(34), '')}" for kind, name, sql in rows)


def _similar(database: sqlite3.Connection) -> list[str]:
    """Return each article's most similar ones with their scores; not the words of the reasons."""
    rows = database.execute("SELECT article_id, found FROM catalog_similar ORDER BY article_id")
    return [
        " ".join([str(number), *(f"{other}:{score:.4f}" for other, score, _ in unpack_similar(found)[:_N_SIMILAR])])
        for number, found in rows
    ]


def _similar_differences(expected: Sequence[str], found: Sequence[str]) -> list[str]:
    """Return where lists of similar articles differ by more than documents that were replaced can explain.

    Scores depend on how rare words are, and a document that was indexed twice, since its first time was not yet
    marked, counts twice in that until the index happens to merge it away.
    """
    before, after = _scores(expected), _scores(found)
    told = (
        [f"catalog_similar: lists of {len(before)} articles, and then of {len(after)}"]
        if set(before) != set(after)
        else []
    )
    for number in sorted(set(before) & set(after)):
        both = set(before[number]) & set(after[number])
        worst = max((abs(before[number][other] - after[number][other]) for other in both), default=0)
        if worst > _NEARLY or len(both) < 0.7 * len(before[number]):
            told.append(f"catalog_similar: {before[number]} of article {number} is then {after[number]}")
    return told


def _scores(lines: Sequence[str]) -> dict[int, dict[int, float]]:
    parted = [line.split() for line in lines]
    return {int(n): {int(o): float(s) for o, s in (pair.split(":") for pair in pairs)} for n, *pairs in parted}


def _lines(database: sqlite3.Connection, table: str, stand_ins: Mapping[str, dict[int, str]]) -> Iterator[str]:
    described = database.execute(f"PRAGMA table_info({table})").fetchall()
    shown: list[tuple[str, dict[int, str] | None]] = []
    for _, column, *_ in described:
        is_number = column == "id" and table not in _OWN_NUMBER
        if is_number or column.endswith(_TIMES) or (table, column) in _COUNTERS:
            continue
        shown.append((column, stand_ins.get(_REFERENCES.get(column, ""))))
    query = f"SELECT {', '.join(column for column, _ in shown)} FROM {table} WHERE {_ROWS_APART.get(table, 'TRUE')}"
    for row in database.execute(query):
        yield " ".join(
            f"{column}={_text(value) if names is None else names.get(value)}"
            for (column, names), value in zip(shown, row, strict=True)
        )


def _text(value: object) -> str:
    if isinstance(value, bytes):
        return blake2b(value, digest_size=8).hexdigest()
    return repr(round(value, 3) if isinstance(value, float) else value)


# ── the index ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _index(home: Path) -> State:
    index = opened_index(home)
    ids = sorted(ids_of(index, Filters()))
    kept = index.forward(ids)
    with connect(home) as database:
        titles = database.execute("SELECT id, title FROM catalog_article").fetchall()
    return {
        "index": [str(index.n_documents), str(index.n_vectors), index.vector_model],
        "index ids": [str(number) for number in ids],
        "index rows": [
            f"{number} {_text(vector.tobytes())} {sorted(zip(terms.tolist(), counts.tolist(), strict=True))} {length}"
            for number, vector, terms, counts, length in zip(
                ids, kept.vectors, kept.terms, kept.counts, kept.lengths, strict=True
            )
        ],
        "index filters": [f"{filters} {sorted(ids_of(index, Filters(**filters)))}" for filters in _FILTERS],
        "index words": [
            f"{number} {hit.id} {[(m.field, m.text) for m in hit.matched]}"
            for number, title in titles[::17]
            for hit in index.search(parse_query(title, n=2 * _N_FOUND)).hits
        ],
    }


def _word_differences(expected: Sequence[str], found: Sequence[str]) -> list[str]:
    """Return for which titles something else is found than replaced documents can explain.

    The best answer is the same one, the next two are among the first six, and each matches by the same words: as with
    similar articles, a document that counts twice for a while changes the order of those that fit almost equally well.
    """
    before, after = _answers(expected), _answers(found)
    told = []
    for number in sorted({*before, *after}):
        first, then = before.get(number, {}), after.get(number, {})
        is_same = list(first)[:1] == list(then)[:1]
        is_same &= {*list(first)[:_N_FOUND]} <= set(then) and {*list(then)[:_N_FOUND]} <= set(first)
        if not is_same or any(then[hit] != words for hit, words in first.items() if hit in then):
            told.append(f"index words: {first} of article {number} is then {then}"[:300])
    return told


def _answers(lines: Sequence[str]) -> dict[str, dict[str, str]]:
    """Return by the number of the asked article what was found, in its order, with the words that matched."""
    answers: dict[str, dict[str, str]] = {}
    for line in lines:
        number, hit, words = line.split(" ", 2)
        answers.setdefault(number, {})[hit] = words
    return answers


# What depends on how rare words are → how it is compared.
_COMPARED = {"catalog_similar": _similar_differences, "index words": _word_differences}
