from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from germane.article import Identifier
from germane.identifiers import (
    arxiv_version,
    find_identifiers,
    identify,
    key_of,
    normalize,
    normalize_acl,
    normalize_arxiv,
    normalize_doi,
    normalize_issn,
    normalize_nct,
    normalize_openalex,
    normalize_orcid,
    normalize_pmcid,
    normalize_pmid,
    parse_key,
    url_of,
)

SICI = "10.1002/(sici)1097-4571(199210)43:9<628::aid-asi5>3.0.co;2-0"


@pytest.mark.parametrize(
    ("text", "doi"),
    [
        ("10.5555/abc", "10.5555/abc"),
        ("10.5555/ABC.d-1", "10.5555/abc.d-1"),
        ("doi:10.5555/abc", "10.5555/abc"),
        ("DOI: 10.5555/abc", "10.5555/abc"),
        ("doi 10.5555/abc", "10.5555/abc"),
        ("urn:doi:10.5555/abc", "10.5555/abc"),
        ("info:doi/10.5555/abc", "10.5555/abc"),
        ("https://doi.org/10.5555/abc", "10.5555/abc"),
        ("http://dx.doi.org/10.5555/abc", "10.5555/abc"),
        ("dx.doi.org/10.5555/abc", "10.5555/abc"),
        ("http://doi.acm.org/10.5555/123.456", "10.5555/123.456"),
        ("https://www.example.org/doi/full/10.5555/abc?needAccess=true#sec", "10.5555/abc"),
        ("https://example.org/resolve?doi=10.5555%2Fabc&via=x", "10.5555/abc"),
        ("10.5555/abc [doi]", "10.5555/abc"),
        ("10.5555.12/abc", "10.5555.12/abc"),
        # what stands behind a DOI
        ("10.5555/abc.", "10.5555/abc"),
        ("10.5555/abc...", "10.5555/abc"),
        ("10.5555/abc…", "10.5555/abc"),
        ("10.5555/abc,", "10.5555/abc"),
        ("10.5555/abc;", "10.5555/abc"),
        ("(10.5555/abc)", "10.5555/abc"),
        ("(doi:10.5555/abc).", "10.5555/abc"),
        ("“10.5555/abc”", "10.5555/abc"),
        ("10.5555/abc]", "10.5555/abc"),
        ("10.5555/abc}}", "10.5555/abc"),
        ("<10.5555/abc>", "10.5555/abc"),
        ("10.5555/abc?", "10.5555/abc"),
        ("10.5555/s0167-2789(95)00044-5", "10.5555/s0167-2789(95)00044-5"),
        ("(10.5555/s0167-2789(95)00044)", "10.5555/s0167-2789(95)00044"),
        ("10.5555/a(b", "10.5555/a(b"),
        # Markdown
        ("10.5555/abc](https://doi.org/10.5555/abc)", "10.5555/abc"),
        ("https://doi.org/10.5555/abc){rel=nofollow}", "10.5555/abc"),
        ("**10.5555/abc**", "10.5555/abc"),
        ("10.5555/abc*", "10.5555/abc"),
        ("`10.5555/abc`", "10.5555/abc"),
        # addresses of formats and versions
        ("10.5555/abc/full", "10.5555/abc"),
        ("10.5555/abc/pdf", "10.5555/abc"),
        ("10.5555/abc/epdf", "10.5555/abc"),
        ("10.5555/abc/abstract", "10.5555/abc"),
        ("10.5555/abc.full.pdf+html", "10.5555/abc"),
        ("10.1101/2020.01.01.123456v2", "10.1101/2020.01.01.123456"),
        ("https://www.biorxiv.org/content/10.1101/123456v1.full.pdf", "10.1101/123456"),
        ("10.64898/2026.01.02.123456v3.full", "10.64898/2026.01.02.123456"),
        ("10.1101/gr.123456.1", "10.1101/gr.123456.1"),
        ("10.21203/rs.3.rs-1/v1", "10.21203/rs.3.rs-1/v1"),  # here the version is part of the name
        ("10.48550/arXiv.1501.00001v3", "10.48550/arxiv.1501.00001"),
        ("10.65215/arXiv.2601.00001", "10.65215/arxiv.2601.00001"),
        # other spellings of the characters
        ("１０．５５５５／ａｂｃ", "10.5555/abc"),
        ("10.5555/a\u200bb\u00adc\ufeff", "10.5555/abc"),
        ("10.5555/a\u2010b\u2013c", "10.5555/a-b-c"),
        ("\u00a010.5555/abc\u00a0", "10.5555/abc"),
        ("10.5555%2Fabc", "10.5555/abc"),
        ("10.5555%252Fabc", "10.5555/abc"),
        ("10.5555&#x2F;abc", "10.5555/abc"),
        # SICI and its kin
        (SICI, SICI),
        (SICI.upper(), SICI),
        (f"https://doi.org/{SICI}.", SICI),
        (SICI.replace("<", "&lt;").replace(">", "&gt;"), SICI),
        (SICI.replace("<", "&amp;lt;").replace(">", "&amp;gt;"), SICI),
        (quote(SICI, safe=""), SICI),
        (quote(quote(SICI)), SICI),
        (SICI.replace("::", ":: "), SICI),
        (f"[x]({SICI})", None),  # a link is not a DOI; find_identifiers reads it
        (SICI[:-1] + "#", SICI[:-1] + "#"),
        ("10.1175/1520-0442(1999)012<0917:TROTS>2.0.CO;2", "10.1175/1520-0442(1999)012<0917:trots>2.0.co;2"),
        ("10.1641/0006-3568(2001)051[0933:TEOTWA]2.0.CO;2.", "10.1641/0006-3568(2001)051[0933:teotwa]2.0.co;2"),
        # no DOIs
        ("", None),
        ("10.5555/", None),
        ("10.5555/ abc", None),
        ("10.55/abc", None),
        ("110.5555/abc", None),
        ("1.10.5555/abc", None),
        ("10.5555", None),
        ("10.5555/...", None),
        ("see the fine paper of 10.5555/abc for more", None),
        ("https://example.org/", None),
    ],
)  # fmt: skip
def test_normalize_doi(text: str, doi: str | None) -> None:
    assert normalize_doi(text) == doi


