"""Europe PMC's search, whose errors come with status 200. Written from documentation."""

import re
from typing import Any

from tests.replay.asking import Asked, Reply, as_json
from tests.replay.world import Work


def play(asked: Asked) -> Reply:
    """Answer /search."""
    if asked.fault == "error-body":
        return as_json({"version": "6.9", "errCode": 404, "errMsg": "Invalid cursorMark"})
    query = asked.query["query"]
    found = asked.world.between("", "")
    if days := re.search(r"_DATE:\[(\S+) TO (\S+)\]", query):
        found = asked.world.between(days[1], days[2])
    names = re.findall(r'(?:DOI|EXT_ID):"([^"]+)"', query)
    if names:
        found = [work for work in found if work.doi in names or work.pmid in names]
    mark = asked.query["cursorMark"]
    at = 0 if mark == "*" else int(mark.removeprefix("Ao"))
    n = int(asked.query["pageSize"])
    some = found[at : at + (max(1, n // 2) if asked.fault == "short-page" else n)]
    after = mark if asked.fault == "same-cursor" or not some else f"Ao{at + len(some)}"
    results = [render(work) for work in some]
    told = {"version": "6.9", "hitCount": len(found), "nextCursorMark": after, "resultList": {"result": results}}
    return as_json(told)


def render(work: Work) -> dict[str, Any]:
    """Return a work's result."""
    if work.is_malformed:
        return {"id": None, "source": None, "title": None}
    told: dict[str, Any] = {"id": work.pmid, "source": "MED", "pmid": work.pmid, "title": f"{work.title}."}
    if work.is_sparse:
        return told
    retracted = ["Retracted Publication"] if work.is_retracted else []
    return told | {
        "doi": work.doi,
        "authorString": f"Byron{work.number} A.",
        "journalInfo": {"journal": {"title": "Journal of Replayed Results"}, "yearOfPublication": 2026},
        "pubYear": "2026",
        "abstractText": work.abstract,
        "pubTypeList": {"pubType": ["Journal Article", *retracted]},
        "isOpenAccess": "N",
    }
