"""Keyphrases are what a person would write: central, readable, without overlap, in any language, and never a crash."""

import json
import math
import os
import threading
import time
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from germane.enrich.keyphrases import Keyphrase, explain_keyphrases, extract_keyphrases, extract_many, lexicon
from germane.enrich.keyphrases.lexicon import Kind, Lexicon
from germane.enrich.keyphrases.words import read_words, stems_of

TITLE = "Percutaneous Cryoablation for Chronic Knee Pain After Total Arthroplasty: A Prospective Study"
ABSTRACT = (
    "Background: Chronic knee pain after total knee arthroplasty (TKA) is hard to treat. Methods: In this prospective "
    "study, 30 patients with knee pain after TKA had percutaneous cryoablation of the genicular nerves. Pain was "
    "measured with the visual analog scale (VAS). Results: Cryoablation lowered pain at six months. Serum IL-2 and "
    "β-catenin did not change after COVID-19. Conclusions: Cryoablation of the genicular nerves relieves knee pain."
)


def phrases(title: str, abstract: str, **options: object) -> list[str]:
    return [found.phrase for found in extract_keyphrases(title, abstract, **options)]  # type: ignore[arg-type]


def test_the_central_phrases_are_found() -> None:
    found = phrases(TITLE, ABSTRACT)
    assert 3 <= len(found) <= 5
    assert any("cryoablation" in phrase for phrase in found)
    assert any("knee pain" in phrase or "arthroplasty" in phrase for phrase in found)


def test_scores_fall_and_positions_point_at_the_phrase() -> None:
    found = extract_keyphrases(TITLE, ABSTRACT)
    assert [f.score for f in found] == sorted((f.score for f in found), reverse=True)
    for item in extract_keyphrases(TITLE, ABSTRACT, n=10):
        assert 0 <= item.score <= 1
        field = {"title": TITLE, "abstract": ABSTRACT}[item.where]
        shown = field[item.position : item.position + len(item.phrase)]
        assert stems_of(shown)[0] == stems_of(item.phrase)[0]


def test_a_full_form_is_shown_with_its_acronym_and_not_beside_it() -> None:
    found = extract_keyphrases("", ABSTRACT, n=10)
    full = [f for f in found if f.acronym == "TKA"]
    assert [f.phrase for f in full] == ["total knee arthroplasty"]
    assert "TKA" not in [f.phrase for f in found]


def test_a_longer_list_begins_with_the_shorter() -> None:
    assert phrases(TITLE, ABSTRACT, n=10)[:5] == phrases(TITLE, ABSTRACT, n=5)
    assert phrases(TITLE, ABSTRACT, n=5)[:3] == phrases(TITLE, ABSTRACT, n=3)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("COVID-19 and IL-2 in β-catenin signalling", ["COVID-19", "and", "IL-2", "in", "β-catenin", "signalling"]),
        (r"the $\beta$-decay of $x^2$ nuclei", ["the", "β-decay", "of", "x", "2", "nuclei"]),
        ("TCP/IP, C++ and Alzheimer's", ["TCP/IP", "C++", "and", "Alzheimer's"]),
    ],
)
def test_digits_hyphens_greek_and_signs_stay_in_words(text: str, words: list[str]) -> None:
    assert read_words([("", text)]).texts == words


def test_words_stand_where_they_are_said_to() -> None:
    words = read_words([("", ""), (TITLE, ABSTRACT), ("Soil", "")])
    assert words.bounds.tolist()[:3] == [0, 0, 0]
    assert words.texts[-1] == "Soil"
    for field, (low, high) in enumerate(pairwise(words.bounds.tolist())):
        for i in range(low, high):
            assert words.fields[field][words.starts[i] : words.ends[i]] == words.texts[i]


def test_names_keep_their_capitals_and_title_case_is_undone() -> None:
    found = phrases(
        "Deep Learning For Parkinson Disease Using IL-2 And Bayesian Networks",
        "We train Bayesian networks on IL-2 levels in Parkinson disease. Deep learning helps Bayesian networks.",
        n=10,
    )
    assert "Bayesian networks" in found
    assert "deep learning" in found
    assert not any(phrase in found for phrase in ("Deep Learning", "Bayesian Networks", "bayesian networks"))


