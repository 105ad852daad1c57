"""Keyphrases: the few phrases of a text that its readers would look for.

Candidates (runs of one to five words) are measured (`features`), scored by boosted trees learned from articles with
their authors' keywords (`model`), and the best are chosen without overlap (`choosing`). Many texts are worked on in
one pass (`extract_many`), which is several times as fast as one after another. Thread-safe.
"""

from germane.enrich.keyphrases.explaining import Explanation, explain_keyphrases
from germane.enrich.keyphrases.extracting import Keyphrase, Where, extract_keyphrases, extract_many

__all__ = ["Explanation", "Keyphrase", "Where", "explain_keyphrases", "extract_keyphrases", "extract_many"]
