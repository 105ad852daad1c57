"""What is published of a million real records holds of synthetic ones, within bands."""

import re
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from germane.enrich.embedding.static import load_static
from germane.synth.article import Article, Maker
from germane.synth.citing import Citing
from germane.synth.corpus import Corpus

N = 20_000
SHARES = (5, 25, 50, 75, 95, 99)


@pytest.fixture(scope="module")
def maker() -> Maker:
    return Maker(Corpus(N, 5))


@pytest.fixture(scope="module")
def articles(maker: Maker) -> list[Article]:
    """Return all articles of a corpus, in an order that is not that of time."""
    numbers = np.random.default_rng(1).permutation(N)
    return [article for part in np.split(numbers, 10) for article in maker.articles(part)]


@pytest.fixture(scope="module")
def counts(articles: list[Article]) -> tuple[Counter[str], dict[int, int]]:
    """Return how often each word occurs, and the number of different words in the first n articles."""
    found: Counter[str] = Counter()
    growth = {}
    for n, article in enumerate(articles, 1):
        found.update(re.findall(r"\w+", f"{article.title} {article.text}".lower()))
        if n in (1_000, 10_000):
            growth[n] = len(found)
    return found, growth


def n_words(texts: list[str]) -> NDArray[np.float64]:
    return np.percentile([len(text.split()) for text in texts], SHARES)


def test_titles_and_abstracts_are_as_long_as_real_ones(articles: list[Article]) -> None:
    assert n_words([a.title for a in articles]) == pytest.approx([5, 8, 10, 13, 17, 22], abs=1)
    texts = [a.text for a in articles if a.sentences]
    assert 0.9 < len(texts) / N < 0.95
    assert n_words(texts) == pytest.approx([50, 104, 146, 190, 263, 314], rel=0.1)


def test_as_many_authors_sign_as_really(articles: list[Article]) -> None:
    found = np.percentile([len(a.authors) for a in articles], [25, 50, 75, 90, 95, 99])
    assert found == pytest.approx([2, 3, 4, 7, 8, 15], abs=1)


def test_the_vocabulary_grows_as_in_real_text(counts: tuple[Counter[str], dict[int, int]]) -> None:
    _, growth = counts
    assert growth[1_000] == pytest.approx(11_609, rel=0.35)
    assert growth[10_000] == pytest.approx(38_431, rel=0.2)


def test_words_are_as_rare_and_as_frequent_as_in_real_text(counts: tuple[Counter[str], dict[int, int]]) -> None:
    times = np.sort(np.array(list(counts[0].values()), dtype=np.float64))[::-1]
    assert np.mean(times == 1) == pytest.approx(0.405, abs=0.15)
    assert np.mean(times <= 5) == pytest.approx(0.756, abs=0.05)
    slopes = [
        np.polyfit(np.log(np.arange(a, b)), np.log(times[a - 1 : b - 1]), 1)[0]
        for a, b in pairwise((1, 1_000, 10_000, 50_000))
    ]
    assert slopes == pytest.approx([-0.80, -1.53, -1.96], abs=0.5)


def test_marks_are_as_frequent_as_really(articles: list[Article]) -> None:
    texts = [a.text for a in articles if a.sentences]
    assert np.mean(["$" in text for text in texts]) == pytest.approx(0.22, abs=0.03)
    assert np.mean([not text.isascii() for text in texts]) == pytest.approx(0.049, abs=0.02)
    assert np.mean(["<" in text or ">" in text for text in texts]) == pytest.approx(0.008, abs=0.003)


def test_few_venues_hold_most_articles(articles: list[Article]) -> None:
    held = np.array([n for _, n in Counter(a.venue.name for a in articles).most_common()])
    assert held[:10].sum() / N == pytest.approx(0.227, abs=0.015)
    assert held[:100].sum() / N == pytest.approx(0.728, abs=0.02)
    assert len(held) > 3_500  # of 25,000, when there are enough articles


