import io
import os
from collections import Counter
from pathlib import Path

import msgspec
import pytest

from germane.article import (
    Abstract,
    Author,
    Deletion,
    Funding,
    Identifier,
    Keyword,
    Location,
    Notice,
    Record,
    Relation,
    Venue,
)
from germane.reading.opening import open_text
from germane.sources import Entry, ParseError, pubmed

FIXTURES = Path(__file__).parent / "fixtures" / "pubmed"
SHARED = Path(os.environ.get("GERMANE_SHARED", "../shared"))


def entries(data: bytes) -> list[Entry]:
    text = open_text(io.BytesIO(data), name="sample")
    assert pubmed.sniff(text.head)
    found: list[Entry] = []
    for piece in pubmed.split(text):
        assert piece.error == ""
        found += pubmed.parse(piece.text)
    return found


@pytest.fixture(scope="module")
def update() -> list[Entry]:
    return entries((FIXTURES / "update.xml").read_bytes())


def only(xml: str) -> Record:
    (record,) = entries(f"<PubmedArticleSet>{xml}</PubmedArticleSet>".encode())
    assert isinstance(record, Record)
    return record


def citation(inside: str = "", article: str = "<ArticleTitle>T</ArticleTitle>", data: str = "") -> str:
    return (
        f"<PubmedArticle><MedlineCitation><PMID>1</PMID><Article>{article}</Article>{inside}</MedlineCitation>"
        f"<PubmedData>{data}</PubmedData></PubmedArticle>"
    )


def test_an_article_is_read_whole(update: list[Entry]) -> None:
    record = update[0]
    assert isinstance(record, Record)
    assert (record.source, record.key, record.updated_on) == ("pubmed", "90000001", "2022-03-09")
    article = record.article
    assert article.identifiers == (
        Identifier("pmid", "90000001"),
        Identifier("doi", "10.5555/pub.med.1"),
        Identifier("pmcid", "PMC9000001"),
    )
    assert article.title == "Effect of <i>Imaginaria ficta</i> on H<sub>2</sub>O uptake at p &lt; 0.05"
    assert article.authors == (
        Author(
            "Ada B Müller Jr",
            "Müller",
            "Ada B",
            "0000-0002-1825-0097",
            ("Dept. of Fiction & Facts, Nowhere.", "Second Institute."),
        ),
        Author("X Y Initials", "Initials", "X Y"),
        Author("The Invented Study Group"),
    )
    assert article.venue == Venue("Journal of Invented Results", "journal", ("2049-3630",))
    assert article.published_on == "2021-02-03"
    assert (article.type, article.language) == ("clinical-trial", "en")
    assert (article.volume, article.issue, article.pages) == ("12", "4", "445-452")
    assert article.abstracts == (
        Abstract(
            "<h4>Background</h4><p>Water &amp; fiction.</p><h4>Methods</h4><p>We made it <b>up</b> entirely.</p>"
            "<p>The last part has no label.</p>",
            "pubmed",
            language="en",
        ),
        Abstract("Wasser und Dichtung.", "pubmed", language="de"),
    )
    assert article.keywords == (
        Keyword("invented things"),
        Keyword("water uptake"),
        Keyword("Water", "subject", "mesh"),
        Keyword("Fiction as Topic", "subject", "mesh"),
    )
    assert article.funding == (Funding("NIXX HHS", "R01 XX00001"),)
    assert [location.is_open for location in article.locations] == [True]
    assert "PMC9000001" in article.locations[0].url
    assert isinstance(article.locations[0], Location)


def test_notices_are_kept_apart_and_dated(update: list[Entry]) -> None:
    record = update[0]
    assert isinstance(record, Record)
    assert record.article.notices == (
        Notice("retraction", "pmid:90000009", "2022-01-05", source="pubmed"),
        Notice("concern", "10.5555/eoc", "2021-12", source="pubmed"),
        Notice("correction", "", "2021-06-10", source="pubmed"),
    )


