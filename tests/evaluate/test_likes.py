"""The likes protocol: splits, recall, and a whole run on data of our own laid out like the collections."""

import gzip
from collections.abc import Iterable
from pathlib import Path

import msgspec
import numpy as np
import pytest
from scipy import sparse

from germane.evaluate.baselines import likes as baselines
from germane.evaluate.collections import Collections
from germane.evaluate.likes import Asked, evaluate_likes, read_likes, recalls, split_readers
from germane.evaluate.report import Report
from germane.recommend.links import unit_rows

N = 160
COLD = list(range(0, N, 5))


def test_recall_is_of_what_was_hidden_and_the_profile_is_no_candidate() -> None:
    scores = np.zeros((2, 130), np.float32)
    scores[0, :40] = np.arange(40, 0, -1)  # 0 first
    asked = [Asked("a", [0, 1], [2, 21, 22, 129], [30, 39]), Asked("b", [5], [], [120])]
    found = recalls(asked, scores, np.array([30, 39, *range(100, 130)]))
    assert found == {
        "warm.r20": [0.5],  # 2 … 21 come first
        "warm.r100": [0.75],  # equal ones by ascending article: 40 … 101 follow
        "cold.r20": [1.0, 0.0],  # for b all are equal, and 120 comes after twenty others
        "cold.r100": [1.0, 1.0],
    }


def test_asked_readers_are_not_trained_on_and_lose_nothing() -> None:
    readers = {str(reader): list(range(reader, reader + 30)) for reader in range(200)}
    trained, asked = split_readers(readers, set(range(0, 300, 5)))
    assert len(trained) + len(asked) == 200
    assert 20 < len(asked) < 60
    for each in asked:
        assert sorted([*each.profile, *each.test_warm, *each.test_cold]) == readers[each.reader]
        assert readers[each.reader] not in trained
        assert all(article % 5 == 0 for article in each.test_cold)
        assert not any(article % 5 == 0 for article in [*each.profile, *each.test_warm])
    kept = sum(len(each.profile) for each in asked) / sum(len(each.profile) + len(each.test_warm) for each in asked)
    assert 0.7 < kept < 0.9


def test_ease_is_the_ridge_regression_without_the_article_itself() -> None:
    likes = sparse.csr_matrix((np.random.default_rng(3).random((9, 14)) < 0.4).astype(np.float32))
    profiles = sparse.csr_matrix((np.random.default_rng(4).random((3, 14)) < 0.3).astype(np.float32))
    inverse = np.linalg.inv((likes.T @ likes).toarray() + baselines.RIDGE * np.eye(14))
    between = -inverse / inverse.diagonal()
    np.fill_diagonal(between, 0)
    assert baselines.ease(likes, profiles) == pytest.approx(profiles @ between, abs=1e-4)


def test_the_svm_tells_a_readers_field_from_others() -> None:
    random = np.random.default_rng(5)
    counts = random.poisson(0.3, (60, 12))
    counts[:20, :4] += random.poisson(2, (20, 4))
    features = unit_rows(sparse.csr_matrix(counts.astype(np.float32)))
    profiles = sparse.csr_matrix((np.arange(60) < 6).astype(np.float32)[None])
    scores = baselines.linear_svm(features, profiles)
    assert scores.shape == (1, 60)
    assert scores[0, 6:20].mean() > scores[0, 20:].mean() + 0.2  # those not liked yet