@pytest.mark.parametrize(
    ("text", "arxiv"),
    [
        ("1501.00001", "1501.00001"),
        ("1501.00001v12", "1501.00001"),
        ("arXiv:1501.00001v2 [cs.CL]", "1501.00001"),
        ("ARXIV: 1501.00001", "1501.00001"),
        ("https://arxiv.org/abs/1501.00001", "1501.00001"),
        ("http://export.arxiv.org/pdf/1501.00001v2.pdf", "1501.00001"),
        ("https://doi.org/10.48550/arXiv.1501.00001", "1501.00001"),
        ("hep-th/9901001v1", "hep-th/9901001"),
        ("HEP-TH/9901001", "hep-th/9901001"),
        ("math.GT/0309136", "math/0309136"),
        ("cond-mat.str-el/0309136", "cond-mat/0309136"),
        ("0704.0001", "0704.0001"),
        ("１５０１．００００１", "1501.00001"),
        # broken by a spreadsheet: repaired only where one identifier can have been meant
        ("704.029", "0704.0290"),
        ("704.0001", "0704.0001"),
        ("1501.0009599999998", "1501.00096"),
        ("1204.0289999999999", "1204.0290"),
        ("1204.029", None),  # cut short, or 1204.0290?
        ("1501.0001", None),
        ("704.1234567", None),
        ("1501.00012345678", None),  # far from every identifier
        ("1513.00001", None),  # no such month
        ("0703.0001", None),  # before the scheme began
        ("0704.00010", None),
        ("1412.00001", None),
        ("hep-th/991301", None),
        ("hep-xx/9901001", None),
        ("12345", None),
        ("", None),
    ],
)
def test_normalize_arxiv(text: str, arxiv: str | None) -> None:
    assert normalize_arxiv(text) == arxiv


def test_arxiv_version() -> None:
    assert arxiv_version("https://arxiv.org/abs/1501.00001v3") == 3
    assert arxiv_version("1501.00001") is None
    assert arxiv_version("v3") is None