def test_ties_name_their_targets(update: list[Entry]) -> None:
    record = update[0]
    assert isinstance(record, Record)
    ties = {(r.kind, r.identifier): r for r in record.article.relations}
    assert Counter(r.kind for r in record.article.relations) == {
        "has-correction": 1,
        "has-comment": 1,
        "has-preprint": 1,
        "has-trial": 2,
        "has-dataset": 2,
        "references": 3,
    }
    assert ties["has-trial", "nct:NCT01234567"].url.endswith("NCT01234567")
    assert ties["has-trial", ""].title == "UMIN-CTR UMIN000012345"
    assert ties["has-dataset", ""].url == "https://www.ncbi.nlm.nih.gov/geo/query/acc.cgi?acc=GSE12345"
    assert ties["has-dataset", "doi:10.5061/dryad.abc12"].title == "Dryad 10.5061/dryad.abc12"
    assert ties["has-preprint", "pmid:90000011"].source == "pubmed"
    references = [r for r in record.article.relations if r.kind == "references"]
    assert references == [
        Relation(
            "references",
            "doi:10.5555/ref.1",
            title="Nobody N. An earlier invention. J Invent Res. 2001;1:1.",
            source="pubmed",
        ),
        Relation("references", "pmid:80000002", title="Somebody S. Another one. 2002.", source="pubmed"),
        Relation("references", title="Without any number. 2003.", source="pubmed"),
    ]


def test_a_translated_title_goes_with_the_original(update: list[Entry]) -> None:
    record = update[1]
    assert isinstance(record, Record)
    article = record.article
    assert (article.title, article.original_title) == ("A title that was translated", "Ein Titel, der übersetzt wurde")
    assert (article.language, article.published_on, article.pages) == ("de", "1998-12", "e17")
    assert article.identifiers == (Identifier("pmid", "90000002"),)  # the DOI is marked as not valid
    assert article.notices == (Notice("retraction", source="pubmed"),)
    assert article.type == "letter"


def test_a_chapter_names_its_book(update: list[Entry]) -> None:
    record = update[2]
    assert isinstance(record, Record)
    article = record.article
    assert (article.title, article.type, article.published_on) == ("One chapter of it", "chapter", "2009-02")
    assert article.venue == Venue("The Book of Inventions", "book", publisher="Invented Press")
    assert article.authors == (Author("Wri Writer", "Writer", "Wri"),)
    assert article.identifiers == (Identifier("pmid", "90000003"), Identifier("doi", "10.5555/book.1"))


def test_deletions_are_obeyed_one_by_one(update: list[Entry]) -> None:
    assert update[3:] == [Deletion("pubmed", "70000001"), Deletion("pubmed", "70000002")]


@pytest.mark.parametrize(
    ("xml", "date"),
    [
        ("<Year>2004</Year>", "2004"),
        ("<Year>2004</Year><Month>Sep</Month><Day>7</Day>", "2004-09-07"),
        ("<Year>2004</Year><Month>9</Month>", "2004-09"),
        ("<Year>2004</Year><Month>Sep</Month><Day>31</Day>", "2004-09"),
        ("<Year>2004</Year><Season>Spring</Season>", "2004"),
        ("<MedlineDate>2000 Spring</MedlineDate>", "2000"),
        ("<MedlineDate>2000 Jan-Feb</MedlineDate>", "2000-01"),
        ("<MedlineDate>2004 Mar 29-Apr 4</MedlineDate>", "2004-03-29"),
        ("<MedlineDate>1999-2000</MedlineDate>", "1999"),
        ("<MedlineDate>Spring 2001</MedlineDate>", "2001"),
        ("<MedlineDate>unknown</MedlineDate>", ""),
    ],
)
def test_dates_are_read_in_all_their_forms(xml: str, date: str) -> None:
    issue = f"<Journal><JournalIssue><PubDate>{xml}</PubDate></JournalIssue></Journal><ArticleTitle>T</ArticleTitle>"
    assert only(citation(article=issue)).article.published_on == date


@pytest.mark.parametrize(
    ("types", "kind"),
    [
        (["Journal Article"], "article"),
        (["Journal Article", "Review"], "review"),
        (["Journal Article", "Systematic Review", "Meta-Analysis"], "systematic-review"),
        (["Case Reports", "Journal Article"], "case-report"),
        (["Published Erratum"], "correction"),
        (["Retraction of Publication", "Journal Article"], "retraction"),
        (["Retraction Notice"], "retraction"),
        (["Preprint"], "preprint"),
        (["Clinical Trial, Phase II", "Journal Article"], "clinical-trial"),
        (["Clinical Trial Protocol", "Journal Article"], "article"),
        (["News"], "other"),
        ([], "other"),
    ],
)
def test_publication_types_amount_to_one_type(types: list[str], kind: str) -> None:
    listed = "".join(f"<PublicationType>{name}</PublicationType>" for name in types)
    article = f"<ArticleTitle>T</ArticleTitle><PublicationTypeList>{listed}</PublicationTypeList>"
    assert only(citation(article=article)).article.type == kind


