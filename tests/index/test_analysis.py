"""How text becomes words."""

import pytest

from germane.index.analysis import compounds, names, phrase_key, prepare, stems, surfaces, words_in


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Recommender systems, recommending", ["recommend", "system", "recommend"]),
        ("naïve ŒUVRE", ["naiv", "oeuvr"]),
        ("COVID-19 H2O 3.5", ["covid", "19", "h2o", "3", "5"]),
        ("東京 研究", ["東", "京", "研", "究"]),
        ("e\u0301tude", ["etud"]),
        ("", []),
        ("\ud800", []),
    ],
)
def test_words_are_folded_and_stemmed(text: str, words: list[str]) -> None:
    assert stems(text) == words


def test_names_are_folded_only() -> None:
    assert names("Zoë de Vries-Meyers") == ["zoe", "de", "vries", "meyers"]


def test_compounds_lose_their_hyphens() -> None:
    assert compounds("Multi-agent and non\u2010cervical\u2010origin pain - not this, -nor this-") == (
        "Multiagent noncervicalorigin"
    )
    assert compounds("nothing here") == ""


def test_two_spellings_of_a_phrase_have_one_key() -> None:
    assert phrase_key("NRS Scores") == phrase_key("nrs-score") == "nrs score"


def test_words_know_their_place_and_spelling() -> None:
    text = "The NRS scores; Robots, robots"
    assert [(stem, text[start:end]) for stem, start, end in words_in(text)] == [
        ("the", "The"),
        ("nrs", "NRS"),
        ("score", "scores"),
        ("robot", "Robots"),
        ("robot", "robots"),
    ]
    assert surfaces([text])["robot"] == "robots"
    assert surfaces([text])["nrs"] == "NRS"


def test_preparing_twice_changes_nothing() -> None:
    once = prepare("研究 ﬁne e\u0301")
    assert stems(prepare(once)) == stems(once)