def test_each_year_has_more_articles(articles: list[Article]) -> None:
    years = Counter(a.date[:4] for a in articles)
    assert max(years) == "2025"
    growth = (years["2025"] / years["2005"]) ** (1 / 20)
    assert 1.04 < growth < 1.08


def test_sources_have_their_shares(articles: list[Article]) -> None:
    shares = Counter(a.source for a in articles)
    for source, share in (("pubmed", 0.45), ("crossref", 0.20), ("openalex", 0.25), ("arxiv", 0.10)):
        assert shares[source] / N == pytest.approx(share, abs=0.015)
    assert sum(bool(a.again) for a in articles) / N == pytest.approx(0.08, abs=0.01)


def test_no_sentence_is_written_twice(articles: list[Article]) -> None:
    sentences = [sentence for a in articles for sentence in a.sentences]
    assert len(sentences) > 5 * N
    assert len(set(sentences)) == len(sentences)


def test_references_go_back_in_time_mostly_within_the_topic_and_to_the_much_cited(
    articles: list[Article], maker: Maker
) -> None:
    listed = [a for a in articles if a.references]
    citing, cited = np.array([(a.number, number) for a in listed for number, _, _ in a.references if number >= 0]).T
    assert np.all(cited < citing)
    assert len(set(zip(citing.tolist(), cited.tolist(), strict=True))) == len(citing)
    topics = maker.corpus.topics(np.arange(N))
    assert np.mean(topics[citing] == topics[cited]) > 0.2  # topics are small here; by chance it would be .005
    times = np.sort(np.bincount(cited, minlength=N))[::-1]
    assert times[: N // 100].sum() / times.sum() > 0.07  # the first hundredth; of equals it would be .01
    named = [bool(doi or pmid) for a in listed for _, doi, pmid in a.references]
    assert np.mean(named) > 0.97


def test_a_large_corpus_has_about_twenty_references_an_article_mostly_within_its_topic() -> None:
    corpus = Corpus(1_500_000, 5)
    numbers = np.arange(5, 1_500_000, 997)
    targets, begins = Citing(corpus).references(numbers)
    n = np.diff(begins)
    assert np.median(n[n > 0]) == pytest.approx(20, abs=2)
    inside = targets >= 0
    topics = corpus.topics(np.repeat(numbers, n)[inside])
    assert 0.65 < np.mean(topics == corpus.topics(targets[inside])) < 0.9


def test_people_write_together_again_and_some_have_an_orcid(articles: list[Article]) -> None:
    pairs = Counter(
        pair for a in articles for pair in pairwise(author[:2] for author in a.authors) if len(a.authors) < 12
    )
    assert sum(n > 1 for n in pairs.values()) / len(pairs) > 0.3
    people = {author for a in articles for author in a.authors}
    assert 0.25 < np.mean([bool(author.orcid) for author in people]) < 0.35
    assert any(not author.family.isascii() for author in people)


def test_our_embedding_knows_a_topic_by_its_words(articles: list[Article], maker: Maker) -> None:
    some = [a for a in articles if a.sentences][:600]
    vectors = load_static().embed([(a.title, a.text) for a in some])
    topics = maker.corpus.topics(np.array([a.number for a in some]))
    likeness = vectors @ vectors.T
    same = topics[:, None] == topics
    np.fill_diagonal(same, val=False)
    assert likeness[same].mean() > likeness[~same].mean() + 0.15


def test_a_bigger_corpus_has_more_topics_and_the_same_shape() -> None:
    small, large = Corpus(1_000, 1), Corpus(1_500_000, 1)
    assert (small.n_topics, large.n_topics) == (10, 1_000)
    for corpus in (small, large):
        numbers = np.unique(np.linspace(0, corpus.n_articles - 1, 5_000).astype(np.int64))
        topics = corpus.topics(numbers)
        assert np.array_equal(corpus.members(topics, corpus.before(topics, numbers)), numbers)
        assert len(set(corpus.arxiv(numbers[numbers > corpus.n_articles * 0.6]))) > len(numbers) // 4
