"""The same article in every form."""

import json
import re
from itertools import accumulate
from xml.etree import ElementTree

import bibtexparser  # type: ignore[import-untyped]
import pytest
from django.test import Client

from germane.article import Venue
from germane.web.catalog import queries
from tests.web.pages.corpus import FULL, RETRACTED
from tests.web.pages.making import bare, make_article

ATOM = "{http://www.w3.org/2005/Atom}"


def test_bibtex_is_read_back(client: Client) -> None:
    response = client.get(f"{FULL}.bib")
    assert response["Content-Type"] == "application/x-bibtex; charset=utf-8"
    entry = bibtexparser.loads(response.content.decode()).entries[0]
    assert entry["ID"] == "okafor2021injection"
    assert entry["author"].startswith("Okafor, Amara and Lin, Mei and ")
    assert entry["author"].endswith("{The Desk Pain Group}")
    assert (entry["journal"], entry["year"], entry["pages"]) == ("Clinical Desk Medicine", "2021", "201--214")
    assert entry["doi"] == "10.5555/interscapular.2021.7"


def test_bibtex_escapes_what_tex_would_obey(client: Client) -> None:
    make_article(bare("50% of $x_1$ & {more} #1 \\input{x}", "10.5555/tex"))
    text = client.get("/doi/10.5555/tex.bib").content.decode()
    assert "50\\% of" in text
    assert "\\& " in text
    assert "\\input" not in text
    assert text.count("{") == text.count("}")  # BibTeX counts an escaped brace, too


def test_no_field_ends_its_bibtex_entry_early(client: Client) -> None:
    odd = "}\n}\n@misc{evil,\n title = {"
    venue = Venue(odd, "journal", publisher=odd)
    row = make_article(bare(f"Odd {odd}", "10.5555/odd", venue=venue, volume=odd, issue=odd, pages=odd, language="}"))
    text = client.get(f"/doi/{row.doi}.bib").content.decode()
    assert len(re.findall("^@", text, re.MULTILINE)) == 1
    depth = list(accumulate({"{": 1, "}": -1}.get(character, 0) for character in text.strip()))
    assert depth[-1] == 0
    assert 0 not in depth[depth.index(1) : -1]


def test_an_export_of_a_doi_that_ends_in_a_check_digit_is_an_export(client: Client) -> None:
    sici = "/doi/10.5555/(sici)1097-4571(199210)43:9%3C628::aid-asi5%3E3.0.co;2-0"
    for form in ("bib", "ris", "csl.json", "jsonld", "json", "atom"):
        response = client.get(f"{sici}.{form}")
        assert response.status_code == 200, form
        assert "html" not in response["Content-Type"], form
    assert client.get(f"{sici}/news").status_code == 200


def test_ris_has_one_tag_a_line(client: Client) -> None:
    lines = client.get(f"{FULL}.ris").content.decode().split("\r\n")
    assert lines[0] == "TY  - JOUR"
    assert "AU  - Okafor, Amara" in lines
    assert "DO  - 10.5555/interscapular.2021.7" in lines
    assert ("SP  - 201" in lines, "EP  - 214" in lines, "PY  - 2021" in lines) == (True, True, True)
    assert lines[-2:] == ["ER  - ", ""]
    assert all(line[2:6] == "  - " for line in lines[:-1])


def test_csl_json_is_what_citation_processors_read(client: Client) -> None:
    item = json.loads(client.get(f"{FULL}.csl.json").content)[0]
    assert item["type"] == "article-journal"
    assert item["issued"] == {"date-parts": [[2021, 3, 14]]}
    assert item["author"][0] == {"family": "Okafor", "given": "Amara"}
    assert item["author"][-1] == {"literal": "The Desk Pain Group"}


@pytest.mark.parametrize("suffix", [".bib", ".ris", ".csl.json", ".jsonld"])
def test_a_retraction_travels_with_every_export(client: Client, suffix: str) -> None:
    text = client.get(RETRACTED + suffix).content.decode()
    assert "RETRACTED: A pillow that heals all backs" in text
    assert "Retracted; Expression of concern" in text


def test_json_holds_what_the_page_shows(client: Client) -> None:
    data = json.loads(client.get(f"{FULL}.json").content)
    assert data["version"] == 1
    assert {i["scheme"] for i in data["identifiers"]} == {"doi", "pmid", "pmcid"}
    assert data["abstract"]["license"] == "cc-by-4.0"
    assert data["related"]["news"]["about"][0]["evidence"]["sentence"]
    assert data["similar"][0]["title"].startswith("Ultrasound-guided injections")
    assert data["similar"][0]["evidence"][0]["code"] == "phrases"
    assert data["versions"][0]["url"].endswith("/doi/10.5555/preprint.2020.7")
    assert json.loads(client.get(f"{RETRACTED}.json").content)["is_retracted"] is True


@pytest.mark.parametrize("name", ["10.5555/interscapular.2021.7", "doi:10.5555/INTERSCAPULAR.2021.7", "pmid:39999999",
                                  "pmcid:PMC9999999", "https://doi.org/10.5555/interscapular.2021.7"])  # fmt: skip
def test_the_api_takes_any_identifier(client: Client, name: str) -> None:
    response = client.get(f"/api/v1/articles/{name}")
    assert response["Access-Control-Allow-Origin"] == "*"
    assert json.loads(response.content)["id"] == json.loads(client.get(f"{FULL}.json").content)["id"]


def test_the_api_says_what_is_wrong(client: Client) -> None:
    response = client.get("/api/v1/articles/10.5555/none")
    assert (response.status_code, json.loads(response.content)["status"]) == (404, 404)


def test_the_feed_of_an_article_is_atom_with_evidence(client: Client) -> None:
    feed = ElementTree.fromstring(client.get(f"{FULL}.atom").content)
    entries = feed.findall(f"{ATOM}entry")
    assert len(entries) > 5
    assert all(entry.find(f"{ATOM}updated") is not None for entry in entries)
    assert any("Links to doi.org/10.5555" in (entry.findtext(f"{ATOM}summary") or "") for entry in entries)
    ids = [entry.findtext(f"{ATOM}id") for entry in entries]
    assert len(ids) == len(set(ids))


def test_lists_have_feeds(client: Client) -> None:
    for path in ("/keyword/injection", "/venue/clinical-desk-medicine", "/author/0000-0002-1825-0097", "/newest"):
        feed = ElementTree.fromstring(client.get(f"{path}.atom").content)
        assert feed.findall(f"{ATOM}entry")


def test_feeds_survive_characters_that_xml_cannot_write(client: Client) -> None:
    make_article(bare("Bell \x07 and \ufffe", "10.5555/bell", published_on="2098"))
    ElementTree.fromstring(client.get("/newest.atom?bell").content)


def test_the_sitemap_lists_every_page_once(client: Client) -> None:
    index = ElementTree.fromstring(client.get("/sitemap.xml").content)
    locations = [e.text or "" for e in index.iter() if e.tag.endswith("loc")]
    pages: list[str] = []
    for location in locations:
        part = ElementTree.fromstring(client.get("/" + location.rpartition("/")[2]).content)
        pages += [e.text or "" for e in part.iter() if e.tag.endswith("loc")]
    assert len(pages) == len(set(pages))
    shown = queries.read_newest(n=1000)
    assert {page[page.index("/", 8) :] for page in pages} == {line.address for line in shown}


def test_search_answers_with_its_reasons(client: Client) -> None:
    response = client.get("/api/v1/search?q=injection&facets=1")
    assert response.status_code == 200
    assert set(json.loads(response.content)) == {"n_total", "is_at_least", "suggestion", "results", "facets", "next"}
