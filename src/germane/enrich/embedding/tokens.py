"""Text → the words that the static embedding knows: lower case, accents folded, Greek letters by their names."""

import re
import unicodedata

_TOKEN = re.compile(r"[^\W_]+(?:-[^\W_]+)*")
_MARKS = re.compile("[\u0300-\u036f]")
# Letters that Unicode does not take apart, and dashes.
_FOLDED = str.maketrans(
    {
        **dict.fromkeys("‐‑‒–—−", "-"),
        **dict(zip("øłđıħŧð", "oldihtd", strict=True)),
        "æ": "ae",
        "œ": "oe",
        "ß": "ss",
        "þ": "th",
    }
)
_LONE_GREEK = re.compile(r"(?<![\u0370-\u03ff])[α-ω](?![\u0370-\u03ff])")


def read_words(text: str) -> list[str]:
    """Return the words of a text in their order, with repetitions.

    A compound gives its parts and the whole without hyphens: "COVID-19" gives covid, 19 and covid19, so that all its
    spellings meet.
    """
    words = []
    for token in _TOKEN.findall(fold(text)):
        if "-" in token:
            parts = token.split("-")
            words += parts
            words.append("".join(parts))
        else:
            words.append(token)
    return words


def fold(text: str) -> str:
    """Return the text in lower case without accents; single Greek letters by their names (1β → 1beta)."""
    if text.isascii():
        return text.lower()
    text = unicodedata.normalize("NFKD", text).lower()  # in this order, since NFKD brings capitals: ™, ℝ
    text = _MARKS.sub("", text).translate(_FOLDED)
    return text if text.isascii() else _LONE_GREEK.sub(_name_letter, text)


def _name_letter(greek: re.Match[str]) -> str:
    """Return what other authors write in full: β → beta, λ (Unicode's LAMDA) → lambda."""
    return unicodedata.name(greek[0]).rsplit(" ", 1)[-1].lower().replace("lamda", "lambda")
