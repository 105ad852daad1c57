"""Random histories of records, withdrawals, items and stages: after each step the catalog is what its records say."""

from random import Random
from typing import Any

import pytest

from germane.article import Author, Deletion, Notice, NoticeKind, Record, Venue
from germane.enrich.keyphrases import Keyphrase
from germane.item import Evidence, Item, ItemClaim
from germane.web.catalog import models
from germane.web.catalog.store import derived, items, keyphrases
from germane.web.catalog.store.articles import remerge_articles, withdraw_records
from tests.web.catalog.checking import check_catalog
from tests.web.catalog.conftest import NOW, Write, make_record

SOURCES = ("crossref", "pubmed", "openalex", "arxiv", "csl")
NAMES = (
    "doi:10.5555/a", "doi:10.5555/b", "doi:10.5555/c", "pmid:1", "pmid:2", "openalex:W1", "openalex:W2",
    "arxiv:2001.00001", "arxiv:2001.00002", "doi:10.48550/arxiv.2001.00001", "acl:P19-1001", "acl:P19-1002",
)  # fmt: skip
TITLES = (
    "Interscapular pain after injection in adults", "Soil moisture and the bloom of alpine meadows",
    "Spectral gaps of random regular graphs", "Editorial", "A corpus of spoken Sardinian narratives",
)  # fmt: skip
PEOPLE = tuple(Author(name=f"Ada {n}", family=n, given="Ada") for n in ("Okafor", "Lind", "Suzuki", "Moreau"))


NOTICES: tuple[tuple[NoticeKind, ...], ...] = ((), (), (), ("retraction",), ("retraction", "reinstatement"))


def a_record(random: Random) -> Record:
    source = random.choice(SOURCES)
    names = random.sample(NAMES, random.choice((1, 1, 2, 2, 3)))
    relations = [
        (random.choice(("is-preprint-of", "is-version-of", "references", "has-dataset")), random.choice(NAMES))
        for _ in range(random.choice((0, 0, 1, 2)))
    ]
    record = make_record(
        source, *names,
        title=random.choice(TITLES), authors=tuple(random.sample(PEOPLE, random.choice((0, 1, 2)))),
        published_on=random.choice(("2019", "2020-03-01", "2001")), type=random.choice(("article", "preprint")),
        venue=random.choice((None, Venue("Journal of Made-up Results"))), relations=relations,
        notices=tuple(Notice(kind, on="2021", source=source) for kind in random.choice(NOTICES)),
    )  # fmt: skip
    return Record(source=source, key=f"{source}-{random.randrange(3)}", article=record.article)


def an_item(random: Random) -> Item:
    key = f"https://example.org/{random.randrange(4)}"
    claims = tuple(
        ItemClaim(name, Evidence("id-link", name, "links:0", "links/1"))
        for name in random.sample(NAMES, random.choice((0, 1, 2)))
    )
    return Item(channel="blogs", key=key, url=key, kind=random.choice(("news", "video")), title="On it", claims=claims)


def run_stages(random: Random) -> None:
    """What the stages write, made up."""
    shown = list(models.Article.objects.filter(merged_into=None, is_deleted=False).values_list("id", flat=True))
    some = random.sample(shown, min(3, len(shown)))
    phrases = [Keyphrase(p, 1.0, 0, "title") for p in random.sample(("pain", "soil", "gap", "corpus"), 2)]
    keyphrases.write_keyphrases(dict.fromkeys(some, keyphrases.phrase_rows(phrases)), {})
    reason = Evidence("phrases", "pain", "keyphrases", "similar/1", 0.5)
    derived.write_similar({n: [(other, 0.5, (reason,)) for other in shown if other != n][:3] for n in some})
    found = list(models.Item.objects.all())
    if found and some:
        one = random.choice(found)
        tie = items.Tie(one.id, random.choice(some), an_item(random), Evidence("phrases", "pain", "text:0", "topic/1"))
        tie = tie._replace(item=Item(channel=one.channel, key=one.key, kind=one.kind, title="On it"))  # type: ignore[arg-type]
        had = list(models.Mention.objects.filter(shelf="topic", item=one).values_list("article_id", flat=True))
        items.write_topic_mentions([one.id], [tie], NOW)
        derived.recount([tie.article_id, *had], NOW)


def step(random: Random, write: Write) -> Any:
    reparse = write.reparse  # type: ignore[attr-defined]
    kind = random.choice(("write", "write", "write", "withdraw", "item", "stages", "again"))
    if kind == "write":
        batch = {(r.source, r.key): r for r in (a_record(random) for _ in range(random.choice((1, 1, 2, 4))))}
        write(*batch.values())
        return kind, batch
    if kind == "withdraw":
        kept = sorted(models.Record.objects.values_list("source", "key"))
        gone = [Deletion(*name) for name in random.sample(kept, min(len(kept), 2))]
        withdraw_records(gone, reparse, NOW)
        return kind, gone
    if kind == "item":
        item = an_item(random)
        derived.recount(items.write_items([item], NOW)[1], NOW)
        return kind, item
    if kind == "stages":
        run_stages(random)
        return kind, ()
    remerge_articles(models.Article.objects.filter(merged_into=None).values_list("id", flat=True), reparse, NOW)
    return kind, ()


@pytest.mark.parametrize("seed", range(40))
def test_after_any_history_the_catalog_is_what_its_records_say(write: Write, seed: int) -> None:
    random = Random(seed)
    history = []
    for _ in range(14):
        history.append(step(random, write))
        try:
            check_catalog(write.reparse)  # type: ignore[attr-defined]
        except AssertionError as error:
            told = "\n".join(map(str, history))
            raise AssertionError(f"{error}\nafter\n{told}") from error


def test_a_relation_declared_of_oneself_is_no_other_version(write: Write) -> None:
    write(make_record("crossref", "doi:10.5555/a", relations=[("is-version-of", "doi:10.5555/a")]))
    check_catalog(write.reparse)  # type: ignore[attr-defined]
