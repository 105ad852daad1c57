"""The patterns of sentences and titles, as arrays of codes: what to fill in, or which function word stands there.

In the patterns N is a noun, A an adjective, T a word from anywhere, P a phrase of the topic (two nouns), Q one with its
adjective, R an adverb, # a number; VB, VS, VD and VG are a verb's forms. A sentence is an opening, a main clause and a
tail. Every sentence has at least seven words to fill in, so that none is written twice.
"""

from itertools import chain, groupby, product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from germane.synth import words_of
from germane.synth.chance import Bits, Numbers

NOUN, ADJECTIVE, ANY, FIRST, SECOND, THIRD, NUMBER, ADVERB = range(8)
VERB = 8  # and the three after it: base, -s, -ed, -ing
LITERAL = 12  # and those after it: places in LITERALS

OPENINGS = """
In recent years , | Despite A progress in N , | With the growing use of P , | Although A N has been VD , |
In A N , | As P VS A N , | Since the N of P is A , | Over the last # years , | For many A N , | Because of its A N ,
"""
TRANSITIONS = """
|  |  |  | To this end , | However , | Moreover , | In addition , | Using A N , | After VG P , |
Compared with A P , | In contrast to N , | Among # A N , | Based on N and P , | For each N , | Here , |
By VG the A N , | When N is VD , | Unlike A N , | At the level of P , | During N , | To VB the N , | As a result ,
"""
CLOSINGS = """
| Overall , | Taken together , | In conclusion , | These results suggest that | Our findings indicate that |
We conclude that | This implies that | Finally , | The N suggests that | It follows that
"""
CLAUSES = """
we VB a Q for T N | the P of T N VS the A N | T N and P were VD in A N | the A P VS T N and N |
we VB how T N VS the Q | P is R VD by the T N of N | there is a A N between P and T N | the N of T P was # |
a A Q was VD to VB T N | our P R VS the A N of T N | we VB that T P can be VD from A N |
it is R known that the P VS A T N | a N of # T N with A P was VD | both P and T N VS A N |
the T N is VD as a Q of N | we have VD # T N with P and A N | the A N of T P VS the N | T P has been VD as a A N |
we R VB the N of Q and T N | the Q is VD to T N | little is known about the P of A T N |
the use of T N in P VS A N | P , N and T N are VD by A N | a new A N for T P is VD |
the effect of T P on A N was R VD | we VB and VB the A P of T N | this N VS the T Q of N |
the T P did not VB the A N | A N were more R VD in T N than in P | changes in T P were VD with A N |
the proposed P VS T N | we VB T N by VG the Q | these A P VB the N of T N | several A N of P have been VD for T N |
the N VD in T N were A P | one of the A N of P is the T N
"""
TAILS = """
in A N | by VG P and N | across # N of A N | with respect to P and N | and VS the A N of P | at the N of A N |
for N and A N | while VG the A N | which VS the N of P | as well as A N and N | with a N of # for P |
without VG A N or N | under A N of N | from # A N | when the N of P is A | , and the N of A N was VD |
than the A N of P | , but not in A N | over a wide range of A N | because the A P is VD | that are VD by N and A N |
, with # N in the A N | on the basis of A P | , where the N VS A N | through the N of A P | in the presence of A N |
within the A N and its N | , with # A N and # P
"""
HEADS = "P | Q | T P | A N | T N | VG P | VG A N | P and N | A P | the P | the A N | on the N | N , N and N | a A P"
LINKS = """
of N | of P | for T N | for A N | in A N | in P | with T P | by A N | using Q | and T N | from N to A N | : a A N |
: the N of P | under T N | for VG A P | via P | based on A N | as a N of A N | : P , N and T N | and its N in A N |
in the A N of P | through VG T N | among # A N | with A N and P
"""

_VERBS = words_of("""
show investigate demonstrate describe evaluate compare present examine analyze develop introduce explore observe
measure determine estimate predict improve reduce increase suggest identify assess detect reveal confirm explain model
support influence enhance extend characterize validate implement consider discuss address propose study test report
obtain affect limit control modify relate link produce generate select apply solve design combine capture represent
learn exhibit yield perform address optimize simulate induce inhibit activate express preserve integrate encode
transform quantify approximate infer classify recover compute
""")
_IRREGULAR = {"show": ("shows", "shown", "showing"), "learn": ("learns", "learned", "learning")}
_DOUBLING = {"control"}
ADVERBS = words_of("""
significantly strongly widely often commonly largely highly clearly partly mainly rapidly consistently recently
previously directly carefully jointly independently efficiently easily accurately closely typically rarely
""")

