"""Train what `germane.matching.text` ships: the weights of its features, and their calibration.

    python scripts/train_matching.py [--shared ../shared] [--high] [--cache FOLDER]

Only development parts are read. The ranking weights are fitted over all collections together by the likelihood of the
right articles among the candidates (a softmax), each collection counting the same; what is printed for a collection
is measured with weights that were fitted without it. The calibration sees each list twice, as it is and with the right
articles taken out; its figures are of folds of the questions that it was not fitted on.
"""

import argparse
import pickle
import zlib
from pathlib import Path

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from scipy.optimize import minimize

from germane.enrich.embedding import Embedder, load_embedder
from germane.evaluate.collections import Collections, find_collections
from germane.evaluate.corpora import TASKS, open_corpus, read_asked
from germane.evaluate.metrics import ndcg_at, reciprocal_rank_at
from germane.matching import calibration, text
from germane.relate.finding import N_ENCODED, N_RANKED, IndexWords, find_candidates

Floats = NDArray[np.float64]

N_QUESTIONS = 400  # of a collection, chosen by a hash of their text
N_READ = 150  # of those, for the model with an encoder, which takes minutes for them
READ = ("scifact", "checkcovid", "insciout")
WEIGHTS = {"posts_arxiv": 0.5, "cochrane_pls": 0.5, "acm_contexts": 0.5}  # nearly solved, or said twice: half
DEFAULT = ("words", "grams", "title", "passage", "pairs", "marks", "meaning", "blend")
HIGH = (*DEFAULT, "encoder")
PENALTY = 1e-3
N_FOLDS = 5
N_JUDGED = 5  # candidates of a list that the calibration sees
THRESHOLDS = (0.5, 0.8, 0.9, 0.95)


class Candidates(Struct, frozen=True, eq=False):
    """One question's candidates: (n, features), which are right, and how many right ones there are in all."""

    table: NDArray[np.float32]
    is_right: NDArray[np.bool_]
    n_right: int
    n_words: int
    n_documents: int


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--shared", type=Path, default=Path("../shared"))
    parser.add_argument("--high", action="store_true", help="train the model with an encoder too (slow)")
    parser.add_argument("--cache", type=Path, help="keep the collections' features here between runs")
    arguments = parser.parse_args()
    collections = find_collections(arguments.shared / "data/collections")
    lists = {name: read_lists(collections, name, None, arguments.cache) for name in TASKS}
    models = {"default": train(lists, DEFAULT)}
    if arguments.high:
        encoder = load_embedder("minilm")
        lists = {name: read_lists(collections, name, encoder, arguments.cache) for name in READ}
        models["high"] = train(lists, HIGH)
    elif calibration.RESOURCE.is_file():
        models = {**msgspec.json.decode(calibration.RESOURCE.read_bytes()), **models}
    calibration.RESOURCE.write_bytes(msgspec.json.format(msgspec.json.encode(models), indent=1) + b"\n")


def read_lists(collections: Collections, name: str, encoder: Embedder | None, cache: Path | None) -> list[Candidates]:
    """Return the candidates of a collection's questions, as the index gives them."""
    kept = cache / f"{name}-{'high' if encoder else 'default'}.pickle" if cache else None
    if kept and kept.is_file():
        known: list[Candidates] = pickle.loads(kept.read_bytes())  # noqa: S301 (our own file)
        return known
    corpus = open_corpus(collections, TASKS[name])
    embedder = load_embedder()
    words = IndexWords(corpus.index)
    asked = read_asked(collections, TASKS[name], corpus.ids)
    lists = []
    limit = N_READ if encoder else N_QUESTIONS
    n_ranked = N_ENCODED if encoder else N_RANKED
    for each in sorted(asked, key=lambda each: zlib.crc32(each.text.encode()))[:limit]:
        query = text.clean_item(each.text)
        vector = embedder.embed([("", query)])[0]
        found, cosines = find_candidates(corpus.index, query, vector, texts=corpus.read, n=n_ranked)
        encoded = None
        if encoder:
            vectors = _encoded(encoder, [("", query), *((one.title, one.abstract) for one in found)])
            encoded = vectors[1:] @ vectors[0]
        table = text.features(each.text, found, words, cosines=cosines, encoder_cosines=encoded)
        is_right = np.array([corpus.ids[one.id] in each.relevant for one in found], bool)
        lists.append(Candidates(table, is_right, len(each.relevant), len(each.text.split()), len(corpus.ids)))
    if kept:
        kept.write_bytes(pickle.dumps(lists))
    return lists


_seen: dict[tuple[str, str], NDArray[np.float32]] = {}


def _encoded(encoder: Embedder, texts: list[tuple[str, str]]) -> NDArray[np.float32]:
    """Return the encoder's vectors; a text that was seen before costs nothing."""
    missing = [each for each in dict.fromkeys(texts) if each not in _seen]
    _seen.update(zip(missing, encoder.embed(missing), strict=True))
    return np.array([_seen[each] for each in texts], np.float32)


def train(lists: dict[str, list[Candidates]], names: tuple[str, ...]) -> dict[str, dict[str, float]]:
    """Return a model's weights and calibration, and print how well it does."""
    columns = [text.FEATURES.index(name) for name in names]
    for name in lists:
        weights = fit_weights({other: each for other, each in lists.items() if other != name}, columns)
        print(f"{name:14} without it in training: {told(lists[name], columns, weights)}")
    weights = fit_weights(lists, columns)
    for name, each in lists.items():
        print(f"{name:14} with all: {told(each, columns, weights)}")
    scored = {name: [(one, one.table[:, columns] @ weights) for one in each] for name, each in lists.items()}
    calibrated = calibrate(scored)
    stored = dict.fromkeys(text.FEATURES, 0.0)
    stored |= {name: round(float(weight), 2) for name, weight in zip(names, weights, strict=True)}
    return {
        "weights": stored,
        "calibration": {
            name: round(float(x), 3) for name, x in zip(calibration.CIRCUMSTANCES, calibrated, strict=True)
        },
    }


