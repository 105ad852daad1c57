"""Nasty sets of records: wrong DOIs, changed minds, bridges, notices that are taken back, and what follows them."""

from itertools import permutations

import pytest
from msgspec.structs import replace

from germane.article import Author, Deletion, Notice, Record, Venue
from germane.identifiers import parse_key
from germane.item import Evidence, Item, ItemClaim
from germane.web.catalog import queries
from germane.web.catalog.models import Article, Contest, Mention
from germane.web.catalog.models import Venue as VenueRow
from germane.web.catalog.store import derived, items
from germane.web.catalog.store.articles import withdraw_records
from tests.web.catalog.checking import check_catalog
from tests.web.catalog.conftest import NOW, Write, make_record


def number_of(key: str) -> int:
    identifier = parse_key(key)
    assert identifier
    place = queries.find_article(identifier)
    assert place
    return place.article_id


def named(record: Record, key: str) -> Record:
    return replace(record, key=key)


def reparse(write: Write):  # type: ignore[no-untyped-def]
    return write.reparse  # type: ignore[attr-defined]


def people(*names: str) -> tuple[Author, ...]:
    return tuple(Author(name=f"Ada {name}", family=name, given="Ada") for name in names)


FOUR = (
    make_record("crossref", "doi:10.5555/a", volume="7", venue=Venue("Journal of Pain", issns=("1234-5679",))),
    make_record("pubmed", "pmid:1", "doi:10.5555/a", issue="2", type="clinical-trial"),
    make_record("openalex", "openalex:W1", "pmid:1", "doi:10.5555/a", title="interscapular pain after injection"),
    make_record("europepmc", "pmcid:PMC1", "pmid:1", pages="1-9", notices=(Notice("retraction", on="2021"),)),
)


@pytest.mark.parametrize("order", list(permutations(range(4))))
@pytest.mark.parametrize("is_one_batch", [True, False])
def test_four_sources_make_the_same_article_in_any_order(
    write: Write, order: tuple[int, ...], is_one_batch: bool
) -> None:
    if is_one_batch:
        write(*(FOUR[i] for i in order))
    else:
        for i in order:
            write(FOUR[i])
    article = queries.read_article(number_of("pmid:1"))
    assert article
    assert [i.value for i in article.identifiers] == ["10.5555/a", "1", "PMC1", "W1"]
    told = (article.title, article.volume, article.issue, article.pages, article.type, len(article.notices))
    assert told == ("Interscapular pain after injection in adults", "7", "2", "1-9", "clinical-trial", 1)
    assert article.provenance == {
        "title": "crossref doi:10.5555/a", "authors": article.provenance["authors"], "type": "pubmed pmid:1",
        "published_on": article.provenance["published_on"], "venue": "crossref doi:10.5555/a",
        "volume": "crossref doi:10.5555/a", "issue": "pubmed pmid:1", "pages": "europepmc pmcid:PMC1",
    }  # fmt: skip
    check_catalog(reparse(write))


MISTAKEN = make_record(
    "csl", "acl:W18-6482", "doi:10.5555/81", title="A submission to the parallel corpus filtering task",
    authors=people("Lu", "Lv"),
)  # fmt: skip
RIGHTFUL = make_record(
    "csl", "acl:W18-6481", "doi:10.5555/81", title="Accurate semantic similarity for cleaning noisy corpora",
    authors=people("Lo", "Simard"),
)  # fmt: skip


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_doi_that_one_of_two_records_has_wrongly_leaves_them_two(write: Write, order: tuple[int, int]) -> None:
    for i in order:
        write((RIGHTFUL, MISTAKEN)[i])
    assert number_of("acl:W18-6481") != number_of("acl:W18-6482")
    assert number_of("doi:10.5555/81") == number_of(("acl:W18-6481", "acl:W18-6482")[order[0]])
    assert Contest.objects.count() == 1
    check_catalog(reparse(write))


