"""Tasks of the tests' own: what `germane evaluate` runs when real ones would take minutes."""

from germane.evaluate.collections import Collections, Missing
from germane.evaluate.report import Report


def evaluate_alike(collections: Collections, report: Report) -> None:
    print("a task that talks")
    report.add("alike", "pairs", "germane", {"ndcg20": [1.0, 0.5, 1.0, 0.9], "warm.r20": [0.25]})
    report.add("alike", "pairs", "bm25", {"ndcg20": [0.5, 0.0, 0.5, 0.4], "warm.r20": [0.125]})
    report.skip("alike.others", "there is no others.jsonl.gz")


def evaluate_absent(collections: Collections, report: Report) -> None:
    raise Missing("there is no pairs.jsonl.gz")


def evaluate_broken(collections: Collections, report: Report) -> None:
    report.add("broken", "halves", "germane", {"map": [0.5]})
    raise ZeroDivisionError("a defect")
