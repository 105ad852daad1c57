"""bioRxiv's and medRxiv's details. Written from documentation."""

from typing import Any

from tests.replay.asking import Asked, Reply, as_json
from tests.replay.world import Work

_A_PAGE = 3


def play(asked: Asked) -> Reply:
    """Answer /details/{server}/{from}/{until}/{cursor}/json and /details/{server}/{doi}/na/json."""
    if asked.fault == "error-body":
        return as_json({"messages": [{"status": "Error: database is away"}], "collection": []})
    _, _, server, first, second, third, *_ = asked.path.split("/")
    if second.count("-") != 2:  # a DOI, which has a slash in it
        found = [work for work in asked.world.between("", "") if work.preprint_doi == f"{first}/{second}"]
        status = "ok" if found else "no posts found"
        return as_json({"messages": [{"status": status}], "collection": [render(work, server) for work in found]})
    found = asked.world.between(first, second)
    at = int(third)
    some = found[at : at + (1 if asked.fault == "short-page" else _A_PAGE)]
    message: dict[str, Any] = {"status": "ok" if some else "no posts found"}
    if some:
        message |= {"interval": f"{first}:{second}", "cursor": third, "count": len(some), "total": str(len(found))}
    return as_json({"messages": [message], "collection": [render(work, server) for work in some]})


def render(work: Work, server: str) -> dict[str, Any]:
    """Return a version of a preprint."""
    if work.is_malformed:
        return {"doi": "", "title": "", "date": 5}
    told = {"doi": work.preprint_doi, "title": work.title, "date": work.day, "version": "1", "server": server}
    if work.is_sparse:
        return told
    return told | {
        "authors": f"Byron{work.number}, A.; Doe, J.",
        "author_corresponding": f"Ada Byron{work.number}",
        "author_corresponding_institution": "Analytical Institute",
        "type": "new results",
        "license": "cc_by",
        "category": "neuroscience",
        "abstract": work.abstract,
        "published": "NA",
    }