def test_a_preprint_knows_what_it_became() -> None:
    article = "<ArticleTitle>T</ArticleTitle><PublicationTypeList><PublicationType>Preprint</PublicationType>"
    tie = '<CommentsCorrections RefType="UpdateIn"><RefSource>Real J</RefSource><PMID>2</PMID></CommentsCorrections>'
    record = only(
        citation(f"<CommentsCorrectionsList>{tie}</CommentsCorrectionsList>", f"{article}</PublicationTypeList>")
    )
    (relation,) = record.article.relations
    assert (relation.kind, relation.identifier) == ("is-preprint-of", "pmid:2")


def test_a_lone_citation_is_read() -> None:
    (record,) = entries(
        b"<MedlineCitationSet><MedlineCitation><PMID>5</PMID><Article><ArticleTitle>T</ArticleTitle></Article></MedlineCitation></MedlineCitationSet>"
    )
    assert isinstance(record, Record)
    assert record.key == "5"


def test_html_in_a_title_is_harmless() -> None:
    title = "&lt;script&gt;alert(1)&lt;/script&gt;Safe &lt;i&gt;and&lt;/i&gt; sound &amp;amp; well"
    shown = only(citation(article=f"<ArticleTitle>{title}</ArticleTitle>")).article.title
    assert "<script" not in shown
    assert shown.endswith("Safe <i>and</i> sound &amp; well")


@pytest.mark.parametrize(
    ("piece", "reason"),
    [
        ("<PubmedArticle><MedlineCitation></PubmedArticle>", "not well-formed"),
        ("<PubmedArticle/>", "no MedlineCitation"),
        ("<PubmedArticle><MedlineCitation><PMID>1</PMID></MedlineCitation></PubmedArticle>", "no Article"),
        (
            "<MedlineCitation><Article><ArticleTitle>T</ArticleTitle></Article></MedlineCitation>",
            "neither a PMID nor a DOI",
        ),
        ("<DeleteCitation><PMID>none</PMID></DeleteCitation>", "without a PMID"),
        ("<PubmedBookArticle/>", "no BookDocument"),
        ("<other/>", "not a record of PubMed"),
    ],
)
def test_what_cannot_be_understood_says_why(piece: str, reason: str) -> None:
    with pytest.raises(ParseError, match=reason):
        pubmed.parse(piece)


@pytest.mark.parametrize(
    "head",
    [
        "<?xml version='1.0'?><eSummaryResult><PMID>1</PMID></eSummaryResult>",
        '<article xmlns="x"><front><article-meta/></front></article>',
        '<doi_records><doi_record><crossref xmlns="http://www.crossref.org/xschema/1.1"/></doi_record></doi_records>',
        '{"PMID": 1}',
        "PMID- 1\nTI  - T\n",
        "",
    ],
)
def test_other_formats_are_left_alone(head: str) -> None:
    assert not pubmed.sniff(head)


NOT_OURS = {"pub_med.xml", "pub_med_nil.xml"}  # PMC's list of citing articles
NOT_OURS |= {"pub_med_esearch_pmid.xml", "pub_med_esearch_pmid_nil.xml", "pub_med_esummary_pmid.xml"}
NOT_OURS |= {"esearch_pmid.xml", "esummary_pmid.xml", "MedlinePlainImporterTestInvalidFormat.xml", "SOURCES.md"}


@pytest.mark.shared
def test_every_shared_file_is_read() -> None:
    if not SHARED.exists():
        pytest.skip(f"GERMANE_SHARED is absent: {SHARED}")
    paths = [*(SHARED / "data/files/pubmed_xml").rglob("*"), *(SHARED / "samples/pubmed").iterdir()]
    counts: Counter[str] = Counter()
    rejects: list[str] = []
    for path in sorted(p for p in paths if p.is_file() and p.suffix != ".txt"):
        with path.open("rb") as stream:
            text = open_text(stream, name=path.name)
            assert pubmed.sniff(text.head) == (path.name not in NOT_OURS), path.name
            for piece in pubmed.split(text) if path.name not in NOT_OURS else ():
                if piece.error:
                    rejects.append(f"{path.name}: {piece.error}")
                    continue
                for entry in pubmed.parse(piece.text):
                    counts[type(entry).__name__] += 1
                    msgspec.json.encode(entry)
                    if isinstance(entry, Record):
                        counts["abstract"] += bool(entry.article.abstracts)
                        counts["dated"] += bool(entry.article.published_on)
                        counts["untitled"] += not entry.article.title
    print(counts, rejects)
    assert rejects == ["MedlineImporterTestMalformedEntry.xml: the file ends inside this record"]
    assert counts["Record"] >= 360
    assert counts["Deletion"] >= 14
    assert counts["dated"] == counts["Record"] - 1
    assert counts["untitled"] == 1  # both: a book whose file says nothing but its number
