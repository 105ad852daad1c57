"""A small world of our own: two circles of readers, articles that share words, and one that nobody has liked yet."""

import numpy as np
import pytest
from scipy import sparse

from germane.recommend.content import content_features
from germane.recommend.model import Model, train_model

N_PER_CIRCLE = 8
FIRST_ID = 100
UNLIKED = FIRST_ID + 2 * N_PER_CIRCLE  # speaks like the first circle's articles


def world() -> tuple[np.ndarray, sparse.csr_matrix, sparse.csr_matrix]:
    random = np.random.default_rng(7)
    n = 2 * N_PER_CIRCLE + 1
    likes = np.zeros((24, n), np.float32)
    words = random.poisson(0.2, (n, 40)).astype(np.float32)
    for circle in range(2):
        mine = slice(circle * N_PER_CIRCLE, (circle + 1) * N_PER_CIRCLE)
        likes[circle * 12 : circle * 12 + 12, mine] = random.random((12, N_PER_CIRCLE)) < 0.6
        words[mine, circle * 10 : circle * 10 + 10] += random.poisson(2, (N_PER_CIRCLE, 10))
    words[-1, :10] += 2
    ids = np.arange(FIRST_ID, FIRST_ID + n, dtype=np.int64)
    return ids, sparse.csr_matrix(likes), content_features(sparse.csr_matrix(words))


@pytest.fixture(scope="session")
def model() -> Model:
    return train_model(*world())
