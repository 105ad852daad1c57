"""Records → articles: whose record it is, what is merged, what stays apart, and that nothing is lost."""

from itertools import permutations

import pytest

from germane.article import Abstract, Deletion, Notice
from germane.identifiers import parse_key
from germane.web.catalog import queries
from germane.web.catalog.models import Article, Citation, Identifier, Record, WorkKey
from germane.web.catalog.store.articles import remerge_articles, withdraw_records
from tests.web.catalog.conftest import NOW, Write, make_record


def place(key: str) -> queries.Place:
    identifier = parse_key(key)
    assert identifier
    found = queries.find_article(identifier)
    assert found
    return found


def test_the_same_identifier_from_two_sources_is_one_article_with_provenance(write: Write) -> None:
    assert write(make_record("crossref", "doi:10.5555/a", title="A title", volume="7")) == ["new"]
    assert write(make_record("pubmed", "pmid:1", "doi:10.5555/a", title="A title", issue="2")) == ["new"]
    assert Article.objects.count() == 1
    article = queries.read_article(place("pmid:1").article_id)
    assert article
    assert (article.volume, article.issue) == ("7", "2")
    assert article.provenance["volume"].startswith("crossref ")
    assert article.provenance["issue"].startswith("pubmed ")


def test_writing_the_same_twice_changes_nothing(write: Write) -> None:
    record = make_record("crossref", "doi:10.5555/a")
    write(record)
    before = list(Article.objects.values())
    assert write(record) == ["unchanged"]
    assert list(Article.objects.values()) == before


def test_a_changed_record_replaces_what_it_said_before(write: Write) -> None:
    write(make_record("crossref", "doi:10.5555/a", volume="7"))
    write(make_record("pubmed", "pmid:1", "doi:10.5555/a", issue="2"))
    assert write(make_record("crossref", "doi:10.5555/a", volume="8")) == ["changed"]
    article = queries.read_article(place("doi:10.5555/a").article_id)
    assert article
    assert (article.volume, article.issue) == ("8", "2")
    assert Record.objects.count() == 2


def test_a_record_that_names_two_articles_makes_them_one_and_leaves_a_redirect(write: Write) -> None:
    write(make_record("crossref", "doi:10.5555/a", title="Something about pain and its causes"))
    write(make_record("openalex", "openalex:W1", title="Entirely different words stand here", published_on="1999"))
    assert Article.objects.filter(merged_into=None).count() == 2
    write(make_record("pubmed", "pmid:1", "doi:10.5555/a", "openalex:W1"))
    assert Article.objects.filter(merged_into=None).count() == 1
    survivor = place("doi:10.5555/a").article_id
    assert {i.article_id for i in Identifier.objects.all()} == {survivor}
    assert {r.article_id for r in Record.objects.all()} == {survivor}
    loser = Article.objects.exclude(merged_into=None).get()
    assert loser.merged_into == survivor
    assert loser.id > survivor
    redirected = queries.find_article_id(loser.id)
    assert redirected
    assert redirected.is_merged
    assert redirected.article_id == survivor
    assert not WorkKey.objects.filter(article_id=loser.id)


def test_two_dois_are_never_merged_whatever_a_third_record_says(write: Write) -> None:
    write(make_record("crossref", "doi:10.5555/a"))
    write(make_record("crossref", "doi:10.5555/b", title="Another thing altogether, in other words"))
    write(make_record("pubmed", "pmid:1", "doi:10.5555/a", "doi:10.5555/b"))
    assert Article.objects.filter(merged_into=None).count() == 2
    assert place("doi:10.5555/a").article_id != place("doi:10.5555/b").article_id


def test_an_article_without_a_common_identifier_is_found_by_title_year_and_author(write: Write) -> None:
    write(make_record("pubmed", "pmid:1"))
    write(make_record("openalex", "openalex:W1"))
    assert Article.objects.count() == 1


def test_the_same_title_by_others_in_another_year_stays_apart(write: Write) -> None:
    from germane.article import Author

    write(make_record("pubmed", "pmid:1"))
    write(make_record("openalex", "openalex:W1", published_on="1987", authors=(Author(name="Bo Li", family="Li"),)))
    assert Article.objects.count() == 2


