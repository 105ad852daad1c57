"""Write a language as ISO 639-1, from the codes and English names that sources give."""

import re

# ISO 639-1, its 639-2 codes (both of them where they differ), the English name and the language's own.
_TABLE = """
af afr afrikaans|ar ara arabic|az aze azerbaijani|be bel belarusian|bg bul bulgarian|bn ben bengali|bs bos bosnian
ca cat catalan|cs ces cze czech čeština|cy cym wel welsh|da dan danish dansk|de deu ger german deutsch|el ell gre greek
en eng english|eo epo esperanto|es spa spanish español castilian|et est estonian|eu eus baq basque|fa fas per persian
fi fin finnish suomi|fr fra fre french français|ga gle irish|gl glg galician|he heb hebrew|hi hin hindi
hr hrv scr croatian|hu hun hungarian magyar|hy hye arm armenian|id ind indonesian|is isl ice icelandic
it ita italian italiano|ja jpn japanese 日本語|ka kat geo georgian|kk kaz kazakh|ko kor korean|la lat latin
lt lit lithuanian|lv lav latvian|mk mkd mac macedonian|mn mon mongolian|ms msa may malay|nb nob|nl nld dut dutch
nn nno|no nor norwegian norsk|pl pol polish polski|pt por portuguese português|ro ron rum romanian|ru rus russian
sk slk slo slovak|sl slv slovenian slovene|sq sqi alb albanian|sr srp scc serbian|sv swe swedish svenska|sw swa swahili
ta tam tamil|th tha thai|tr tur turkish türkçe|uk ukr ukrainian|ur urd urdu|uz uzb uzbek|vi vie vietnamese
zh zho chi chinese 中文
"""
_CODES = {word: row.split()[0] for row in re.split(r"[|\n]", _TABLE) if row.split() for word in row.split()}
_CODE = re.compile(r"[a-z]{2,3}")
_UNKNOWN = frozenset({"und", "mul", "zxx", "mis", "un"})


def language_code(text: str) -> str:
    """Return "en" for "eng", "English", "en-US" or "EN"; another code of two or three letters as it is; else ""."""
    word = re.split(r"[-_;,/ ]", text.strip().lower(), maxsplit=1)[0]
    if word in _CODES:
        return _CODES[word]
    return word if _CODE.fullmatch(word) and word not in _UNKNOWN else ""
