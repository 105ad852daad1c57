"""How the rules that tie items to articles are measured."""

from pathlib import Path

import pytest

from germane.evaluate.collections import Collections
from germane.evaluate.matching import RULES, evaluate_matching, judge, read_item
from germane.evaluate.report import Report
from tests.evaluate.test_items import write


def row(text: str, *dois: str, links: tuple[str, ...] = (), own: str = "") -> dict[str, object]:
    return {
        "kind": "news",
        "title": "",
        "text": text,
        "links": list(links),
        "own_doi": own,
        "articles": [{"doi": doi} for doi in dois],
    }


ROWS = [
    row("See doi:10.5555/one.", "10.5555/one"),  # right
    row("See doi:10.5555/one.", "10.5555/two"),  # wrong, and one missed
    row("", "10.5555/two", links=("https://doi.org/10.5555/two",)),  # right, by a link
    row("doi:10.5555/nobodys"),  # names what is no article here
    row("cite me as 10.5555/one", own="10.5555/one"),  # its own name
]


def test_rules_are_judged_by_themselves_and_together() -> None:
    items = [read_item(each) for each in ROWS]
    assert judge(items, RULES["id_text"]) == pytest.approx({"precision": 1 / 2, "recall": 1 / 3, "abstained": 3 / 5})
    assert judge(items, RULES["id_link"]) == pytest.approx({"precision": 1, "recall": 1 / 3, "abstained": 4 / 5})
    assert judge(items, RULES["all"]) == pytest.approx({"precision": 2 / 3, "recall": 2 / 3, "abstained": 2 / 5})


def test_a_rule_that_claims_nothing_has_no_precision() -> None:
    assert judge([read_item(row("nothing"))], RULES["all"]) == {"abstained": 1}
    assert judge([], RULES["all"]) == {}


def test_a_talk_is_declared_by_its_venue() -> None:
    item = read_item({"kind": "video", "title": "T", "articles": [{"acl_id": "2020.acl-main.1"}], "platform": "p"})
    assert judge([item], RULES["declared"]) == {"abstained": 0, "precision": 1, "recall": 1}


def test_what_is_missing_and_what_is_unwritten_is_told(tmp_path: Path) -> None:
    write(tmp_path / "items/blog_posts.jsonl.gz", ROWS)
    (tmp_path / "collections").mkdir()
    report = Report()
    evaluate_matching(Collections(tmp_path / "collections"), report)
    figures = report.to_json()["matching"]
    assert set(figures) == {"blog_posts"}
    assert figures["blog_posts"]["all"]["precision"]["germane"] == pytest.approx(2 / 3)
    assert "matching.posts_arxiv" in report.skipped
    assert "title" not in figures["blog_posts"]
    assert "matching.blog_posts.title" in report.skipped


@pytest.mark.shared
def test_written_identifiers_are_nearly_always_right(shared: Path) -> None:
    report = Report()
    evaluate_matching(Collections(shared / "data/collections"), report)
    figures = report.to_json()["matching"]
    assert figures["blog_posts"]["id_text"]["precision"]["germane"] >= 0.99
    assert figures["videos_declared"]["declared"]["recall"]["germane"] >= 0.98
