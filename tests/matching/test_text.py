"""Which article a text without links speaks of, and how sure that is."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from germane.matching.calibration import Model, load_model, probabilities
from germane.matching.ngrams import gram_scores
from germane.matching.text import FEATURES, ArticleText, clean_item, explain_article, features, rank_articles

ARTICLES = (
    ArticleText(1, "Capillary rise in moss stems", "We weigh moss after rain. Water climbs the stems by capillarity."),
    ArticleText(2, "Glass tubes that sing", "Blowing over glass tubes makes tones. The tones follow their length."),
    ArticleText(3, "Renal outcomes of statins", "Statins and renal function in 4,512 adults. IL-6 fell by 12%."),
    ArticleText(4, "Mice that run", "Wheel running of mice at night. Running lowered IL-6."),
)
STOPS = frozenset(["a", "and", "at", "by", "in", "of", "on", "that", "the", "we"])


class Words:
    """A corpus of a thousand articles in which every word of ours is in one, but for the commonest."""

    n_documents = 1_000

    def stems(self, text: str) -> list[str]:
        cleaned = "".join(c if c.isalnum() else " " for c in text.lower())
        return [word.removesuffix("s") for word in cleaned.split()]

    def doc_freqs(self, stems: Sequence[str]) -> NDArray[np.int64]:
        return np.array([-1 if stem in STOPS else 1 for stem in stems], np.int64)


def best(text: str) -> int:
    return rank_articles(text, ARTICLES, Words())[0].id


@pytest.mark.parametrize(
    ("text", "article_id"),
    [
        ("Why moss drinks: water in its stems", 1),
        ("new paper: Glass tubes that sing https://t.co/abc", 2),
        ("Capilary ries in mos!", 1),  # typing errors
        ("#GlassTubes can sing", 2),  # a hashtag of two words
        ("Do statins harm the kidneys?", 3),
        ("It fell by 12%, in 4,512 people", 3),  # numbers
        ("IL-6 of running mice", 4),
    ],
)
def test_the_article_that_a_text_speaks_of_comes_first(text: str, article_id: int) -> None:
    assert best(text) == article_id


def test_the_meaning_decides_where_words_do_not() -> None:
    cosines = np.array([0.0, 0.0, 0.6, 0.1], np.float32)
    assert rank_articles("cholesterol drugs", ARTICLES, Words(), cosines=cosines)[0].id == 3


def test_texts_of_earlier_items_that_link_to_an_article_count() -> None:
    known = (ARTICLES[0], ArticleText(9, "Untitled", linked=("The plant that drinks upwards",)))
    assert rank_articles("a plant drinks upwards", known, Words())[0].id == 9


def test_equal_candidates_stand_by_ascending_id() -> None:
    twins = [ArticleText(i, "Moss stems", "The same.") for i in (5, 3, 4)]
    assert [each.id for each in rank_articles("moss", twins, Words())] == [3, 4, 5]


def test_it_is_sure_of_a_quoted_title_and_silent_on_what_is_not_there() -> None:
    sure = rank_articles("Glass tubes that sing: tones follow the length of glass tubes", ARTICLES, Words())[0]
    unsure = rank_articles("Parliament votes on fishing quotas", ARTICLES, Words())[0]
    assert sure.probability > 0.5 > 0.1 > unsure.probability
    assert rank_articles("Parliament votes on fishing quotas", ARTICLES, Words(), least=0.5) == []


def test_nothing_to_choose_from_is_no_answer() -> None:
    assert rank_articles("moss", [], Words()) == []
    assert features("moss", [], Words()).shape == (0, len(FEATURES))


def test_an_encoder_has_a_model_of_its_own() -> None:
    seen = np.array([0.1, 0.1, 0.1, 0.9], np.float32)
    found = rank_articles("a story of exercise", ARTICLES, Words(), encoder_cosines=seen)
    assert found[0].id == 4


def test_shares_add_up_to_the_score() -> None:
    (ranked,) = rank_articles("moss drinks", ARTICLES[:1], Words())
    shares = explain_article("moss drinks", ARTICLES[0], Words())
    assert sum(shares.values()) == pytest.approx(ranked.score, abs=1e-4)
    assert set(shares) == set(FEATURES)


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=80), st.lists(st.tuples(st.text(max_size=30), st.text(max_size=60)), max_size=5))
def test_any_text_gets_probabilities_in_the_order_of_its_scores(text: str, articles: list[tuple[str, str]]) -> None:
    candidates = [ArticleText(i, title, abstract) for i, (title, abstract) in enumerate(articles)]
    found = rank_articles(text, candidates, Words())
    assert sorted(each.id for each in found) == list(range(len(candidates)))
    chances = [each.probability for each in found]
    assert all(0 <= chance <= 1 for chance in chances)
    assert chances == sorted(chances, reverse=True)


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("See https://t.co/x1 now", "See   now"),
        ("#DeepLearning &amp; @some_one", "Deep Learning & some one"),
        ("pic.twitter.com/abc", " "),
        ("Moss\npdf: https://t.co/1\nproject page: https://t.co/2", "Moss\n \n "),
        ("On moss: https://t.co/1", "On moss:  "),
    ],
)
def test_items_are_freed_of_addresses_and_signs(text: str, cleaned: str) -> None:
    assert clean_item(text) == cleaned


@pytest.mark.parametrize("name", ["default", "high"])
def test_a_higher_score_or_a_longer_lead_is_never_less_likely(name: str) -> None:
    model = load_model(name)
    chances = probabilities(model, np.array([9.0, 7.0, 7.0, 1.0]), n_words=12, n_documents=5_000)
    assert chances[0] > chances[1] == chances[2] > chances[3]
    closer = probabilities(model, np.array([9.0, 8.5, 7.0, 1.0]), n_words=12, n_documents=5_000)
    assert closer[0] < chances[0]


def test_a_probability_is_what_its_formula_says() -> None:
    model = Model(np.ones(len(FEATURES), np.float32), np.array([-1.0, 0.5, 0.25, 0.0, 0.0]))
    (chance, _) = probabilities(model, np.array([3.0, 1.0]), n_words=1, n_documents=1)
    assert chance == pytest.approx(1 / (1 + np.exp(-(-1 + 0.5 * 3 + 0.25 * 2))))


def test_grams_find_inflections_and_errors() -> None:
    documents = [("Capillarity", "of mosses"), ("Singing", "of glasses"), ("", "")]
    scores = gram_scores(["capillary", "moss"], documents, 3)
    assert scores[0] > scores[1] == scores[2] == 0
    assert gram_scores(["singng"], documents, 3).argmax() == 1
    assert gram_scores([], documents, 3).tolist() == [0, 0, 0]


def test_a_gram_reaches_neither_over_a_space_nor_into_the_next_text() -> None:
    documents = [("xab", "cdz"), ("", "xab cdz"), ("zbc", ""), ("dey", "xx abcdef")]
    assert (gram_scores(["abcdef"], documents, 3) > 0).tolist() == [False, False, False, True]
