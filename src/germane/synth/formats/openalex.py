"""OpenAlex's JSON lines: inverted abstracts, topics, references by OpenAlex id. The mark is the host of the venue."""

from typing import Any

import msgspec

from germane.synth import MARK
from germane.synth.article import Article
from germane.synth.corpus import FIRST_OPENALEX

ENDING = ".jsonl.gz"
HEADER = FOOTER = ""

_encode = msgspec.json.Encoder().encode


def render(article: Article) -> bytes:
    """Return the article's work, one line; without the identifiers of its first record where only titles shall tell."""
    venue = article.venue
    title = article.original_title or article.title
    doi = f"https://doi.org/{article.doi}" if article.doi and not article.by_title else None
    address = f"https://openalex.org/{article.openalex}"
    ids = {"openalex": address}
    if article.pmid and not article.by_title:
        ids["pmid"] = f"https://pubmed.ncbi.nlm.nih.gov/{article.pmid}"
    source = {
        "display_name": venue.name,
        "issn_l": venue.issn,
        "issn": [venue.issn],
        "host_organization_name": MARK,
        "type": "conference" if venue.is_conference else "journal",
    }
    work: dict[str, Any] = {
        "id": address,
        "doi": doi,
        "title": title,
        "display_name": title,
        "publication_year": int(article.date[:4]),
        "publication_date": article.date,
        "ids": ids,
        "language": article.language,
        "type": "review" if article.is_review else "article",
        "primary_location": {
            "source": source,
            "landing_page_url": doi,
            "is_oa": article.is_open,
            "version": "publishedVersion",
            "license": "cc-by" if article.is_open else None,
        },
        "open_access": {"is_oa": article.is_open},
        "authorships": [
            {
                "author": {
                    "display_name": f"{author.given} {author.family}",
                    "orcid": f"https://orcid.org/{author.orcid}" if author.orcid else None,
                },
                "raw_affiliation_strings": [author.affiliation] if author.affiliation else [],
            }
            for author in article.authors
        ],
        "cited_by_count": article.n_cited_by,
        "biblio": {
            "volume": str(article.volume),
            "issue": str(article.issue),
            "first_page": str(article.page),
            "last_page": str(article.page + 9),
        },
        "is_retracted": article.is_retracted,
        "topics": [{"display_name": article.topic.title(), "score": 0.9}],
        "keywords": [{"display_name": heading, "score": 0.5} for heading in article.headings[:5]],
        "referenced_works": [
            f"https://openalex.org/W{FIRST_OPENALEX + number}" for number, _, _ in article.references if number >= 0
        ],
        "abstract_inverted_index": _invert(article.text) if article.sentences else None,
        "updated_date": article.revised_on or article.date,
    }
    return _encode(work) + b"\n"


def _invert(text: str) -> dict[str, list[int]]:
    index: dict[str, list[int]] = {}
    for place, word in enumerate(text.split(" ")):
        if word in index:
            index[word].append(place)
        else:
            index[word] = [place]
    return index