def test_one_doi_with_two_titles_is_one_article_when_its_authors_agree(write: Write) -> None:
    write(make_record("crossref", "doi:10.5555/a", title="What it was called in print at last"))
    write(make_record("csl", "acl:P19-1001", "doi:10.5555/a", title="How it began, in words of its own"))
    assert Article.objects.count() == 1


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_records_that_disagree_on_the_doi_make_two_articles_in_any_order(write: Write, order: tuple[int, ...]) -> None:
    records = (
        make_record("crossref", "doi:10.5555/a", title="Soil moisture and the alpine meadow"),
        make_record("crossref", "doi:10.5555/b", title="Spectral gaps of random regular graphs"),
        make_record("pubmed", "pmid:1", "doi:10.5555/a", title="Soil moisture and the alpine meadow"),
        make_record("openalex", "openalex:W1", "pmid:1", "doi:10.5555/b", title="Spectral gaps of random graphs"),
    )
    for i in order:
        write(records[i])
    assert number_of("doi:10.5555/a") != number_of("doi:10.5555/b")
    assert number_of("openalex:W1") == number_of("doi:10.5555/b")
    check_catalog(reparse(write))


def test_a_source_that_corrects_its_doi_goes_to_the_right_article_and_its_mentions_with_it(write: Write) -> None:
    claim = ItemClaim("pmid:1", Evidence("id-link", "pmid:1", "links:0", "links/1"))
    items.write_items([Item("blogs", "u", "news", claims=(claim,))], NOW)
    write(make_record("crossref", "doi:10.5555/a", title="Soil moisture and the alpine meadow", volume="1"))
    write(make_record("crossref", "doi:10.5555/b", title="Spectral gaps of random regular graphs", volume="2"))
    write(make_record("pubmed", "pmid:1", "doi:10.5555/a", title="Spectral gaps of random regular graphs", issue="3"))
    assert number_of("pmid:1") == number_of("doi:10.5555/a")
    write(make_record("pubmed", "pmid:1", "doi:10.5555/b", title="Spectral gaps of random regular graphs", issue="3"))
    a, b = (queries.read_article(number_of(f"doi:10.5555/{x}")) for x in "ab")
    assert a
    assert b
    assert (a.volume, a.issue, b.volume, b.issue) == ("1", "", "2", "3")
    assert number_of("pmid:1") == number_of("doi:10.5555/b")
    assert Mention.objects.get().article_id == number_of("doi:10.5555/b")
    check_catalog(reparse(write))


def test_a_name_that_its_owner_gives_up_goes_to_who_claims_it_too(write: Write) -> None:
    write(RIGHTFUL, MISTAKEN)
    owner = number_of("doi:10.5555/81")
    first = RIGHTFUL if owner == number_of("acl:W18-6481") else MISTAKEN
    kept = tuple(i for i in first.article.identifiers if i.scheme == "acl")
    write(replace(first, article=replace(first.article, identifiers=kept)))
    assert number_of("doi:10.5555/81") != owner
    assert not Contest.objects.exists()
    check_catalog(reparse(write))


def test_a_bridge_that_falls_leaves_two_articles(write: Write) -> None:
    write(make_record("crossref", "doi:10.5555/a", title="Soil moisture and the alpine meadow"))
    write(make_record("openalex", "openalex:W1", title="Spectral gaps of random regular graphs"))
    bridge = make_record("pubmed", "pmid:1", "doi:10.5555/a", "openalex:W1", title="Soil moisture of a meadow")
    write(bridge)
    assert number_of("openalex:W1") == number_of("doi:10.5555/a")
    withdraw_records([Deletion(bridge.source, bridge.key)], reparse(write), NOW)
    assert number_of("openalex:W1") != number_of("doi:10.5555/a")
    check_catalog(reparse(write))


def test_what_was_withdrawn_does_not_come_back_with_another_source(write: Write) -> None:
    write(make_record("pubmed", "pmid:1", "doi:10.5555/a", issue="13", notices=(Notice("retraction"),)))
    number = number_of("pmid:1")
    withdraw_records([Deletion("pubmed", "pmid:1")], reparse(write), NOW)
    write(make_record("crossref", "doi:10.5555/a", volume="7"))
    article = queries.read_article(number)
    assert article
    assert (article.volume, article.issue, article.notices) == ("7", "", ())
    check_catalog(reparse(write))


