"""An article in the formats that reference managers and search engines read.

All are written from what the page shows, so the abstract has passed the licence gate, and a retraction stands in the
title or the note of each.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any, Literal

import msgspec
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from germane.web.catalog import queries
from germane.web.catalog.rows import Page
from germane.web.pages import citing, errors
from germane.web.pages.addresses import Located
from germane.web.pages.article import EXPORT_TYPES

ListForm = Literal["bib", "ris", "csl.json"]  # in which a list of articles can be had
_BIBTEX_TYPES = {
    "paper-conference": "inproceedings",
    "book": "book",
    "chapter": "incollection",
    "thesis": "phdthesis",
    "report": "techreport",
    "article-journal": "article",
}
_RIS_TYPES = {
    "paper-conference": "CONF",
    "book": "BOOK",
    "chapter": "CHAP",
    "thesis": "THES",
    "report": "RPRT",
    "dataset": "DATA",
    "software": "COMP",
    "article": "UNPB",
    "article-journal": "JOUR",
}
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_ESCAPED = {
    "\\": r"\textbackslash{}",
    "{": r"\textbraceleft{}",  # BibTeX counts "\{" as a brace: one without its other would end the entry
    "}": r"\textbraceright{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
} | {c: f"\\{c}" for c in "&%$#_"}


def bibtex(request: HttpRequest, located: Located) -> HttpResponse:
    """Return the article as BibTeX."""
    return _export(request, located, "bib", lambda page, address: write_bibtex(page, address))


def ris(request: HttpRequest, located: Located) -> HttpResponse:
    """Return the article as RIS."""
    return _export(request, located, "ris", lambda page, address: write_ris(page, address))


def csl_json(request: HttpRequest, located: Located) -> HttpResponse:
    """Return the article as CSL-JSON: an array of one item."""
    return _export(request, located, "csl.json", lambda page, address: _json([citing.csl(page, address)]))


def json_ld(request: HttpRequest, located: Located) -> HttpResponse:
    """Return the article as schema.org JSON-LD."""
    return _export(request, located, "jsonld", lambda page, address: _json(citing.jsonld(page, address)))


def write_list(pages: Sequence[Page], form: ListForm) -> str:
    """Return some articles as one BibTeX, RIS or CSL-JSON file; of equal citation keys the later get a letter."""
    base_url, keys = settings.ENVIRONMENT.base_url, _distinct([citing.citation_key(page) for page in pages])
    addressed = [(page, base_url + page.line.address) for page in pages]
    match form:
        case "bib":
            return "\n".join(write_bibtex(page, at, key) for (page, at), key in zip(addressed, keys, strict=True))
        case "ris":
            return "\r\n".join(write_ris(page, at) for page, at in addressed)
        case "csl.json":
            return _json([citing.csl(page, at) | {"id": key} for (page, at), key in zip(addressed, keys, strict=True)])


def write_bibtex(page: Page, address: str, key: str = "") -> str:
    """Return one BibTeX entry. Letters beyond ASCII stay as they are: BibTeX has read UTF-8 for long."""
    item = citing.csl(page, address)
    kind = _BIBTEX_TYPES.get(item["type"], "misc")
    where = {"inproceedings": "booktitle", "incollection": "booktitle", "article": "journal"}.get(kind, "howpublished")
    fields: dict[str, str] = {
        "title": f"{{{_tex(item['title'])}}}",
        "author": " and ".join(map(_bibtex_name, item.get("author", []))),
        where: _tex(item.get("container-title", "")),
        "year": page.line.year,
        "month": _month(page.line.published_on),
        "volume": _tex(item.get("volume", "")),
        "number": _tex(item.get("issue", "")),
        "pages": _tex(re.sub(r"\s*[-–]+\s*", "--", item.get("page", ""))),
        "publisher": _tex(item.get("publisher", "")),
        "issn": _tex(item.get("ISSN", "")),
        "doi": "" if re.search(r"[{}]", item.get("DOI", "")) else item.get("DOI", ""),  # has no escapes
        "url": item["URL"].replace("{", "%7B").replace("}", "%7D"),
        "eprint": page.article.identifier("arxiv"),
        "archiveprefix": "arXiv" if page.article.identifier("arxiv") else "",
        "language": _tex(item.get("language", "")),
        "keywords": _tex(item.get("keyword", "")),
        "note": _tex(item.get("note", "")),
        "abstract": _tex(item.get("abstract", "")),
    }
    written = ",\n".join(
        f"  {name} = {value}" if name == "month" else f"  {name} = {{{value}}}"
        for name, value in fields.items()
        if value
    )
    return f"@{kind}{{{key or item['id']},\n{written}\n}}\n"


def write_ris(page: Page, address: str) -> str:
    """Return one RIS record (refman's 2011 tags), with CRLF as its description asks."""
    item = citing.csl(page, address)
    first, _, last = item.get("page", "").replace("–", "-").partition("-")
    rows = [("TY", _RIS_TYPES.get(item["type"], "GEN")), ("TI", item["title"])]
    rows += [("AU", _ris_name(name)) for name in item.get("author", [])]
    rows += [
        ("T2", item.get("container-title", "")),
        ("PY", page.line.year),
        ("DA", (page.line.published_on.replace("-", "/") + "///")[:10] if page.line.year else ""),
        ("VL", item.get("volume", "")),
        ("IS", item.get("issue", "")),
        ("SP", first.strip()),
        ("EP", last.strip()),
        ("SN", item.get("ISSN", "")),
        ("PB", item.get("publisher", "")),
        ("DO", item.get("DOI", "")),
        ("AN", item.get("PMID", "")),
        ("UR", item["URL"]),
        ("LA", item.get("language", "")),
        *(("KW", phrase.phrase) for phrase in page.keyphrases),
        ("N1", item.get("note", "")),
        ("AB", item.get("abstract", "")),
    ]
    lines = [f"{tag}  - {' '.join(value.split())}" for tag, value in rows if value]
    return "\r\n".join([*lines, "ER  - ", ""])


def _export(request: HttpRequest, located: Located, form: str, write: Callable[[Page, str], str]) -> HttpResponse:
    page = queries.read_page(located.place.article_id)
    if page is None:
        return errors.withdrawn(request, str(located.place.article_id))
    types = {str(name): kind for name, kind in EXPORT_TYPES.items()}
    text = write(page, settings.ENVIRONMENT.base_url + page.line.address)
    response = HttpResponse(text, content_type=f"{types[form]}; charset=utf-8")
    response.headers["Content-Disposition"] = f'inline; filename="{citing.citation_key(page)}.{form}"'
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


def _distinct(keys: Sequence[str]) -> list[str]:
    """Return keys of which no two are equal: "a2021", "a2021b", "a2021c"."""
    taken, distinct = set(keys), []
    n_of: dict[str, int] = {}  # how far each key's letters are used up
    for key in keys:
        new, n = key, n_of.get(key, 0) + 1
        while n > 1 and new in taken:
            new = f"{key}{_LETTERS[n - 1]}" if n <= len(_LETTERS) else f"{key}x{n}"
            n += new in taken
        n_of[key] = n
        taken.add(new)
        distinct.append(new)
    return distinct


def _json(data: Any) -> str:
    return msgspec.json.format(msgspec.json.encode(data), indent=2).decode()


def _tex(text: str) -> str:
    return "".join(_ESCAPED.get(character, character) for character in " ".join(text.split()))


def _bibtex_name(name: dict[str, str]) -> str:
    if "literal" in name:
        return f"{{{_tex(name['literal'])}}}"
    return ", ".join(_tex(part) for part in (name["family"], name.get("given", "")) if part)


def _ris_name(name: dict[str, str]) -> str:
    return name.get("literal") or ", ".join(part for part in (name["family"], name.get("given", "")) if part)


def _month(date: str) -> str:
    months = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
    number = date[5:7]
    return months[int(number) - 1] if number.isdigit() and 1 <= int(number) <= 12 else ""
