import io
import os
from collections import Counter
from pathlib import Path

import msgspec
import pytest

from germane.article import (
    Abstract,
    Article,
    Author,
    Deletion,
    Funding,
    Identifier,
    Keyword,
    Notice,
    Record,
    Relation,
    Venue,
)
from germane.reading.opening import open_text
from germane.sources import Entry, ParseError, jats

FIXTURES = Path(__file__).parent / "fixtures" / "jats"
SHARED = Path(os.environ.get("GERMANE_SHARED", "../shared"))
FRONT = "<front><journal-meta/><article-meta>{}</article-meta></front>"
TITLE = "<title-group><article-title>T</article-title></title-group>"


def entries(data: bytes) -> list[Entry]:
    text = open_text(io.BytesIO(data), name="sample")
    assert jats.sniff(text.head)
    found: list[Entry] = []
    for piece in jats.split(text):
        assert piece.error == ""
        found += jats.parse(piece.text)
    return found


def article(meta: str, *, attributes: str = "") -> Article:
    (record,) = entries(f"<article {attributes}>{FRONT.format(TITLE + meta)}</article>".encode())
    assert isinstance(record, Record)
    return record.article


def test_an_article_is_read_whole() -> None:
    (record,) = entries((FIXTURES / "article.xml").read_bytes())
    assert isinstance(record, Record)
    assert (record.source, record.key) == ("jats", "doi:10.5555/jats.1")
    read = record.article
    assert read.identifiers == (
        Identifier("doi", "10.5555/jats.1"),
        Identifier("pmcid", "PMC9000001"),
        Identifier("pmid", "90000001"),
    )
    assert read.title == "Effect of <i>Imaginaria</i> on H<sub>2</sub>O"
    assert read.subtitle == "An invention"
    assert read.original_title == "Wirkung von <i>Imaginaria</i> auf H<sub>2</sub>O"
    first = ("Dept. of Fiction, Nowhere", "Second Institute, Utopia")
    assert read.authors == (
        Author("Ada B. Müller Jr", "Müller", "Ada B.", "0000-0002-1825-0097", first),
        Author("王 小明", "王", "小明", "", ("Second Institute, Utopia",)),
        Author("The Invented Group"),
    )
    assert read.venue == Venue("Journal of Invented Results", "journal", ("2049-3630",), "Invented Press")
    assert (read.published_on, read.type, read.language) == ("2021-02-03", "article", "de")
    assert (read.volume, read.issue, read.pages, read.license) == ("12", "4", "e17", "cc-by-4.0")
    german, english = read.abstracts
    assert german.markup == (
        "<h4>Hintergrund</h4><p>Wasser &amp; Dichtung, <math><mi>x</mi></math>.</p><h4>Methoden</h4><p>Erfunden.</p>"
    )
    assert (german.license, german.language) == ("cc-by-4.0", "de")
    assert english == Abstract("<p>Water and fiction.</p>", "jats", "cc-by-4.0", language="en")
    assert read.keywords == (
        Keyword("invented things"),
        Keyword("water uptake"),
        Keyword("Fiction as Topic", "subject", "mesh"),
        Keyword("Hydrology", "subject"),
    )
    assert read.funding == (
        Funding("Invented Trust", "W-1", "10.13039/100000001"),
        Funding("Invented Trust", "W-2", "10.13039/100000001"),
    )
    assert [(place.url, place.content, place.license) for place in read.locations] == [
        ("https://pmc.ncbi.nlm.nih.gov/articles/PMC9000001", "html", "cc-by-4.0"),
        ("https://press.example.org/inv-1.pdf", "pdf", "cc-by-4.0"),
    ]


