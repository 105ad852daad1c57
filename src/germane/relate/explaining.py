"""What the likeness of two articles is made of: every feature's value, its weight, and its share of the score."""

from collections.abc import Sequence

from msgspec import Struct

from germane.enrich.embedding import Embedder
from germane.index import Document, Index
from germane.index.analysis import phrase_key, stems, surfaces
from germane.index.pieces import hash_stem
from germane.relate.links import Links, link_strengths
from germane.relate.rescoring import Question, compare, question_of, word_shares


class Share(Struct, frozen=True):
    """One feature. Its part of the score is value · weight; the shares of all add up to 1.

    Kinds: `keyphrase`, `title` (a word of the title) and `word`, whose values add up to the words' cosine; `vectors`,
    a cosine; `cites`, `cited-by`, `co-cited` and `coupled`, which take their parts of what the text leaves to 1.
    """

    kind: str
    what: str  # the phrase or word as the article writes it, the vectors' model, how many links
    value: float
    weight: float
    share: float


def explain_similar(
    index: Index, document: Document, other_id: int, *, embedder: Embedder | None = None, links: Links | None = None
) -> list[Share]:
    """Return what makes two articles alike, largest share first; empty when they have nothing in common."""
    asked = question_of(index, document, embedder)
    forward = index.forward([other_id])
    likeness = compare(index, asked, forward)
    parts = [
        (kind, what, value, float(likeness.weights["words"][0]))
        for kind, what, value in _words(document, asked, word_shares(index, asked, forward))
    ]
    parts.append(
        ("vectors", index.vector_model, float(likeness.parts["vectors"][0]), float(likeness.weights["vectors"][0]))
    )
    left = 1.0 - min(float(likeness.text[0]), 1.0)
    for kind, (n_links, strength) in link_strengths(links or Links(), other_id).items():
        parts.append((kind, str(n_links), strength, left))
        left *= 1.0 - strength
    whole = sum(value * weight for _, _, value, weight in parts)
    shares = [Share(*part, part[2] * part[3] / whole) for part in parts if part[2] * part[3] > 0]
    return sorted(shares, key=lambda share: (-share.share, share.what))


def _words(document: Document, asked: Question, shared: dict[int, float]) -> list[tuple[str, str, float]]:
    """Return the shared words' parts of their cosine; those of a shared keyphrase together."""
    left = dict(shared)
    parts = []
    for phrase in (*document.keyphrases, *document.keywords):
        terms = [hash_stem(stem) for stem in phrase_key(phrase).split(" ") if stem]
        if terms and all(term in left for term in terms):
            parts.append(("keyphrase", phrase, sum(left.pop(term) for term in dict.fromkeys(terms))))
    titled = {hash_stem(stem) for stem in stems(document.title)}
    written = _spellings((document.abstract, document.title))
    parts += [
        ("title" if term in titled else "word", written.get(term, "(a compound)"), left[term])
        for term in asked.terms.tolist()
        if term in left
    ]
    return parts


def _spellings(texts: Sequence[str]) -> dict[int, str]:
    return {hash_stem(stem): word for stem, word in surfaces(texts).items()}
