"""Write a date as ISO 8601, cut short where it is not known further, from what sources give."""

import re
from collections.abc import Sequence
from math import isfinite

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan january janvier januar enero",
            "feb february février februar febrero",
            "mar march mars märz marzo",
            "apr april avril abril",
            "may mai mayo",
            "jun june juin juni junio",
            "jul july juillet juli julio",
            "aug august août agosto",
            "sep sept september septembre septiembre",
            "oct october octobre oktober octubre",
            "nov november novembre noviembre",
            "dec december décembre dezember diciembre",
        ),
        start=1,
    )
    for name in names.split()
}
_ISO = re.compile(r"\s*(\d{4})(?:[-/.](\d{1,2})(?:[-/.](\d{1,2}))?)?(?![\d])")
_COMPACT = re.compile(r"\s*((?:1[5-9]|20)\d\d)([01]\d)([0-3]\d)(?!\d)")
_YEAR = re.compile(r"(?<!\d)(1[4-9]\d\d|20\d\d)(?!\d)")
_WORD = re.compile(r"[^\W\d_]+")
_DAY = re.compile(r"(?<!\d)([0-3]?\d)(?:st|nd|rd|th)?(?!\d)")


def iso_date(year: int, month: int = 0, day: int = 0) -> str:
    """Return the date as far as its parts make sense: "2021", "2021-03" or "2021-03-09"; "" without a year."""
    if not 1000 <= year <= 2999:
        return ""
    if not 1 <= month <= 12:
        return f"{year}"
    if not 1 <= day <= _days_in(year, month):
        return f"{year}-{month:02}"
    return f"{year}-{month:02}-{day:02}"


def date_from_parts(parts: Sequence[object]) -> str:
    """Return the date of Crossref's and CSL's `date-parts` ([2021, 3], ["2021"], [null])."""
    numbers = [_number(part) for part in [*parts, 0, 0, 0][:3]]
    return iso_date(*numbers)


def date_from_text(text: str) -> str:
    """Return the date in "2021-03-09T10:00Z", "2021/03/09/", "20210309", "9 March 2021", "Mar 9, 2021", "Spring 2021".

    A date that is none ("2021-02-30") is cut short to the part that is one.
    """
    match = _COMPACT.match(text) or _ISO.match(text)
    if match and (match[2] or not _WORD.search(text)):
        return iso_date(*(int(part) for part in match.groups(default="0")))
    year = _YEAR.search(text)
    if year is None:
        return ""
    rest = f"{text[: year.start()]} {text[year.end() :]}"
    month = next((_MONTHS[word] for word in _WORD.findall(rest.lower()) if word in _MONTHS), 0)
    day = _DAY.search(rest) if month else None
    return iso_date(int(year[1]), month, int(day[1]) if day else 0)


def _number(part: object) -> int:
    if isinstance(part, int | float):
        return int(part) if not isinstance(part, bool) and isfinite(part) else 0
    return int(part) if isinstance(part, str) and part.strip().isdecimal() else 0


def _days_in(year: int, month: int) -> int:
    if month == 2:
        return 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    return 30 if month in (4, 6, 9, 11) else 31
