"""Common keywords that go with a text without being among its candidates.

Most do not stand in it ("information retrieval" of an article on query logs), some only have a stop word inside
("learning to rank").
"""

from collections.abc import Sequence
from functools import cache

import numpy as np

from germane.enrich.keyphrases.background import Floats, fold_hash
from germane.enrich.keyphrases.candidates import Candidates, Ints
from germane.enrich.keyphrases.choosing import Option
from germane.enrich.keyphrases.model import load_model
from germane.enrich.keyphrases.stopwords import WEAK
from germane.enrich.keyphrases.topics import Topics
from germane.enrich.keyphrases.words import stem_hashes

FEATURES = (
    "affinity", "behind_best", "prior", "words", "words_in_text", "words_in_title", "stands_in_text", "text_words",
    "text_keywords", "text_affinity",
)  # fmt: skip
LEAST_AFFINITY = -2.5  # log-odds of a keyword under which it is not considered
LEAST_WORDS = 30  # of a text that says enough to tell what it is about
LEAST_SCORE = -0.85  # log-odds (about 0.3) under which it is not shown: readers do not find it in the text


def find_absent(found: Candidates, topics: Topics, log_odds: Floats, affinity: Floats) -> tuple[Ints, Ints, Floats]:
    """Return (text, keyword) of likely keywords that are no candidates, and features, shape (len(FEATURES), k).

    `log_odds`, shape (texts, v), and `affinity`, shape (n,), are the topics' of keywords and of phrases.
    """
    text_of, keyword = np.nonzero(log_odds > LEAST_AFFINITY)
    is_candidate = np.isin(
        (text_of << 32) | topics.keyword_keys[keyword], (found.text_of << 32) | fold_hash(found.hash)
    )
    text_of, keyword = text_of[~is_candidate], keyword[~is_candidate]
    columns = np.zeros((len(FEATURES), len(text_of)), dtype=np.float32)
    stems_of_keyword = keyword_stems(topics.names)
    seen = -1
    for column, (text, number) in enumerate(zip(text_of.tolist(), keyword.tolist(), strict=True)):
        if text != seen:
            seen = text
            begin, middle, end = found.words.bounds[2 * text : 2 * text + 3].tolist()
            title, body = found.words.stems(range(begin, middle)), found.words.stems(range(begin, end))
            in_title, in_text, joined = set(title), set(body), _join(body)
            some = slice(int(found.bounds[text]), int(found.bounds[text + 1]))
            known = found.known[1, some]
            whole = (
                np.log1p(end - begin),
                known.mean() if len(known) else 0.0,
                affinity[some].max() if len(known) else log_odds.min(),
            )
            best = log_odds[text].max()
        stems = stems_of_keyword[number]
        columns[:, column] = (
            log_odds[text, number],
            best - log_odds[text, number],
            topics.bias[number],
            len(stems),
            sum(stem in in_text for stem in stems) / len(stems),
            sum(stem in in_title for stem in stems) / len(stems),
            _join(stems) in joined,
            *whole,
        )
    return text_of, keyword, columns


def score_absent(found: Candidates, log_odds: Floats, affinity: Floats) -> list[list[Option]]:
    """Return the absent keywords of each text that are likely enough to be shown, best first."""
    model = load_model()
    text_of, keyword, columns = find_absent(found, model.topics, log_odds, affinity)
    options: list[list[Option]] = [[] for _ in range(len(found.bounds) - 1)]
    if not len(keyword):
        return options
    scores = model.absent.score(columns)
    stems_of_keyword = keyword_stems(model.topics.names)
    for place in np.argsort(-scores, kind="stable").tolist():
        number = int(keyword[place])
        if scores[place] < LEAST_SCORE:
            break
        text = int(text_of[place])
        is_short = found.words.bounds[2 * text + 2] - found.words.bounds[2 * text] < LEAST_WORDS
        if is_short or model.topics.names[number] in WEAK["en"]:  # "evaluation", "design"
            continue
        stems, values = stems_of_keyword[number], tuple(columns[:, place].tolist())
        option = Option(-1 - number, float(scores[place]), frozenset(stems), len(stems), values=values)
        options[text].append(option)
    return options


@cache
def keyword_stems(names: tuple[str, ...]) -> Sequence[tuple[int, ...]]:
    """Return the hashes of the stems of common keywords."""
    return [stem_hashes(name) for name in names]


def _join(stems: Sequence[int]) -> str:
    return f" {' '.join(map(str, stems))} "