_SLOTS = {"N": [NOUN], "A": [ADJECTIVE], "T": [ANY], "P": [SECOND, THIRD], "Q": [FIRST, SECOND, THIRD], "#": [NUMBER]}
_SLOTS |= {"R": [ADVERB], "VB": [VERB], "VS": [VERB + 1], "VD": [VERB + 2], "VG": [VERB + 3]}
PUNCTUATION = (",", ".", ":")  # stand right after the word before them
MAX_TITLE_WORDS = 26


def _forms(verb: str) -> tuple[str, str, str, str]:
    if verb in _IRREGULAR:
        return (verb, *_IRREGULAR[verb])
    if verb.endswith("e"):
        return verb, f"{verb}s", f"{verb}d", f"{verb[:-1]}ing"
    if verb.endswith("y") and verb[-2] not in "aeiou":
        return verb, f"{verb[:-1]}ies", f"{verb[:-1]}ied", f"{verb}ing"
    stem = verb + verb[-1] if verb in _DOUBLING else verb
    return verb, f"{verb}{'es' if verb.endswith(('s', 'sh', 'ch', 'x')) else 's'}", f"{stem}ed", f"{stem}ing"


VERBS = [_forms(verb) for verb in dict.fromkeys(_VERBS)]


class Patterns(NamedTuple):
    """Patterns one after the other: `codes` of all, where each begins, how many codes it has, how many are words."""

    codes: NDArray[np.int16]
    begins: Numbers
    lengths: Numbers
    n_words: Numbers

    def choose(self, bits: Bits) -> Numbers:
        """Return a pattern for each, all equally likely."""
        return (bits % np.uint64(len(self.begins))).astype(np.int64)


def _split(text: str) -> list[str]:
    return [" ".join(part.split()) for part in text.split("|")]


def _tokens(text: str) -> list[str]:
    """Return a pattern's words to fill in, and between them what stands there, as one: ["the", "P", "of the", "A"]."""
    found: list[str] = []
    for is_slot, group in groupby(text.split(), _SLOTS.__contains__):
        words = list(group)
        found += words if is_slot else [" ".join(words)]
    return found


def _title_texts() -> list[list[str]]:
    """Return patterns of titles by their number of words, 0 … MAX_TITLE_WORDS."""
    found: list[list[str]] = [[] for _ in range(MAX_TITLE_WORDS + 1)]
    heads, links = _split(HEADS), _split(LINKS)
    for n_links in range(4):
        for turn, parts in enumerate(product(heads, *[links] * n_links)):
            if n_links == 3 and turn % 97:
                continue  # there are enough of them
            text = " ".join(parts)
            length = sum(len(_SLOTS.get(word, "1")) for word in text.split() if word not in PUNCTUATION)
            if length <= MAX_TITLE_WORDS and ("T" in text.split() or length < 4) and text.count(":") < 2:
                found[length].append(text)
    for length in range(18, MAX_TITLE_WORDS + 1):
        found[length] += [f"{a} {b}" for a, b in zip(found[length - 8], found[8], strict=False) if ":" not in b]
    return [texts[:: max(1, len(texts) // 400)] or ["T P"] for texts in found]


_GROUPS = [_split(text) for text in (OPENINGS, TRANSITIONS, CLOSINGS, CLAUSES, TAILS, ".")]
_TITLES = _title_texts()
_TEXTS = [*chain.from_iterable(_GROUPS), *chain.from_iterable(_TITLES)]
LITERALS = sorted({token for text in _TEXTS for token in _tokens(text)} - _SLOTS.keys())
_PLACES = {literal: LITERAL + place for place, literal in enumerate(LITERALS)}


def _compile(texts: list[str]) -> Patterns:
    """Return the arrays of patterns written as above."""
    coded = [[code for token in _tokens(text) for code in _SLOTS.get(token) or [_PLACES[token]]] for text in texts]
    lengths = np.array([len(codes) for codes in coded])
    n_words = [sum(len(_SLOTS.get(w, "1")) for w in text.split() if w not in PUNCTUATION) for text in texts]
    codes = np.array([code for codes in coded for code in codes], dtype=np.int16)
    return Patterns(codes, np.concatenate([[0], np.cumsum(lengths)[:-1]]), lengths, np.array(n_words))


OPENING, TRANSITION, CLOSING, CLAUSE, TAIL, STOP = map(_compile, _GROUPS)
WORDS_A_SENTENCE = float(CLAUSE.n_words.mean() + TAIL.n_words.mean() + TRANSITION.n_words.mean())
TITLE = _compile(list(chain.from_iterable(_TITLES)))
TITLE_BEGINS: Numbers = np.cumsum([0, *map(len, _TITLES)])
"""Where in TITLE those of each number of words begin, and end: (MAX_TITLE_WORDS + 2,)."""