@pytest.mark.parametrize(
    ("scheme", "text", "value"),
    [
        ("pmid", "PMID: 0012345", "12345"),
        ("pmid", "12345.0", "12345"),
        ("pmid", "https://pubmed.ncbi.nlm.nih.gov/12345/?x=1", "12345"),
        ("pmid", "http://www.ncbi.nlm.nih.gov/pubmed/12345", "12345"),
        ("pmid", "0", None),
        ("pmid", "123456789", None),
        ("pmid", "PMC12345", None),
        ("pmcid", "PMC12345", "PMC12345"),
        ("pmcid", "pmc12345.2", "PMC12345"),
        ("pmcid", "12345", "PMC12345"),
        ("pmcid", "https://www.ncbi.nlm.nih.gov/pmc/articles/PMC12345/pdf/", "PMC12345"),
        ("pmcid", "https://pmc.ncbi.nlm.nih.gov/articles/PMC12345", "PMC12345"),
        ("pmcid", "PMCX", None),
        ("openalex", "https://openalex.org/W123", "W123"),
        ("openalex", "https://api.openalex.org/works/w123?select=id", "W123"),
        ("openalex", "https://openalex.org/A123", None),
        ("acl", "p18-1001", "P18-1001"),
        ("acl", "https://aclanthology.org/2020.acl-main.1/", "2020.acl-main.1"),
        ("acl", "http://www.aclweb.org/anthology/P18-1001v2.pdf", "P18-1001"),
        ("acl", "2020.acl", None),
        ("orcid", "https://orcid.org/0000-0002-1825-0097", "0000-0002-1825-0097"),
        ("orcid", "000000021694233x", "0000-0002-1694-233X"),
        ("orcid", "0000-0002-1825-0098", None),  # wrong check digit
        ("issn", "2434561x", "2434-561X"),
        ("issn", "ISSN 0378-5955", "0378-5955"),
        ("issn", "1234-5678", None),
        ("nct", "https://clinicaltrials.gov/study/NCT01234567?rank=1", "NCT01234567"),
        ("nct", "nct 01234567", "NCT01234567"),
        ("nct", "NCT123", None),
        ("isbn", "9780000000000", None),
    ],
)
def test_normalize_by_scheme(scheme: str, text: str, value: str | None) -> None:
    assert normalize(scheme, text) == value


NORMALIZERS = [
    normalize_acl, normalize_arxiv, normalize_doi, normalize_issn, normalize_nct, normalize_openalex, normalize_orcid,
    normalize_pmcid, normalize_pmid,
]  # fmt: skip
UGLY = st.text(st.sampled_from("10.5/abcXv2()[]<>{}%&;:#?*'\" \u200b\uff11\u2013arxiv-\x00\x1f&lt;%2F"), max_size=40)


@settings(deadline=None)  # the machine may be busy
@given(
    UGLY
    | st.text(max_size=30)
    | UGLY.map(lambda tail: f"10.5555/{tail}")
    | UGLY.map(lambda t: f"https://doi.org/10.1101/{t}")
)
def test_what_is_normalized_stays_as_it_is(text: str) -> None:
    for normalizer in NORMALIZERS:
        value = normalizer(text)
        if value is not None:
            assert normalizer(value) == value
    for found in find_identifiers(text):
        assert text[found.start : found.end] == found.matched
        assert parse_key(key_of(found.identifier)) == found.identifier


@pytest.mark.parametrize(
    "key", ["doi:10.5555/abc", "pmid:1", "pmcid:PMC12", "arxiv:hep-th/9901001", "openalex:W1", "acl:P18-1001"]
)
def test_keys_go_both_ways(key: str) -> None:
    identifier = parse_key(key)
    assert identifier is not None
    assert key_of(identifier) == key


@pytest.mark.parametrize("key", ["", "doi", "doi:", "doi:10.5555/ABC", "orcid:0000-0002-1825-0097", "pmid:x", "isbn:1"])
def test_what_is_no_key_is_none(key: str) -> None:
    assert parse_key(key) is None


