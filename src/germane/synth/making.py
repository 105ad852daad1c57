"""A whole corpus, or an update of one, made in blocks on every core and written in order."""

import gc
import signal
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import ExitStack
from functools import cache
from itertools import chain
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np

from germane.synth import MARK, VERSION, SynthError
from germane.synth.article import Article, Maker
from germane.synth.chance import Numbers
from germane.synth.corpus import MAX_ARTICLES, Corpus
from germane.synth.formats import arxiv, crossref, openalex, pubmed
from germane.synth.items import ARTICLES_AN_ITEM, items
from germane.synth.readers import ARTICLES_A_READER, likes
from germane.synth.writing import Member, Series, compress, prepare_folder, write_manifest

FORMATS = {"pubmed": pubmed, "crossref": crossref, "openalex": openalex, "arxiv": arxiv}
PARTS = (*FORMATS, "items", "readers", "truth")
NEW_SHARE = 0.7  # of an update; the rest are changed records

_BLOCK = 2000  # articles
_ALL = 10**12  # more records than any file that is not split has
_encode = msgspec.json.Encoder().encode


class Block(msgspec.Struct, frozen=True):
    """What one task makes: articles by their numbers, with the items and readers of the same share of the corpus."""

    numbers: list[int]
    items: tuple[int, int] = (0, 0)
    readers: tuple[int, int] = (0, 0)
    revised_on: str = ""


class Plan(NamedTuple):
    """The blocks of a corpus or update; articles known at the end; articles to be made; changed ones among these."""

    blocks: Iterator[Block]
    n_known: int
    n_made: int
    n_changed: int


class Made(msgspec.Struct, frozen=True):
    """What came of a block: a member for each part, the cited articles, how many references left the corpus."""

    members: dict[str, Member]
    cited: list[int]
    n_outside: int
    n_articles: int


