from typing import Any

import pytest

from germane.article import Article, ArticleType, Author, Identifier, Relation, Venue
from germane.matching.work_authors import compare_authors
from germane.matching.work_titles import take_apart
from germane.matching.works import candidates, compare_works, work_keys

AUTHORS = (Author("Ada Moss", "Moss", "Ada"), Author("Ben Fern", "Fern", "Ben"))
TITLE = "Slow growth of moss on the walls of old houses"
PREPRINT = (Identifier("arxiv", "1501.00001"),)
PUBLISHED = (Identifier("doi", "10.5555/moss"),)


def article(title: str = TITLE, year: int | None = 2015, **fields: Any) -> Article:
    return Article(**{"title": title, "authors": AUTHORS, "published_on": str(year or ""), **fields})


def people(*names: str) -> tuple[Author, ...]:
    return tuple(Author(name) for name in names)


@pytest.mark.parametrize(
    "other",
    [
        TITLE.upper(),
        "Slow growth of moss on the walls of old houses.",
        "The slow growth of moss on the walls of old houses",
        "Slow growth of <i>moss</i> on the walls of old houses",
        "Slow growth of moss on the walls of old house s",
        "Slow-growth of moss on thewalls of old houses",
        "Slow growth of moss on the walls of old houses (extended version)",
        "Slow growth of moss on the walls of old houses: a case study",
        "Slow growth of moss on walls of old houses",
        "Slow growth of mosses on the walls of old houses",
        "On the slow growth of moss on the walls of old houses",
    ],
)
def test_a_title_written_otherwise_is_found_and_recognized(other: str) -> None:
    a, b = article(identifiers=PREPRINT, type="preprint"), article(other, identifiers=PUBLISHED, type="article")
    assert set(work_keys(a)) & set(work_keys(b))
    assert compare_works(a, b).outcome == compare_works(b, a).outcome == "same-work"


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (
            "Modelling the behaviour of colour in haemoglobin: an analysis",
            "Modeling the behavior of color in hemoglobin: an analysis",
        ),
        ("Optimisation of centre-based catalogues of fibres", "Optimization of center-based catalogs of fibers"),
        (
            r"Decay of $\alpha$-particles in H$_2$O and $\mathbb{R}^3$",
            "Decay of α-particles in H<sub>2</sub>O and R<sup>3</sup>",
        ),
        ("Moss in the city — a survey of walls", "Moss in the city: A survey of walls"),
        ("Schrödinger operators on graphs of moss", 'Schr\\"odinger operators on graphs of moss'),
        ("Walls of growing moss, part II", "Walls of growing moss, Part 2"),
        ("RETRACTED: Slow growth of moss on walls", "Slow growth of moss on walls"),
    ],
)
def test_spelling_and_typography_make_no_difference(a: str, b: str) -> None:
    assert set(work_keys(article(a))) & set(work_keys(article(b)))
    assert compare_works(article(a), article(b)).outcome == "same-article"


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("Walls of moss, part I", "Walls of moss, part II"),
        ("Walls of moss and fern", "Walls of moss and fern. II"),
        ("Moss report 2019 on old walls", "Moss report 2020 on old walls"),
        ("First steps in moss on old walls", "Second steps in moss on old walls"),
        (TITLE, f"Comment on '{TITLE}'"),
        (TITLE, f"Reply to: {TITLE}"),
        (TITLE, f"Correction to: {TITLE}"),
        (TITLE, f"Erratum: {TITLE}"),
        (TITLE, f"{TITLE} (Erratum)"),
        (TITLE, f'Corrigendum to "{TITLE}"'),
        (TITLE, f"Author Correction: {TITLE}"),
        (TITLE, f"Retraction notice to: {TITLE}"),
        (TITLE, f"Expression of concern: {TITLE}"),
        (TITLE, f"Book review: {TITLE}"),
        (TITLE, f"Supplementary material for {TITLE}"),
        (f"Comment on '{TITLE}'", f"Reply to comment on '{TITLE}'"),
        (TITLE, "Fast growth of fern in the gardens of new towns"),
    ],
)
def test_what_is_another_article_is_different(a: str, b: str) -> None:
    assert compare_works(article(a), article(b)).outcome == compare_works(article(b), article(a)).outcome == "different"


