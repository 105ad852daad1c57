"""The words of each topic and field, and a topic's recurring phrases. The file is made by `scripts/make_topics.py`."""

from functools import cache, cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from germane.synth import words_of
from germane.synth.chance import Chance, Numbers, Units

RESOURCE = Path(__file__).with_name("topics.npz")
N_PHRASES = 240  # of a topic
N_HEADINGS = 24  # of a topic

_TOPIC_SHARE, _FIELD_SHARE = 0.28, 0.22  # of the words that are drawn by themselves; the rest are general ones
# How much more frequent the first words of a list are: the larger, the flatter.
_TOPIC_SKEW, _FIELD_SKEW, _GENERAL_SKEW, _PHRASE_SKEW, _ANY_SKEW = 1.5, 8.0, 25.0, 6.0, 400.0


class Topics:
    """Words are numbers: places in `words`. `topics` arguments are arrays (n,) of 0 … n_topics − 1."""

    def __init__(self, chance: Chance, n_topics: int) -> None:
        self.words, tables = _load()
        drawn = np.argsort(chance.bits("order of topics", np.arange(len(tables["fields"]))), kind="stable")[:n_topics]
        self._order = drawn[np.argsort(tables["fields"][drawn], kind="stable")]  # neighbors are of one field
        self._tables = tables
        self._headings: dict[int, list[str]] = {}
        self._chance = chance

    def fields(self, topics: Numbers) -> Numbers:
        """Return the field of each topic, 0 … 39."""
        return self._tables["fields"][self._order[topics]].astype(np.int64)

    def name(self, topic: int) -> str:
        """Return two words that say what a topic is about."""
        return self._names[topic]

    @cached_property
    def _names(self) -> list[str]:
        words, ours = self.words, self._order
        firsts, seconds = (self._tables[f"topic_{kind}"][ours, 0].tolist() for kind in ("adjectives", "nouns"))
        return [f"{words[a]} {words[b]}" for a, b in zip(firsts, seconds, strict=True)]

    def headings(self, topic: int) -> list[str]:
        """Return the N_HEADINGS subject headings of a topic: its most used phrases."""
        if topic not in self._headings:
            phrases = self.phrases(np.full(N_HEADINGS, topic), np.arange(N_HEADINGS)).tolist()
            self._headings[topic] = [f"{self.words[a]} {self.words[b]}".title() for _, a, b in phrases]
        return self._headings[topic]

    def field_name(self, field: int) -> str:
        """Return a word that says what a field is about."""
        return self.words[int(self._tables["field_nouns"][field, 0])]

    def draw(self, kind: str, topics: Numbers, which: Units, rank: Units) -> Numbers:
        """Return a word of each topic, its field or all science. `kind`: "nouns" or "adjectives".

        `which` (n,) in [0, 1) tells from which of the three, `rank` (n,) how frequent a word of it.
        """
        ours = self._order[topics]
        topic, field, general = (self._tables[f"{whose}_{kind}"] for whose in ("topic", "field", "general"))
        near: Numbers = topic[ours, zipf(rank, topic.shape[1], _TOPIC_SKEW)]
        wide = field[self._tables["fields"][ours], zipf(rank, field.shape[1], _FIELD_SKEW)]
        rest = general[zipf(rank, len(general), _GENERAL_SKEW)]
        return np.where(which < _TOPIC_SHARE, near, np.where(which < _TOPIC_SHARE + _FIELD_SHARE, wide, rest))

    def draw_any(self, rank: Units) -> Numbers:
        """Return words of all that are known, the rarer ones nearly as often as the frequent."""
        return zipf(rank, len(self.words), _ANY_SKEW)

    def phrases(self, topics: Numbers, ranks: Numbers) -> NDArray[np.int32]:
        """Return adjective and two nouns of each topic's phrase of this rank (0 … N_PHRASES − 1): (n, 3)."""
        return self._phrases[topics, ranks]

    @cached_property
    def _phrases(self) -> NDArray[np.int32]:
        n = len(self._order)
        keys = np.arange(n * N_PHRASES)
        topics = keys // N_PHRASES
        units = [self._chance.units("phrase", keys, which) for which in range(6)]
        adjectives = self.draw("adjectives", topics, units[0], units[1])
        firsts = self.draw("nouns", topics, (_TOPIC_SHARE + _FIELD_SHARE) * units[2], units[3])
        seconds = self.draw("nouns", topics, units[4], units[5])
        return np.stack([adjectives, firsts, seconds], axis=1).astype(np.int32).reshape(n, N_PHRASES, 3)


def zipf(units: Units, n: int, skew: float) -> Numbers:
    """Return ranks 0 … n − 1 with probabilities falling as 1 / (rank + skew)."""
    ranks: Numbers = np.minimum(skew * np.expm1(units * np.log1p(n / skew)), n - 1).astype(np.int64)
    return ranks


def phrase_ranks(units: Units) -> Numbers:
    """Return ranks of phrases, 0 … N_PHRASES − 1."""
    return zipf(units, N_PHRASES, _PHRASE_SKEW)


@cache
def _load() -> tuple[list[str], dict[str, Numbers]]:
    with np.load(RESOURCE) as file:
        words = file["words"].tobytes().decode().split("\n")
        return words, {name: file[name].astype(np.int64) for name in file.files if name != "words"}


# --- words that nobody has used ------------------------------------------------------------------------------------

_ROOTS = words_of("""
acro actino adeno aero agro allo ambi amylo andro angio aniso antho arbo archo argo astro auro axo baro bathy brachy
brady bryo calci carbo cardo caryo cephalo chemo chloro chromo chrono clado cono corti cosmo cryo crypto cyclo cyto
dactylo dendro dermo dextro diplo dynamo echo ecto elasto electro endo entero epi ergo erythro exo ferro fibro fluo
gastro geno geo glyco gono grano gyro halo haplo helio hemo hetero histo holo homo hydro hygro hyper hypo iono iso
karyo kerato kineto lepto leuko lipo litho lumo macro magneto mega melano meso meta metro micro mono morpho myco myelo
myo nano neo nephro neuro nucleo oculo oligo omni opto ortho osteo oxo paleo pan para patho pedo peri petro phago
pheno phono photo phyto pico plano plasmo pleo pluri pneumo poly proto pseudo psycho pyro quadri radio retro rheo
rhizo sarco sclero seismo somato spectro sphero steno stereo strato syn tauto techno tele tempo tetra thermo tono topo
toxi trans tropo turbo ultra uni vaso vibro visco vitro xeno xylo zoo zygo
""")
_ENDINGS = words_of("""
graphy metry lysis genesis plasm phore cline morph tropy taxis kinase mer ptide lith cyte stat scope gram zyme oid
phile derm blast nomy logy tide rin lide zone trope chore phage clast sphere gen dyne statin mab nide pathy phyll
""")


def made_up_word(number: int) -> str:
    """Return a word-like word for each number ≥ 0, another for each; small numbers give short words."""
    number, ending = divmod(number, len(_ENDINGS))
    word, shift = _ENDINGS[ending], 7 * ending
    while True:
        number, root = divmod(number, len(_ROOTS))
        shift += root  # the first roots of long words would else be few
        word = _ROOTS[shift % len(_ROOTS)] + word
        if not number:
            return word
        number -= 1
