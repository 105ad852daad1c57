"""Crossref's REST API. Written from documentation and one recording of June 2026: the cursor's text never changes."""

from typing import Any
from urllib.parse import unquote

from tests.replay.asking import Asked, Reply, as_json
from tests.replay.world import Work

_SCROLL = "DnF1ZXJ5VGhlbkZldGNo"


def play(asked: Asked) -> Reply:
    """Answer /works and /works/{doi}."""
    limits = {"x-rate-limit-limit": "50", "x-rate-limit-interval": "1s", "x-concurrency-limit": "3"}
    if asked.fault == "error-body":
        return as_json({"status": "failed", "message": [{"type": "internal", "message": "no"}]}, headers=limits)
    doi = unquote(asked.path.removeprefix("/works").strip("/"))
    if doi:
        found = [work for work in asked.world.between("", "") if work.doi == doi]
        if not found:
            return Reply(b"Resource not found.", 404)
        return as_json({"status": "ok", "message-type": "work", "message": render(found[0])}, headers=limits)
    return as_json(_page(asked), headers=limits)


def render(work: Work) -> dict[str, Any]:
    """Return a work's record."""
    if work.is_malformed:
        return {"DOI": 5, "title": {"no": "title"}, "type": []}
    told: dict[str, Any] = {"DOI": work.doi, "title": [work.title], "type": "journal-article"}
    if work.is_sparse:
        return told
    told |= {
        "container-title": ["Journal of Replayed Results"],
        "publisher": "Nobody",
        "issued": {"date-parts": [[2026, 3, 1]]},
        "author": [{"given": "Ada", "family": f"Byron{work.number}", "sequence": "first", "affiliation": []}],
        "abstract": f"<jats:p>{work.abstract}</jats:p>",
        "indexed": {"date-time": f"{work.day}T01:00:00Z"},
    }
    if work.is_retracted:
        told["updated-by"] = [
            {"DOI": f"{work.doi}.r", "type": "retraction", "updated": {"date-time": f"{work.day}T00:00:00Z"}}
        ]
    return told


def _page(asked: Asked) -> dict[str, Any]:
    given = dict(part.split(":", 1) for part in asked.query.get("filter", "").split(",") if part)
    since = next((day for name, day in given.items() if name.startswith("from-")), "")
    until = next((day for name, day in given.items() if name.startswith("until-")), "")
    found = asked.world.between(since, until)
    at = 0 if asked.query["cursor"] == "*" else asked.memory.get("scroll", 0)
    n = int(asked.query.get("rows", 20))
    some = found[at : at + (max(1, n // 2) if asked.fault == "short-page" else n)]
    asked.memory["scroll"] = at if asked.fault == "same-cursor" else at + len(some)
    items = [render(work) for work in some]
    return {
        "status": "ok",
        "message-type": "work-list",
        "message-version": "1.0.0",
        "message": {"facets": {}, "next-cursor": _SCROLL, "total-results": len(found), "items": items},
    }