@pytest.mark.parametrize("kind", ["correction", "retraction", "peer-review"])
def test_a_notice_or_a_review_is_never_what_it_speaks_of(kind: ArticleType) -> None:
    assert compare_works(article(type="article"), article(type=kind)).outcome == "different"


@pytest.mark.parametrize(
    "title",
    [
        *("Editorial", "Introduction", "Erratum", "Reply", "Book review", "Part I", "Preface to the special issue"),
        *("Letter to the editor", "In this issue", "Front matter", "Table of contents", "News", "Correction"),
        *("", "2019", "???"),
    ],
)
def test_a_title_that_says_too_little_never_matches(title: str) -> None:
    assert work_keys(article(title)) == ()
    assert compare_works(article(title), article(title)).outcome in ("unsure", "different")


@pytest.mark.parametrize("title", ["Mosses", "Moss and walls", "Walls of stone"])
def test_a_short_title_needs_the_same_place_too(title: str) -> None:
    place: dict[str, Any] = {"venue": Venue("Journal of Walls", "journal"), "volume": "3", "pages": "17-20"}
    assert compare_works(article("Moss"), article("Moss")).outcome == "unsure"
    assert compare_works(article("Moss", **place), article("Moss", **place)).outcome == "same-article"


def test_two_dois_of_two_publications_are_never_one_article() -> None:
    a = article(identifiers=(Identifier("doi", "10.5555/a"),), type="conference-paper")
    b = article(identifiers=(Identifier("doi", "10.5555/b"),), type="article")
    assert compare_works(a, b).outcome == "unsure"
    assert "doi" in compare_works(a, b).reason


@pytest.mark.parametrize("scheme", ["pmid", "arxiv", "acl"])
def test_two_identifiers_of_one_scheme_are_never_one_article(scheme: Any) -> None:
    a, b = article(identifiers=(Identifier(scheme, "1"),)), article(identifiers=(Identifier(scheme, "2"),))
    assert compare_works(a, b).outcome == "unsure"


def test_a_reference_file_and_a_registry_speak_of_the_same_article() -> None:
    place: dict[str, Any] = {
        "venue": Venue("Journal of Walls", "journal"),
        "volume": "3",
        "pages": "17-20",
        "type": "article",
    }
    registry = article(identifiers=PUBLISHED, **place)
    bibtex = article(authors=people("Moss, A.", "Fern, B."), **{**place, "pages": "17–20", "venue": Venue("J. Walls")})
    assert compare_works(registry, bibtex).outcome == "same-article"
    assert compare_works(registry, article(**{**place, "volume": "4"})).outcome == "unsure"
    assert compare_works(registry, article(**{**place, "venue": Venue("Annals of Stone")})).outcome == "unsure"
    assert compare_works(registry, article(year=2018, **place)).outcome == "unsure"


def test_a_preprint_may_be_years_older_than_its_publication() -> None:
    preprint = article(identifiers=PREPRINT, type="preprint")
    for year, outcome in ((2015, "same-work"), (2019, "same-work"), (2040, "unsure"), (None, "same-work")):
        assert compare_works(preprint, article(year=year, identifiers=PUBLISHED)).outcome == outcome


def test_what_is_declared_goes_before_what_is_guessed() -> None:
    preprint = article("Another title", authors=(), relations=(Relation("is-preprint-of", "doi:10.5555/moss"),))
    assert compare_works(preprint, article(identifiers=PUBLISHED)).outcome == "same-work"
    comment = article(relations=(Relation("is-comment-on", "doi:10.5555/moss"),))
    assert compare_works(article(identifiers=PUBLISHED), comment).outcome == "different"


def test_a_common_identifier_makes_one_article_unless_others_contradict() -> None:
    openalex = Identifier("openalex", "W1")
    a = article("One", identifiers=(*PUBLISHED, openalex))
    assert compare_works(a, article("Two", identifiers=PUBLISHED)).outcome == "same-article"
    arxiv_doi = (Identifier("doi", "10.48550/arxiv.1501.00001"), openalex)
    assert compare_works(a, article("Two", identifiers=arxiv_doi)).outcome == "same-work"
    other_doi = (Identifier("doi", "10.5555/other"), openalex)
    assert compare_works(a, article("Two", identifiers=other_doi)).outcome == "unsure"


