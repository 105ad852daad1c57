"""Articles that a running text speaks of: candidates from the index, by words and by meaning, ranked by their texts."""

import re
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from germane.enrich.embedding import Embedder
from germane.index import Document, Index
from germane.index.analysis import DULL_STEMS, prepare, stems
from germane.index.pieces import hash_stem
from germane.matching.text import ArticleText, Ranked, clean_item, rank_articles

N_BY_WORDS = 150
N_BY_MEANING = 100
N_RANKED = 40  # whose texts are looked at
N_ENCODED = 60  # the same with an encoder, which knows more of those that share no word
MOST_STEMS = 200_000  # words whose stems are remembered

Texts = Callable[[Sequence[int]], Sequence[ArticleText]]
_WORD = re.compile(r"[^\W_]+")
_OF_MEANING = 2.0  # what a cosine of 1 counts beside a copy's score by words, when candidates are chosen


class IndexWords:
    """`germane.matching.text.Corpus` over an index."""

    def __init__(self, index: Index) -> None:
        self._index = index

    @property
    def n_documents(self) -> int:
        """Return how many articles the index has."""
        return self._index.n_documents

    def stems(self, text: str) -> list[str]:
        """Return a text's words, folded and stemmed."""
        return list(filter(None, map(_stem_of.__getitem__, _WORD.findall(prepare(text)))))

    def doc_freqs(self, stems: Sequence[str]) -> NDArray[np.int64]:
        """Return in how many articles each stem stands, -1 for dull ones."""
        if not stems:
            return np.zeros(0, np.int64)
        hashed = np.array([hash_stem(stem) for stem in stems], np.uint32)
        freqs = self._index.term_freqs(hashed)
        dull = np.array([stem in DULL_STEMS or len(stem) < 2 for stem in stems])
        return np.where(dull, -1, freqs)


def find_articles(
    index: Index,
    text: str,
    *,
    texts: Texts,
    embedder: Embedder | None = None,
    encoder: Embedder | None = None,
    n: int = 10,
    least: float = 0.0,
    excluded_ids: Sequence[int] = (),
) -> list[Ranked]:
    """Return up to `n` articles that a text may speak of, best first, without those of probability below `least`.

    `texts` gives the texts of articles by id (unknown ones may be left out). `embedder` must be the one that made the
    index's vectors; without it words alone decide. An `encoder`, better and far slower, reads N_ENCODED articles for
    every text.
    """
    query = clean_item(text)
    vector = embedder.embed([("", query)])[0] if embedder else None
    candidates, cosines = find_candidates(
        index, query, vector, texts=texts, n=N_ENCODED if encoder else N_RANKED, excluded_ids=excluded_ids
    )
    seen: NDArray[np.float32] | None = None
    if encoder and candidates:
        vectors = encoder.embed([("", query), *((each.title, each.abstract) for each in candidates)])
        seen = vectors[1:] @ vectors[0]
    ranked = rank_articles(text, candidates, IndexWords(index), cosines=cosines, encoder_cosines=seen, least=least)
    return ranked[:n]


def find_candidates(
    index: Index,
    query: str,
    vector: NDArray[np.float32] | None,
    *,
    texts: Texts,
    n: int = N_RANKED,
    excluded_ids: Sequence[int] = (),
) -> tuple[list[ArticleText], NDArray[np.float32]]:
    """Return the `n` articles most worth a look, and the cosine of each with the text's vector, (n,)."""
    asked = Document(id=-1, abstract=query)
    scores = {hit.id: hit.score for hit in index.similar(asked, n=N_BY_WORDS, excluded_ids=excluded_ids)}
    cosines: dict[int, float] = {}
    if vector is not None and vector.any():
        cosines = {hit.id: hit.score for hit in index.nearest(vector, n=N_BY_MEANING, excluded_ids=excluded_ids)}
        if missing := [article_id for article_id in scores if article_id not in cosines]:
            cosines |= dict(zip(missing, (index.forward(missing).vectors @ vector).tolist(), strict=True))
    top = max(scores.values(), default=1.0)
    worth = {
        article_id: scores.get(article_id, 0.0) / top + _OF_MEANING * cosines.get(article_id, 0.0)
        for article_id in scores.keys() | cosines.keys()
    }
    chosen = sorted(worth, key=lambda article_id: (-worth[article_id], article_id))[:n]
    found = list(texts(chosen))
    return found, np.array([cosines.get(article.id, 0.0) for article in found], np.float32)


class _Stems(dict[str, str]):
    """Each word's stem, as it is asked for: texts repeat their words, and this is far quicker than the analyzer."""

    def __missing__(self, word: str) -> str:
        if len(self) >= MOST_STEMS:
            self.clear()
        stem = self[word] = " ".join(stems(word))
        return stem


_stem_of = _Stems()
