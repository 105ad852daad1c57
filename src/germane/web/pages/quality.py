"""How good Germane is, measured: the latest evaluation, our figures beside those of other methods on the same data."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from germane.evaluate.results import FILE, Measure, Method, Result, packaged_result, read_result
from germane.web.pages.environment import render

_TASKS: Mapping[str, tuple[str, str]] = {
    "similar": (
        "Similar articles",
        "An article is given; those that experts judged similar, or that it cites, should come first.",
    ),
    "likes": (
        "Recommendations from likes",
        "Some of a reader’s articles are given; those that were kept back should come first.",
    ),
    "keyphrases": ("Keyphrases", "The phrases found in a text are compared with those that its authors chose."),
    "items": (
        "From posts, news and claims to articles",
        "A sentence or a text is given; the article that it is about should come first.",
    ),
    "matching": (
        "Which items are about which articles",
        "An item may be tied to an article or left alone; ties must be right, and few may be missed.",
    ),
    "merging": ("Records of one work", "Records of the same work should be put together, and no others."),
    "search": ("Search", "A question, or a title with typing errors, is asked; what was meant should come first."),
}
_COLLECTIONS = {
    "csfcube": "CSFCube: articles judged by experts, aspect by aspect",
    "similar.acm": "ACM: what an article cites, among 98,556",
    "keyphrases.acm": "ACM",
    "search.acm": "ACM: titles of articles, with and without typing errors, among 98,556",
    "acm_sentences": "ACM: sentences that mention an article, among 98,556",
    "citeulike_a": "CiteULike-a: libraries of readers",
    "citeulike_t": "CiteULike-t: libraries of readers",
    "scifact": "SciFact: claims and the abstracts that speak to them",
    "checkcovid": "Check-COVID: claims from news",
    "insciout": "InSciOut: press releases and their articles",
    "posts_arxiv": "Posts about arXiv articles",
    "duplicate_pairs": "Pairs of records of one work",
    "nus": "NUS",
    "krapivin": "Krapivin",
    "inspec": "Inspec",
    "semeval2010": "SemEval-2010",
    "semeval2017": "SemEval-2017",
}
_METHODS = {
    "germane": "Germane",
    "germane-high": "Germane with a sentence encoder",
    "bm25": "BM25",
    "tfidf": "TF-IDF",
    "pmra": "pmra (PubMed’s)",
    "mlt25": "more like this, 25 terms",
    "lsa": "LSA",
    "tfidf+lsa": "TF-IDF and LSA",
    "static": "word vectors alone",
    "encoder": "sentence encoder alone",
    "yake": "YAKE",
    "rake": "RAKE",
    "ngram": "n-grams by rarity and place",
    "bm25+static": "BM25 and word vectors",
    "item-knn": "articles liked by the same readers",
    "rp3beta": "RP3β",
    "ials": "iALS",
    "ease": "EASE",
    "rocchio": "Rocchio",
    "svm": "linear SVM on TF-IDF",
    "popularity": "the most liked",
    "find": "Germane, as for texts about articles",
}
_OWN_METRICS = {"similar.csfcube.ndcg20": "nDCG@20 %", "abstained": "left alone"}
_METRICS = {"map": "MAP", "mrr": "MRR", "ndcg": "nDCG", "r": "Recall", "f": "F1", "p": "Precision"}


class Cell(NamedTuple):
    """A figure in percent, and the interval of ours minus it."""

    value: str
    interval: str  # "+1.2 to +3.4", "" when there is none
    is_ours: bool


class Row(NamedTuple):
    """A method's figures."""

    name: str
    is_ours: bool
    cells: Sequence[Cell | None]


class Table(NamedTuple):
    """A collection's figures: methods by metrics."""

    id: str
    name: str
    n: int
    metrics: Sequence[str]
    rows: Sequence[Row]


class Section(NamedTuple):
    """A task with its tables."""

    task: str
    name: str
    words: str
    tables: Sequence[Table]


def show(request: HttpRequest) -> HttpResponse:
    """Return the page: the evaluation that was run here, else the one that this version was published with."""
    own = read_result(settings.ENVIRONMENT.home / FILE)
    result = own or packaged_result()
    context = {"result": result, "is_own": own is not None, "sections": sections_of(result) if result else []}
    return render("quality.html", context)


def sections_of(result: Result) -> list[Section]:
    """Return the tables of an evaluation, in the order of the tasks above; unknown ones keep their own names."""
    tasks = dict.fromkeys([*(t for t in _TASKS if any(m.task == t for m in result.details)),
                           *(m.task for m in result.details)])  # fmt: skip
    return [
        Section(task, *_TASKS.get(task, (task, "")), tables=_tables([m for m in result.details if m.task == task]))
        for task in tasks
    ]


def metric_name(name: str) -> str:
    """Return a metric as people write it: "warm.r20" is "Recall@20, warm"."""
    group, _, own = name.rpartition(".")
    present, _, short = own.rpartition("_")
    letters = short.rstrip("0123456789")
    told = _OWN_METRICS.get(short) or _METRICS.get(letters, short.capitalize() if letters == short else short)
    cut = f"@{short[len(letters) :]}" if letters in _METRICS and letters != short else ""
    return ", ".join(part for part in (f"{told}{cut}", present.replace("_", " "), group) if part)


def _tables(methods: Sequence[Method]) -> list[Table]:
    tables = []
    for collection in dict.fromkeys(m.collection for m in methods):
        some = [m for m in methods if m.collection == collection]
        metrics = list(dict.fromkeys(name for m in some for name in m.metrics))
        rows = [
            Row(_METHODS.get(m.method, m.method), _is_ours(m), [_cell(m.metrics.get(n), _is_ours(m)) for n in metrics])
            for m in some
        ]
        number = f"{some[0].task}.{collection}"
        name = _COLLECTIONS.get(number) or _COLLECTIONS.get(collection, collection)
        named = [_OWN_METRICS.get(f"{number}.{metric}") or metric_name(metric) for metric in metrics]
        tables.append(Table(number, name, some[0].n, named, rows))
    return tables


def _cell(measure: Measure | None, is_ours: bool) -> Cell | None:
    if measure is None:
        return None
    between = measure.germane_minus_this
    interval = " to ".join(f"{100 * end:+.1f}".replace("-", "−") for end in between) if between else ""
    return Cell(f"{100 * measure.value:.1f}", interval, is_ours)


def _is_ours(method: Method) -> bool:
    return method.method.startswith("germane")