def orders() -> list[tuple[int, ...]]:
    return list(permutations(range(3)))


@pytest.mark.parametrize("order", orders())
def test_preprint_and_published_version_are_two_articles_of_one_cluster_in_any_order(
    write: Write, order: tuple[int, ...]
) -> None:
    records = [
        make_record(
            "arxiv", "arxiv:2001.00001", type="preprint", title="A first title of the work on pain",
            relations=[("is-preprint-of", "doi:10.5555/a")],
        ),
        make_record("crossref", "doi:10.5555/a", title="How it was called in print, with other words"),
        make_record("pubmed", "pmid:1", "doi:10.5555/a", title="How it was called in print, with other words"),
    ]  # fmt: skip
    for i in order:
        write(records[i])
    assert Article.objects.filter(merged_into=None).count() == 2
    assert len(set(Article.objects.filter(merged_into=None).values_list("cluster_id", flat=True))) == 1
    page = queries.read_page(place("doi:10.5555/a").article_id)
    assert page
    assert [v.type for v in page.versions] == ["preprint"]
    assert page.line.counts.more == 1


def test_one_batch_gives_the_same_as_many(write: Write) -> None:
    write(
        make_record("crossref", "doi:10.5555/a"),
        make_record("pubmed", "pmid:1", "doi:10.5555/a"),
        make_record("openalex", "openalex:W1", "pmid:1"),
    )
    assert Article.objects.count() == 1
    assert Identifier.objects.count() == 3


def test_a_withdrawn_article_is_gone_and_its_identifiers_still_say_so(write: Write) -> None:
    write(make_record("pubmed", "pmid:1"))
    deletion = [Deletion(source="pubmed", key="pmid:1")]
    assert withdraw_records(deletion, write.reparse, NOW) == ["changed"]  # type: ignore[attr-defined]
    assert withdraw_records(deletion, write.reparse, NOW) == ["unchanged"]  # type: ignore[attr-defined]
    assert place("pmid:1").is_deleted
    assert queries.read_page(place("pmid:1").article_id) is None
    write(make_record("pubmed", "pmid:1"))
    assert not place("pmid:1").is_deleted


def test_withdrawing_one_of_two_records_leaves_what_the_other_says(write: Write) -> None:
    write(make_record("crossref", "doi:10.5555/a", volume="7"))
    write(make_record("pubmed", "pmid:1", "doi:10.5555/a", issue="2"))
    withdraw_records([Deletion(source="pubmed", key="pmid:1")], write.reparse, NOW)  # type: ignore[attr-defined]
    article = queries.read_article(place("doi:10.5555/a").article_id)
    assert article
    assert (article.volume, article.issue) == ("7", "")


def test_making_articles_again_from_their_records_changes_nothing(write: Write) -> None:
    write(
        make_record(
            "crossref", "doi:10.5555/a", abstracts=(Abstract("<p>One.</p>", "crossref"),),
            notices=(Notice("retraction", "10.5555/r", "2021"),), relations=[("references", "doi:10.5555/x")],
        )
    )  # fmt: skip
    write(make_record("pubmed", "pmid:1", "doi:10.5555/a", abstracts=(Abstract("<p>Two.</p>", "pubmed"),)))
    before = list(Article.objects.values())
    remerge_articles([a["id"] for a in before], write.reparse, NOW)  # type: ignore[attr-defined]
    assert list(Article.objects.values()) == before
    assert Citation.objects.count() == 1


def test_references_and_cited_by_find_each_other_in_any_order(write: Write) -> None:
    write(make_record("crossref", "doi:10.5555/b", title="The citing one", relations=[("references", "doi:10.5555/a")]))
    write(make_record("crossref", "doi:10.5555/a", title="The cited one, about other things"))
    cited, citing = place("doi:10.5555/a").article_id, place("doi:10.5555/b").article_id
    cited_article, citing_article = queries.read_article(cited), queries.read_article(citing)
    assert cited_article
    assert citing_article
    assert [line.id for line in queries.read_cited_by(cited_article, cited)] == [citing]
    assert [r.line.id for r in queries.read_references(citing_article) if r.line] == [cited]
