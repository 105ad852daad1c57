"""How search is measured: claims as questions, and titles that are half remembered."""

from germane.evaluate import search
from germane.evaluate.collections import Collections
from germane.evaluate.corpora import TASKS, open_corpus
from germane.evaluate.report import Report
from tests.evaluate.test_items import collections  # noqa: F401 (a fixture)


def test_search_is_measured_for_claims_and_known_titles(collections: Collections) -> None:  # noqa: F811
    report = Report()
    search.evaluate_search(collections, report)
    tree = report.to_json()["search"]
    assert tree["scifact"]["ndcg10"]["germane"] == 1
    assert set(tree["scifact"]["ndcg10"]) == {"germane", "find", "bm25"}
    assert set(tree["acm"]) == {"exact", "typos", "reordered"}
    for kind in ("exact", "reordered"):
        assert tree["acm"][kind]["mrr10"]["germane"] == 1


def test_known_items_are_the_cited_titles_and_twins_count(collections: Collections) -> None:  # noqa: F811
    corpus = open_corpus(collections, TASKS["acm_sentences"])
    assert {each.relevant for each in search.known_items(corpus, {"1", "3"})} == {frozenset("1"), frozenset("3")}


def test_typing_errors_and_orders_are_the_same_in_every_run() -> None:
    title = "Capillary rise in the stems of several mosses"
    wrong = search.with_typos(title)
    assert wrong == search.with_typos(title) != title
    changed = [(a, b) for a, b in zip(title.split(), wrong.split(), strict=True) if a != b]
    assert 1 <= len(changed) <= 2
    assert all(a[0] == b[0] and abs(len(a) - len(b)) <= 1 for a, b in changed)
    assert search.with_typos("A b c") == "A b c"
    shuffled = search.reordered(title)
    assert shuffled == search.reordered(title) != title
    assert sorted(shuffled.split()) == sorted(title.split())
    assert search.reordered("same same") == "same same"
