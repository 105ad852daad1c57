"""What no importer can be faster than: a bare parse, a bare full-text index, a bare disk; on a part, scaled up."""

import gzip
import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import tantivy
from lxml import etree

FORMATS = ("pubmed", "crossref", "openalex", "arxiv")
_BLOCK = 1 << 20
_PART = 512 << 20  # bytes written to see how fast the disk is


def parse_seconds(corpus: Path) -> dict[str, dict[str, float]]:
    """Return for each format CPU seconds of a parse that throws everything away: one file's, scaled by their number."""
    limits: dict[str, dict[str, float]] = {}
    for format in FORMATS:
        files = sorted((corpus / format).iterdir())
        size = sum(f.stat().st_size for f in files)
        started = time.process_time()
        n = sum(1 for _ in _barely(files[0], format))
        cpu_s = time.process_time() - started
        factor = size / files[0].stat().st_size
        limits[format] = {"records": n * factor, "cpu_s": cpu_s * factor, "records_per_s": n / cpu_s}
    return limits


def index_seconds(corpus: Path, folder: Path, n: int = 30_000) -> float:
    """Return CPU seconds a document of an English full-text index of titles and abstracts alone."""
    schema = tantivy.SchemaBuilder()
    schema.add_integer_field("id", stored=True, indexed=True)
    schema.add_text_field("text", stored=False, tokenizer_name="en_stem")
    folder.mkdir(parents=True)
    index = tantivy.Index(schema.build(), path=str(folder))
    texts = list(_texts(corpus, n))
    started = time.process_time()
    writer = index.writer(128_000_000, 1)
    for number, text in enumerate(texts):
        writer.add_document(tantivy.Document(id=number, text=text))
    writer.commit()
    writer.wait_merging_threads()
    return (time.process_time() - started) / max(len(texts), 1)


def disk_seconds(folder: Path, n_bytes: int) -> float:
    """Return the seconds that writing so many bytes takes, one after another, to the disk itself."""
    part = min(n_bytes, _PART)
    block = os.urandom(_BLOCK)
    path = folder / "bare-disk"
    started = time.monotonic()
    with path.open("wb") as file:
        for _ in range(part // _BLOCK + 1):
            file.write(block)
        file.flush()
        os.fsync(file.fileno())
    seconds = time.monotonic() - started
    path.unlink()
    return seconds * n_bytes / part


def _barely(path: Path, format: str) -> Iterator[Any]:
    with gzip.open(path) as file:
        if format == "pubmed":
            for _, element in etree.iterparse(file, tag="PubmedArticle"):
                yield None
                element.clear()
                while element.getprevious() is not None:
                    del element.getparent()[0]
        else:
            yield from map(msgspec.json.Decoder().decode, file)


def _texts(corpus: Path, n: int) -> Iterator[str]:
    """Yield title and abstract of the first records of each file of the format that holds them most plainly."""
    for path in sorted((corpus / "arxiv").iterdir()):
        for record in _barely(path, "arxiv"):
            yield f"{record['title']} {record.get('abstract', '')}"
            n -= 1
            if not n:
                return


def total_cpu(limits: dict[str, dict[str, float]], formats: Sequence[str] = FORMATS) -> float:
    """Return the CPU seconds of a bare parse of all formats."""
    return sum(limits[format]["cpu_s"] for format in formats)
