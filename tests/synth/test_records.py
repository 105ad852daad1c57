"""What our own readers find in a synthetic corpus is what its truth tells."""

from collections import Counter, defaultdict

from germane.article import Article, Record
from germane.identifiers import key_of
from germane.item import Item
from germane.matching.works import compare_works, work_keys
from germane.sources import Entry
from tests.synth.conftest import N_ARTICLES, Lines

Entries = dict[str, list[Entry]]


def records(entries: Entries) -> dict[str, Article]:
    return {
        f"{entry.source}:{entry.key}": entry.article
        for found in entries.values()
        for entry in found
        if isinstance(entry, Record)
    }


def groups(articles: dict[str, Article]) -> set[frozenset[str]]:
    """Return the records that are one article: by identifier, else by title, authors and year, as an import merges."""
    group_of = {name: {name} for name in articles}

    def join(one: str, other: str) -> None:
        whole = group_of[one] | group_of[other]
        for name in whole:
            group_of[name] = whole

    first: dict[str, str] = {}
    for name, article in articles.items():
        for identifier in article.identifiers:
            join(first.setdefault(key_of(identifier), name), name)
    likely = defaultdict(list)
    for name, article in articles.items():
        for key in work_keys(article):
            likely[key].append(name)
    for names in likely.values():
        for other in names[1:]:
            if compare_works(articles[names[0]], articles[other]).outcome == "same-article":
                join(names[0], other)
    return {frozenset(group) for group in group_of.values() if len(group) > 1}


def test_duplicates_merge_as_the_truth_tells(entries: Entries, lines: Lines) -> None:
    told = {frozenset(each["records"]): each["by"] for each in lines("truth/duplicates")}
    found = groups(records(entries))
    assert not found - told.keys()  # precision
    missed = [told[pair] for pair in told.keys() - found]
    assert set(missed) <= {"title"}  # a title may be too short to tell
    by = Counter(told.values())
    assert len(missed) <= 0.1 * by["title"]
    assert by["title"] > 20
    assert by["doi"] > 100


def test_there_is_a_record_of_every_article(entries: Entries, lines: Lines) -> None:
    assert len(records(entries)) == N_ARTICLES + len(lines("truth/duplicates"))


def test_every_identifier_is_of_a_synthetic_range(entries: Entries) -> None:
    for article in records(entries).values():
        for scheme, value in ((each.scheme, each.value) for each in article.identifiers):
            match scheme:
                case "doi":
                    assert value.startswith("10.5555/synthetic.")
                case "pmid":
                    assert 80_000_000 <= int(value) < 90_000_000
                case "openalex":
                    assert value.startswith("W99")
                case "arxiv":
                    assert int(value.partition(".")[2]) >= 39_999
                case _:
                    raise AssertionError(scheme)


def test_records_have_what_real_ones_have(entries: Entries) -> None:
    of = {name: [entry.article for entry in found if isinstance(entry, Record)] for name, found in entries.items()}
    for name in ("pubmed", "crossref", "openalex", "arxiv"):
        assert all(article.title and article.authors and article.published_on for article in of[name])
        assert sum(bool(article.abstracts) for article in of[name]) > 0.85 * len(of[name])
    assert all(len(article.keywords) >= 3 for article in of["pubmed"])
    assert all(article.venue and article.venue.issns for name in ("pubmed", "crossref") for article in of[name])
    assert sum("<h4>Methods</h4>" in article.abstracts[0].markup for article in of["pubmed"] if article.abstracts) > 100
    assert {article.language for article in of["crossref"]} == {"en", "de", "fr", "es"}
    assert sum(bool(article.original_title) for article in of["pubmed"]) > 20
    assert any(author.orcid for article in of["crossref"] for author in article.authors)
    assert any(author.orcid for article in of["pubmed"] for author in article.authors)
    assert any(notice.kind == "retraction" for name in of for article in of[name] for notice in article.notices)


def test_references_lead_to_records(entries: Entries) -> None:
    articles = records(entries)
    names = {key_of(identifier) for article in articles.values() for identifier in article.identifiers}
    cited = [
        (name.partition(":")[0], relation.identifier in names)
        for name, article in articles.items()
        for relation in article.relations
        if relation.kind == "references" and relation.identifier
    ]
    for source, least in (("pubmed", 0.75), ("crossref", 0.75), ("openalex", 0.5)):
        found = [leads for of, leads in cited if of == source]
        assert sum(found) > least * len(found) > 1_000


def test_items_say_what_the_truth_tells(entries: Entries, lines: Lines) -> None:
    items = {entry.key: entry for entry in entries["items"] if isinstance(entry, Item)}
    told = {each["item"]: each for each in lines("truth/mentions")}
    assert items.keys() == told.keys()
    titles = {key_of(i): article.title for article in records(entries).values() for i in article.identifiers}
    assert all(each["identifier"] in titles for each in told.values())
    codes = {"link": "id-link", "text": "id-text", "declared": "declared"}
    ways: Counter[str] = Counter()
    for key, truth in told.items():
        claims = {(claim.identifier, claim.evidence.code) for claim in items[key].claims}
        way = truth["by"]
        ways[way] += 1
        assert claims == ({(truth["identifier"], codes[way])} if way in codes else set())
        assert truth["about"] == (way != "topic")
    assert set(ways) == {*codes, "title", "topic"}


def test_likes_are_of_articles_that_have_a_doi(entries: Entries, lines: Lines) -> None:
    names = {key_of(identifier) for article in records(entries).values() for identifier in article.identifiers}
    likes = lines("readers/likes")
    assert {f"doi:{like['doi']}" for like in likes} <= names
    assert len({(like["reader"], like["doi"]) for like in likes}) == len(likes)
    each = Counter(like["reader"] for like in likes)
    assert len(each) > 0.9 * (N_ARTICLES // 15)
    assert max(each.values()) > 8 * sorted(each.values())[len(each) // 2]