@pytest.fixture
def development(tmp_path: Path) -> Path:
    """Two collections of our own: four fields, articles of a field share words and citations, readers like a field."""
    random = np.random.default_rng(11)
    field = np.arange(N) % 4
    readers = [np.flatnonzero((field == at % 4) & (random.random(N) < 0.4)) for at in range(120)]
    cited = [[int(each) for each in np.flatnonzero(field == field[at]) if random.random() < 0.1] for at in range(N)]
    said = [[int(field[at]) * 10 + int(each) for each in random.integers(0, 10, 6)] for at in range(N)]
    for name in ("citeulike_a", "citeulike_t"):
        folder = tmp_path / "development" / name
        folder.mkdir(parents=True)
        write(folder / "users.tsv.gz", (f"{at}\t{' '.join(map(str, liked))}" for at, liked in enumerate(readers)))
        write(folder / "cold_items.tsv.gz", map(str, COLD))
        write(folder / "citations.tsv.gz", (f"{at}\t{' '.join(map(str, each))}" for at, each in enumerate(cited)))
    folder = tmp_path / "development" / "citeulike_a"
    words = ("cell", "star", "verb", "bond")
    titles = (" ".join(f"{words[each // 10]}{chr(97 + each % 10)}" for each in said[at]) for at in range(N))
    write(folder / "titles.tsv.gz", (f"{at}\t{title}" for at, title in enumerate(titles)))
    write(folder / "item_tags.tsv.gz", (f"{at}\t{said[at][0]} {said[at][1]}" for at in range(N)))
    spelled = (f"{words[at // 10]}{chr(97 + at % 10)}" for at in range(40))
    write(tmp_path / "development" / "citeulike_t" / "vocabulary.txt.gz", spelled)
    bags = (" ".join(f"{word}:{said[at].count(word)}" for word in sorted(set(said[at]))) for at in range(N))
    write(tmp_path / "development" / "citeulike_t" / "bow.tsv.gz", (f"{at}\t{bag}" for at, bag in enumerate(bags)))
    return tmp_path / "development"


def write(path: Path, lines: Iterable[str]) -> None:
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in lines)


def test_a_cold_article_has_neither_likes_nor_tags_to_train_on(development: Path) -> None:
    data = read_likes(Collections(development), "citeulike_a")
    assert data.likes.sum() > 0
    assert data.likes[:, COLD].sum() == 0
    assert data.tags is not None
    assert data.tags.sum() > 0
    assert data.tags[COLD].sum() == 0
    assert data.words[COLD].sum() > 0


def test_a_whole_run_measures_every_method_on_the_same_readers(development: Path) -> None:
    report = Report()
    evaluate_likes(Collections(development), report)
    assert not report.skipped
    for name in ("citeulike_a", "citeulike_t"):
        methods = {each.method: each for each in report.of("likes", name)}
        assert {"germane", "popularity", "item-knn", "rp3beta", "ials", "ease", "rocchio", "svm"} <= methods.keys()
        for metric in ("warm.r20", "warm.r100", "cold.r20", "cold.r100"):
            assert len({len(each.values[metric]) for each in methods.values() if metric in each.values}) == 1
            if metric.endswith("r20"):
                assert methods["germane"].mean(metric) > methods["popularity"].mean(metric)


def test_held_out_readers_are_asked_and_all_development_readers_trained_on(development: Path, tmp_path: Path) -> None:
    held_out = tmp_path / "held_out"
    rows = [
        {"user": 900 + at, "profile": each.profile, "test_warm": each.test_warm, "test_cold": each.test_cold}
        for at, each in enumerate(read_likes(Collections(development), "citeulike_a").asked)
    ]
    (held_out / "citeulike_a").mkdir(parents=True)
    write(held_out / "citeulike_a" / "users_heldout.jsonl.gz", (msgspec.json.encode(row).decode() for row in rows))
    data = read_likes(Collections(development, held_out), "citeulike_a")
    assert [each.reader for each in data.asked] == [str(row["user"]) for row in rows]
    assert data.likes.shape[0] == 120
    report = Report()
    evaluate_likes(Collections(development, held_out), report)
    assert set(report.skipped) == {"likes.citeulike_t"}
    assert report.of("likes", "citeulike_a")[0].mean("warm.r20") > 0.5


@pytest.mark.shared
def test_a_part_of_the_real_readers_split_the_held_out_way_is_foretold(shared: Path, tmp_path: Path) -> None:
    known = Collections(shared / "data" / "collections")
    asked = read_likes(known, "citeulike_t").asked[:60]
    rows = [
        {"user": each.reader, "profile": each.profile, "test_warm": each.test_warm, "test_cold": each.test_cold}
        for each in asked
    ]
    (tmp_path / "citeulike_t").mkdir()
    write(tmp_path / "citeulike_t" / "users_heldout.jsonl.gz", (msgspec.json.encode(row).decode() for row in rows))
    data = read_likes(Collections(known.development, tmp_path), "citeulike_t")
    assert data.asked == asked
    assert data.likes[:, data.cold].nnz == 0
    found = recalls(data.asked, baselines.rp3beta(data.likes, data.profiles), data.cold)
    assert np.mean(found["warm.r100"]) > 0.2
    assert not np.any(found["cold.r20"]) or np.mean(found["cold.r20"]) < 0.05  # likes say nothing of cold articles
