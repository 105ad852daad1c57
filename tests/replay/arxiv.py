"""arXiv's OAI-PMH and its API. Written from documentation; the API's errors as they were recorded (`recorded`)."""

from tests.replay.asking import Asked, Reply, as_xml
from tests.replay.world import Work

_A_PAGE = 3
_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/">'
    "<responseDate>2026-03-09T00:00:00Z</responseDate><request>http://export.arxiv.org/oai2</request>"
)
_FEED = (
    '<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom"><id>https://arxiv.org/api/x</id>'
)


def play(asked: Asked) -> Reply:
    """Answer /oai and /api/query."""
    if asked.fault == "error-body":
        return Reply(b"Rate exceeded.", 200, {"Content-Type": "text/plain"})
    if asked.path == "/api/query":
        wanted = asked.query["id_list"].split(",")
        found = [work for work in asked.world.between("", "") if work.arxiv in wanted]
        return as_xml(f"{_FEED}{''.join(map(_entry, found))}</feed>")
    token = asked.query.get("resumptionToken", "")
    if asked.fault == "stale-cursor":
        return _error("badResumptionToken", "The token has expired")
    since, until, at = token.split("|") if token else (asked.query.get("from", ""), asked.query.get("until", ""), "0")
    found = asked.world.between(since, until)
    if not found:
        return _error("noRecordsMatch", "Nothing")
    start = int(at)
    some = found[start : start + (1 if asked.fault == "short-page" else _A_PAGE)]
    end = start if asked.fault == "same-cursor" else start + len(some)
    after = f"{since}|{until}|{end}" if end < len(found) else ""
    given = f'<resumptionToken cursor="{start}" completeListSize="{len(found)}">{after}</resumptionToken>'
    records = "".join(map(render, some))
    return as_xml(f"{_HEAD}<ListRecords>{records}{given if token or after else ''}</ListRecords></OAI-PMH>")


def render(work: Work) -> str:
    """Return a work's record, or the header of one that is deleted."""
    name = "" if work.is_malformed else work.arxiv
    status = ' status="deleted"' if work.is_deleted else ""
    header = (
        f"<header{status}><identifier>oai:arXiv.org:{name}</identifier><datestamp>{work.day}</datestamp>"
        "<setSpec>cs</setSpec></header>"
    )
    if work.is_deleted:
        return f"<record>{header}</record>"
    more = "" if work.is_sparse else f"<abstract>{work.abstract}</abstract><categories>cs.LG</categories>"
    return (
        f'<record>{header}<metadata><arXiv xmlns="http://arxiv.org/OAI/arXiv/"><id>{name}</id>'
        f"<created>{work.day}</created><authors><author><keyname>Byron{work.number}</keyname></author></authors>"
        f"<title>{'' if work.is_malformed else work.title}</title>{more}</arXiv></metadata></record>"
    )


def _entry(work: Work) -> str:
    return (
        f"<entry><id>http://arxiv.org/abs/{work.arxiv}v1</id><published>{work.day}T00:00:00Z</published>"
        f"<title>{work.title}</title><summary>{work.abstract}</summary>"
        f"<author><name>A Byron{work.number}</name></author></entry>"
    )


def _error(code: str, told: str) -> Reply:
    return as_xml(f'{_HEAD}<error code="{code}">{told}</error></OAI-PMH>')