def test_shouted_titles_are_written_in_lower_case() -> None:
    assert all(p == p.lower() for p in phrases("SOIL EROSION AFTER FOREST FIRES IN MOUNTAIN CATCHMENTS", ""))


@pytest.mark.parametrize(
    "title", ["", " ", "Editorial", "Erratum", "Results", "Study objectives", "Index", "1", "…", "The of and"]
)
def test_texts_that_say_nothing_have_no_keyphrases(title: str) -> None:
    assert extract_keyphrases(title, "") == []


def test_weak_words_never_stand_alone() -> None:
    text = "Objective: The study results of the patients. Patients in the study had results. Study objective: results."
    weak = {"study", "results", "objective", "patients", "study results", "the study"}
    assert not weak & {p.lower() for p in phrases("A study of patients with results", text, n=10)}


def test_no_two_phrases_overlap_in_a_short_list() -> None:
    found = phrases(
        "Mental health among young refugees",
        "Mental health care for young refugees is scarce. We asked young refugees about mental health care.",
    )
    assert "health among" not in found
    stems = [" ".join(stems_of(p)) for p in found]
    assert len(set(stems)) == len(stems)
    assert not {"mental health", "health care"} <= set(found)


def test_authors_keywords_lead() -> None:
    found = extract_keyphrases(TITLE, ABSTRACT, keywords=["visual analog scale", "orthopedics", "Humans"])
    assert "visual analog scale" in [f.phrase for f in found[:2]]
    assert Keyphrase("orthopedics", 0.5, 21, "keywords") in found
    assert "Humans" not in [f.phrase for f in found]


def test_shares_add_up_to_the_score() -> None:
    for item in explain_keyphrases(TITLE, ABSTRACT):
        log_odds = item.base + math.fsum(item.shares.values())
        assert 1 / (1 + math.exp(-log_odds)) == pytest.approx(item.score, abs=2e-3)
        assert set(item.values) <= set(item.shares)
        assert abs(item.shares.get("lent", 0.0)) < 5


def test_what_is_explained_is_what_is_extracted() -> None:
    keywords = ["visual analog scale"]
    explained = explain_keyphrases(TITLE, ABSTRACT, keywords=keywords)
    found = extract_keyphrases(TITLE, ABSTRACT, keywords=keywords)
    assert [(e.phrase, e.score) for e in explained] == [(f.phrase, f.score) for f in found]
    assert [e.shares["own_keyword"] for e in explained if "own_keyword" in e.shares] == [3.0]


def test_a_common_keyword_that_the_text_lacks_is_marked_and_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("germane.enrich.keyphrases.absent.LEAST_SCORE", -3.0)
    monkeypatch.setattr("germane.enrich.keyphrases.choosing.CAUTION", 0.0)
    title = "Ratings of movies by sparse user profiles"
    abstract = (
        "Collaborative filtering predicts ratings that users give to items. We factorize the rating matrix of users "
        "and items, and recommend movies. Matrix factorization beats item-based collaborative filtering on MovieLens "
        "ratings and on Netflix ratings of sparse user profiles with implicit feedback."
    )
    absent = [f for f in extract_keyphrases(title, abstract, n=20) if f.where == "topic"]
    assert "recommender systems" in [f.phrase for f in absent]
    assert {f.position for f in absent} == {0}
    explained = {e.phrase: e for e in explain_keyphrases(title, abstract, n=20)}["recommender systems"]
    assert {"affinity", "prior"} <= set(explained.shares)
    log_odds = explained.base + math.fsum(explained.shares.values())
    assert 1 / (1 + math.exp(-log_odds)) == pytest.approx(explained.score, abs=2e-3)


