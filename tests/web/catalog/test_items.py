"""Items: on the right shelf, before or after their article came, and never without evidence."""

from datetime import timedelta

import pytest

from germane.article import Article as ArticleRecord
from germane.article import Relation
from germane.identifiers import parse_key
from germane.item import Evidence, Item, ItemClaim
from germane.web.catalog import queries
from germane.web.catalog.models import Article, Mention
from germane.web.catalog.rows import MentionLine
from germane.web.catalog.stale import read_sources
from germane.web.catalog.store import items as store
from germane.web.catalog.store.derived import mark_indexed, recount
from tests.web.catalog.conftest import NOW, Write, make_record


def post(key: str = "https://example.org/post", *claims: tuple[str, str], **fields: str) -> Item:
    return Item(
        channel="blogs", key=key, url=key, kind="news", title="On pain", platform="A blog", published_on="2020-04-05",
        claims=tuple(
            ItemClaim(identifier, Evidence(code, identifier, "links:0", "links/1"))  # type: ignore[arg-type]
            for identifier, code in claims
        ),
        **fields,  # type: ignore[arg-type]
    )  # fmt: skip


def shown(key: str, shelf: str = "about", tab: str = "news") -> list[MentionLine]:
    identifier = parse_key(key)
    assert identifier
    place = queries.find_article(identifier)
    assert place
    return queries.read_mentions(place.article_id, tab, shelf)  # type: ignore[arg-type]


def test_an_item_that_comes_after_its_article_is_on_its_page(write: Write) -> None:
    write(make_record("crossref", "doi:10.5555/a"))
    outcomes, touched = store.write_items([post("u", ("doi:10.5555/a", "id-link"))], NOW)
    recount(touched, NOW)
    assert outcomes == ["new"]
    [mention] = shown("doi:10.5555/a")
    assert mention.evidence == Evidence("id-link", "doi:10.5555/a", "links:0", "links/1")
    page = queries.read_page(1)
    assert page
    assert (page.line.counts.news, page.line.counts.news_about) == (1, 1)
    assert page.months == (("2020-04", 1),)


def test_an_item_that_comes_first_waits_for_its_article(write: Write) -> None:
    store.write_items([post("u", ("doi:10.5555/a", "id-link"))], NOW)
    assert not Mention.objects.count()
    write(make_record("crossref", "doi:10.5555/a"))
    assert len(shown("doi:10.5555/a")) == 1
    page = queries.read_page(1)
    assert page
    assert page.line.counts.news == 1


def test_the_first_item_about_an_article_hands_it_to_the_index_again_and_the_second_of_its_kind_does_not(
    write: Write,
) -> None:
    write(make_record("crossref", "doi:10.5555/a"))

    def tell(*items: Item) -> bool:
        Article.objects.update(is_indexed=True)
        recount(store.write_items(items, NOW)[1], NOW)
        return not Article.objects.get().is_indexed

    assert tell(post("u", ("doi:10.5555/a", "id-link")))
    assert not tell(post("v", ("doi:10.5555/a", "id-link")))
    assert not tell(post("v", ("doi:10.5555/a", "id-link"), excerpt="Changed."))
    assert not tell(post("v"))  # one of two is left
    assert tell(post("u"))  # and now none


def test_an_item_that_comes_while_its_article_is_on_its_way_into_the_index_is_not_forgotten(write: Write) -> None:
    write(make_record("crossref", "doi:10.5555/a"))
    [source] = read_sources([1])
    later = NOW + timedelta(seconds=1)
    recount(store.write_items([post("u", ("doi:10.5555/a", "id-link"))], later)[1], later)
    mark_indexed({1: source.changed_at})
    assert not Article.objects.get().is_indexed
    [source] = read_sources([1])
    mark_indexed({1: source.changed_at})
    assert Article.objects.get().is_indexed
    assert source.document
    assert source.document.has_news


def test_the_same_item_twice_changes_nothing(write: Write) -> None:
    write(make_record("crossref", "doi:10.5555/a"))
    item = post("u", ("doi:10.5555/a", "id-link"))
    store.write_items([item], NOW)
    before = list(Mention.objects.values())
    assert store.write_items([item], NOW)[0] == ["unchanged"]
    assert list(Mention.objects.values()) == before


