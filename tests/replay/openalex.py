"""OpenAlex's single look-ups, and its snapshot. Written from documentation; headers as recorded in July 2026."""

import gzip
import json
from typing import Any

from tests.replay.asking import Asked, Reply, as_json
from tests.replay.world import Work


def play(asked: Asked) -> Reply:
    """Answer /works/{name}."""
    limits = {"X-RateLimit-Limit": "1000", "X-RateLimit-Remaining": "900", "X-RateLimit-Reset": "3600"}
    if asked.fault == "error-body":
        return as_json({"error": "Internal error", "message": "try again"}, headers=limits)
    name = asked.path.removeprefix("/works/")
    named = {f"doi:{w.doi}": w for w in asked.world.between("", "")}
    named |= {f"pmid:{w.pmid}": w for w in named.values()} | {w.openalex: w for w in named.values()}
    found = named.get(name)
    return as_json(render(found), headers=limits) if found else as_json({"error": "not found"}, 404, headers=limits)


def play_snapshot(asked: Asked) -> Reply:
    """Answer /manifest and the files of days."""
    days = sorted({work.day for work in asked.world.works})
    if asked.path == "/manifest":
        entries = [
            {
                "url": f"s3://openalex/data/jsonl/works/updated_date={day}/part_0000.gz",
                "meta": {"content_length": 1, "record_count": sum(work.day == day for work in asked.world.works)},
            }
            for day in days
        ]
        return as_json({"entries": entries, "meta": {}})
    day = asked.path.split("=")[-1].partition("/")[0]
    works = [work for work in asked.world.works if work.day == day]
    if not works:
        return Reply(b"<Error><Code>NoSuchKey</Code></Error>", 404)
    lines = "".join(json.dumps(render(work)) + "\n" for work in works)
    return Reply(gzip.compress(lines.encode(), mtime=0), 200, {"Content-Type": "application/gzip", "ETag": f'"{day}"'})


def render(work: Work) -> dict[str, Any]:
    """Return a work."""
    if work.is_malformed:
        return {"id": 5, "title": None, "display_name": None}
    told: dict[str, Any] = {"id": f"https://openalex.org/{work.openalex}", "title": work.title}
    if work.is_sparse:
        return told
    return told | {
        "doi": f"https://doi.org/{work.doi}",
        "display_name": work.title,
        "publication_date": "2026-03-01",
        "publication_year": 2026,
        "type": "article",
        "is_retracted": work.is_retracted,
        "ids": {"openalex": f"https://openalex.org/{work.openalex}"},
        "authorships": [{"author": {"display_name": f"Ada Byron{work.number}"}}],
        "abstract_inverted_index": {word: [place] for place, word in enumerate(dict.fromkeys(work.abstract.split()))},
        "updated_date": work.day,
    }
