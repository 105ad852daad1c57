"""Folding for comparison, sentences, language, excerpts. Plain text in, plain text out."""

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache

_NOT_WORD = re.compile(r"[^a-z0-9]+")
_NOT_WORD_CHAR = re.compile(r"[\W_]")
_SPACES = re.compile(r"\s+")
# Letters that no decomposition takes apart.
_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h", "ŋ": "ng", "ŧ": "t"}
)
# Marks that are diacritics; those of Indic scripts, Arabic or kana are letters' parts and stay.
_DIACRITIC = re.compile(r"[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+")


def fold(text: str) -> str:
    """Return `text` for comparison: NFKC, case folded, no diacritics, punctuation to spaces, single spaces."""
    if text.isascii():
        return _NOT_WORD.sub(" ", text.lower()).strip()
    return _fold_unicode(text)


def _fold_unicode(text: str) -> str:
    text = unicodedata.normalize("NFKD", text).casefold()
    text = unicodedata.normalize("NFC", _DIACRITIC.sub("", unicodedata.normalize("NFKD", text)))
    text = text.translate(_LETTERS)
    if text.isascii():
        return _NOT_WORD.sub(" ", text.lower()).strip()
    text = _NOT_WORD_CHAR.sub(lambda m: m[0] if unicodedata.category(m[0])[0] == "M" else " ", text)
    return _SPACES.sub(" ", text).strip()


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# A full stop after one of these ends no sentence.
_ABBREVIATIONS = _words(
    "al approx ca cf co corp dr e.g ed eds eg eq eqs esp est etc fig figs i.e ie inc jr lab ltd max min mr mrs ms no "
    "nos p pp prof ref refs resp sec sect sp spp sr st suppl u.k u.s u.s.a var vol vols vs viz dept univ ph.d "
    "bzw z.b d.h usw jan feb mar apr jun jul aug sep sept oct nov dec"
)
_SENTENCE_END = re.compile(r"(?:[.!?]+[\"'”’)\]]*(?=\s+[\"'“‘(\[]?[^\sa-zà-ÿ])|[。！？]+[」』）]*)\s*")
_LAST_WORD = re.compile(r"([^\s(\[\"'“‘]+?)\.+[\"'”’)\]]*\s*$")


def sentences(text: str) -> list[str]:
    """Return the sentences of plain text, in order; joined by spaces they are the text again (spaces collapsed)."""
    text = " ".join(text.split())
    found = []
    start = 0
    for end in _SENTENCE_END.finditer(text):
        if end[0].startswith(".") and _is_abbreviation(text[max(start, end.start() - 30) : end.end()]):
            continue
        found.append(text[start : end.end()].strip())
        start = end.end()
    if text[start:].strip():
        found.append(text[start:].strip())
    return found


def _is_abbreviation(before: str) -> bool:
    word = _LAST_WORD.search(before)
    if word is None:
        return False
    last = word[1]
    return last.lower() in _ABBREVIATIONS or (len(last) == 1 and last.isalpha() and last.isupper())


_ENGLISH = _words(
    "the of and in to a is for we that with by this are on as be from an at which our results can or was were it "
    "these have has not their between using"
)
_KANA = re.compile(r"[\u3041-\u3096\u30a1-\u30fa]{2}")
_HANGUL = re.compile(r"[\uac00-\ud7a3]{2}")
_OTHER = _words("de la le les des et une der die und das den el los las que en il di che o os não do da og i na")


def detect_language(text: str) -> str:
    """Return the ISO 639-1 code of the language of plain text, or "" when the text is too short to be sure."""
    words = text[:1000].lower().split()
    if len(words) >= 12:
        n_english = sum(map(_ENGLISH.__contains__, words))
        n_other = sum(map(_OTHER.__contains__, words))
        if n_english >= 0.2 * len(words) and n_other < 0.25 * n_english:
            return "en"
    if _KANA.search(text):
        return "ja"
    if _HANGUL.search(text):
        return "ko"
    if len(words) < 4 and sum(map(str.isalpha, text)) < 20:
        return ""
    language, probability = _classifier()(text[:2000])
    return language if probability >= 0.9 and len(language) == 2 else ""


@lru_cache(maxsize=1)
def _classifier() -> Callable[[str], tuple[str, float]]:
    # Here, because the library and its model take about a second to load, and English needs neither.
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # type: ignore[import-untyped]

    classify: Callable[[str], tuple[str, float]] = LanguageIdentifier.from_model_file(
        MODEL_FILE, norm_probs=True
    ).classify
    return classify


def excerpt(text: str, limit: int = 200) -> str:
    """Return plain text of at most `limit` characters, cut at a word and then closed by "…"."""
    text = " ".join(text.split())
    if len(text) <= limit:
        return text
    cut = text[: max(limit - 1, 0)]
    if not text[len(cut)].isspace() and (space := cut.rfind(" ")) > limit // 2:
        cut = cut[:space]
    return cut.rstrip(" ,;:.–—-(") + "…" if limit > 0 else ""
