"""arXiv's snapshot, JSON lines, with TeX in the abstracts. The mark is the comment."""

import msgspec

from germane.synth import MARK
from germane.synth.article import Article

ENDING = ".jsonl.gz"
HEADER = FOOTER = ""

_CATEGORIES = ("cs.LG", "cs.CL", "math.PR", "math.AG", "hep-th", "astro-ph.GA", "cond-mat.soft", "quant-ph", "stat.ME")
_encode = msgspec.json.Encoder().encode


def render(article: Article) -> bytes:
    """Return the preprint, one line."""
    first = sum(map(ord, article.field)) % len(_CATEGORIES)
    second = (first + 1 + article.number % 4) % len(_CATEGORIES)
    preprint = {
        "id": article.arxiv,
        "submitter": f"{article.authors[0].given} {article.authors[0].family}",
        "authors": ", ".join(f"{author.given} {author.family}" for author in article.authors),
        "title": article.title,
        "comments": f"{5 + article.number % 40} pages; {MARK}, no such preprint exists",
        "journal-ref": None,
        "doi": None,
        "report-no": None,
        "categories": f"{_CATEGORIES[first]} {_CATEGORIES[second]}",
        "license": "http://arxiv.org/licenses/nonexclusive-distrib/1.0/",
        "abstract": f"  {article.text}\n",
        "versions": [{"version": "v1", "created": article.date}],
        "update_date": article.revised_on or article.date,
        "authors_parsed": [[author.family, author.given, ""] for author in article.authors],
    }
    return _encode(preprint) + b"\n"
