import gzip
import io
import json
import os
from collections import Counter
from itertools import islice
from pathlib import Path

import msgspec
import pytest

from germane.article import Abstract, Author, Deletion, Identifier, Keyword, Location, Notice, Record, Relation, Venue
from germane.reading.opening import open_text
from germane.sources import Entry, ParseError, arxiv

FIXTURES = Path(__file__).parent / "fixtures" / "arxiv"
SHARED = Path(os.environ.get("GERMANE_SHARED", "../shared"))


def entries(data: bytes) -> list[Entry | ParseError]:
    text = open_text(io.BytesIO(data), name="sample")
    assert arxiv.sniff(text.head)
    found: list[Entry | ParseError] = []
    for piece in arxiv.split(text):
        assert piece.error == ""
        try:
            found += arxiv.parse(piece.text)
        except ParseError as error:
            found.append(error)
    return found


def snapshot(**members: object) -> Record:
    line = {"id": "1501.00001", "title": "T", "authors": "A. Author", "categories": "cs.CL", "abstract": "", **members}
    (record,) = entries(json.dumps(line | {"journal-ref": members.get("journal_ref")}).encode())
    assert isinstance(record, Record)
    return record


def test_an_oai_record_is_read_whole() -> None:
    record = entries((FIXTURES / "oai.xml").read_bytes())[0]
    assert isinstance(record, Record)
    assert (record.source, record.key, record.updated_on) == ("arxiv", "1501.00001", "2015-03-04")
    article = record.article
    assert article.identifiers == (Identifier("arxiv", "1501.00001"),)  # the DOIs are the published version's
    assert article.title == "On $H_2O$ and Schrödinger's fiction"
    assert article.authors == (
        Author("Ada B. Müller Jr.", "Müller", "Ada B.", affiliations=("Nowhere University",)),
        Author("Invented Collaboration"),
    )
    assert article.venue == Venue("arXiv", "repository", ("2331-8422",), "Cornell University")
    assert (article.published_on, article.type, article.language) == ("2015-01-02", "preprint", "fr")
    assert article.license == "cc-by-4.0"
    assert article.abstracts == (
        Abstract("We show that $p &lt; 0.05$ for 5% of fiction, after Gödel.", "arxiv", "cc0", language="fr"),
    )
    assert article.keywords == (
        Keyword("math.LO", "topic", "arxiv"),
        Keyword("quant-ph", "topic", "arxiv"),
        Keyword("03E75", "subject", "msc"),
        Keyword("03E35", "subject", "msc"),
        Keyword("F.2.2", "subject", "acm"),
        Keyword("I.2.7", "subject", "acm"),
    )
    assert article.locations == (
        Location("https://arxiv.org/abs/1501.00001", "landing", "submitted", "cc-by-4.0", True, "repository"),
        Location("https://arxiv.org/pdf/1501.00001", "pdf", "submitted", "cc-by-4.0", True, "repository"),
    )
    assert article.relations == tuple(
        Relation("is-preprint-of", f"doi:10.5555/arxiv.{i}", title="J. Invent. Res. 12 (2016) 1-9", source="arxiv")
        for i in (1, 2)
    )


def test_all_forms_of_oai_are_read_and_deletions_obeyed() -> None:
    _, deletion, raw, dublin = entries((FIXTURES / "oai.xml").read_bytes())
    assert deletion == Deletion("arxiv", "hep-th/9901001")
    assert isinstance(raw, Record)
    assert raw.article.identifiers == (
        Identifier("arxiv", "1810.09584"),
        Identifier("doi", "10.48550/arxiv.1810.09584"),
    )
    assert raw.article.relations == ()
    assert [author.name for author in raw.article.authors] == [
        "A. Author",
        "Bea van der Berg",
        "Edgar Roldán".replace("E", "É"),
        "Fiction Collaboration",
    ]
    assert raw.article.authors[1].family == "van der Berg"
    assert (raw.article.published_on, raw.updated_on) == ("2018-10-22", "2019-01-13")
    assert raw.article.license == "http://arxiv.org/licenses/nonexclusive-distrib/1.0/"
    assert raw.article.notices == (
        Notice("retraction", reason="This paper has been withdrawn by the author due to an error.", source="arxiv"),
    )
    assert isinstance(dublin, Record)
    assert (dublin.key, dublin.article.published_on, dublin.updated_on) == ("math/0306266", "2003-06-18", "2010-09-06")
    assert dublin.article.authors == (Author("Ada Core", "Core", "Ada"),)
    assert [keyword.text for keyword in dublin.article.keywords] == ["Mathematics - Logic", "03E35", "03E75"]
    assert dublin.article.relations == (
        Relation("is-preprint-of", "doi:10.5555/dc.1", title="J. Invent. Res. 1 (2005)", source="arxiv"),
    )
    assert dublin.article.abstracts[0].markup == "The abstract."


