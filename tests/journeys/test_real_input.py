"""Real records in, pages out: none is lost, every page answers, and its HTML is valid."""

import gzip
import random
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import html5lib
import pytest
from django.db import connection
from django.test import Client
from html5lib.html5parser import ParseError

from germane.web.catalog.codec import unpack_similar
from germane.web.catalog.models import Article, Record
from germane.web.catalog.rows import address_of
from germane.web.jobs.importing import FileReport
from tests.sites import imported_site

FILES = ("acl.csl", "openalex_works", "arxiv_snapshot")
N_RECORDS = 1_000  # a file, taken evenly from all of it
N_PARSED = 600

pytestmark = [pytest.mark.shared, pytest.mark.django_db]


@pytest.fixture(scope="module")
def reports(
    shared: Path, django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[list[FileReport]]:
    """Import a part of each real file, with all stages, once for this module."""
    folder = tmp_path_factory.mktemp("real")
    for name in FILES:
        with gzip.open(shared / f"data/articles/{name}.jsonl.gz", "rt") as file:
            step = {"acl.csl": 67, "openalex_works": 7, "arxiv_snapshot": 77}[name]
            (folder / f"{name}.jsonl").write_text("".join(islice(file, 0, step * N_RECORDS, step)))
    with imported_site(django_db_blocker, tmp_path_factory.mktemp("real-home"), sorted(folder.iterdir())) as done:
        yield done


def test_no_record_is_lost(reports: list[FileReport]) -> None:
    assert {Path(r.file).name.partition(".")[0]: r.format for r in reports} == {
        "acl": "csl",
        "openalex_works": "openalex",
        "arxiv_snapshot": "arxiv",
    }
    for report in reports:
        assert report.counts.read >= N_RECORDS * 0.99, report
        assert report.counts.rejected == 0, report
        assert report.counts.read == report.counts.new + report.counts.changed + report.counts.unchanged, report
    assert Record.objects.count() == sum(r.counts.new for r in reports)


def test_every_page_answers_and_a_sample_of_them_is_valid_html(reports: list[FileReport], client: Client) -> None:
    articles = list(Article.objects.filter(merged_into=None).values_list("id", "doi"))
    assert len(articles) > 2_500
    chosen = set(random.Random(5).sample(range(len(articles)), N_PARSED))
    for i, (number, doi) in enumerate(articles):
        address = address_of(number, doi)
        response = client.get(address)
        assert response.status_code == 200, address
        if i in chosen:
            try:
                html5lib.HTMLParser(strict=True).parse(response.content)
            except ParseError as error:
                pytest.fail(f"{address}: {error}")


def test_every_article_has_keyphrases_and_nearly_all_have_similar_ones(reports: list[FileReport]) -> None:
    n = Article.objects.filter(merged_into=None).count()
    with connection.cursor() as cursor:
        cursor.execute("SELECT COUNT(DISTINCT article_id) FROM catalog_articlekeyphrase")
        assert cursor.fetchone()[0] > 0.98 * n
        cursor.execute("SELECT COUNT(*) FROM catalog_similar")
        assert cursor.fetchone()[0] > 0.95 * n
        cursor.execute("SELECT id FROM catalog_article WHERE notices & 1 = 1")
        retracted = {row[0] for row in cursor.fetchall()}
        cursor.execute("SELECT found FROM catalog_similar")
        assert not any(number in retracted for (blob,) in cursor for number, _, _ in unpack_similar(blob))


def test_declared_talks_are_in_the_video_tab(reports: list[FileReport], client: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT article_id FROM catalog_mention WHERE tab = 'video' AND shelf = 'about' LIMIT 20")
        numbers = [row[0] for row in cursor.fetchall()]
    assert len(numbers) == 20
    for article in Article.objects.filter(id__in=numbers):
        body = client.get(address_of(article.id, article.doi) + "/video").content.decode()
        assert "Declared" in body, article.id
