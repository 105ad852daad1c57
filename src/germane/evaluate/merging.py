"""How well articles without a common identifier are recognized as one work: precision and recall on known pairs.

The collection (`data/articles/duplicate_pairs.jsonl.gz`) has pairs of an arXiv record and its publication. A pair is
found when blocking or a declared identifier brings its records together and `compare_works` says "same-article" or
"same-work". Every other pair of the same records that blocking brings together is a negative, unless the known pairs
themselves chain it.
"""

import gzip
import json
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from germane.article import Article, Author, Identifier, Relation
from germane.identifiers import key_of, normalize_acl, normalize_arxiv, normalize_doi
from germane.matching.works import candidates, compare_works, is_same_cluster, work_keys
from germane.text import clean_markup, tex_to_markup

PAIRS = Path("data/articles/duplicate_pairs.jsonl.gz")
_ARXIV = Path("data/articles/arxiv_snapshot.jsonl.gz")
_ACL = Path("data/articles/acl.csl.jsonl.gz")


def evaluate_merging(shared: Path, pairs: Path | None = None) -> dict[str, Any]:
    """Return how well known pairs are found.

    `shared` is the folder that holds `data/`; `pairs` another file of the same form. The result has `precision` and
    `recall` (0..1), `n` (known pairs), `n_records`, `n_candidates` (pairs that were compared), `seconds` (keys and
    comparisons, without reading) and `errors`: each with `kind` ("missed", "wrong"), `a`, `b`, `title_a`, `title_b`
    and `reason`.
    """
    known = [json.loads(line) for line in _lines(pairs or shared / PAIRS)]
    articles = _articles(shared, known)
    names = list(articles)
    started = time.perf_counter()
    compared = set(candidates(work_keys(articles[name]) for name in names)) | set(_linked(articles, names))
    verdicts = {(names[a], names[b]): compare_works(articles[names[a]], articles[names[b]]) for a, b in compared}
    seconds = time.perf_counter() - started
    found = {frozenset(pair): verdict for pair, verdict in verdicts.items() if is_same_cluster(verdict)}
    cluster = _clusters((pair["a"], pair["b"]) for pair in known)
    wrong = [pair for pair in found if len({cluster[name] for name in pair}) > 1]
    wanted = {frozenset((pair["a"], pair["b"])) for pair in known}
    missed = [pair for pair in wanted if pair not in found]
    reasons = {frozenset(pair): verdict.reason for pair, verdict in verdicts.items()}
    return {
        "precision": 1 - len(wrong) / len(found) if found else 0.0,
        "recall": 1 - len(missed) / len(wanted) if wanted else 0.0,
        "n": len(wanted),
        "n_records": len(names),
        "n_candidates": len(compared),
        "seconds": seconds,
        "errors": [
            _error(kind, sorted(pair), articles, reasons.get(pair, "never compared"))
            for kind, those in (("wrong", wrong), ("missed", missed))
            for pair in sorted(those, key=sorted)
        ],
    }


def _error(kind: str, pair: list[str], articles: Mapping[str, Article], reason: str) -> dict[str, str]:
    a, b = pair
    return {
        "kind": kind,
        "a": a,
        "b": b,
        "title_a": articles[a].title,
        "title_b": articles[b].title,
        "reason": reason,
    }


def _lines(path: Path) -> Iterator[str]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        yield from file


def _articles(shared: Path, known: list[dict[str, Any]]) -> dict[str, Article]:
    """Return the records that the pairs name, as whole as they can be had, else as the pair has them."""
    names = {pair[side] for pair in known for side in "ab"}
    full = dict(_full(shared, names))
    articles: dict[str, Article] = {}
    for pair in known:
        articles[pair["a"]] = full.get(pair["a"]) or _of_pair(
            pair["a"], pair["title_a"], pair["first_author_a"], None, None
        )
        articles[pair["b"]] = full.get(pair["b"]) or _of_pair(
            pair["b"], pair["title_b"], pair["first_author_b"], pair["year_b"], pair["doi_b"]
        )
    return articles


def _full(shared: Path, names: set[str]) -> Iterator[tuple[str, Article]]:
    for line in _lines(shared / _ARXIV):
        name = "arxiv:" + line[7 : line.index('"', 7)]  # every line begins with its id: to decode all would take long
        if name in names:
            yield name, _of_arxiv(json.loads(line))
    for line in _lines(shared / _ACL):
        name = "acl:" + line[7 : line.index('"', 7)]
        if name in names:
            yield name, _of_csl(json.loads(line))


def _of_arxiv(row: dict[str, Any]) -> Article:
    arxiv = normalize_arxiv(row["id"]) or ""
    doi = normalize_doi(row["doi"] or "")
    number = arxiv.rpartition("/")[2]
    century = "19" if "/" in arxiv and number[:2] > "90" else "20"
    return Article(
        identifiers=(Identifier("arxiv", arxiv),),
        title=tex_to_markup(row["title"]),
        authors=tuple(
            Author(f"{given} {family}".strip(), family, given) for family, given, *_ in row.get("authors_parsed") or ()
        ),
        published_on=f"{century}{number[:2]}-{number[2:4]}",
        type="preprint",
        relations=(Relation("is-preprint-of", f"doi:{doi}", source="arxiv"),) if doi else (),
    )


def _of_csl(item: dict[str, Any]) -> Article:
    acl = normalize_acl(item["id"])
    doi = normalize_doi(item.get("DOI") or "")
    identifiers = (Identifier("acl", acl),) if acl else ()
    return Article(
        identifiers=identifiers + ((Identifier("doi", doi),) if doi else ()),
        title=clean_markup(item["title"]),
        authors=tuple(
            Author(
                f"{author.get('given', '')} {author.get('family', '')}".strip(),
                author.get("family", ""),
                author.get("given", ""),
            )
            for author in item.get("author", ())
        ),
        published_on=str(item["issued"]["date-parts"][0][0]),
        type="conference-paper",
    )


def _of_pair(name: str, title: str, first_author: str | None, year: int | None, doi: str | None) -> Article:
    scheme, _, value = name.partition(":")
    arxiv = normalize_arxiv(value) if scheme == "arxiv" else None
    normalized = normalize_doi(doi or (value if scheme == "doi" else ""))
    return Article(
        identifiers=(Identifier("arxiv", arxiv),)
        if arxiv
        else ((Identifier("doi", normalized),) if normalized else ()),
        title=clean_markup(title),
        authors=(Author(first_author),) if first_author else (),
        published_on=str(year or ""),
        type="preprint" if arxiv else "other",
    )


def _linked(articles: Mapping[str, Article], names: list[str]) -> Iterator[tuple[int, int]]:
    """Yield the pairs that identifiers bring together: shared, or named in a relation."""
    positions: dict[str, list[int]] = {}
    for position, name in enumerate(names):
        for identifier in articles[name].identifiers:
            positions.setdefault(key_of(identifier), []).append(position)
    for position, name in enumerate(names):
        keys = {key_of(identifier) for identifier in articles[name].identifiers}
        keys |= {relation.identifier for relation in articles[name].relations}
        for key in keys:
            yield from ((min(position, p), max(position, p)) for p in positions.get(key, ()) if p != position)


def _clusters(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return each name's cluster, as the name of one of its members."""
    parent: dict[str, str] = {}

    def root(name: str) -> str:
        while parent.setdefault(name, name) != name:
            parent[name] = name = parent[parent[name]]
        return name

    for a, b in pairs:
        parent[root(a)] = root(b)
    return {name: root(name) for name in list(parent)}