def test_a_feed_is_read_and_its_error_is_told() -> None:
    record, error = entries((FIXTURES / "feed.xml").read_bytes())
    assert isinstance(record, Record)
    assert (record.key, record.article.published_on, record.updated_on) == ("1501.00001", "2015-01-02", "2015-03-04")
    assert record.article.authors == (
        Author("Ada B. von Müller", "von Müller", "Ada B.", affiliations=("Nowhere University",)),
    )
    assert [keyword.text for keyword in record.article.keywords] == ["math.LO", "03E75"]
    assert record.article.language == "en"
    assert record.article.relations == (
        Relation("is-preprint-of", "doi:10.5555/arxiv.1", title="J. Invent. Res. 12 (2016) 1-9", source="arxiv"),
    )
    assert isinstance(error, ParseError)
    assert str(error) == "arXiv answers with an error: incorrect id format for abc"


def test_a_line_of_the_snapshot_is_read() -> None:
    record = snapshot(
        title="A\n  title",
        categories="cs.CL cs.AI",
        authors='Ada B. M\\"uller',
        authors_parsed=[['M\\"uller', "Ada B.", "Jr.", "Nowhere"]],
        versions=[{"version": "v1", "created": "Fri, 2 Jan 2015 10:00:00 GMT"}],
        update_date="2016-01-01",
        license="http://creativecommons.org/publicdomain/zero/1.0/",
    )
    assert record.article.title == "A title"
    assert record.article.authors == (Author("Ada B. Müller Jr.", "Müller", "Ada B.", affiliations=("Nowhere",)),)
    assert (record.article.published_on, record.updated_on, record.article.license) == (
        "2015-01-02",
        "2016-01-01",
        "cc0",
    )
    assert [keyword.text for keyword in record.article.keywords] == ["cs.CL", "cs.AI"]


def test_values_split_into_characters_are_put_together() -> None:
    record = snapshot(
        authors=", ".join('Fred H. Nobody, Ada M\\"uller and J.-P. Else'),
        authors_parsed=[[letter, "", ""] for letter in "Fred"],
        categories=" ".join("chao-dyn,nlin.AO"),
        versions=[],
    )
    assert [(author.given, author.family) for author in record.article.authors] == [
        ("Fred H.", "Nobody"),
        ("Ada", "Müller"),
        ("J.-P.", "Else"),
    ]
    assert [keyword.text for keyword in record.article.keywords] == ["chao-dyn", "nlin.AO"]


@pytest.mark.parametrize(
    ("number", "key", "date"),
    [
        ("704.029", "0704.0290", "2007-04"),
        ("1501.0009599999998", "1501.00096", "2015-01"),
        (1501.00096, "1501.00096", "2015-01"),
        ("1501.00001v3", "1501.00001", "2015-01"),
        ("hep-th/9901001", "hep-th/9901001", "1999-01"),
        ("math.GT/0309136", "math/0309136", "2003-09"),
    ],
)
def test_broken_identifiers_are_repaired_and_tell_the_month(number: object, key: str, date: str) -> None:
    record = snapshot(id=number)
    assert (record.key, record.article.published_on) == (key, date)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("A. Author", ["A. Author"]),
        ("A. Author and B. Author", ["A. Author", "B. Author"]),
        ("A. Author, B. Author, and C. Author", ["A. Author", "B. Author", "C. Author"]),
        ("A. Author & B. Author; C. Author", ["A. Author", "B. Author", "C. Author"]),
        ("A. Author (1 and 2), B. Author (2) ((1) Here, (2) There)", ["A. Author", "B. Author"]),
        ("A. Author (Some Place", ["A. Author"]),
        ("A. Author, Jr., B. Author", ["A. Author Jr.", "B. Author"]),
        ("A. Author, et al.", ["A. Author"]),
        ("D\\'ezs\\H{o} N\\'emeth", ["Dézső Németh"]),
        ("B. Author, on behalf of the XY Collaboration", ["B. Author", "XY Collaboration"]),
        ("Madonna", ["Madonna"]),
    ],
)
def test_lists_of_authors_are_taken_apart(text: str, names: list[str]) -> None:
    assert [author.name for author in snapshot(authors=text).article.authors] == names


@pytest.mark.parametrize(
    ("comments", "abstract", "notices"),
    [
        ("This paper has been withdrawn", "A", [""]),
        ("Withdrawn by the authors, see text", "A", ["Withdrawn by the authors, see text"]),
        (
            "",
            "This paper has been withdrawn by the author. It was wrong.",
            ["This paper has been withdrawn by the author."],
        ),
        ("A previous version of this paper was withdrawn", "A", []),
        ("", "The drug has been withdrawn from the market, as this paper shows.", []),
        ("", "Money is withdrawn by the customers.", []),
        ("9 pages", "A", []),
    ],
)
def test_only_a_plain_statement_is_a_withdrawal(comments: str, abstract: str, notices: list[str]) -> None:
    article = snapshot(comments=comments, abstract=abstract).article
    assert [notice.reason for notice in article.notices] == notices


