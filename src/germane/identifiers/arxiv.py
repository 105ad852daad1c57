"""arXiv identifiers, old and new, and what spreadsheets make of them."""

import re

from germane.identifiers.spelling import plain

_ARCHIVES = (
    "acc-phys|adap-org|alg-geom|ao-sci|astro-ph|atom-ph|bayes-an|chao-dyn|chem-ph|cmp-lg|comp-gas|cond-mat|cs|dg-ga"
    "|funct-an|gr-qc|hep-ex|hep-lat|hep-ph|hep-th|math-ph|math|mtrl-th|nlin|nucl-ex|nucl-th|patt-sol|physics|plasm-ph"
    "|q-alg|q-bio|quant-ph|solv-int|supr-con"
)
# https://info.arxiv.org/help/arxiv_identifier.html: four digits after the dot to 1412, five from 1501.
ARXIV = rf"(?:(?:{_ARCHIVES})(?:\.[a-z]{{2,4}}(?:-[a-z]{{2,4}})?)?/\d{{7}}|(?:\d{{4}}\.\d{{4,5}}))(?!\d)"
_ARXIV_WHOLE = re.compile(
    r"(?:https?://)?(?:(?:[a-z]+\.)*arxiv\.org/[a-z-]+/|(?:doi:\s*|(?:dx\.)?doi\.org/)?10\.(?:48550|65215)/)?"
    rf"(?:arxiv\s*[:.]\s*|arxiv\s+)?({ARXIV})(?:v(\d{{1,3}}))?(?:\.pdf)?(?:\s*\[[a-z.\-]+\])?",
    re.IGNORECASE,
)
_ARXIV_FLOAT = re.compile(r"(\d{3,4})\.(\d+)")


def normalize_arxiv(text: str) -> str | None:
    """Return the arXiv identifier that `text` spells, without version and subject class, or None.

    Repairs what a spreadsheet did only where one identifier can have been meant: a month whose leading zero is gone
    ("704.029": only a number loses it, and a number loses closing zeros, so 0704.0290) and the noise of floating point
    ("1501.0009599999998" is 1501.00096 to within 1e-12). "1204.029" may as well be cut short: None.
    """
    text = plain(text)
    whole = _ARXIV_WHOLE.fullmatch(text)
    if whole:
        return _check_arxiv(whole.group(1))
    broken = _ARXIV_FLOAT.fullmatch(text)
    return _repair_arxiv(broken.group(1), broken.group(2)) if broken else None


def _check_arxiv(value: str) -> str | None:
    value = value.lower()
    if "/" in value:
        archive, _, number = value.partition("/")
        return f"{archive.partition('.')[0]}/{number}" if _is_month(number[:4], old=True) else None
    month, _, number = value.partition(".")
    return value if _is_month(month) and len(number) == _n_digits(month) else None


def _is_month(yymm: str, *, old: bool = False) -> bool:
    if not "01" <= yymm[2:] <= "12":
        return False
    return (yymm >= "9107" or yymm <= "0703") if old else "0704" <= yymm < "9107"


def _n_digits(yymm: str) -> int:
    return 4 if yymm <= "1412" else 5


def _repair_arxiv(month: str, fraction: str) -> str | None:
    lost_zero = len(month) == 3
    month = month.zfill(4)
    if not _is_month(month):
        return None
    n_digits = _n_digits(month)
    if len(fraction) > 8:
        number = round(float(f"0.{fraction}"), n_digits)
        near = abs(number - float(f"0.{fraction}")) < 1e-9 and number < 1
        return f"{month}.{number:.{n_digits}f}".replace(".0.", ".") if near else None
    return f"{month}.{fraction:0<{n_digits}}" if lost_zero and len(fraction) <= n_digits else None


def arxiv_version(text: str) -> int | None:
    """Return the version that an arXiv identifier or address names ("1501.00001v2" → 2), or None."""
    whole = _ARXIV_WHOLE.fullmatch(plain(text))
    return int(whole.group(2)) if whole and whole.group(2) else None