def synthesize(
    corpus: Corpus,
    out: Path,
    *,
    n_update: int = 0,
    processes: int = 1,
    force: bool = False,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> dict[str, Any]:
    """Write the corpus under `out`, or an update of `n_update` records to it, and return the manifest.

    The same corpus gives the same bytes, whatever `processes` is. `on_progress` is told articles done and in all.
    Raises SynthError when it cannot be made, or `out` holds something and `force` is not given.
    """
    plan = _plan_update(corpus, n_update) if n_update else _plan(corpus)
    prepare_folder(out, PARTS, force=force)
    cited = np.zeros(plan.n_known, dtype=np.int64)
    done = n_outside = 0
    with ExitStack() as stack:
        series = {name: stack.enter_context(each) for name, each in _series(out).items()}
        for made in _run(corpus, plan, processes):
            for name, member in made.members.items():
                series[name].add(member)
            np.add.at(cited, made.cited, 1)
            n_outside += made.n_outside
            done += made.n_articles
            on_progress(done, plan.n_made)
        series["truth/citations"].add(compress(_citations(corpus, cited, n_outside)))
    manifest = {
        "synthetic": True,
        "what": MARK,
        "version": VERSION,
        "articles": corpus.n_articles,
        "seed": corpus.seed,
        "update": n_update,
        "made": plan.n_made,
        "changed": plan.n_changed,
        "records": {name: series[name].n_records for name in FORMATS},
        "duplicates": series["truth/duplicates"].n_records,
        "items": series["items"].n_records,
        "likes": series["readers"].n_records,
        "references": {"to_articles": int(cited.sum()), "outside": n_outside},
        "files": [each for one in series.values() for each in one.finished],
    }
    write_manifest(out, manifest)
    return manifest


# --- plans ---------------------------------------------------------------------------------------------------------


def _plan(corpus: Corpus) -> Plan:
    n = corpus.n_articles
    return Plan(_blocks(0, n), n, n, 0)


def _plan_update(corpus: Corpus, n_update: int) -> Plan:
    n_new = round(NEW_SHARE * n_update)
    n_changed = n_update - n_new
    n = corpus.n_articles
    if n_changed > n:
        raise SynthError(f"an update of {n_update:,} changes {n_changed:,} articles; this corpus has only {n:,}")
    if n + n_new > MAX_ARTICLES:
        raise SynthError(f"{n:,} articles and {n_new:,} new ones are more than the {MAX_ARTICLES:,} that can be made")
    numbers = _distinct(corpus, n_changed)
    day = str(corpus.days(np.array([n + n_new]))[0])
    parts = (numbers[begin : begin + _BLOCK].tolist() for begin in range(0, n_changed, _BLOCK))
    changed = (Block(part, revised_on=day) for part in parts)
    return Plan(chain(_blocks(n, n + n_new), changed), n + n_new, n_update, n_changed)


def _blocks(begin: int, end: int) -> Iterator[Block]:
    for a in range(begin, end, _BLOCK):
        b = min(a + _BLOCK, end)
        yield Block(
            list(range(a, b)),
            (a // ARTICLES_AN_ITEM, b // ARTICLES_AN_ITEM),
            (a // ARTICLES_A_READER, b // ARTICLES_A_READER),
        )


def _distinct(corpus: Corpus, n: int) -> Numbers:
    """Return n different articles of the corpus, ascending."""
    found = np.zeros(0, dtype=np.int64)
    round_ = 0
    while len(found) < n:
        more = corpus.chance.below(corpus.n_articles, "changed", np.arange(n) + round_ * n)
        found = np.unique(np.concatenate([found, more]))
        round_ += 1
    order = np.argsort(corpus.chance.bits("changed order", found), kind="stable")
    return np.sort(found[order[:n]])


# --- the work of one process ---------------------------------------------------------------------------------------


@cache
def _maker(n_articles: int, seed: int) -> Maker:
    return Maker(Corpus(n_articles, seed))


def _begin_process() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who started us ends us
    gc.disable()  # nothing here refers to itself: there would be much to look through, and nothing to collect


def make_block(n_articles: int, seed: int, n_known: int, block: Block) -> Made:
    """Make a block of a corpus of which `n_known` articles are known at the end."""
    maker = _maker(n_articles, seed)
    articles = maker.articles(np.array(block.numbers, dtype=np.int64), block.revised_on)
    records: dict[str, list[bytes]] = {name: [] for name in FORMATS}
    twice, changed = [], []
    for article in articles:
        records[article.source].append(FORMATS[article.source].render(article))
        if article.again:
            records[article.again].append(FORMATS[article.again].render(article))
            if not article.revised_on:
                twice.append(_duplicate(article))
        if article.revised_on:
            changed.append(_line({"record": _key(article, article.source), "retracted": article.is_retracted}))
    lines, mentions = items(maker, np.arange(*block.items), n_known)
    parts: dict[str, list[bytes]] = {
        **records,
        "items": lines,
        "readers": likes(maker, np.arange(*block.readers), n_known),
        "truth/duplicates": twice,
        "truth/mentions": mentions,
        "truth/changes": changed,
    }
    cited = [number for article in articles for number, _, _ in article.references]
    inside = [number for number in cited if number >= 0]
    members = {name: compress(part) for name, part in parts.items()}
    return Made(members, inside, len(cited) - len(inside), len(articles))


def _duplicate(article: Article) -> bytes:
    by = "title" if article.by_title else "doi" if article.doi else "pmid"
    records = [_key(article, article.source), _key(article, article.again)]
    return _line({"article": article.number, "records": records, "by": by})


def _key(article: Article, source: str) -> str:
    """Return the source's record of an article, as "source:key"."""
    keys = {"pubmed": article.pmid, "crossref": article.doi, "openalex": article.openalex, "arxiv": article.arxiv}
    return f"{source}:{keys[source]}"


def _line(value: object) -> bytes:
    return _encode(value) + b"\n"


# --- all of it -----------------------------------------------------------------------------------------------------


def _run(corpus: Corpus, plan: Plan, processes: int) -> Iterator[Made]:
    """Yield what comes of the blocks, in their order, a few blocks ahead of who takes it."""
    arguments = (corpus.n_articles, corpus.seed, plan.n_known)
    if processes == 1:
        for block in plan.blocks:
            yield make_block(*arguments, block)
        return
    with ProcessPoolExecutor(processes, get_context("spawn"), _begin_process) as pool:
        waiting: deque[Future[Made]] = deque()
        try:
            for block in plan.blocks:
                waiting.append(pool.submit(make_block, *arguments, block))
                if len(waiting) > 2 * processes:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            pool.shutdown(cancel_futures=True)


def _series(out: Path) -> dict[str, Series]:
    found = {
        name: Series(out, f"{name}/synthetic-{{:04d}}{each.ENDING}", each.HEADER, each.FOOTER)
        for name, each in FORMATS.items()
    }
    found["items"] = Series(out, "items/synthetic-{:04d}.jsonl.gz")
    found["readers"] = Series(out, "readers/likes.jsonl.gz", most=_ALL)
    for name in ("truth/duplicates", "truth/mentions", "truth/changes", "truth/citations"):
        found[name] = Series(out, f"{name}.jsonl.gz", most=_ALL)
    return found


def _citations(corpus: Corpus, cited: Numbers, n_outside: int) -> Iterator[bytes]:
    """Yield a summary of the citation graph: totals, how many articles are cited how often, the most cited ones."""
    yield _line({"references_to_articles": int(cited.sum()), "references_outside": n_outside})
    for times, n in enumerate(np.bincount(cited).tolist()):
        if n:
            yield _line({"cited": times, "articles": n})
    most = np.argsort(-cited, kind="stable")[:100]
    for number in most.tolist():
        yield _line({"article": number, "doi": corpus.doi(number), "cited": int(cited[number])})
