"""DataCite's REST API. Written from documentation."""

import re
from typing import Any
from urllib.parse import unquote

from tests.replay.asking import Asked, Reply, as_json
from tests.replay.world import Work


def play(asked: Asked) -> Reply:
    """Answer /dois and /dois/{doi}."""
    if asked.fault == "error-body":
        return as_json({"errors": [{"status": "500", "title": "Internal Server Error"}]})
    doi = unquote(asked.path.removeprefix("/dois").strip("/"))
    if doi:
        one = [work for work in asked.world.between("", "") if work.doi == doi]
        missing = {"errors": [{"status": "404", "title": "The resource you are looking for doesn't exist."}]}
        return as_json({"data": render(one[0])}) if one else as_json(missing, 404)
    days = re.search(r"updated:\[(\d{4}-\d\d-\d\d)\S* TO (\d{4}-\d\d-\d\d)", asked.query["query"])
    found = asked.world.between(days[1], days[2]) if days else asked.world.between("", "")
    mark = asked.query["page[cursor]"]
    at = 0 if mark == "1" else int(mark.removeprefix("Mi"))
    n = int(asked.query["page[size]"])
    some = found[at : at + (max(1, n // 2) if asked.fault == "short-page" else n)]
    end = at if asked.fault == "same-cursor" else at + len(some)
    links = {"self": "https://api.datacite.org/dois"}
    if end < len(found):
        links["next"] = f"https://api.datacite.org/dois?page%5Bcursor%5D=Mi{end}&page%5Bsize%5D={n}"
    return as_json({"data": [render(work) for work in some], "meta": {"total": len(found)}, "links": links})


def render(work: Work) -> dict[str, Any]:
    """Return a DOI."""
    if work.is_malformed:
        return {"id": work.doi, "type": "dois", "attributes": {"doi": work.doi, "titles": []}}
    attributes: dict[str, Any] = {
        "doi": work.doi,
        "titles": [{"title": work.title}],
        "updated": f"{work.day}T00:00:00Z",
    }
    if not work.is_sparse:
        attributes |= {
            "creators": [{"name": f"Byron{work.number}, Ada", "nameType": "Personal"}],
            "publisher": "Nobody",
            "publicationYear": 2026,
            "types": {"resourceTypeGeneral": "Preprint"},
            "descriptions": [{"description": work.abstract, "descriptionType": "Abstract"}],
        }
    return {"id": work.doi, "type": "dois", "attributes": attributes}
