"""Why a phrase has its score: every feature's value and share."""

import math
from collections.abc import Sequence

import numpy as np
from msgspec import Struct

from germane.enrich.keyphrases import absent
from germane.enrich.keyphrases.choosing import choose_phrases, rank_phrases
from germane.enrich.keyphrases.extracting import own_keywords, show_option
from germane.enrich.keyphrases.model import load_model
from germane.enrich.keyphrases.scoring import OWN_KEYWORD, score_phrases, trees_for
from germane.enrich.keyphrases.writing import Case


class Explanation(Struct, frozen=True):
    """Why a phrase has its score: `shares` add up, with `base`, to the log-odds of it."""

    phrase: str
    score: float
    base: float
    values: dict[str, float]
    shares: dict[str, float]


def explain_keyphrases(
    title: str, abstract: str, *, n: int = 5, language: str = "en", keywords: Sequence[str] = ()
) -> list[Explanation]:
    """Return, for the phrases that `extract_keyphrases` finds, every feature's value and share.

    Authors' keywords that the text does not contain are not found but given, and so are not among them.
    """
    own = own_keywords(keywords, language)
    scored = score_phrases([(title, abstract)], language, [own])
    found = scored.found
    case = Case(found, 0, language)
    explanations: list[Explanation] = []
    for option in choose_phrases(rank_phrases(found, scored.scores), 0, n, scored.absent[0]):
        if option.runs:
            trees, names = trees_for(language)
            row = scored.columns[:, option.phrase]
        else:
            trees, names = load_model().absent, absent.FEATURES
            row = np.array(option.values, dtype=np.float32)
        base, shares = trees.explain(row)
        named = dict(zip(names, shares.tolist(), strict=True))
        if option.runs and int(found.hash[option.phrase]) in own:
            named["own_keyword"] = OWN_KEYWORD
        # What is left is what an acronym lends to its full form, or a part to its whole.
        lent = option.score - base - math.fsum(named.values())
        if abs(lent) > 1e-3:
            named["lent"] = lent
        values = dict(zip(names, row.tolist(), strict=True))
        shown = show_option(option, case)
        explanations.append(Explanation(shown.phrase, shown.score, base, values, named))
    return explanations
