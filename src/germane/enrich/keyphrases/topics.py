"""What a text is about, as one vector, and how well each of some thousand common keywords goes with it.

A text's vector is the mean of its words' and phrases' vectors; a keyword's log-odds is the product with its own vector,
and a bias (learned by logistic regression over all keywords at once, after Joulin and others, EACL 2017). It serves
keywords that the text does not contain, and as a feature of those that it does.
"""

from typing import Self

import numpy as np
from msgspec import Struct
from scipy.sparse import csr_array

from germane.enrich.keyphrases.background import Floats, Keys, fold_hash
from germane.enrich.keyphrases.candidates import Candidates, Ints
from germane.enrich.keyphrases.lexicon import Kind

UNKNOWN = -10.0  # the log-odds of a phrase that is none of the keywords


class Topics(Struct, frozen=True):
    """Vectors of t terms and v keywords in d dimensions. Keys ascend."""

    term_keys: Keys  # (t,)
    term_vectors: Floats  # (t, d)
    keyword_keys: Keys  # (v,)
    keyword_vectors: Floats  # (v, d)
    bias: Floats  # (v,)
    names: tuple[str, ...]  # (v,)

    def log_odds(self, found: Candidates) -> Floats:
        """Return how well each keyword goes with each text, shape (texts, v)."""
        n_texts = len(found.bounds) - 1
        text_of, keys = terms_of(found)
        place = np.minimum(np.searchsorted(self.term_keys, keys), len(self.term_keys) - 1)
        met = self.term_keys[place] == keys
        text_of, place = text_of[met], place[met]
        counts = np.bincount(text_of, minlength=n_texts)
        ends = np.append(0, np.cumsum(counts))
        weights = np.repeat(1 / np.maximum(counts, 1), counts).astype(np.float32)
        vectors = csr_array((weights, place, ends), shape=(n_texts, len(self.term_keys))) @ self.term_vectors
        return np.asarray(vectors @ self.keyword_vectors.T + self.bias, dtype=np.float32)

    def of_phrases(self, found: Candidates, log_odds: Floats) -> Floats:
        """Return how well each phrase goes with its text, shape (n,): UNKNOWN for one that is no common keyword."""
        keys = fold_hash(found.hash)
        place = np.minimum(np.searchsorted(self.keyword_keys, keys), len(self.keyword_keys) - 1)
        met = self.keyword_keys[place] == keys
        return np.where(met, log_odds[found.text_of, place], np.float32(UNKNOWN))

    @classmethod
    def load(cls, arrays: "np.lib.npyio.NpzFile") -> Self:
        """Return the vectors kept in an open `.npz` file."""
        return cls(
            np.cumsum(arrays["term_gaps"], dtype=np.uint32),
            arrays["term_vectors"].astype(np.float32),
            np.cumsum(arrays["keyword_gaps"], dtype=np.uint32),
            arrays["keyword_vectors"].astype(np.float32) * arrays["keyword_scale"],
            arrays["keyword_bias"],
            tuple(str(arrays["keyword_names"]).split("\n")),
        )


def terms_of(found: Candidates) -> tuple[Ints, Keys]:
    """Return the distinct words and phrases of each text, as (text, key), ordered."""
    words = found.words
    kept = (words.kind & int(Kind.STOP | Kind.LINK | Kind.NUMBER | Kind.SINGLE)) == 0
    n_words = np.diff(words.bounds[::2])
    text_of_word = np.repeat(np.arange(len(n_words)), n_words)
    pairs = np.concatenate(
        [
            (text_of_word[kept] << 32) | fold_hash(words.hash[kept]),
            (found.text_of << 32) | fold_hash(found.hash),
        ]
    )
    pairs.sort()
    pairs = pairs[np.append(True, pairs[1:] != pairs[:-1])] if len(pairs) else pairs
    return pairs >> 32, (pairs & 0xFFFFFFFF).astype(np.uint32)
