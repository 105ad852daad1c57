"""A made-up corpus in four formats, with duplicates, broken records and items; every record's name is known."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from benchmarks.corpus import FORMATS, Maker


class File(NamedTuple):
    """A file and the names of its records in their order, as the catalog keeps them: "doi:10.5555/p1"."""

    path: Path
    names: tuple[str, ...]


def make_corpus(folder: Path, n: int, parts: int = 1) -> list[File]:
    """Write `n` records a format, in `parts` files each, and a file of items; the same every time."""
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for format in FORMATS:
        maker = Maker(seed=7)
        for part in range(parts):
            numbers = range(1 + part * n // parts, 1 + (part + 1) * n // parts)
            suffix = "xml" if format == "pubmed" else "jsonl"
            path = folder / f"{format}{part}.{suffix}.gz"
            _write(path, _lines(format, maker, numbers))
            files.append(File(path, tuple(_name(format, number, n) for number in numbers)))
    items = folder / "items.jsonl.gz"
    _write(items, (_item(number) for number in range(1, 1 + n // 5)))
    return sorted([*files, File(items, ())])


def _write(path: Path, lines: Iterator[str]) -> None:
    with gzip.GzipFile(path, "wb", compresslevel=6, mtime=0) as file:
        for line in lines:
            file.write(line.encode())


def _lines(format: str, maker: Maker, numbers: range) -> Iterator[str]:
    if format == "pubmed":
        yield '<?xml version="1.0" encoding="utf-8"?>\n<PubmedArticleSet>\n'
    for number in numbers:
        line = FORMATS[format](maker, number)
        # every tenth of Crossref is an article of PubMed too: one article of two records
        yield line.replace(f"10.5555/c{number}", f"10.5555/p{number}") if _is_shared(format, number) else line
    yield "</PubmedArticleSet>\n" if format == "pubmed" else '{"broken": \n'


def _name(format: str, number: int, n: int) -> str:
    if format == "arxiv":
        return f"arxiv:{15 + number % 8:02}{number % 12 + 1:02}.{number:05}"
    return f"doi:10.5555/{'p' if _is_shared(format, number) else format[0]}{number}"


def _is_shared(format: str, number: int) -> bool:
    return format == "crossref" and number % 10 == 0


def _item(number: int) -> str:
    return json.dumps(
        {
            "kind": ("news", "video", "social")[number % 3],
            "platform": "made up",
            "channel": "faults",
            "url": f"https://example.org/story/{number}",
            "title": f"A story on article {number}",
            "published_on": "2024-05-06",
            "articles": [{"doi": f"10.5555/{'po'[number % 2]}{number}"}],
        }
    ) + "\n"  # fmt: skip