def test_ties_and_notices_name_their_targets() -> None:
    (record,) = entries((FIXTURES / "article.xml").read_bytes())
    assert isinstance(record, Record)
    assert record.article.notices == (
        Notice("retraction", "10.5555/retraction", source="jats"),
        Notice("correction", "10.5555/erratum", source="jats"),
    )
    assert [(r.kind, r.identifier) for r in record.article.relations if r.kind != "references"] == [
        ("has-correction", "doi:10.5555/erratum"),
        ("related", "doi:10.5555/companion"),
        ("is-comment-on", "pmid:90000010"),
        ("has-trial", "nct:NCT01234567"),
        ("has-preprint", "arxiv:1501.00001"),
        ("has-dataset", "doi:10.5061/dryad.abc12"),
    ]
    assert [r for r in record.article.relations if r.kind == "references"] == [
        Relation(
            "references",
            "doi:10.5555/ref.1",
            title="Nobody, Else (2001). An earlier invention. J Invent Res 1:7",
            source="jats",
        ),
        Relation(
            "references", "pmid:80000002", title="Somebody S (2002) Another one. J Invent Res 2: 1.", source="jats"
        ),
        Relation(
            "references", "doi:10.5555/ref.3", title="Third T. Twice told. 2003. doi: 10.5555/ref.3", source="jats"
        ),
        Relation("references", title="An old book", source="jats"),
    ]


def test_oai_records_and_their_deletions_are_keyed_alike() -> None:
    header = "<header{}><identifier>oai:pubmedcentral.nih.gov:{}</identifier><datestamp>2021-03-04</datestamp></header>"
    inner = f'<article xmlns="https://jats.nlm.nih.gov/ns/archiving/1.3/">{FRONT.format(TITLE)}</article>'
    document = (
        '<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><ListRecords>'
        "<record>" + header.format("", 1) + f"<metadata>{inner}</metadata></record>"
        "<record>" + header.format(" status='deleted'", 2) + "</record></ListRecords></OAI-PMH>"
    )
    record, deletion = entries(document.encode())
    assert isinstance(record, Record)
    assert (record.key, record.updated_on) == ("oai:pubmedcentral.nih.gov:1", "2021-03-04")
    assert record.article.title == "T"
    assert deletion == Deletion("jats", "oai:pubmedcentral.nih.gov:2")


def test_an_article_set_in_the_old_form_is_read() -> None:
    meta = (
        "<article-id pub-id-type='doi'>10.5555/nlm.{0}</article-id>"
        + TITLE
        + "<contrib-group><contrib contrib-type='author'>"
        "<name><surname>Author</surname><given-names>A</given-names></name></contrib>"
        "<aff>Only Place</aff></contrib-group>"
        "<pub-date pub-type='ppub'><season>Spring</season><year>1999</year></pub-date><fpage>1</fpage><lpage>9</lpage>"
        "<contract-num rid='g'>42</contract-num><contract-sponsor id='g'>Old Fund</contract-sponsor>"
    )
    front = FRONT.replace("<journal-meta/>", "<journal-meta><journal-title>Old Journal</journal-title></journal-meta>")
    articles = "".join(f"<article>{front.format(meta.format(i))}</article>" for i in range(2))
    found = entries(f"<pmc-articleset>{articles}</pmc-articleset>".encode())
    assert [entry.key for entry in found] == ["doi:10.5555/nlm.0", "doi:10.5555/nlm.1"]
    record = found[0]
    assert isinstance(record, Record)
    assert record.article.venue == Venue("Old Journal", "journal")
    assert record.article.authors == (Author("A Author", "Author", "A", "", ("Only Place",)),)
    assert (record.article.published_on, record.article.pages) == ("1999", "1-9")
    assert record.article.funding == (Funding("Old Fund", "42"),)


@pytest.mark.parametrize(
    ("attributes", "meta", "kind"),
    [
        ('article-type="research-article"', "", "article"),
        ('article-type="Retraction"', "", "retraction"),
        ('article-type="correction"', "", "correction"),
        ('article-type="review-article"', "", "review"),
        ('article-type="book-review"', "<abstract><p>A</p></abstract>", "other"),
        ('article-type="lasers and optics"', "<abstract><p>A</p></abstract>", "article"),
        ("", "", "other"),
    ],
)
def test_types_are_told(attributes: str, meta: str, kind: str) -> None:
    assert article(meta, attributes=attributes).type == kind


