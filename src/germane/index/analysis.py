"""How text becomes the words that are indexed and asked for: one way for documents, questions and evidence.

Words are folded to lower-case ASCII where that is possible and stemmed as English; names are only folded. Chinese and
Japanese text has no spaces, so each of its characters counts as a word. A compound with hyphens counts both as its
parts and as one word ("multi-agent": multi, agent, multiagent), so every spelling finds every other.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache

from tantivy import Filter, TextAnalyzer, TextAnalyzerBuilder, Tokenizer

MAX_WORD_BYTES = 60

_CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f"
_CJK_CHARACTER = re.compile(f"([{_CJK}])")
_WORD = re.compile(rf"[{_CJK}]|[^\W_{_CJK}]+")
_PLAIN_HYPHENS = str.maketrans("\u2010\u2011", "--")
_COMPOUND = re.compile(r"[^\W_]+(?:-[^\W_]+)+")
# Words that say nothing of a text's subject; a question may leave them out of what every answer must have.
_STOPS = (
    "a about after all also among an and any are as at be been before being between both but by can could did do does "
    "during each few for from further had has have having he her here his how however i if in into is it its itself "
    "may me might more most must my no nor not of off on once only or other our out over own per she should since so "
    "some such than that the their them then there therefore these they this those through thus to too under until up "
    "upon us very via was we were what when where whereas whether which while who whom whose why will with within "
    "without would yet you your"
)
# Words of every abstract: they tell no two articles apart, though a question may ask for them.
_ACADEMIC_WORDS = (
    "abstract aim approach article author background based conclude conclusion conclusions demonstrate describe "
    "different discuss discussed et al findings first show shows shown showed new novel objective obtain obtained "
    "paper present presented presents problem propose proposed proposes provide provided purpose recent recently "
    "report reported respectively result results second several significant significantly study studies suggest "
    "suggests three two one use used using usually well work works"
)
# The commonest words of French, German, Spanish, Portuguese and Italian that are no telling English words.
_FOREIGN_STOPS = (
    "au aux avec ce ces cette chez dans de des du elle elles en est et il ils la le les leur mais ne nous ont ou par "
    "pas pour que qui sa ses son sont sur une auf aus bei das dem den der des die ein eine einem einen einer eines "
    "für im ist mit nach nicht oder sich sind über um und von werden wie wird zu zum zur como con del el entre esta "
    "este las los más mas para pero por se sin su sus una uno ao aos com da das do dos em foi mais na nas no nos não "
    "os pela pelo ser são um uma alla che dei della delle di gli nel nella per più sono un una"
)
# Subject headings that say whom or how, and the broadest fields: two articles that share one have nothing in common.
# The first are MEDLINE's check tags and the designs that indexers add to them, the others the roots of OpenAlex.
_BROAD_SUBJECTS = (
    "adolescent|adult|aged|aged, 80 and over|animals|cats|cattle|chick embryo|child|child, preschool|cricetinae|dogs|"
    "female|guinea pigs|humans|human|infant|infant, newborn|male|mice|middle aged|pregnancy|rabbits|rats|swine|"
    "young adult|case-control studies|cohort studies|cross-sectional studies|double-blind method|follow-up studies|"
    "prospective studies|reproducibility of results|retrospective studies|risk factors|single-blind method|"
    "surveys and questionnaires|time factors|treatment outcome|"
    "art|biology|business|chemistry|computer science|economics|engineering|environmental science|geography|geology|"
    "history|materials science|mathematics|medicine|philosophy|physics|political science|psychology|sociology|"
    "internal medicine|intensive care medicine|family medicine|general medicine"
)


def _analyzer(*, is_stemmed: bool) -> TextAnalyzer:
    builder = TextAnalyzerBuilder(Tokenizer.simple()).filter(Filter.remove_long(MAX_WORD_BYTES))
    builder = builder.filter(Filter.lowercase()).filter(Filter.ascii_fold())
    return (builder.filter(Filter.stemmer("english")) if is_stemmed else builder).build()


WORDS = _analyzer(is_stemmed=True)
NAMES = _analyzer(is_stemmed=False)
STEMMED = TextAnalyzerBuilder(Tokenizer.whitespace()).build()  # of texts that are stems already
STOP_WORDS = frozenset(_STOPS.split())
DULL_STEMS = frozenset(WORDS.analyze(f"{_STOPS} {_ACADEMIC_WORDS} {_FOREIGN_STOPS}"))


def prepare(text: str) -> str:
    """Return the text as the analyzers want it: composed, and with spaces around characters that are words."""
    if text.isascii():
        return text
    text = storable(text)
    return _CJK_CHARACTER.sub(r" \1 ", unicodedata.normalize("NFKC", text))


def storable(text: str) -> str:
    """Return the text without lone surrogates, which UTF-8 has no bytes for."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def stems(text: str) -> list[str]:
    """Return the text's words, folded and stemmed, in order."""
    return WORDS.analyze(prepare(text))


def names(text: str) -> list[str]:
    """Return the text's words, folded but not stemmed, in order."""
    return NAMES.analyze(prepare(text))


def compounds(text: str) -> str:
    """Return the text's compounds with their hyphens taken out, separated by spaces."""
    if not text.isascii():
        text = text.translate(_PLAIN_HYPHENS)
    # only the words with a hyphen are looked at closely: most have none
    hyphened = " ".join([word for word in text.split() if "-" in word]) if "-" in text else ""
    return " ".join(sorted({match.replace("-", "") for match in _COMPOUND.findall(hyphened)}))


def phrase_key(phrase: str) -> str:
    """Return what two spellings of one phrase have in common: its stems, in order."""
    return " ".join(stems(phrase))


BROAD_SUBJECTS = frozenset(map(phrase_key, _BROAD_SUBJECTS.split("|")))


def words_in(text: str) -> Iterator[tuple[str, int, int]]:
    """Yield each word's stem with where the word begins and ends in the text."""
    for match in _WORD.finditer(text):
        stem = _stem(match.group())
        if stem:
            yield stem, match.start(), match.end()


def surfaces(texts: Iterable[str]) -> dict[str, str]:
    """Return, for every stem in the texts, the word as it is first written; lower-case spellings are preferred."""
    written: dict[str, str] = {}
    for text in texts:
        for stem, start, end in words_in(text):
            word = text[start:end]
            if stem not in written or (word.islower() and not written[stem].islower()):
                written[stem] = word
    return written


@lru_cache(maxsize=65_536)
def _stem(word: str) -> str:
    found = stems(word)
    return found[0] if len(found) == 1 else ""