OTHER_LANGUAGES = {
    "de": (
        "Bodenerosion nach Waldbränden in den Alpen",
        "Wir untersuchen die Bodenerosion nach Waldbränden. Die Bodenerosion steigt nach starken Regenfällen.",
        "Bodenerosion",
    ),
    "fr": (
        "L'érosion des sols après les incendies de forêt",
        "Nous étudions l'érosion des sols après les incendies. L'érosion des sols augmente avec la pluie.",
        "érosion des sols",
    ),
    "es": (
        "Erosión del suelo tras incendios forestales",
        "Se estudia la erosión del suelo tras los incendios. La erosión del suelo aumenta con la lluvia.",
        "erosión del suelo",
    ),
    "pt": (
        "Erosão do solo após incêndios florestais",
        "Estudamos a erosão do solo após incêndios. A erosão do solo aumenta com a chuva.",
        "erosão do solo",
    ),
    "it": (
        "Erosione del suolo dopo gli incendi boschivi",
        "Studiamo l'erosione del suolo dopo gli incendi. L'erosione del suolo aumenta con la pioggia.",
        "erosione del suolo",
    ),
    "nl": (
        "Bodemerosie na bosbranden",
        "Wij onderzoeken bodemerosie na bosbranden. De bodemerosie neemt toe met de regen.",
        "bodemerosie",
    ),
}


@pytest.mark.parametrize("language", sorted(OTHER_LANGUAGES))
def test_other_languages_give_sound_phrases(language: str) -> None:
    title, abstract, expected = OTHER_LANGUAGES[language]
    found = phrases(title, abstract, language=language)
    assert expected.lower() in [p.lower() for p in found]


@pytest.mark.parametrize(
    "text",
    [
        "深層学習による画像認識", "الذكاء الاصطناعي في الطب", "Исследование эрозии", "ก" * 50, "\x00\x1f\ud800",
        "a" * 100_000, "$" * 999, "(((ABC)" * 300, "A-" * 5000, "e\u0301" * 400, "1 2 3 " * 900, "l'" * 500,
    ],
)  # fmt: skip
@pytest.mark.parametrize("language", ["en", "fr", "zh", ""])
def test_no_script_or_rubbish_crashes(text: str, language: str) -> None:
    assert len(extract_keyphrases(text, text, language=language, keywords=[text])) <= 5


@settings(max_examples=150, deadline=None)
@given(
    st.text(max_size=80), st.text(max_size=300), st.sampled_from(["en", "de", "fr", "it", "", "xx"]), st.integers(0, 12)
)
def test_any_text_gives_at_most_n_sound_phrases(title: str, abstract: str, language: str, n: int) -> None:
    found = extract_keyphrases(title, abstract, n=n, language=language)
    assert len(found) <= n
    assert all(f.phrase.strip() and 0 <= f.score <= 1 and f.position >= 0 for f in found)
    assert len({f.phrase for f in found}) == len(found)


@given(st.text(max_size=200))
@settings(max_examples=100, deadline=None)
def test_reading_words_loses_no_place(text: str) -> None:
    words = read_words([("", text)], "fr")
    assert all(0 <= a < b <= len(text) for a, b in zip(words.starts, words.ends, strict=True))
    assert all(b <= a for b, a in zip(words.ends[:-1], words.starts[1:], strict=True))


def test_many_texts_have_what_each_has_alone() -> None:
    texts = [(TITLE, ABSTRACT), ("", ""), OTHER_LANGUAGES["de"][:2], ("Soil erosion", ABSTRACT), (TITLE, "")] * 9
    languages = ["en", "en", "de", "en", "en"] * 9
    keywords = [[], [], [], ["visual analog scale", "orthopedics"], []] * 9
    together = extract_many(texts, languages=languages, keywords=keywords)
    alone = [
        extract_keyphrases(*text, language=language, keywords=own)
        for text, language, own in zip(texts[:5], languages, keywords, strict=False)
    ]
    assert together == alone * 9
    assert alone[1] == []
    assert extract_many([]) == []


def test_lists_of_another_length_than_the_texts_are_refused() -> None:
    with pytest.raises(ValueError, match="2 texts, 1 languages"):
        extract_many([(TITLE, ABSTRACT)] * 2, languages=["en"])


def test_a_long_text_takes_bounded_time() -> None:
    text = " ".join(f"word{number % 5000} of deep networks{number}, and" for number in range(5000))
    assert len(text) > 100_000
    begun = time.process_time()
    assert len(extract_keyphrases(text, text)) <= 5
    assert time.process_time() - begun < 10


def test_a_phrase_inside_another_must_stand_alone_more_than_once() -> None:
    text = "Controlling complex networks is hard. Complex networks are large; controlling complex networks is costly."
    assert not {"complex networks", "controlling complex networks"} <= set(
        phrases("Controlling complex networks", text)
    )


