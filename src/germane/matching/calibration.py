"""The weights of `matching.text`, and how a score becomes a probability that means what it says.

A candidate's probability is logistic in its score, its lead over the best of the others, and the logarithms of the
text's words and of the corpus (Platt, "Probabilistic outputs for support vector machines", 1999, with more features).
It was fitted on lists with the right article and on as many from which it had been taken away, so that .9 means that
nine of ten are right even when every other text speaks of no article here.
"""

import functools
from pathlib import Path

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

RESOURCE = Path(__file__).with_name("text_weights.json")
CIRCUMSTANCES = ("constant", "score", "lead", "words", "corpus")
MAX_LEAD = 10.0  # of a score: a longer lead says no more


class Model(Struct, frozen=True, eq=False):
    """Weights of the features (in the order of `text.FEATURES`) and of the CIRCUMSTANCES."""

    weights: NDArray[np.float32]  # (features,)
    calibration: NDArray[np.float64]  # (circumstances,)


def probabilities(model: Model, scores: NDArray[np.floating], *, n_words: int, n_documents: int) -> NDArray[np.float64]:
    """Return each candidate's probability 0..1, (n,): a higher score never has a lower one."""
    table = circumstances(scores, n_words=n_words, n_documents=n_documents)
    return 1 / (1 + np.exp(-np.clip(table @ model.calibration, -30, 30)))


def circumstances(scores: NDArray[np.floating], *, n_words: int, n_documents: int) -> NDArray[np.float64]:
    """Return (n, CIRCUMSTANCES) of a list of candidates."""
    values = np.asarray(scores, np.float64)
    ordered = np.sort(values)[::-1]
    first, second = (ordered[0], ordered[1]) if values.size > 1 else (values[0], values[0] - MAX_LEAD)
    lead = np.where(values == first, first - second, values - first)
    return np.column_stack(
        [
            np.ones(values.size),
            values,
            np.clip(lead, -MAX_LEAD, MAX_LEAD),
            np.full(values.size, np.log1p(n_words)),
            np.full(values.size, np.log1p(n_documents)),
        ]
    )


@functools.cache
def load_model(name: str) -> Model:
    """Return the package's model: `default`, or `high` for candidates that a sentence encoder has seen too."""
    stored = msgspec.json.decode(RESOURCE.read_bytes())[name]
    return Model(
        np.array(list(stored["weights"].values()), np.float32),
        np.array([stored["calibration"][each] for each in CIRCUMSTANCES], np.float64),
    )