def fit_weights(lists: dict[str, list[Candidates]], columns: list[int]) -> Floats:
    """Return the weights under which the right articles are likeliest, (columns,)."""
    data = []
    for name, each in lists.items():
        usable = [one for one in each if one.is_right.any() and not one.is_right.all()]
        share = WEIGHTS.get(name, 1.0) / max(len(usable), 1)
        data += [(one.table[:, columns].astype(np.float64), one.is_right / one.is_right.sum(), share) for one in usable]

    def loss(weights: Floats) -> tuple[float, Floats]:
        value, slope = PENALTY * float(weights @ weights), 2 * PENALTY * weights
        for table, wanted, share in data:
            scores = table @ weights
            chances = np.exp(scores - scores.max())
            chances /= chances.sum()
            value -= share * float(wanted @ np.log(chances + 1e-12))
            slope = slope + share * (table.T @ (chances - wanted))
        return value, slope

    bounds = [(0, None)] * len(columns)  # a feature never counts against an article
    found = minimize(loss, np.full(len(columns), 3.0), jac=True, method="L-BFGS-B", bounds=bounds)
    return np.asarray(found.x)


def told(lists: list[Candidates], columns: list[int], weights: Floats) -> str:
    """Return nDCG@10 and MRR@5 in words, and how many right ones are among the candidates."""
    gains, ranks, there = [], [], []
    for one in lists:
        order = np.argsort(-(one.table[:, columns] @ weights), kind="stable")
        right = [f"r{i}" if one.is_right[i] else f"w{i}" for i in order]
        named = [each for each in right if each[0] == "r"]
        wanted = dict.fromkeys([*named, *(f"missing{k}" for k in range(one.n_right - len(named)))], 1.0)
        gains.append(ndcg_at(right, wanted, 10))
        ranks.append(reciprocal_rank_at(right, set(wanted), 5))
        there.append(len(named) / one.n_right)
    return f"nDCG@10 {np.mean(gains):.3f} MRR@5 {np.mean(ranks):.3f} recall {np.mean(there):.3f} ({len(lists)})"


def calibrate(scored: dict[str, list[tuple[Candidates, Floats]]]) -> Floats:
    """Return the logistic weights of the circumstances, and print how reliable they are out of fold."""
    rows, right, shares, folds, is_first = [], [], [], [], []
    for name, each in scored.items():
        for number, (one, scores) in enumerate(each):
            for kept in (np.ones(scores.size, bool), ~one.is_right):
                if kept.sum() < 2:
                    continue
                table = calibration.circumstances(scores[kept], n_words=one.n_words, n_documents=one.n_documents)
                best = np.argsort(-scores[kept], kind="stable")[:N_JUDGED]
                rows.append(table[best])
                right.append(one.is_right[kept][best])
                shares.append(np.full(best.size, WEIGHTS.get(name, 1.0) / len(each)))
                folds.append(np.full(best.size, number % N_FOLDS))
                is_first.append(np.arange(best.size) == 0)
    table, wanted, share, fold, first = (np.concatenate(part) for part in (rows, right, shares, folds, is_first))
    chances = np.zeros(wanted.size)
    for k in range(N_FOLDS):
        weights = _logistic(table[fold != k], wanted[fold != k], share[fold != k])
        chances[fold == k] = 1 / (1 + np.exp(-table[fold == k] @ weights))
    print(f"expected calibration error {calibration_error(chances[first], wanted[first]):.4f} (first candidates)")
    for threshold in THRESHOLDS:
        kept = first & (chances >= threshold)
        found = first & wanted
        print(
            f"  at {threshold}: precision {wanted[kept].mean():.3f} of {kept.sum()}, "
            f"recall {(kept & wanted).sum() / found.sum():.3f} of what stands first"
        )
    return _logistic(table, wanted, share)


def calibration_error(chances: Floats, is_right: NDArray[np.bool_], n_bins: int = 10) -> float:
    """Return the mean difference between said and true chances over bins of equal width, weighted by their size."""
    bins = np.minimum((chances * n_bins).astype(int), n_bins - 1)
    parts = [bins == k for k in set(bins.tolist())]
    return float(sum(abs(chances[part].mean() - is_right[part].mean()) * part.mean() for part in parts))


def _logistic(table: Floats, wanted: NDArray[np.bool_], share: Floats) -> Floats:
    signs = np.where(wanted, 1.0, -1.0)

    def loss(weights: Floats) -> tuple[float, Floats]:
        margins = signs * (table @ weights)
        slope = -(share * signs / (1 + np.exp(np.clip(margins, -30, 30)))) @ table
        return float(share @ np.logaddexp(0, -margins)) + 1e-4 * float(weights @ weights), slope + 2e-4 * weights

    # more score and more lead never make an article less likely
    bounds = [(0, None) if name in ("score", "lead") else (None, None) for name in calibration.CIRCUMSTANCES]
    found = minimize(loss, np.zeros(table.shape[1]), jac=True, method="L-BFGS-B", bounds=bounds)
    return np.asarray(found.x)


if __name__ == "__main__":
    main()