@pytest.mark.parametrize(
    ("inner", "name"),
    [
        ('<license license-type="cc-by"><p>x</p></license>', "cc-by"),
        (
            (
                '<license><license-p><ext-link xlink:href="http://creativecommons.org/licenses/by-nc/3.0/">CC</ext-link>'
                "</license-p></license>"
            ),
            "cc-by-nc-3.0",
        ),
        ('<license_ref xmlns="urn:x">https://creativecommons.org/publicdomain/zero/1.0/</license_ref>', "cc0"),
        ('<license xlink:href="https://press.example.org/terms"><p>x</p></license>', "https://press.example.org/terms"),
        ('<license license-type="ccc"><p>All rights reserved.</p></license>', ""),
        ("<license><p>All rights reserved.</p></license>", ""),
    ],
)
def test_licences_get_their_short_name(inner: str, name: str) -> None:
    assert article(f"<permissions>{inner}</permissions>").license == name


def test_a_malformed_body_costs_nothing_and_a_malformed_front_the_record() -> None:
    assert entries(f"<article>{FRONT.format(TITLE)}<body><p></body></article>".encode())
    with pytest.raises(ParseError, match="not well-formed"):
        jats.parse(f"<article>{FRONT.format(TITLE + '<b>')}</article>")


@pytest.mark.parametrize(
    ("piece", "reason"),
    [
        ("<article/>", "no article with metadata"),
        ("<record><header/><metadata/></record>", "no article with metadata"),
        ("<article><front><article-meta/></front></article>", "neither an identifier nor a title"),
    ],
)
def test_what_cannot_be_understood_says_why(piece: str, reason: str) -> None:
    with pytest.raises(ParseError, match=reason):
        jats.parse(piece)


@pytest.mark.parametrize(
    "head",
    [
        "<article><journal><title>Copernicus</title></journal></article>",
        "<PubmedArticleSet><PubmedArticle><Article/></PubmedArticle></PubmedArticleSet>",
        '<dblp><article key="x"><title>T</title></article></dblp>',
        "<doi_records><doi_record><crossref><journal><journal_article/></journal></crossref></doi_record></doi_records>",
        "<html><article><p>front</p></article></html>",
        "",
    ],
)
def test_other_formats_are_left_alone(head: str) -> None:
    assert not jats.sniff(head)


@pytest.mark.shared
def test_every_shared_file_is_read() -> None:
    if not SHARED.exists():
        pytest.skip(f"GERMANE_SHARED is absent: {SHARED}")
    files = SHARED / "data/files"
    paths = [*(files / "jats_xml").rglob("*"), *(files / "publisher_xml_other").rglob("*")]
    paths += [path for path in (SHARED / "samples/jats").iterdir() if path.suffix == ".xml"]
    counts: Counter[str] = Counter()
    rejects: list[str] = []
    for path in sorted(path for path in paths if path.is_file()):
        with path.open("rb") as stream:
            text = open_text(stream, name=path.name)
            # Elsevier's, Wiley's and Copernicus' own formats and Dublin Core are not JATS.
            assert jats.sniff(text.head) == ("publisher_xml_other" not in str(path)), path.name
            if not jats.sniff(text.head):
                continue
            for piece in jats.split(text):
                assert piece.error == "", path.name
                try:
                    (record,) = jats.parse(piece.text)
                except ParseError as error:
                    rejects.append(f"{path.name}: {error}")
                    continue
                assert isinstance(record, Record)
                msgspec.json.encode(record)
                read = record.article
                counts["records"] += 1
                for name in ("identifiers", "title", "authors", "venue", "published_on", "abstracts", "relations"):
                    counts[name] += bool(getattr(read, name))
    print(counts, rejects)
    assert [reject.partition(":")[0] for reject in rejects] == [
        "jats_iucr_d-75-00616.xml"
    ]  # an attribute without value
    assert counts["records"] == 75
    assert all(counts[name] == 75 for name in ("identifiers", "title", "venue", "published_on"))
    assert counts["authors"] >= 70
    assert counts["abstracts"] >= 62
    assert counts["relations"] >= 60
