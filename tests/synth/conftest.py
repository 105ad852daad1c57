"""One small corpus, made once for all tests of this folder."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from germane.connectors import find_reader
from germane.reading.opening import open_text
from germane.sources import Entry
from germane.synth.corpus import Corpus
from germane.synth.making import synthesize

N_ARTICLES = 4_200  # three blocks, the last one not full
SEED = 11

Lines = Callable[[str], list[dict[str, Any]]]


@pytest.fixture(scope="session")
def corpus_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a whole corpus."""
    folder = tmp_path_factory.mktemp("synth") / "corpus"
    synthesize(Corpus(N_ARTICLES, SEED), folder)
    return folder


@pytest.fixture(scope="session")
def entries(corpus_folder: Path) -> dict[str, list[Entry]]:
    """Return what our own readers read in it, by folder: every file is known by its content, no record is refused."""
    return {name: read_entries(corpus_folder / name) for name in ("pubmed", "crossref", "openalex", "arxiv", "items")}


@pytest.fixture(scope="session")
def lines(corpus_folder: Path) -> Lines:
    """Return what reads JSON lines of the corpus: lines("truth/duplicates")."""
    return lambda name: read_lines(corpus_folder / f"{name}.jsonl.gz")


def read_entries(folder: Path) -> list[Entry]:
    """Return the entries of all files of a folder, as `germane import` finds them."""
    found: list[Entry] = []
    for path in sorted(folder.iterdir()):
        with path.open("rb") as stream:
            text = open_text(stream, name=path.name)
            reader = find_reader(text.head)
            assert reader is not None
            expected = "germane" if folder.name == "items" else folder.name
            assert expected == reader.NAME
            for piece in reader.split(text):
                assert not piece.error
                found += reader.parse(piece.text)
    return found


def read_lines(path: Path) -> list[dict[str, Any]]:
    """Return the JSON lines of a gzipped file."""
    with gzip.open(path, "rt") as file:
        return [json.loads(line) for line in file]
