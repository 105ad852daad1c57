"""A corpus is the same whatever makes it, is whole or not there, and says of itself what it is."""

import gzip
import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

from germane.article import Article, Record
from germane.synth import MARK, SynthError, making
from germane.synth.corpus import Corpus
from germane.synth.items import ARTICLES_AN_ITEM
from germane.synth.making import synthesize
from germane.synth.writing import Series, compress
from tests.synth.conftest import N_ARTICLES, SEED, Lines, read_entries, read_lines


def digests(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def records(folder: Path) -> dict[str, Article]:
    found = [entry for name in making.FORMATS for entry in read_entries(folder / name)]
    return {f"{entry.source}:{entry.key}": entry.article for entry in found if isinstance(entry, Record)}


def test_the_same_seed_gives_the_same_bytes_whatever_the_number_of_processes(
    corpus_folder: Path, tmp_path: Path
) -> None:
    synthesize(Corpus(N_ARTICLES, SEED), tmp_path / "again", processes=3)
    assert digests(tmp_path / "again") == digests(corpus_folder)


def test_another_seed_gives_other_articles(tmp_path: Path) -> None:
    synthesize(Corpus(50, 1), tmp_path / "one")
    synthesize(Corpus(50, 2), tmp_path / "two")
    one, two = digests(tmp_path / "one"), digests(tmp_path / "two")
    assert not set(one.values()) & set(two.values())


def test_an_article_is_the_same_in_whatever_block_it_is_made() -> None:
    maker = making._maker(N_ARTICLES, SEED)
    whole = maker.articles(np.arange(40, 60))
    assert maker.articles(np.array([44, 51])) == [whole[4], whole[11]]


def test_the_manifest_tells_what_is_there(corpus_folder: Path, lines: Lines) -> None:
    manifest = json.loads((corpus_folder / "manifest.json").read_text())
    assert (manifest["synthetic"], manifest["articles"], manifest["seed"]) == (True, N_ARTICLES, SEED)
    told = {each["name"]: each["sha256"] for each in manifest["files"]}
    assert told == {name: digest for name, digest in digests(corpus_folder).items() if name != "manifest.json"}
    assert manifest["duplicates"] == len(lines("truth/duplicates"))
    assert manifest["likes"] == len(lines("readers/likes"))
    assert manifest["items"] == len(lines("truth/mentions")) == N_ARTICLES // ARTICLES_AN_ITEM
    n_records = sum(manifest["records"].values())
    assert n_records == N_ARTICLES + manifest["duplicates"]


def test_every_record_and_every_file_is_marked(corpus_folder: Path) -> None:
    manifest = json.loads((corpus_folder / "manifest.json").read_text())
    for name, n_records in manifest["records"].items():
        text = "".join(gzip.decompress(path.read_bytes()).decode() for path in (corpus_folder / name).iterdir())
        n_marks = text.count(MARK)
        assert n_marks == n_records + (name == "pubmed")  # its file has a header, too
    for item in (corpus_folder / "items").iterdir():
        assert all(MARK in json.dumps(line) for line in read_lines(item))


def test_files_are_split_and_every_part_is_whole(tmp_path: Path) -> None:
    made = compress([b"a\n", b"b\n"])
    with Series(tmp_path, "pubmed/part-{:04d}.gz", "<set>\n", "</set>\n", most=3) as series:
        for _ in range(3):
            series.add(made)
    texts = [gzip.decompress(path.read_bytes()) for path in sorted((tmp_path / "pubmed").iterdir())]
    assert texts == [b"<set>\na\nb\na\nb\n</set>\n", b"<set>\na\nb\n</set>\n"]
    assert [each["records"] for each in series.finished] == [4, 2]


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError])
def test_an_interruption_leaves_nothing_that_looks_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: type[BaseException]
) -> None:
    real, calls = making.make_block, []

    def fail_at_the_second(*arguments: object) -> object:
        calls.append(arguments)
        if len(calls) == 2:
            raise error
        return real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(making, "make_block", fail_at_the_second)
    with pytest.raises(error):
        synthesize(Corpus(N_ARTICLES, SEED), tmp_path / "corpus")
    assert [path.name for path in (tmp_path / "corpus").rglob("*") if path.is_file()] == ["manifest.json.part"]
    monkeypatch.undo()
    synthesize(Corpus(20, SEED), tmp_path / "corpus")  # the same command again begins anew
    assert (tmp_path / "corpus/manifest.json").exists()
    assert not (tmp_path / "corpus/manifest.json.part").exists()


def test_a_folder_with_something_in_it_is_refused_and_force_replaces_only_a_corpus(tmp_path: Path) -> None:
    folder = tmp_path / "corpus"
    synthesize(Corpus(30, 1), folder)
    (folder / "notes.txt").write_text("mine")
    (folder / "arxiv" / "synthetic-0009.jsonl.gz").write_bytes(b"old")
    with pytest.raises(SynthError, match=r"not empty.*--force"):
        synthesize(Corpus(20, 1), folder)
    synthesize(Corpus(20, 1), folder, force=True)
    assert (folder / "notes.txt").read_text() == "mine"
    assert not (folder / "arxiv" / "synthetic-0009.jsonl.gz").exists()
    assert json.loads((folder / "manifest.json").read_text())["articles"] == 20


def test_a_file_in_the_way_is_refused(tmp_path: Path) -> None:
    (tmp_path / "corpus").write_text("")
    with pytest.raises(SynthError, match="is a file"):
        synthesize(Corpus(20, 1), tmp_path / "corpus")


@pytest.mark.parametrize(("n", "seed"), [(0, 1), (10_000_001, 1), (5, -1), (5, 2**31)])
def test_what_cannot_be_made_is_told(n: int, seed: int) -> None:
    with pytest.raises(SynthError, match="it can be from"):
        Corpus(n, seed)


def test_an_update_adds_new_articles_and_changes_known_ones_without_their_files(
    corpus_folder: Path, tmp_path: Path, lines: Lines
) -> None:
    manifest = synthesize(Corpus(N_ARTICLES, SEED), tmp_path / "update", n_update=1_000)
    assert (manifest["made"], manifest["changed"]) == (1_000, 300)
    before, after = records(corpus_folder), records(tmp_path / "update")
    changes = read_lines(tmp_path / "update/truth/changes.jsonl.gz")
    assert len(changes) == 300
    n_more = 0
    for change in changes:
        old, new = before[change["record"]], after[change["record"]]
        assert new.title != old.title
        assert new.identifiers == old.identifiers
        n_more += len(set(new.relations) - set(old.relations))
        assert bool(new.notices) >= bool(old.notices)
    assert n_more > 100  # nearly all that have lists of references have one more
    duplicates = read_lines(tmp_path / "update/truth/duplicates.jsonl.gz")
    assert all(each["article"] >= N_ARTICLES for each in duplicates)
    n_new = len(after.keys() - before.keys())
    assert n_new == 700 + len(duplicates)


def test_an_update_that_changes_more_than_there_is_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SynthError, match="has only 100"):
        synthesize(Corpus(100, 1), tmp_path / "update", n_update=1_000)
    assert not (tmp_path / "update").exists()
