"""Titles as two sources write them: what of a title is compared, and how far two of them agree."""

import re
from functools import lru_cache
from typing import Literal

from msgspec import Struct
from rapidfuzz.fuzz import ratio

from germane.text import fold, plain_text

Agreement = Literal["equal", "part", "near", "similar", "different"]
Role = Literal["", "correction", "retraction", "comment", "reply", "review", "supplement"]


class Title(Struct, frozen=True):
    """A title, taken apart."""

    role: Role  # what the article is to another one, when its title says so ("Comment on …")
    words: tuple[str, ...]  # content words, one spelling for British and American, singular
    compact: str  # all words without spaces: where words are parted makes no difference
    parts: tuple[str, ...]  # compact main title and rest, where there are such
    numbers: tuple[str, ...]  # what numbers it has: "Part II", "2019"
    is_generic: bool  # it says too little to tell an article from another


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_STOP = _words(
    "a an and as at by for from in into is its of on or the to via with de der des die das du el et la le les und"
)
_ARTICLES = _words("a an the")
_GREEK_NAMES = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho sigma sigma tau upsilon "
    "phi chi psi omega"
)
_GREEK = dict(zip("αβγδεζηθικλμνξοπρσςτυφχψω", _GREEK_NAMES.split(), strict=True))
_GREEK_LETTER = re.compile("[" + "".join(_GREEK) + "]")
# Commands that say how a formula looks, and not what it says.
_TEX_LOOKS = re.compile(
    r"\\(?:math(?:bb|bf|cal|frak|it|rm|scr|sf|tt)|text(?:bf|it|rm|sc|sf|sl|sc|tt)?|operatorname\*?|emph|boldsymbol|bm|"
    r"bar|hat|tilde|vec|overline|widehat|widetilde|left|right|big|Big|rm|bf|it|em|cal|mbox|hbox|ensuremath|"
    r",|;|!|:| )(?![a-zA-Z])"
)
_TEX_ACCENT = re.compile(r"\\(?:['`^\"~=.]|[cvuHkrdb](?=[\s{]))\s*\{?\s*\\?([A-Za-z])\}?")
_TEX_GLUE = re.compile(r"[${}^_]")
_VARIANT = re.compile(r"var(?=epsilon|theta|phi|rho|sigma|pi)")
_LABEL = re.compile(
    r"^(?:(?:\[?\s*(?:retracted|withdrawn|removed)(?: (?:article|paper|chapter))?\s*\]?\s*[:.\-–—]?\s*)+"
    r"|(?:original (?:article|paper|research)|research (?:article|paper)|review article|short communication)"
    r"\s*[:.\-–—]\s*)",
    re.IGNORECASE,
)
_TRAILER = re.compile(
    r"\s*(?:[(\[]\s*(?:extended|full|long|short|preliminary|technical|expanded|complete|revised|working|journal|"
    r"conference|draft|arxiv|invited|with (?:supplement|appendi)|student|abstract|demo|preprint|poster|late.breaking)"
    r"[^()\[\]]{0,40}[)\]]|[:.,\-–—]+\s*(?:extended|full|technical) (?:version|abstract|report))\s*\.?$",
    re.IGNORECASE,
)
_ROLE_PATTERNS: dict[Role, str] = {
    "correction": (
        r"(?:author |publisher(?:'s|’s)? |editor(?:ial|'s|’s)? )?"
        r"(?:correction|corrigend(?:um|a)|errat(?:um|a)|addendum)\b(?: (?:to|for|on|note|notice)\b.*"
        r"|\s*[:.\-–—\[(].*|$)|.*[:.(\[\-–—] ?(?:erratum|corrigendum|correction)[)\].]*$"
    ),
    "retraction": (
        r"(?:notice of )?(?:partial )?(?:retraction|withdrawal)(?: (?:note|notice|of|to|for)\b.*| ?[:.\-–—].*|$)"
        r"|(?:editorial )?expressions? of concern\b.*"
    ),
    "reply": (
        r"(?:authors?(?:'s|’s|'|’)? )?(?:in )?(?:reply|response|rejoinder|rebuttal)\b"
        r"(?: (?:to|by|from)\b.*| ?[:.\-–—].*|$)"
    ),
    "comment": (
        r"(?:a |some )?(?:comments?|commentary|remarks?|discussion)\b(?: (?:on|to|about|of|by)\b.*| ?[:.].*|$)"
        r"|letter to the editor\b.*|.*[:.(\[] ?(?:comment|discussion)[)\].]*$"
    ),
    "review": (
        r"(?:book review|peer review|review for|referee report|decision letter|review of)\b(?!.*\bliterature\b).*"
    ),
    "supplement": (
        r"(?:online |electronic )?supplement(?:ary|al)? (?:material|information|data|file|table|figure|appendix)s?"
        r"\b(?: (?:to|for)\b.*| ?[:.].*|$)|(?:supplement|appendix) (?:to|for)\b.*"
        r"|(?:data|dataset|code|software|slides|poster) (?:for|from|of|to):? .*"
    ),
}
_ROLES = {role: re.compile(pattern, re.IGNORECASE) for role, pattern in _ROLE_PATTERNS.items()}
# Without one of these in it no title has a role: the patterns are dear, and nearly all titles have none.
_ROLE_WORDS = _words(
    "correction corrigendum corrigenda erratum errata addendum retraction withdrawal concern reply response rejoinder "
    "rebuttal comment comments commentary remark remarks discussion letter review referee decision supplement "
    "supplementary supplemental supplementals appendix data dataset code software slides poster"
)
_TRAILER_WORDS = _words("version abstract report")
_SPLIT = re.compile(r"\s*(?::|\?|!|\.(?=\s)|;|\s[-–—]+\s|---?|—|\s\()\s*")
_ROMAN = dict(zip("ii iii iv vi vii viii ix xi xii xiii".split(), "2 3 4 6 7 8 9 11 12 13".split(), strict=True))  # noqa: SIM905
_ROMAN_AFTER = {"i": "1", "v": "5", "x": "10"}
_COUNTED = _words(
    "part parts vol volume chapter section paper book series number no study phase type lecture episode teil partie"
)
_DIGIT = re.compile(r"\d")
_ORDINALS = _words(
    "first second third fourth fifth sixth seventh eighth ninth tenth one two three four five six seven eight nine ten"
)
_GENERIC = _words(
    "about abroad abstract abstracts acknowledgement acknowledgment announcement annual appendix association author "
    "back bibliography board book call chair chapter comment commentary conclusion conference content contents "
    "contributor copyright correction correspondence corrigendum cover credit current discussion editor editorial "
    "epilogue errata erratum event examination foreword front guest home in index information international "
    "introduction invited issue journal keynote lecture letter list masthead material matter meeting member memoriam "
    "message miscellaneous name new news note notice obituary opening our overview page paper part participant poster "
    "preface president proceeding program programme prologue publication question reader reference remark reply "
    "report research response review reviewer section session speaker special subject summary supplement survey "
    "symposium table talk task thank thanks this title track tutorial update volume welcome workshop year your"
)
_SPELLINGS = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r"(?<=[a-z]{3})ies$", "y"),
        (r"(?<=ss|sh|ch)es$", ""),
        (r"(?<=[a-z]{3})(?<![su])s$", ""),
        (r"[iy]s(?=(?:e|ed|er|ing|able|ation|ational)$)", "iz"),
        (r"yz(?=(?:e|ed|er|ing)$)", "iz"),
        (r"our", "or"),
        (r"[ao]e", "e"),
        (r"(?<=[bt])re$", "er"),
        (r"ogue", "og"),
        (r"ll", "l"),
        (r"sulph", "sulf"),
        (r"programme", "program"),
    )
)
_COLLAPSED = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in ((r"[iy][sz](?=e|ing|able|ation)", "iz"), (r"our", "or"), (r"[ao]e", "e"), (r"ll", "l"))
)
_FILLERS = _words(
    "approach case extend extended version revised novel new improved efficient toward towards exploring problem study "
    "method using based through over under between their some our an very general more further technical report "
    "preliminary survey analysis"
)