def test_a_short_list_nests_one_phrase_in_another_at_most() -> None:
    title = "Personality disorders, personality, psychotherapy and group psychotherapy"
    text = (
        "Personality disorders respond to group psychotherapy. Personality and psychotherapy are measured. Personality "
        "predicts who stays; psychotherapy helps. Group psychotherapy costs less in personality disorders."
    )
    found = [set(stems_of(phrase)) for phrase in phrases(title, text)]
    assert len(found) >= 3
    assert sum(a < b for a in found for b in found) <= 1


def test_a_name_inside_a_phrase_keeps_its_capitals() -> None:
    text = "We map dried lakes of the western United States. Dried lakes in the western United States are salty."
    assert "western United States" in phrases("Dried lakes as seen from space", text, n=10)


def test_a_full_stop_without_a_space_ends_a_sentence() -> None:
    assert read_words([("", "at two points.This map in Node.js 2.0 of the U.S. army")]).texts == [
        "at", "two", "points", "This", "map", "in", "Node.js", "2.0", "of", "the", "U.S", "army",
    ]  # fmt: skip


def test_threads_agree() -> None:
    expected = phrases(TITLE, ABSTRACT)
    results: list[list[str]] = []
    threads = [threading.Thread(target=lambda: results.append(phrases(TITLE, ABSTRACT))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [expected] * 8


def test_acronyms_in_capitals_are_not_stop_words() -> None:
    assert not read_words([("", "the WHO and US data")]).kind[1] & Kind.STOP


@pytest.mark.shared
def test_the_seed_article_has_phrases_of_its_kind() -> None:
    path = Path(os.environ.get("GERMANE_SHARED", "../shared")) / "data/seed/article.json"
    if not path.exists():
        pytest.skip("GERMANE_SHARED is absent: the seed article is not there")
    article = json.loads(path.read_text())
    found = {p.lower() for p in phrases(article["title"], article["abstract"])}
    assert {"pain", "interscapular pain"} & found
    assert any("embolization" in p or "injection" in p or "nrs" in p for p in found)


FIELDS = st.text(alphabet="abCd éβß东\u0301 -'’.,;:/&+#$\\()\t\n\u00a01 2", max_size=50) | st.sampled_from(
    [
        r"The $\beta$-decay of $\sum$ , $\pm$ fields.Then",
        "L'étude d’aujourd'hui",
        "A  U.S. .NET C++ – and (TAE)",
        "DNA IS C#",
    ]
)


@given(st.lists(st.tuples(FIELDS, FIELDS), max_size=4), st.sampled_from(["en", "fr", "", "ja"]))
@settings(max_examples=150)
def test_words_are_the_same_whether_a_text_is_cut_whole_or_piece_by_piece(
    texts: list[tuple[str, str]], language: str
) -> None:
    words = read_words(texts, language)
    is_eliding = language in lexicon.ELIDING
    place = 0
    for number, field in enumerate(field for text in texts for field in text):
        leads, surfaces = lexicon._split(field, is_eliding)
        assert words.bounds[number : number + 2].tolist() == [place, place + len(surfaces)]
        known = Lexicon(words.lexicon.language)
        end = 0
        for i, (lead, surface) in enumerate(zip(leads, surfaces, strict=True)):
            start = end + len(lead)
            end = start + len(surface)
            assert (words.starts[place], words.ends[place]) == (start, end)
            assert words.texts[place] == (lexicon._spell(surface) if surface[0] == "$" else surface)
            assert words.kind[place] == known.kind[known.enter(surface, field.isupper())]
            assert words.opens[place] == (i == 0 or lexicon._break(lead) == 2)
            if i:
                before = words.kind[place - 1] | words.kind[place]
                parted = lexicon._break(lead) > 0 or bool(before & Kind.STOP)
                assert (words.segments[place] != words.segments[place - 1]) == parted
            place += 1
    assert place == len(words)


def test_a_full_lexicon_is_put_away_and_nothing_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    before = extract_many([(TITLE, ABSTRACT)] * 3)
    monkeypatch.setattr(lexicon, "_REMEMBERED", 3)
    assert [extract_many([(TITLE, ABSTRACT)])[0] for _ in range(3)] == before