def test_without_authors_a_title_is_not_enough() -> None:
    assert compare_works(article(authors=()), article()).outcome == "unsure"


def test_a_lost_subtitle_needs_more_than_the_first_author() -> None:
    long, short = "Moss on the old walls of houses: a history of decay in towns", "Moss on the old walls of houses"
    assert set(work_keys(article(long))) & set(work_keys(article(short)))
    assert compare_works(article(long), article(short)).outcome == "same-article"
    assert compare_works(article(long), article(short, authors=AUTHORS[:1])).outcome == "unsure"


@pytest.mark.parametrize(
    ("a", "b", "agreement"),
    [
        (people("Ada Moss", "Ben Fern"), people("Moss, A.", "Fern, B."), "all"),
        (people("Ada Moss", "Ben Fern"), people("Ben Fern", "Ada Moss"), "all"),
        (people("Ada Moss", "Ben Fern"), people("A Moss", "B Fern", "Cy Ivy"), "most"),
        (people("Ada Moss"), people("Ada Moss", "Ben Fern"), "first"),
        (people("Ada Moss et al."), people("Ada Moss", "Ben Fern"), "first"),
        (people("Ben Fern"), people("Ada Moss", "Ben Fern"), "one"),
        (people("Jürgen Müller-Weiß"), people("Mueller-Weiss, J."), "all"),
        (people("Łukasz Świątek"), people("Lukasz Swiatek"), "all"),
        (people("Li Wei"), people("Wei Li"), "all"),
        (people("Ludwig van der Moss"), people("L. v. d. Moss"), "all"),
        (people("Ana Moss"), people("Ana Moss Fern"), "all"),
        (people("Juan de la Fuente"), people("De la Fuente, Juan"), "all"),
        (people("Tchaikovsky, P."), people("Tchaikovskiy, Pyotr"), "all"),
        (people("Hua Du"), (Author("Hua Du", "Du", "Hua"),), "all"),
        (people("S. Moss and B. Fern"), people("S. Moss", "B. Fern"), "first"),
        (people("Ada Moss"), people("Ben Moss"), "different"),
        (people("Ada Moss"), people("Cy Ivy"), "different"),
        (people("Ada Moss", "Ben Fern"), people("Cy Ivy", "Di Oak"), "different"),
        (people("Ada Moss"), (), "unknown"),
        (people("The Moss Collaboration"), people("Ada Moss"), "unknown"),
        (people("王伟"), people("Wei Wang"), "unknown"),
        (people(*"Ada Moss, Ben Fern"), people("Ada Moss", "Ben Fern"), "all"),
        (people(*"Ada Moss, Ben Fern"), people("Ada Moss"), "first"),
        (people(*"AdaMoss,BenFern"), people("Ada Moss", "Ben Fern"), "most"),  # the spaces are lost
        (people(*"AdaMoss,BenFern"), people("Cy Ivy", "Di Oak"), "different"),
        (people(*"Ada Moss, Ben Fern"), people("Cy Ivy"), "different"),
    ],
)
def test_compare_authors(a: tuple[Author, ...], b: tuple[Author, ...], agreement: str) -> None:
    assert compare_authors(a, b) == compare_authors(b, a) == agreement


def test_keys_are_few_and_fit_a_signed_column() -> None:
    keys = work_keys(article("Moss on old walls: a long history of very slow decay in many towns of the plain"))
    assert 2 <= len(keys) <= 4
    assert all(0 <= key < 2**63 for key in keys)
    assert keys == work_keys(article("Moss on old walls: a long history of very slow decay in many towns of the plain"))


def test_candidates_are_the_pairs_that_share_a_key() -> None:
    assert sorted(candidates([(1, 2), (3,), (2, 3), (), (1, 2)])) == [(0, 2), (0, 4), (1, 2), (2, 4)]


def test_the_role_is_read_from_the_title() -> None:
    assert take_apart("Comment on “Moss on walls”").role == "comment"
    assert take_apart("Review of the literature on moss").role == ""
    assert take_apart("Response of moss to light").role == ""
    assert take_apart("Discussion forums as walls").role == ""