@lru_cache(maxsize=8192)
def take_apart(markup: str) -> Title:
    """Return what of a title (clean markup, TeX in it or not) is compared."""
    text = _text(markup)
    text = _LABEL.sub("", text, count=1) or text
    folded = fold(text).split()
    role: Role = ""
    if not _ROLE_WORDS.isdisjoint(folded):
        role = next((role for role, pattern in _ROLES.items() if pattern.fullmatch(text)), "")
    if "(" in text or "[" in text or not _TRAILER_WORDS.isdisjoint(folded):
        text = _TRAILER.sub("", text) or text
        folded = fold(text).split()
    tokens = _number_words(folded)
    words = tuple(_spell(token) for token in tokens if token not in _STOP)
    parts = _parts(text)
    telling = [
        word
        for word in words
        if word not in _GENERIC and not word.isdigit() and word not in _ORDINALS and len(word) > 1
    ]
    return Title(
        role=role,
        words=words,
        compact=_compact(tokens),
        parts=parts,
        numbers=tuple(sorted(word for word in words if _is_number(word))),
        is_generic=len(telling) < 2 or (len(telling) < 3 and sum(map(len, telling)) < 12),
    )


def _text(markup: str) -> str:
    text = plain_text(markup)
    if "\\" in text or "$" in text:
        text = _TEX_ACCENT.sub(r"\1", text)
        text = _TEX_LOOKS.sub("", text)
        text = _TEX_GLUE.sub("", text).replace("\\", " ")
        text = _VARIANT.sub("", text)
    if not text.isascii():
        text = _GREEK_LETTER.sub(lambda letter: _GREEK[letter[0]], text.replace("Α", "α"))
    return text


