"""Make src/germane/enrich/keyphrases/model.npz: background counts and trees, from articles with authors' keywords.

    pip install catboost scipy && python scripts/train_keyphrases.py DATA [--work FOLDER]

DATA holds `collections/` and `articles/`. Only counts and weights are kept, no text. Nothing is learned from a test
collection: articles whose title is one of theirs are left out, and so are articles without keywords (those of the
held-out parts are blank). The articles are parted by the hash of their id: most fill the tables, a tenth teaches the
trees (so that the trees never see a table that knows the answer), and 2 % measure.
"""

import argparse
import gzip
import hashlib
import json
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import numpy as np
from catboost import CatBoostClassifier, Pool
from scipy.sparse import csr_array, diags_array

from germane.enrich.keyphrases.absent import find_absent
from germane.enrich.keyphrases.background import Tables, fold_hash, to_byte
from germane.enrich.keyphrases.candidates import Candidates, find_candidates
from germane.enrich.keyphrases.features import PLAIN_FEATURES, measure
from germane.enrich.keyphrases.lexicon import Kind, combine
from germane.enrich.keyphrases.topics import Topics, terms_of
from germane.enrich.keyphrases.words import stem_hashes

VERSION = "2"
RATE = 0.3
DROPPED = 0.2
Arrays = dict[str, np.ndarray]
TESTS = ("nus", "krapivin", "semeval2010", "semeval2017", "inspec_dev")
# Headings that every index gives to nearly everything.
BROAD = frozenset(
    """humans,human,adult,male,female,aged,middle aged,animals,adolescent,child,young adult,infant,mice,rats,medicine,
    internal medicine,biology,chemistry,psychology,computer science,mathematics,physics,business,engineering,surgery,
    treatment outcome,retrospective studies,prospective studies,time factors,risk factors,follow-up studies""".replace(
        "\n    ", ""
    ).split(",")
)


class Example(NamedTuple):
    """A text with the phrases that somebody chose for it."""

    key: str
    title: str
    abstract: str
    keywords: tuple[str, ...] | None
    kind: str


