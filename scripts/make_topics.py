"""Make src/germane/synth/topics.npz: the words of our embedding, in topics and fields, for `germane synth`.

    python scripts/make_topics.py [--out FILE]

Words that can be content (letters only, no function word) are clustered by their vectors: 1,000 topics, each with its
nearest nouns and adjectives, the most frequent first, and 40 fields of topics likewise. A word's ending tells whether
it is taken for an adjective; verbs and adverbs are left out as far as endings tell. Takes a minute; the same vectors
and seed give the same file on the same machine.
"""

import argparse
import re
from pathlib import Path

import faiss
import numpy as np
from numpy.typing import NDArray

from germane.enrich.embedding.packing import unpack
from germane.enrich.embedding.static import RESOURCE
from germane.enrich.keyphrases.stopwords import STOP, WEAK

N_TOPICS, N_FIELDS = 1000, 40
TOPIC_NOUNS, TOPIC_ADJECTIVES = 48, 16
KNOWN = 20_000  # words more frequent than this have vectors that follow meaning, not spelling
FIELD_NOUNS, FIELD_ADJECTIVES = 300, 100
GENERAL_NOUNS, GENERAL_ADJECTIVES = 900, 300
SEED = 4

_ADJECTIVE = re.compile(r".{3,}(?:al|ic|ive|ous|ary|able|ible|ant|ent|ed|less|ful|ar|oid|ial|ine|ile)")
_NOUN = re.compile(r".{3,}(?:ment|ent|ant|ar|ine|eed|ead)")  # among these, more often a noun when rare
_NEITHER = re.compile(r".{3,}(?:ly|izes?|ises?|ates?|if(?:y|ies))|.{2,}ing|more|propose|addition|learn|apply|obtain")
# Made-up sentences must not put these beside anybody.
_UNFIT = re.compile(
    r".*(?:sex|rape|rapist|nazi|racis|racial|porn|naked|nude|homosex|lesbian|hitler|terror|murder|suicid|genocid|jew|"
    r"muslim|islam|christian|abus|slave|negro|fuck|shit|bitch|whore|slut|pedoph|incest|erotic|penis|vagin|hate|hatred|"
    r"offensive|obama|trump|clinton|putin|weinstein|misogyn|harass|kill|bomb|weapon|victim|ethnic).*"
    r"|(?:boy|girl|gay|black|white|arab|asian|african|hispanic|immigrant|refugee|women|woman|men|male|female)s?"
)

Rows = NDArray[np.int64]


def main() -> None:
    """Write the file."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--out", type=Path, default=Path("src/germane/synth/topics.npz"))
    out: Path = options.parse_args().out
    with np.load(RESOURCE) as file:
        vectors = unpack(file["codes"]).astype(np.float32) * file["scales"][:, None]
        words = file["words"].tobytes().decode().split("\n")[: len(vectors)]
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    function_words = STOP["en"] | WEAK["en"]
    rows = np.array(
        [
            row
            for row, word in enumerate(words)
            if re.fullmatch(r"[a-z]{4,16}", word)
            and word not in function_words
            and not _NEITHER.fullmatch(word)
            and not _UNFIT.fullmatch(word)
        ]
    )
    is_adjective = np.array([_is_adjective(words[row]) for row in rows])
    frequent = rows < KNOWN
    centers = _centers(vectors[rows[frequent & (rows > 400)]], N_TOPICS)
    field_centers = _centers(centers, N_FIELDS)
    fields = np.argmax(centers @ field_centers.T, axis=1)
    nouns, adjectives = rows[~is_adjective], rows[is_adjective]
    known_nouns, known_adjectives = rows[~is_adjective & frequent], rows[is_adjective & frequent]
    parts = {
        "topic_nouns": _nearest(centers, known_nouns, vectors, TOPIC_NOUNS),
        "topic_adjectives": _nearest(centers, known_adjectives, vectors, TOPIC_ADJECTIVES),
        "field_nouns": _nearest(field_centers, known_nouns, vectors, FIELD_NOUNS),
        "field_adjectives": _nearest(field_centers, known_adjectives, vectors, FIELD_ADJECTIVES),
        "general_nouns": nouns[:GENERAL_NOUNS],
        "general_adjectives": adjectives[:GENERAL_ADJECTIVES],
        "tail": rows,
    }
    used = np.unique(np.concatenate([part.ravel() for part in parts.values()]))
    text = "\n".join(words[row] for row in used)
    np.savez_compressed(
        out,
        words=np.frombuffer(text.encode(), dtype=np.uint8),
        fields=fields.astype(np.uint8),
        **{name: np.searchsorted(used, part).astype(np.uint16) for name, part in parts.items() if name != "tail"},
    )
    print(f"{out}: {len(used):,} words, {out.stat().st_size:,} bytes")


def _is_adjective(word: str) -> bool:
    return bool(_ADJECTIVE.fullmatch(word)) and not _NOUN.fullmatch(word)


def _centers(vectors: NDArray[np.float32], n: int) -> NDArray[np.float32]:
    kmeans = faiss.Kmeans(vectors.shape[1], n, niter=20, seed=SEED, spherical=True, min_points_per_centroid=1)
    kmeans.train(np.ascontiguousarray(vectors))
    return np.asarray(kmeans.centroids, dtype=np.float32)


def _nearest(centers: NDArray[np.float32], rows: Rows, vectors: NDArray[np.float32], n: int) -> Rows:
    """Return the n nearest rows of each center, shape (centers, n), ascending: rows are in order of frequency."""
    found = np.empty((len(centers), n), dtype=np.int64)
    for k, center in enumerate(centers):
        found[k] = np.sort(rows[np.argpartition(-(vectors[rows] @ center), n)[:n]])
    return found


if __name__ == "__main__":
    main()