def _number_words(tokens: list[str]) -> list[str]:
    """Write roman numerals as numbers where they count something: "Part I", "… II"."""
    written = []
    for position, token in enumerate(tokens):
        counts = position > 0 and (tokens[position - 1] in _COUNTED or position == len(tokens) - 1)
        if token in _ROMAN:
            token = _ROMAN[token]
        elif counts and token in _ROMAN_AFTER:
            token = _ROMAN_AFTER[token]
        elif token.isdigit():
            token = token.lstrip("0") or "0"
        written.append(token)
    return written


def _is_number(word: str) -> bool:
    return word in _ORDINALS or _DIGIT.search(word) is not None


def _compact(tokens: list[str]) -> str:
    compact = "".join(tokens[1:] if len(tokens) > 1 and tokens[0] in _ARTICLES else tokens)
    for pattern, replacement in _COLLAPSED:
        compact = pattern.sub(replacement, compact)
    return compact


@lru_cache(maxsize=65536)
def _spell(word: str) -> str:
    if len(word) < 4 or not word.isascii() or not word.isalpha():
        return word
    for pattern, replacement in _SPELLINGS:
        word = pattern.sub(replacement, word)
    return word


def _parts(text: str) -> tuple[str, ...]:
    """Return the compact main title and subtitle, of which each says enough to stand alone, or nothing."""
    pieces = _SPLIT.split(text, maxsplit=1)
    if len(pieces) < 2:
        return ()
    compacts = []
    for piece in pieces:
        tokens = _number_words(fold(piece).split())
        telling = [token for token in tokens if token not in _STOP and token not in _GENERIC and not _is_number(token)]
        compacts.append(_compact(tokens) if len(telling) >= 3 and sum(map(len, telling)) >= 16 else "")
    return tuple(compacts)


def agreement(a: Title, b: Title) -> Agreement:
    """Return how far two titles agree.

    "equal" but for spelling and typography; "part": one lacks the other's subtitle; "near": they differ in a word's
    spelling or in words that say nothing; "similar": in more, so that authors alone cannot tell; else "different".
    """
    if a.compact == b.compact or a.words == b.words:
        return "equal"
    if a.numbers != b.numbers:
        return "different"
    if (a.parts and a.parts[0] == b.compact) or (b.parts and b.parts[0] == a.compact):
        return "part"
    only_a = [word for word in a.words if word not in b.words]
    only_b = [word for word in b.words if word not in a.words]
    n_shared = len(set(a.words) & set(b.words))
    if n_shared >= 3 and _is_small(only_a, only_b):
        return "near"
    alike = ratio(a.compact, b.compact)
    if (
        alike >= 96
        and n_shared >= 3
        and not any(map(_is_number, only_a + only_b))
        and abs(len(a.compact) - len(b.compact)) <= 1
    ):
        return "near"
    return "similar" if alike >= 75 and n_shared >= 3 else "different"


def _is_small(only_a: list[str], only_b: list[str]) -> bool:
    if any(map(_is_number, only_a + only_b)) or len(only_a) > 2 or len(only_b) > 2:
        return False
    if all(word in _FILLERS for word in only_a + only_b):
        return True
    return len(only_a) == len(only_b) and all(
        min(len(x), len(y)) >= 6 and x[0] == y[0] and x[-3:] == y[-3:] and ratio(x, y) >= 88
        for x, y in zip(sorted(only_a), sorted(only_b), strict=True)
    )


def rare_words(title: Title) -> list[str]:
    """Return the content words that tell most, the longest first: length stands for rarity."""
    telling = {word for word in title.words if word not in _FILLERS and word not in _GENERIC}
    return sorted(telling, key=lambda word: (-len(word), word))
