"""How well articles without a common identifier are recognized as one work: precision and recall on known pairs.

The collection (`data/articles/duplicate_pairs.jsonl.gz`) has pairs of an arXiv record and its publication. A pair is
found when blocking or a declared identifier brings its records together and `compare_works` says "same-article" or
"same-work". Every other pair of the same records that blocking brings together is a negative, unless the known pairs
themselves chain it.
"""

import re
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from germane.article import Article, Author, Identifier, Relation
from germane.evaluate.collections import Collections, Missing, read_lines, read_rows
from germane.evaluate.report import OURS, Clock, Report
from germane.identifiers import key_of, normalize_acl, normalize_arxiv, normalize_doi
from germane.matching.works import candidates, compare_works, is_same_cluster, work_keys
from germane.text import clean_markup, fold, plain_text, tex_to_markup

PAIRS = "../articles/duplicate_pairs.jsonl.gz"
ARXIV = "../articles/arxiv_snapshot.jsonl.gz"
ACL = "../articles/acl.csl.jsonl.gz"

_BEGINS = re.compile(r'\{\s*"id"\s*:\s*"([^"\\]*)"')

Pair = frozenset[str]


class Merging(Struct, frozen=True):
    """How one method did: `precision`, `recall` 0..1; an error has kind ("missed", "wrong"), a, b, titles, reason."""

    method: str
    precision: float
    recall: float
    n: int  # known pairs
    n_compared: int
    cpu_s: float
    errors: tuple[Mapping[str, str], ...] = ()


def evaluate_merging(collections: Collections, report: Report) -> None:
    """Measure how well the pairs of one work among the records are found, and nothing else."""
    measured = measure_merging(collections)
    if not any(result.n for result in measured):
        raise Missing("there are no known pairs in the file of pairs")
    for result in measured:
        clock = Clock()
        clock.cpu_s = result.cpu_s
        figures = {"precision": [result.precision], "recall": [result.recall]}
        report.add("merging", "duplicate_pairs", result.method, figures, clock=clock, n=result.n)


def measure_merging(collections: Collections) -> list[Merging]:
    """Return how each method did, ours first. Raises Missing without the pairs.

    The records are read from the held-out folder where it has them, else from the development part; a pair whose
    record is in neither is judged by what the pair itself says of it.
    """
    known = list(read_rows(collections.asked(PAIRS)))
    articles = _articles(collections, known)
    names = list(articles)
    cluster = _clusters((pair["a"], pair["b"]) for pair in known)
    wanted = {frozenset((pair["a"], pair["b"])) for pair in known}

    started = time.process_time()
    compared = sorted(set(candidates(work_keys(articles[name]) for name in names)) | set(_linked(articles, names)))
    verdicts = {
        frozenset((names[a], names[b])): compare_works(articles[names[a]], articles[names[b]]) for a, b in compared
    }
    cpu_s = time.process_time() - started
    reasons = {pair: verdict.reason for pair, verdict in verdicts.items()}
    found = {pair for pair, verdict in verdicts.items() if is_same_cluster(verdict)}
    results = [_judged(OURS, found, wanted, cluster, articles, reasons, len(compared), cpu_s)]
    for method, with_year in (("title", False), ("title+year", True)):
        started = time.process_time()
        found = set(_of_equal_titles(articles, with_year=with_year))
        cpu_s = time.process_time() - started
        results.append(_judged(method, found, wanted, cluster, articles, {}, len(found), cpu_s))
    return results


def _judged(
    method: str,
    found: set[Pair],
    wanted: set[Pair],
    cluster: Mapping[str, str],
    articles: Mapping[str, Article],
    reasons: Mapping[Pair, str],
    n_compared: int,
    cpu_s: float,
) -> Merging:
    wrong = [pair for pair in found if len({cluster[name] for name in pair}) > 1]
    missed = [pair for pair in wanted if pair not in found]
    errors = [
        _error(kind, sorted(pair), articles, reasons.get(pair, "never compared"))
        for kind, those in (("wrong", wrong), ("missed", missed))
        for pair in sorted(those, key=sorted)
    ]
    return Merging(
        method,
        precision=1 - len(wrong) / len(found) if found else 0.0,
        recall=1 - len(missed) / len(wanted) if wanted else 0.0,
        n=len(wanted),
        n_compared=n_compared,
        cpu_s=cpu_s,
        errors=tuple(errors),
    )


def _of_equal_titles(articles: Mapping[str, Article], *, with_year: bool) -> Iterator[Pair]:
    """Yield the pairs whose titles are the same but for case, accents and punctuation, and with it the year."""
    alike: dict[tuple[str, str], list[str]] = {}
    for name, article in articles.items():
        title = "".join(c for c in fold(plain_text(article.title)) if c.isalnum())
        alike.setdefault((title, article.published_on[:4] if with_year else ""), []).append(name)
    for (title, _), names in alike.items():
        if title:
            yield from (frozenset((a, b)) for i, a in enumerate(names) for b in names[i + 1 :])


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


def _articles(collections: Collections, known: Sequence[dict[str, Any]]) -> dict[str, Article]:
    """Return the records that the pairs name, as whole as they can be had, else as the pair has them."""
    names = {pair[side] for pair in known for side in "ab"}
    full = dict(_full(collections, names))
    articles: dict[str, Article] = {}
    for pair in known:
        articles[pair["a"]] = full.get(pair["a"]) or _of_pair(
            pair["a"], pair["title_a"], pair["first_author_a"], None, None
        )
        articles[pair["b"]] = full.get(pair["b"]) or _of_pair(
            pair["b"], pair["title_b"], pair["first_author_b"], pair["year_b"], pair["doi_b"]
        )
    return articles


def _full(collections: Collections, names: set[str]) -> Iterator[tuple[str, Article]]:
    for file, scheme, article in ((ARXIV, "arxiv", _of_arxiv), (ACL, "acl", _of_csl)):
        for path in _files(collections, file):
            for line in read_lines(path):
                # every line begins with its id: to decode all would take long
                begins = _BEGINS.match(line)
                if begins is None or f"{scheme}:{begins[1]}" in names:
                    row = msgspec.json.decode(line)
                    yield f"{scheme}:{row['id']}", article(row)


def _files(collections: Collections, name: str) -> list[Path]:
    """Return a file's two parts, as far as they are there: the held-out one last, so that it has the last word."""
    found = []
    for part in (collections.known, collections.asked):
        try:
            found.append(part(name))
        except Missing:
            continue
    return list(dict.fromkeys(found))


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
