"""The result of an evaluation as a file."""

from datetime import UTC, datetime

import pytest

from germane.evaluate.report import Report
from germane.evaluate.results import make_result


@pytest.mark.parametrize(
    ("why", "told"),
    [
        ("there is no c/collections/acm/corpus.jsonl.gz", "there is no corpus.jsonl.gz"),
        ("there is no ../shared/data/x.gz", "there is no x.gz"),
        ("/a/b/c.gz, line 3 has no field 'x'", "c.gz, line 3 has no field 'x'"),
    ],
)
def test_how_a_machine_is_laid_out_is_told_to_nobody(why: str, told: str) -> None:
    report = Report()
    report.skip("similar.acm", why)
    at = datetime(2026, 11, 22, tzinfo=UTC)
    result = make_result(report, ["similar"], is_held_out=False, at=at, versions={})
    assert result.skipped == {"similar.acm": told}