def test_a_cluster_follows_its_article_into_another_and_parts_when_the_link_is_withdrawn(write: Write) -> None:
    preprint = make_record(
        "arxiv", "arxiv:2001.00001", title="The meadow, a preprint of it", type="preprint",
        relations=[("is-preprint-of", "doi:10.5555/a")],
    )  # fmt: skip
    write(make_record("openalex", "openalex:W1", title="Soil moisture and the alpine meadow"))
    write(make_record("crossref", "doi:10.5555/a", title="Wet grounds of the high mountains"))
    write(preprint)
    write(make_record("pubmed", "pmid:1", "doi:10.5555/a", "openalex:W1", title="Soil moisture in mountains"))
    page = queries.read_page(number_of("openalex:W1"))
    assert page
    assert [v.id for v in page.versions] == [number_of("arxiv:2001.00001")]
    write(replace(preprint, article=replace(preprint.article, relations=())))
    page = queries.read_page(number_of("openalex:W1"))
    assert page
    assert (page.versions, page.line.counts.more) == ((), 0)
    check_catalog(reparse(write))


def test_a_hundred_editorials_stay_a_hundred(write: Write) -> None:
    write(*(make_record("pubmed", f"pmid:{n}", title="Editorial", authors=()) for n in range(1, 101)))
    assert Article.objects.filter(merged_into=None).count() == 100


def test_chapters_of_one_book_stay_apart(write: Write) -> None:
    book = Venue("A handbook of pain", kind="book")
    for n in range(5):
        write(make_record("crossref", f"doi:10.5555/978.ch{n}", title="Introduction", venue=book, type="chapter"))
    assert Article.objects.filter(merged_into=None).count() == 5


def test_an_item_that_names_an_article_no_longer_leaves_its_page(write: Write) -> None:
    write(make_record("crossref", "doi:10.5555/a"))
    claim = ItemClaim("doi:10.5555/a", Evidence("id-link", "doi:10.5555/a", "links:0", "links/1"))
    for claims in ((claim,), ()):
        derived.recount(items.write_items([Item("blogs", "u", "news", claims=claims)], NOW)[1], NOW)
        check_catalog(reparse(write))
    assert not Mention.objects.exists()


def similar_to_the_first(write: Write, *others: Record) -> list[int]:
    write(make_record("crossref", "doi:10.5555/a", title="Soil moisture and the alpine meadow"), *others)
    reason = Evidence("phrases", "soil", "keyphrases", "similar/1", 0.5)
    first = number_of("doi:10.5555/a")
    ids = Article.objects.exclude(id=first).order_by("id").values_list("id", flat=True)
    derived.write_similar({first: [(n, 0.5, (reason,)) for n in ids]})
    check_catalog(reparse(write))
    return [s.line.id for s in queries.read_similar(first)]


def test_of_a_preprint_and_its_publication_one_is_similar(write: Write) -> None:
    found = similar_to_the_first(
        write,
        make_record("crossref", "doi:10.5555/b", title="Wet grounds of the high mountains"),
        make_record("arxiv", "arxiv:2001.00001", title="On wet mountains", type="preprint",
                    relations=[("is-preprint-of", "doi:10.5555/b")]),
        make_record("arxiv", "arxiv:2001.00002", title="On dry soil", type="preprint",
                    relations=[("is-preprint-of", "doi:10.5555/a")]),
    )  # fmt: skip
    assert found == [number_of("doi:10.5555/b")]


def test_a_retracted_article_is_similar_to_nothing_until_it_is_reinstated(write: Write) -> None:
    other = make_record("crossref", "doi:10.5555/b", title="Wet grounds of the high mountains")
    assert len(similar_to_the_first(write, other)) == 1
    notices = (Notice("retraction", on="2021"), Notice("reinstatement", on="2022"))
    for told, n in ((notices[:1], 0), (notices, 1)):
        write(replace(other, article=replace(other.article, notices=told)))
        assert len(queries.read_similar(number_of("doi:10.5555/a"))) == n
        check_catalog(reparse(write))


def test_venues_whose_long_names_differ_in_their_last_words_are_two(write: Write) -> None:
    name = f"Proceedings of the {'very ' * 60}long conference, volume"
    for n in (1, 2):
        write(make_record("csl", f"acl:W18-00{n}1", title=f"Meadow number {n}", venue=Venue(f"{name} {n}")))
    assert VenueRow.objects.count() == 2
    assert all(len(slug) <= 200 for slug in VenueRow.objects.values_list("slug", flat=True))