def test_addresses_are_quoted_where_they_must() -> None:
    assert url_of("doi", "10.5555/a<b>#c") == "https://doi.org/10.5555/a%3Cb%3E%23c"
    assert url_of("pmid", "1") == "https://pubmed.ncbi.nlm.nih.gov/1"
    assert url_of("arxiv", "hep-th/9901001") == "https://arxiv.org/abs/hep-th/9901001"


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("10.5555/abc", "doi:10.5555/abc"),
        ("https://doi.org/10.5555/ABC", "doi:10.5555/abc"),
        ("PMID: 1", "pmid:1"),
        ("PMC123", "pmcid:PMC123"),
        ("arXiv:1501.00001v2", "arxiv:1501.00001"),
        ("1501.00001", "arxiv:1501.00001"),
        ("https://doi.org/10.48550/arXiv.1501.00001", "arxiv:1501.00001"),
        ("https://arxiv.org/abs/1501.00001?context=cs", "arxiv:1501.00001"),
        ("W2741809807", "openalex:W2741809807"),
        ("https://aclanthology.org/2020.acl-main.1.pdf", "acl:2020.acl-main.1"),
        ("https://pubmed.ncbi.nlm.nih.gov/123/", "pmid:123"),
        ("https://www.ncbi.nlm.nih.gov/pmc/articles/PMC12345/", "pmcid:PMC12345"),
        ("https://www.nature.com/articles/s41586-020-0000-0", "doi:10.1038/s41586-020-0000-0"),
        ("https://elifesciences.org/articles/01234", "doi:10.7554/elife.01234"),
        ("https://dl.acm.org/citation.cfm?id=1234567&doid=1234567.2345678", "doi:10.1145/1234567.2345678"),
        ("123", None),
        ("moss", None),
        ("", None),
    ],
)
def test_identify(text: str, key: str | None) -> None:
    identifier = identify(text)
    assert (key_of(identifier) if identifier else None) == key


def test_identifiers_are_found_in_running_text_in_order() -> None:
    text = (
        "See https://doi.org/10.5555/abc). And [x](https://doi.org/10.5555/Def), arXiv:1501.00001v2, PMID 123,\n"
        f"PMC12345 (10.5555/a(b)c); {SICI}, <a href='https://pubmed.ncbi.nlm.nih.gov/7/'>. 10.5555/x%2Fy"
    )
    found = find_identifiers(text)
    assert [key_of(f.identifier) for f in found] == [
        "doi:10.5555/abc", "doi:10.5555/def", "arxiv:1501.00001", "pmid:123", "pmcid:PMC12345", "doi:10.5555/a(b)c",
        f"doi:{SICI}", "pmid:7", "doi:10.5555/x/y",
    ]  # fmt: skip
    assert [f.start for f in found] == sorted(f.start for f in found)


def test_an_arxiv_doi_is_found_under_both_names() -> None:
    found = find_identifiers("as in 10.48550/arXiv.1501.00001v2.")
    assert [f.identifier for f in found] == [
        Identifier("doi", "10.48550/arxiv.1501.00001"),
        Identifier("arxiv", "1501.00001"),
    ]
    assert found[0].start == found[1].start


@pytest.mark.parametrize("text", ["version 10.1234", "a 1501.00001 b", "12345678", "PMC", "the pmid", "1.10.5555/x"])
def test_bare_numbers_in_text_are_no_identifiers(text: str) -> None:
    assert find_identifiers(text) == []


@pytest.mark.parametrize(
    "evil",
    [
        "10.5555/" * 20_000,
        "10.5555/" + "(" * 100_000,
        "arxiv:" * 30_000,
        "%25" * 30_000 + "10.5/",
        "10.5555/" + "%25" * 700,
        "&amp;" * 30_000,
        "10.5555/a" + "." * 100_000,
        "https://" + "x" * 100_000 + "10.5555/a",
        "https://doi.org/10.5555/a%2Fb " * 5_000,
    ],
)
def test_long_nonsense_takes_no_time(evil: str) -> None:
    normalize_doi(evil)
    find_identifiers(evil)
    identify(evil)
