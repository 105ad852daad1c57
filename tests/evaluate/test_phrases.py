"""The methods that ours is measured against do what their papers say, on texts small enough to count by hand."""

import pytest

from germane.evaluate.baselines.phrases import count_texts, ngram, rake, stem_phrase, textrank, yake


def test_stems_case_hyphens_and_slashes_do_not_matter() -> None:
    assert stem_phrase("Context-Free Grammars") == stem_phrase("context free grammar")
    assert stem_phrase("client/server") == stem_phrase("clients server")


def test_ngrams_that_are_repeated_early_and_rare_lead() -> None:
    texts = [("Trees", "A tree grows in a wood.")] * 5
    subject = ("Soil erosion", "Soil erosion is studied. A tree is named. Soil erosion grows.")
    (found,) = ngram(*count_texts([*texts, subject]))([subject], 3)
    assert found[0] == "soil erosion"
    assert "tree" not in found[:2]


def test_texts_count_once_for_a_phrase() -> None:
    counts, n_texts = count_texts([("Soil", "Soil, soil and water."), ("Water", "")])
    assert (n_texts, counts["soil",], counts["water",]) == (2, 1, 2)


def test_rake_scores_words_by_degree_over_frequency() -> None:
    # "linear constraints" twice, "linear equations" once: linear 6/3, constraints 4/2, equations 2/1, natural numbers.
    text = ("", "linear constraints and linear equations, linear constraints over natural numbers and of numbers")
    (found,) = rake()([text], 10)
    # numbers: degree 2 + 1 over frequency 2, natural 2/1; the others are 4 = 2 + 2 and stand by the alphabet.
    assert found == ["linear constraints", "linear equations", "natural numbers", "numbers"]


def test_rake_joins_what_adjoins_twice_over_a_stop_word() -> None:
    text = ("", "axis of evil. axis of evil. evil")
    assert rake()([text], 1) == [["axis of evil"]]


def test_textrank_joins_the_central_words() -> None:
    text = ("", "hub spoke. hub wheel. hub rim. other words, other things.")
    (found,) = textrank()([text], 1)
    assert "hub" in found[0]


@pytest.mark.parametrize("method", [rake(), textrank(), ngram({}, 0)])
def test_a_text_without_words_gives_nothing(method: object) -> None:
    assert method([("", ""), ("…", "of the")], 5) == [[], []]  # type: ignore[operator]


def test_yake_ranks_when_it_is_installed() -> None:
    method = yake()
    if method is None:
        pytest.skip("YAKE is not installed: nothing to compare with")
    (found,) = method([("Soil erosion", "Soil erosion by rain. Soil erosion grows with heavy rain.")], 2)
    assert len(found) == 2
    assert any("soil" in phrase.lower() for phrase in found)
