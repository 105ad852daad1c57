"""A text's words as numbers and counts, for comparing many documents at once without reading their texts again.

A word is its stem's CRC-32: the same number in every process and on every machine, and never 0, which stands for no
word. Among a million stems about a hundred pairs share a number.
"""

from collections import Counter
from functools import lru_cache
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from germane.index.analysis import DULL_STEMS, compounds, stems

TITLE_WEIGHT = 3  # how many times a title's word counts, in BM25's `text` as well
MAX_COUNT = 255
MAX_LENGTH = 65_535

Terms = NDArray[np.uint32]
Counts = NDArray[np.uint8]


def term_counts(title: str, abstract: str) -> tuple[Terms, Counts]:
    """Return a plain text's telling words as (terms (k,), counts (k,)), most telling first.

    The title's words come first, then the more frequent, then the longer ones, which are the rarer. Words that say
    nothing of a subject are left out. A word of the title counts TITLE_WEIGHT times; a count ends at MAX_COUNT.
    """
    terms, counts, _ = weighed_terms(title, abstract)
    return terms, counts


def weighed_terms(title: str, abstract: str) -> tuple[Terms, Counts, int]:
    """Return what `term_counts` does, and the text's length in words, the title's counted TITLE_WEIGHT times."""
    in_title, in_abstract = stems(title), stems(abstract)
    length = TITLE_WEIGHT * len(in_title) + len(in_abstract)
    if joined := compounds(f"{title} {abstract}"):
        in_title += stems(compounds(title))
        in_abstract += stems(joined)
    counts = Counter(in_abstract)
    titled = dict.fromkeys(in_title)
    for stem in in_title:
        counts[stem] += TITLE_WEIGHT
    told = [stem for stem in counts if len(stem) > 1 and stem not in DULL_STEMS]
    told.sort(key=lambda stem: (stem not in titled, -counts[stem], -len(stem), stem))
    terms = np.array([hash_stem(stem) for stem in told], np.uint32)
    return terms, np.array([min(counts[stem], MAX_COUNT) for stem in told], np.uint8), min(length, MAX_LENGTH)


@lru_cache(maxsize=1 << 17)
def hash_stem(stem: str) -> int:
    """Return the number that stands for a stem, 1 ≤ number < 2**32."""
    return crc32(stem.encode()) or 1