def test_mentions_follow_their_article_when_it_is_merged(write: Write) -> None:
    write(make_record("crossref", "doi:10.5555/a", title="Something about pain and its causes"))
    write(make_record("openalex", "openalex:W1", title="Entirely different words stand here", published_on="1999"))
    store.write_items([post("u", ("openalex:W1", "declared")), post("v", ("doi:10.5555/a", "id-link"))], NOW)
    store.write_items([post("w", ("openalex:W1", "declared"), ("doi:10.5555/a", "id-link"))], NOW)
    write(make_record("pubmed", "pmid:1", "doi:10.5555/a", "openalex:W1"))
    assert len(shown("pmid:1")) == 3
    assert set(Mention.objects.values_list("article_id", flat=True)) == {1}


def test_what_a_record_declares_is_on_the_about_shelf_and_leaves_with_it(write: Write) -> None:
    talk = Relation("has-video", url="https://www.youtube.com/watch?v=abcdefghijk", source="csl")
    data = Relation("has-dataset", identifier="doi:10.5555/data", source="datacite")
    record = make_record("csl", "doi:10.5555/a")
    article = ArticleRecord(
        **{f: getattr(record.article, f) for f in ArticleRecord.__struct_fields__} | {"relations": (talk, data)}
    )
    import msgspec

    write(msgspec.structs.replace(record, article=article))
    [video] = shown("doi:10.5555/a", tab="video")
    assert (video.platform, video.evidence.code) == ("YouTube", "declared")
    [dataset] = shown("doi:10.5555/a", tab="more")
    assert (dataset.label, dataset.url) == ("data", "https://doi.org/10.5555/data")
    write(msgspec.structs.replace(record, article=msgspec.structs.replace(article, relations=(talk,))))
    assert shown("doi:10.5555/a", tab="more") == []
    assert len(shown("doi:10.5555/a", tab="video")) == 1


def test_a_topic_shelf_keeps_the_surest_five(write: Write) -> None:
    write(make_record("crossref", "doi:10.5555/a"))
    some = [post(f"https://example.org/{i}") for i in range(8)]
    store.write_items(some, NOW)
    held = store._held(some)
    ties = [
        store.Tie(held["blogs", item.key][0], 1, item, Evidence("phrases", "pain", "text:0", "topic/1", i / 10))
        for i, item in enumerate(some)
    ]
    store.write_topic_mentions([t.item_id for t in ties], ties, NOW)
    assert sorted(m.evidence.confidence for m in shown("doi:10.5555/a", "topic")) == [0.3, 0.4, 0.5, 0.6, 0.7]


def test_about_is_never_weakened_to_topic(write: Write) -> None:
    write(make_record("crossref", "doi:10.5555/a"))
    item = post("u", ("doi:10.5555/a", "id-link"))
    store.write_items([item], NOW)
    number = store._held([item])["blogs", "u"][0]
    store.write_mentions([store.Tie(number, 1, item, Evidence("phrases", "pain", "text:0", "topic/1", 0.9))], NOW)
    assert [m.evidence.code for m in shown("doi:10.5555/a")] == ["id-link"]
    assert shown("doi:10.5555/a", "topic") == []


@pytest.mark.parametrize("after", [None, (20200405, 10**9)])
def test_a_shelf_goes_on_by_keyset(write: Write, after: tuple[int, int] | None) -> None:
    write(make_record("crossref", "doi:10.5555/a"))
    store.write_items([post(f"https://example.org/{i}", ("doi:10.5555/a", "id-link")) for i in range(7)], NOW)
    first = queries.read_mentions(1, "news", "about", after, n=5)
    assert len(first) == 6  # one more says that there are more
    last = first[4]
    rest = queries.read_mentions(1, "news", "about", (last.sort_on, last.id), n=5)
    assert {m.id for m in rest} == set(Mention.objects.values_list("id", flat=True)) - {m.id for m in first[:5]}


def test_a_talk_is_called_what_its_article_is_called_in_plain_words(write: Write) -> None:
    talk = [("has-video", "doi:10.5555/talk")]
    write(make_record("csl", "doi:10.5555/a", title="H<sub>2</sub>O &amp; <i>Moss</i>", relations=talk))
    assert [m.title for m in shown("doi:10.5555/a", tab="video")] == ["H2O & Moss"]