def read_lines(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the objects of a gzipped file of JSON lines."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def title_key(title: str) -> str:
    """Return a title in a form that survives case and punctuation."""
    return re.sub(r"\W+", "", title.lower())


def share(key: str) -> float:
    """Return a number in 0..1 that depends on the key alone."""
    return int(hashlib.sha1(key.encode(), usedforsecurity=False).hexdigest()[:8], 16) / 2**32


def test_titles(data: Path) -> set[str]:
    """Return the titles of every test collection, from which nothing may be learned."""
    folder = data / "collections/keyphrase"
    return {title_key(row["title"]) for name in TESTS for row in read_lines(folder / f"{name}.jsonl.gz")} - {""}


def labelled(data: Path) -> Iterator[Example]:
    """Yield articles with keywords or subject headings."""
    keyphrase = data / "collections/keyphrase"
    banned = test_titles(data)
    for row in read_lines(data / "collections/acm/corpus.jsonl.gz"):
        if row["keywords"] and row["abstract"] and title_key(row["title"]) not in banned:
            yield Example(row["id"], row["title"], row["abstract"], tuple(row["keywords"]), "acm")
    for row in read_lines(data / "articles/openalex_works.jsonl.gz"):
        abstract = rebuild(row.get("abstract_inverted_index") or {})
        names = [c["display_name"] for c in row["concepts"]] + [m["descriptor_name"] for m in row["mesh"]]
        chosen = tuple(n for n in names if n.lower() not in BROAD)
        if abstract and row["title"] and title_key(row["title"]) not in banned:
            yield Example(row["id"], row["title"], abstract, chosen, "openalex")
    for row in read_lines(keyphrase / "inspec_train.jsonl.gz"):
        if title_key(row["title"]) not in banned:
            yield Example(f"inspec{row['id']}", row["title"], row["abstract"], tuple(row["keyphrases"]), "inspec")


def unlabelled(data: Path) -> Iterator[Example]:
    """Yield articles without keywords."""
    banned = test_titles(data)
    for row in read_lines(data / "articles/acl.csl.jsonl.gz"):
        if title_key(row["title"]) not in banned and row.get("abstract") and share(row["id"]) < 0.15:
            yield Example(row["id"], row["title"], row["abstract"], None, "none")
    for row in read_lines(data / "articles/arxiv_snapshot.jsonl.gz"):
        if title_key(row["title"]) not in banned and share(row["id"]) < 0.15:
            yield Example(row["id"], row["title"], row["abstract"], None, "none")


def rebuild(inverted: dict[str, list[int]]) -> str:
    """Return an abstract from its inverted index."""
    return " ".join(word for _, word in sorted((place, word) for word, places in inverted.items() for place in places))


@cache
def examples_of(data: Path) -> list[Example]:
    """Return the articles with keywords, read once."""
    return list(labelled(data))


@cache
def stems_of_keyword(keyword: str) -> tuple[int, ...]:
    """Return the hashes of a keyword's stems."""
    return stem_hashes(keyword)


def hash_of(keyword: str) -> int:
    """Return the phrase number of a keyword."""
    return combine(stems_of_keyword(keyword))


def batches(examples: Iterable[Example]) -> Iterator[list[Example]]:
    """Yield the examples in lists of some."""
    rest = iter(examples)
    while batch := list(islice(rest, 64)):
        yield batch


def texts_of(batch: Sequence[Example]) -> list[tuple[str, str]]:
    """Return titles and abstracts."""
    return [(example.title, example.abstract) for example in batch]


def is_for_tables(example: Example) -> bool:
    """Tell whether an article with keywords fills the tables and the topics, and does not teach the trees."""
    return share(example.key) >= {"acm": 0.22, "openalex": 0.4, "inspec": 2}[example.kind]


class Counts:
    """Counts over the texts that fill the tables."""

    def __init__(self) -> None:
        self.n_texts = 0.0
        self.blocks: list[np.ndarray] = []
        self.offered: list[np.ndarray] = []
        self.taken: list[np.ndarray] = []
        self.keywords: Counter[int] = Counter()
        self.words = {
            name: Counter[int]() for name in ("texts", "labelled", "inside", "opens", "closes", "mid", "capital")
        }

    def add(self, batch: Sequence[Example], weight: int) -> None:
        """Count some texts."""
        found = find_candidates(texts_of(batch), "en", None)
        self.n_texts += weight * len(batch)
        self.blocks += [fold_hash(found.hash)] * weight
        self.count_choices(found, batch)
        words = found.words
        running = ~words.opens & ((words.kind & int(Kind.STOP)) == 0)
        running &= np.repeat(np.arange(2 * len(batch)) % 2 == 1, np.diff(words.bounds))
        stems = words.lexicon.stems
        opening = [stems[number][0] for number in words.numbers[running].tolist()]
        self.words["mid"].update(opening)
        capital = (words.kind[running] & int(Kind.CAPITAL)) != 0
        self.words["capital"].update(stem for stem, is_capital in zip(opening, capital, strict=True) if is_capital)
        closed = (words.kind & int(Kind.STOP | Kind.LINK)) != 0
        for i, example in enumerate(batch):
            some = slice(int(words.bounds[2 * i]), int(words.bounds[2 * i + 2]))
            numbers = words.numbers[some][~closed[some]]
            present = {stem for number in np.unique(numbers).tolist() for stem in stems[number]}
            for stem in present:
                self.words["texts"][stem] += weight
            if example.keywords is not None:
                self.add_keywords(example.keywords, present)

    def count_choices(self, found: Candidates, batch: Sequence[Example]) -> None:
        """Count which phrases of the texts with keywords were there to be taken, and which were."""
        pairs = [(hash_of(k), i) for i, example in enumerate(batch) for k in example.keywords or ()]
        if not pairs:
            return
        hashes, texts = np.array([h for h, _ in pairs], dtype=np.uint64), np.array([i for _, i in pairs])
        is_taken = np.isin(
            (found.text_of << 32) | fold_hash(found.hash), (texts << 32) | fold_hash(hashes).astype(np.int64)
        )
        self.offered.append(fold_hash(found.hash))
        self.taken.append(fold_hash(found.hash[is_taken]))

    def add_keywords(self, keywords: Sequence[str], present: set[int]) -> None:
        """Count the keywords of one text that has those stems."""
        inside, opens, closes = set(), set(), set()
        for keyword in keywords:
            parts = stems_of_keyword(keyword)
            if parts:
                self.keywords[combine(parts)] += 1
                if present.issuperset(parts):
                    inside.update(parts)
                    opens.add(parts[0])
                    closes.add(parts[-1])
        for name, members in (("labelled", present), ("inside", inside), ("opens", opens), ("closes", closes)):
            self.words[name].update(members)

    def tables(self, least: int = 6) -> Arrays:
        """Return the arrays of the two tables, small enough to ship: phrases of `least` texts, or known as keywords."""
        keys, texts = np.unique(np.concatenate(self.blocks), return_counts=True)
        numbers = fold_hash(np.array(list(self.keywords), dtype=np.uint64))
        order = np.argsort(numbers)
        numbers, chosen = numbers[order], np.array(list(self.keywords.values()))[order]
        place = np.minimum(np.searchsorted(numbers, keys), len(numbers) - 1)
        keywords = np.where(numbers[place] == keys, chosen[place], 0)
        keep = (texts >= least) | (keywords >= 2) | ((keywords >= 1) & (texts >= 2))
        keys, texts, keywords = keys[keep], texts[keep], keywords[keep]
        offered, taken = (count_of(np.concatenate(blocks), keys) for blocks in (self.offered, self.taken))
        stems = [s for s, n in self.words["texts"].items() if n >= 3]
        folded = fold_hash(np.array(stems, dtype=np.uint64))
        order = np.argsort(folded)
        column = {n: np.array([c[s] for s in stems], dtype=float)[order] for n, c in self.words.items()}
        word_keys, first = np.unique(folded[order], return_index=True)
        seen = column["labelled"]

        def shares(name: str) -> np.ndarray:
            prior = column[name].sum() / max(seen.sum(), 1)
            return np.clip(np.round((column[name] + 4 * prior) / (seen + 4) * 250), 0, 250).astype(np.uint8)

        capital = np.clip(np.round((column["capital"] + 0.2) / (column["mid"] + 1) * 250), 0, 250).astype(np.uint8)
        words = np.stack([to_byte(column["texts"]), shares("inside"), shares("opens"), shares("closes"), capital])
        return {
            "n_texts": np.array(self.n_texts),
            "phrase_gaps": np.diff(keys, prepend=np.uint32(0)).astype(np.uint32),
            "phrases": np.stack([to_byte(n.astype(float)) for n in (texts, keywords, offered, taken)]),
            "word_gaps": np.diff(word_keys, prepend=np.uint32(0)).astype(np.uint32),
            "words": words[:, first],
        }


def count_of(values: np.ndarray, keys: np.ndarray) -> np.ndarray:
    """Return how often each key, ascending, is among the values."""
    values = np.sort(values)
    return np.searchsorted(values, keys, side="right") - np.searchsorted(values, keys, side="left")


def fill_tables(data: Path) -> Arrays:
    """Return the tables, counted over the texts that do not teach the trees."""
    counts = Counts()
    known = [example for example in examples_of(data) if is_for_tables(example)]
    for kind, weight in (("acm", 1), ("openalex", 4)):
        for batch in batches(example for example in known if example.kind == kind):
            counts.add(batch, weight)
    for batch in batches(unlabelled(data)):
        counts.add(batch, 1)
    return counts.tables()


def fill_topics(data: Path, tables: Tables, n_terms: int = 20_000, least: int = 15, dims: int = 64) -> Arrays:
    """Return vectors of terms and common keywords: logistic regression over keywords, from the mean of the terms."""
    known = [example for example in examples_of(data) if is_for_tables(example)]
    spelled: dict[int, Counter[str]] = {}
    chosen: list[set[int]] = []
    for example in known:
        keys = {hash_of(k): k for k in example.keywords}
        chosen.append(set(keys))
        for key, keyword in keys.items():
            spelled.setdefault(key, Counter())[" ".join(keyword.split())] += example.kind == "acm"
    common = [key for key, names in spelled.items() if names.total() >= least and max(map(len, names)) < 50]
    common = [key for key in common if stem_hashes(spelled[key].most_common(1)[0][0])]
    folded = fold_hash(np.array(common, dtype=np.uint64))
    order = np.argsort(folded)
    common = [common[i] for i in order]
    column = {key: i for i, key in enumerate(common)}
    text_blocks, key_blocks, n_before = [], [], 0
    for batch in batches(known):
        text, key = terms_of(find_candidates(texts_of(batch), "en", tables))
        text_blocks.append(text + n_before)
        key_blocks.append(key)
        n_before += len(batch)
    text, key = np.concatenate(text_blocks), np.concatenate(key_blocks)
    keys, inverse, counts = np.unique(key, return_inverse=True, return_counts=True)
    best = np.sort(np.argsort(-counts, kind="stable")[:n_terms])
    place = np.full(len(keys), -1)
    place[best] = np.arange(len(best))
    term = place[inverse]
    text, term = text[term >= 0], term[term >= 0]
    shape = (len(known), len(best))
    terms = csr_array((np.ones(len(text), dtype=np.float32), (text, term)), shape=shape)
    terms = diags_array(1 / np.maximum(terms.sum(axis=1), 1).astype(np.float32)) @ terms
    pairs = [(i, column[k]) for i, keys_of in enumerate(chosen) for k in sorted(keys_of) if k in column]
    answers = csr_array(
        (np.ones(len(pairs), dtype=np.float32), tuple(np.array(pairs).T)), shape=(len(known), len(common))
    )
    left, right, bias = learn_topics(terms.tocsr(), answers, dims)
    scale = np.abs(left).max() / 127
    right_scale = np.abs(right).max() / 127
    return {
        "term_gaps": np.diff(keys[best], prepend=np.uint32(0)).astype(np.uint32),
        "term_vectors": np.round(left / scale).astype(np.int8),
        "keyword_gaps": np.diff(folded[order], prepend=np.uint32(0)).astype(np.uint32),
        "keyword_vectors": np.round(right / right_scale).astype(np.int8),
        "keyword_scale": np.float32(right_scale * scale),
        "keyword_bias": bias,
        "keyword_names": np.array("\n".join(spell(spelled[key]) for key in common)),
    }


def spell(names: Counter[str]) -> str:
    """Return a keyword as it is mostly spelled, in lower case where that is as common."""
    lower = names.most_common(1)[0][0].lower()
    alike = Counter({name: n for name, n in names.items() if name.lower() == lower})
    top = alike.most_common(1)[0][0]
    return lower if alike[lower] * 3 >= alike[top] else top


def learn_topics(terms: csr_array, answers: csr_array, dims: int, epochs: int = 7) -> tuple[np.ndarray, ...]:
    """Return vectors of terms and keywords, and the keywords' biases, that give the chosen keywords high log-odds.

    Adagrad with a falling step; a fifth of a text's terms is left out each time it is seen.
    """
    random = np.random.default_rng(5)
    n, (n_terms, n_keywords) = terms.shape[0], (terms.shape[1], answers.shape[1])
    left = random.normal(0, 0.3, (n_terms, dims)).astype(np.float32)
    right = np.zeros((n_keywords, dims), dtype=np.float32)
    rate = np.asarray(answers.mean(axis=0)).ravel() + 1e-6
    bias = np.log(rate / (1 - rate)).astype(np.float32)
    sums = [np.full_like(part, 1e-8) for part in (left, right, bias)]
    size = 512
    for epoch in range(epochs):
        order = random.permutation(n)
        step = 0.5 * (1 - epoch / epochs) + 0.05
        for begin in range(0, n, size):
            some = order[begin : begin + size]
            x = terms[some].copy()
            x.data *= (random.random(len(x.data), dtype=np.float32) > DROPPED) / (1 - DROPPED)
            hidden = x @ left
            error = -answers[some].toarray()
            odds = hidden @ right.T + bias
            error += 1 / (1 + np.exp(-odds))
            slopes = (x.T @ (error @ right), error.T @ hidden, error.sum(axis=0))
            for part, total, slope in zip((left, right, bias), sums, slopes, strict=True):
                total += slope * slope
                part -= step * RATE * slope / np.sqrt(total)
        print(f"topics, epoch {epoch}", file=sys.stderr)
    return left, right, bias


def fit(rows: np.ndarray, labels: np.ndarray, weights: np.ndarray, n_trees: int, depth: int) -> dict[str, np.ndarray]:
    """Return boosted oblivious trees as arrays."""
    model = CatBoostClassifier(
        iterations=n_trees, depth=depth, learning_rate=0.12, l2_leaf_reg=6, border_count=64, random_seed=7, verbose=50,
        thread_count=2, allow_writing_files=False, bootstrap_type="Bernoulli", subsample=0.7,
    )  # fmt: skip
    model.fit(Pool(rows, labels, weight=weights))
    with TemporaryDirectory() as folder:
        path = Path(folder) / "trees.json"
        model.save_model(str(path), format="json")
        trees = json.loads(path.read_text())
    feature = np.zeros((len(trees["oblivious_trees"]), depth), dtype=np.uint8)
    border = np.full(feature.shape, np.inf, dtype=np.float32)
    leaf = np.zeros((len(feature), 2**depth), dtype=np.float32)
    index = {f["feature_index"]: f["flat_feature_index"] for f in trees["features_info"]["float_features"]}
    for i, tree in enumerate(trees["oblivious_trees"]):
        for j, split in enumerate(tree["splits"]):
            feature[i, j], border[i, j] = index[split["float_feature_index"]], split["border"]
        leaf[i, : len(tree["leaf_values"])] = tree["leaf_values"]
    scale, bias = trees["scale_and_bias"]
    return {"feature": feature, "border": border, "leaf": leaf * scale, "bias": np.array(bias[0])}


def learning_rows(data: Path, tables: Tables, topics: Topics, n_acm: float, inspec: float) -> Arrays:
    """Return features, labels and weights of the phrases that teach the trees, and of absent keywords."""
    weight_of = {"acm": 1.0, "openalex": 0.5, "inspec": inspec}
    end = {"acm": n_acm, "openalex": 0.4, "inspec": 2.0}
    chosen = [
        example
        for example in examples_of(data)
        if (0.02 if example.kind != "inspec" else 0) <= share(example.key) < end[example.kind]
    ]
    parts: dict[str, list[np.ndarray]] = {
        name: [] for name in ("rows", "labels", "weights", "absent_rows", "absent_labels", "absent_weights")
    }
    for batch in batches(chosen):
        found = find_candidates(texts_of(batch), "en", tables)
        log_odds = topics.log_odds(found)
        affinity = topics.of_phrases(found, log_odds)
        gold = [{hash_of(k) for k in example.keywords} for example in batch]
        weights = np.array([weight_of[example.kind] for example in batch], dtype=np.float32)
        label = np.array([h in gold[t] for h, t in zip(found.hash.tolist(), found.text_of.tolist(), strict=True)])
        has_any = np.zeros(len(batch), dtype=bool)
        has_any[found.text_of[label]] = True
        # Of the many that nobody chose every second one stands for two: another half of the phrases in each text, or
        # the trees would learn which phrases they only see when they are right.
        mixed = fold_hash(found.hash + found.text_of.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15))
        kept = has_any[found.text_of] & (label | (mixed % 2 == 0))
        parts["rows"].append(measure(found, tables, affinity)[:, kept].T)
        parts["labels"].append(label[kept])
        parts["weights"].append((weights[found.text_of] * np.where(label, 1, 2))[kept])
        text, keyword, columns = find_absent(found, topics, log_odds, affinity)
        folded = [set(fold_hash(np.array(list(g), dtype=np.uint64)).tolist()) for g in gold]
        keys = topics.keyword_keys[keyword].tolist()
        parts["absent_rows"].append(columns.T)
        parts["absent_labels"].append(
            np.array([k in folded[t] for k, t in zip(keys, text.tolist(), strict=True)], dtype=bool)
        )
        parts["absent_weights"].append(weights[text])
    return {name: np.concatenate(blocks) for name, blocks in parts.items()}