@pytest.mark.parametrize(
    ("piece", "reason"),
    [
        ('{"id": "nonsense", "title": "T"}', "not an arXiv identifier"),
        ('{"id": "", "title": "T"}', "no arXiv identifier"),
        ('{"title": "T"}', "id"),
        ('{"id": "1501.00001"}', "no title"),
        ('{"id": "1501.00001", ', "JSON"),
        ("<record><header/></record>", "none of arXiv"),
        ("<record><metadata><marc/></metadata></record>", "none of arXiv"),
        ("<entry><title>T</title></entry>", "no arXiv identifier"),
        ("<entry>", "not well-formed"),
    ],
)
def test_what_cannot_be_understood_says_why(piece: str, reason: str) -> None:
    with pytest.raises(ParseError, match=reason):
        arxiv.parse(piece)


@pytest.mark.parametrize(
    "head",
    [
        '<feed xmlns="http://www.w3.org/2005/Atom"><title>A blog on arXiv:1501.00001</title><entry/></feed>',
        "<OAI-PMH><ListRecords><record><header><identifier>oai:zenodo.org:1</identifier></header></record></OAI-PMH>",
        '{"id": "https://openalex.org/W1", "title": "T", "authorships": []}',
        '{"paper_id": "1501.00001", "categories": [], "authors_parsed": [{"last_name": "X"}]}',
        '[{"id": "x", "type": "article-journal", "categories": []}]',
        "Rate exceeded.",
        "",
    ],
)
def test_other_formats_are_left_alone(head: str) -> None:
    assert not arxiv.sniff(head)


@pytest.mark.shared
def test_every_shared_file_is_read() -> None:
    if not SHARED.exists():
        pytest.skip(f"GERMANE_SHARED is absent: {SHARED}")
    ours: dict[str, int] = {}
    errors: list[str] = []
    paths = [*(SHARED / "data/files/arxiv_atom_oai").rglob("*"), *(SHARED / "samples/arxiv").iterdir()]
    for path in sorted(path for path in paths if path.is_file()):
        data = path.read_bytes()
        if data.startswith(b"{") and '"body"' in data[:2000].decode():
            data = json.loads(data)["body"].encode()  # a recorded answer
        text = open_text(io.BytesIO(data), name=path.name)
        # arXiv's own search index has another form ("docmeta"), and being throttled is no answer.
        is_other = "arxiv-search" in str(path) or path.suffix in (".md", ".txt")
        assert arxiv.sniff(text.head) != is_other, path.name
        for entry in entries(data) if not is_other else ():
            if isinstance(entry, ParseError):
                errors.append(f"{path.name}: {entry}")
                continue
            ours[path.name] = ours.get(path.name, 0) + 1
            msgspec.json.encode(entry)
            assert isinstance(entry, Record)
            assert entry.article.title
            assert entry.article.authors
            assert entry.article.abstracts
            assert entry.article.published_on
    print(ours, errors)
    assert errors == [
        "id_abc_s0_m100_b79c8dcf6bc3.json: arXiv answers with an error: incorrect id format for abc",
        "arxiv_error.xml: arXiv answers with an error: start must be an integer",
    ]
    assert sum(ours.values()) == 238


@pytest.mark.shared
def test_the_shared_snapshot_is_read_with_its_names_put_together() -> None:
    path = SHARED / "data/articles/arxiv_snapshot.jsonl.gz"
    if not path.exists():
        pytest.skip(f"GERMANE_SHARED is absent: {path}")
    counts: Counter[str] = Counter()
    with gzip.open(path, "rb") as stream:
        head = stream.read(30_000).decode()
        assert arxiv.sniff(head)
        stream.seek(0)
        for line in islice(stream, 0, None, 40):
            (record,) = arxiv.parse(line.decode())
            assert isinstance(record, Record)
            names = [author.name for author in record.article.authors]
            counts["read"] += 1
            counts["authors"] += len(names)
            counts["one letter"] += sum(len(name) == 1 for name in names)
            counts["published"] += bool(record.article.relations)
            counts["withdrawn"] += bool(record.article.notices)
            assert names
            assert all(" " not in keyword.text for keyword in record.article.keywords)
    print(counts)
    assert counts["read"] == 1939
    assert counts["one letter"] == 0
    assert counts["published"] > 550
    assert 4 <= counts["withdrawn"] <= 20
