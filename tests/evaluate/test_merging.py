from pathlib import Path

import pytest

from germane.evaluate.merging import evaluate_merging


@pytest.mark.shared
def test_known_pairs_are_recognized_and_nothing_else(shared: Path) -> None:
    result = evaluate_merging(shared)
    assert result["n"] >= 4_000
    assert result["precision"] >= 0.995, [error for error in result["errors"] if error["kind"] == "wrong"]
    assert result["recall"] >= 0.97, [error for error in result["errors"] if error["kind"] == "missed"]
    assert sum(error["kind"] == "missed" for error in result["errors"]) == round((1 - result["recall"]) * result["n"])
