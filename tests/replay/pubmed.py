"""E-utilities (esearch and efetch with history), and the folder of update files. Written from documentation."""

import gzip
import hashlib

from tests.replay.asking import Asked, Reply, as_json, as_xml
from tests.replay.world import Work

_HEAD = '<?xml version="1.0" ?>\n<!DOCTYPE PubmedArticleSet>\n<PubmedArticleSet>\n'


def play(asked: Asked) -> Reply:
    """Answer /esearch.fcgi and /efetch.fcgi."""
    if asked.fault == "error-body":
        return as_json({"error": "API rate limit exceeded", "count": "11"})
    if asked.path == "/esearch.fcgi":
        return _search(asked)
    if "id" in asked.query:
        wanted = asked.query["id"].split(",")
        found = [work for work in asked.world.between("", "") if work.pmid in wanted]
        return as_xml(_set(found))
    works = asked.memory.get(asked.query["WebEnv"])
    if works is None or asked.fault == "stale-cursor":
        asked.memory.clear()
        return as_xml("<eFetchResult><ERROR>Unable to obtain query #1</ERROR></eFetchResult>")
    start, n = int(asked.query["retstart"]), int(asked.query["retmax"])
    return as_xml(_set(works[start : start + n]))


def play_files(asked: Asked) -> Reply:
    """Answer a listing of files, a day each, and the files."""
    days = sorted({work.day for work in asked.world.works})
    names = {f"pubmed26n{1000 + place}.xml.gz": day for place, day in enumerate(days)}
    name = asked.path.rpartition("/")[2]
    if not name:
        links = "".join(f'<a href="{name}">{name}</a> <a href="{name}.md5">{name}.md5</a>\n' for name in names)
        return Reply(f"<html><pre>{links}</pre></html>".encode(), 200, {"Content-Type": "text/html"})
    if name not in names:
        return Reply(b"not found", 404)
    body = gzip.compress(_set([w for w in asked.world.works if w.day == names[name]]).encode(), mtime=0)
    tag = hashlib.blake2b(body, digest_size=8).hexdigest()
    return Reply(body, 200, {"Content-Type": "application/gzip", "ETag": f'"{tag}"'})


def render(work: Work) -> str:
    """Return a work's citation."""
    if work.is_malformed:
        return "<PubmedArticle><MedlineCitation><Article/></MedlineCitation></PubmedArticle>"
    doi = "" if work.is_sparse else f'<ELocationID EIdType="doi" ValidYN="Y">{work.doi}</ELocationID>'
    abstract = "" if work.is_sparse else f"<Abstract><AbstractText>{work.abstract}</AbstractText></Abstract>"
    retracted = '<PublicationType UI="D016441">Retracted Publication</PublicationType>' if work.is_retracted else ""
    return (
        f'<PubmedArticle><MedlineCitation Status="MEDLINE" Owner="NLM"><PMID Version="1">{work.pmid}</PMID>'
        "<Article><Journal><JournalIssue><PubDate><Year>2026</Year></PubDate></JournalIssue>"
        f"<Title>Journal of Replayed Results</Title></Journal><ArticleTitle>{work.title}.</ArticleTitle>{doi}{abstract}"
        f"<PublicationTypeList><PublicationType>Journal Article</PublicationType>{retracted}</PublicationTypeList>"
        "</Article></MedlineCitation></PubmedArticle>\n"
    )


def _set(works: list[Work]) -> str:
    gone = "".join(f'<PMID Version="1">{work.pmid}</PMID>' for work in works if work.is_deleted)
    deleted = f"<DeleteCitation>{gone}</DeleteCitation>" if gone else ""
    return f"{_HEAD}{''.join(render(work) for work in works if not work.is_deleted)}{deleted}</PubmedArticleSet>"


def _search(asked: Asked) -> Reply:
    query = asked.query
    since, until = (query.get(name, "").replace("/", "-") for name in ("mindate", "maxdate"))
    found = [work for work in asked.world.between(since, until) if not work.is_deleted]
    if "[doi]" in query["term"]:
        found = [work for work in found if f'"{work.doi}"' in query["term"]]
    name = f"MCID_{len(asked.memory)}"
    asked.memory[name] = found
    return as_json({"header": {}, "esearchresult": {"count": str(len(found)), "webenv": name, "querykey": "1"}})
