"""Made-up records in four formats, deterministic, with lengths like those of real ones. Test DOI prefix 10.5555."""

import gzip
import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path

_SYLLABLES = "ba ce di fo gu la me ni po ru sa te vi xo zu tra pli gno stra mer lin dor kat ven sol".split()  # noqa: SIM905

_COMMON = "the of and in to a is that for with are by this was on as we from which at".split()  # noqa: SIM905


class Maker:
    """A source of made-up facts; the same seed gives the same facts."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.words = ["".join(self.random.choices(_SYLLABLES, k=self.random.randint(1, 4))) for _ in range(40_000)]
        # Zipf-like, so that some words are in most texts and most words in few
        self.weights = [1 / (rank + 10) for rank in range(len(self.words))]
        self.cumulative = []
        total = 0.0
        for weight in self.weights:
            total += weight
            self.cumulative.append(total)
        self.venues = [f"Journal of {self.text(2).title()}" for _ in range(400)]

    def text(self, n: int) -> str:
        """Return n words, every third of them one of English's commonest."""
        words = self.random.choices(self.words, cum_weights=self.cumulative, k=n)
        words[1::3] = self.random.choices(_COMMON, k=len(words[1::3]))
        return " ".join(words)

    def title(self) -> str:
        """Return a title of 5–20 words."""
        return self.text(self.random.randint(5, 20)).capitalize()

    def abstract(self) -> str:
        """Return an abstract of about 150 words, log-normal like real ones."""
        n = min(600, max(20, int(self.random.lognormvariate(4.897, 0.517))))
        return " ".join(self.text(min(18, n - i)).capitalize() + "." for i in range(0, n, 18))

    def authors(self) -> list[tuple[str, str]]:
        """Return (family, given) of 1–8 people."""
        return [
            (self.random.choice(self.words).title(), self.random.choice(self.words).title())
            for _ in range(self.random.randint(1, 8))
        ]


def pubmed(maker: Maker, number: int) -> str:
    """Return one PubmedArticle."""
    authors = "".join(
        f'<Author ValidYN="Y"><LastName>{f}</LastName><ForeName>{g}</ForeName><Initials>{g[0]}</Initials></Author>'
        for f, g in maker.authors()
    )
    mesh = "".join(
        f'<MeshHeading><DescriptorName UI="D{i:06}" MajorTopicYN="N">{maker.text(2).title()}</DescriptorName>'
        "</MeshHeading>"
        for i in range(8)
    )
    return (
        f'<PubmedArticle><MedlineCitation Status="MEDLINE" Owner="NLM"><PMID Version="1">{number}</PMID>'
        f"<DateRevised><Year>2024</Year><Month>01</Month><Day>02</Day></DateRevised>"
        f'<Article PubModel="Print"><Journal><ISSN IssnType="Print">1234-5679</ISSN><JournalIssue CitedMedium="Print">'
        f"<Volume>{number % 90}</Volume><Issue>2</Issue><PubDate><Year>{1990 + number % 35}</Year><Month>Mar</Month>"
        f"</PubDate></JournalIssue><Title>{maker.random.choice(maker.venues)}</Title></Journal>"
        f"<ArticleTitle>{maker.title()}.</ArticleTitle><Pagination><MedlinePgn>12-19</MedlinePgn></Pagination>"
        f"<Abstract><AbstractText>{maker.abstract()}</AbstractText></Abstract>"
        f'<AuthorList CompleteYN="Y">{authors}</AuthorList><Language>eng</Language><PublicationTypeList>'
        f'<PublicationType UI="D016428">Journal Article</PublicationType></PublicationTypeList></Article>'
        f"<MeshHeadingList>{mesh}</MeshHeadingList></MedlineCitation><PubmedData><ArticleIdList>"
        f'<ArticleId IdType="pubmed">{number}</ArticleId><ArticleId IdType="doi">10.5555/p{number}</ArticleId>'
        f"</ArticleIdList></PubmedData></PubmedArticle>\n"
    )