def kept_or_made(folder: Path | None, name: str, make: Callable[[], Arrays]) -> Arrays:
    """Return arrays that a run before left in the folder, else make them and leave them there."""
    path = folder / f"{name}.npz" if folder else None
    if path and path.exists():
        with np.load(path) as arrays:
            return dict(arrays)
    arrays = make()
    if path:
        np.savez(path, **arrays)
    return arrays


def main() -> None:
    """Count, learn and write the resource."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--work", type=Path, help="folder in which the counts are kept between runs")
    parser.add_argument(
        "--out", type=Path, default=Path(__file__).parents[1] / "src/germane/enrich/keyphrases/model.npz"
    )
    parser.add_argument("--acm", type=float, default=0.16)
    parser.add_argument("--inspec", type=float, default=1.3)
    parser.add_argument("--trees", type=int, default=240)
    options = parser.parse_args()
    table_arrays = kept_or_made(options.work, "tables", lambda: fill_tables(options.data))
    tables = Tables.load(table_arrays)
    print(f"{len(tables.phrase_keys)} phrases, {len(tables.word_keys)} words", file=sys.stderr)
    topic_arrays = kept_or_made(options.work, "topics", lambda: fill_topics(options.data, tables))
    topics = Topics.load(topic_arrays)
    print(f"{len(topics.names)} keywords, {len(topics.term_keys)} terms", file=sys.stderr)
    learned = kept_or_made(
        options.work, "rows", lambda: learning_rows(options.data, tables, topics, options.acm, options.inspec)
    )
    rows, labels, weights = (learned[name] for name in ("rows", "labels", "weights"))
    print(f"{rows.shape} rows, {labels.mean():.3f} chosen", file=sys.stderr)
    absent = [learned[f"absent_{name}"] for name in ("rows", "labels", "weights")]
    print(f"{absent[0].shape} absent, {absent[1].mean():.3f} chosen", file=sys.stderr)
    trees = {
        "english": fit(rows, labels, weights, options.trees, 6),
        "plain": fit(rows[::2, : len(PLAIN_FEATURES)], labels[::2], weights[::2], options.trees // 2, 6),
        "absent": fit(*absent, 80, 4),
    }
    arrays = table_arrays | topic_arrays
    arrays |= {f"{name}_{part}": values for name, some in trees.items() for part, values in some.items()}
    np.savez_compressed(options.out, version=np.array(VERSION), **arrays)
    print(f"{options.out}: {options.out.stat().st_size} bytes", file=sys.stderr)


if __name__ == "__main__":
    main()
