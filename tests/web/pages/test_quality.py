"""The page that shows the latest evaluation."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from msgspec import structs

from germane.evaluate.results import FILE, write_result
from germane.web.pages.quality import metric_name, sections_of
from tests.web.pages.evaluated import RESULT


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(settings, "ENVIRONMENT", structs.replace(settings.ENVIRONMENT, home=tmp_path, page_cache_mb=0))
    return tmp_path


def test_it_shows_the_sites_own_evaluation_with_date_and_versions(client: Client, home: Path) -> None:
    write_result(RESULT, home / FILE)
    text = client.get("/quality").content.decode()
    assert "run on this site’s machine, on 14 March 2026" in re.sub(r"\s+", " ", text)
    assert "9.8.7" in text
    assert "A &lt;made-up&gt; processor" in text
    assert "40.1" in text
    assert "+2.3 to −1.0" in text
    assert "kept apart" in text
    assert "there is no &lt;file&gt;" in text


def test_else_it_says_that_the_figures_are_the_published_ones(client: Client, home: Path) -> None:
    text = client.get("/quality").content.decode()
    assert "was published with" in text or "came with none" in text
    assert "run on this site’s machine" not in text


def test_a_method_without_a_metric_leaves_its_place_empty() -> None:
    similar, _, novel = sections_of(RESULT)
    assert [cell.value if cell else None for cell in (row.cells[1] for row in similar.tables[0].rows)] == ["62.0", None]
    assert (novel.name, novel.tables[0].name, novel.tables[0].metrics) == ("novel", "unheard", ["Strangeness"])


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("map", "MAP"),
        ("ndcg20", "nDCG@20"),
        ("r100", "Recall@100"),
        ("warm.r20", "Recall@20, warm"),
        ("present_f5", "F1@5, present"),
        ("mrr5", "MRR@5"),
        ("precision", "Precision"),
    ],
)
def test_metrics_have_names(name: str, words: str) -> None:
    assert metric_name(name) == words