def openalex(maker: Maker, number: int) -> str:
    """Return one OpenAlex work, as a line."""
    inverted: dict[str, list[int]] = {}
    for position, word in enumerate(maker.abstract().split()):
        inverted.setdefault(word, []).append(position)
    title = maker.title()
    return _line(
        {
            "id": f"https://openalex.org/W{number}",
            "doi": f"https://doi.org/10.5555/o{number}",
            "title": title,
            "display_name": title,
            "publication_year": 1990 + number % 35,
            "publication_date": f"{1990 + number % 35}-03-01",
            "ids": {"openalex": f"https://openalex.org/W{number}", "doi": f"https://doi.org/10.5555/o{number}"},
            "type": "article",
            "primary_location": {
                "source": {"display_name": maker.random.choice(maker.venues), "issn_l": "1234-5679", "type": "journal"},
                "landing_page_url": f"https://doi.org/10.5555/o{number}",
                "is_oa": False,
            },
            "open_access": {"is_oa": False, "oa_url": None},
            "authorships": [{"author": {"display_name": f"{g} {f}"}} for f, g in maker.authors()],
            "referenced_works": [f"https://openalex.org/W{maker.random.randint(1, 10**6)}" for _ in range(20)],
            "abstract_inverted_index": inverted,
        }
    )


def crossref(maker: Maker, number: int) -> str:
    """Return one Crossref work, as a line."""
    return _line(
        {
            "DOI": f"10.5555/c{number}",
            "type": "journal-article",
            "title": [maker.title()],
            "container-title": [maker.random.choice(maker.venues)],
            "abstract": f"<jats:p>{maker.abstract()}</jats:p>",
            "author": [
                {"given": g, "family": f, "sequence": "additional", "affiliation": []} for f, g in maker.authors()
            ],
            "issued": {"date-parts": [[1990 + number % 35, 3]]},
            "publisher": "Made Up",
            "member": "1",
            "URL": f"https://doi.org/10.5555/c{number}",
            "resource": {"primary": {"URL": f"https://example.org/{number}"}},
            "reference": [
                {"key": str(i), "DOI": f"10.5555/c{maker.random.randint(1, 10**6)}", "doi-asserted-by": "publisher"}
                for i in range(20)
            ],
            "indexed": {"date-time": "2024-01-02T00:00:00Z"},
        }
    )


def arxiv(maker: Maker, number: int) -> str:
    """Return one line of the arXiv snapshot."""
    authors = maker.authors()
    return _line(
        {
            "id": f"{15 + number % 8:02}{number % 12 + 1:02}.{number:05}",
            "submitter": None,
            "authors": ", ".join(f"{g} {f}" for f, g in authors),
            "title": maker.title(),
            "comments": "12 pages",
            "journal-ref": None,
            "doi": None,
            "report-no": None,
            "categories": "cs.CL stat.ML",
            "license": None,
            "abstract": f"  {maker.abstract()}\n",
            "versions": [{"version": "v1", "created": "Mon, 2 Apr 2007 19:18:42 GMT"}],
            "update_date": "2008-11-26",
            "authors_parsed": [[f, g, ""] for f, g in authors],
        }
    )


FORMATS: dict[str, Callable[[Maker, int], str]] = {
    "pubmed": pubmed,
    "openalex": openalex,
    "crossref": crossref,
    "arxiv": arxiv,
}


def write_file(folder: Path, format: str, n: int) -> Path:
    """Write n made-up records, gzipped like the real files, and return the path."""
    path = folder / f"{format}.{'xml' if format == 'pubmed' else 'jsonl'}.gz"
    with gzip.open(path, "wt", compresslevel=6) as file:
        file.writelines(_lines(format, n))
    return path


def _lines(format: str, n: int) -> Iterator[str]:
    maker = Maker(seed=7)
    if format == "pubmed":
        yield '<?xml version="1.0" encoding="utf-8"?>\n<PubmedArticleSet>\n'
    for number in range(1, n + 1):
        yield FORMATS[format](maker, number)
    if format == "pubmed":
        yield "</PubmedArticleSet>\n"


def _line(record: dict[str, object]) -> str:
    return json.dumps(record, ensure_ascii=False) + "\n"
