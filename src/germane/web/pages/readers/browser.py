"""Likes without an account: they live in the reader's browser, and nothing of them is kept or logged here.

A browser with scripts keeps them in its storage, and posts them where something is to be made of them: `likes=1.2.3`,
each perhaps with the day since when, `1@2026-11-20`. A browser without scripts keeps them in a cookie, which is set
when its reader presses Like, and is sent to the few addresses below `/like` and `/you` alone.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from http.cookies import Morsel

from django.conf import settings
from django.http import HttpRequest, HttpResponse

COOKIE = "germane_likes"
PATHS = ("/like", "/you")  # a cookie has one path: there are two of them, with the same content
MAX_COOKIE = 3_000  # characters
MAX_LIKES = 5_000  # that are read of what a browser posts
_FIRST_DAY = datetime(2026, 1, 1, tzinfo=UTC)  # nobody liked anything here before
_AGE_S = 400 * 86_400  # the longest that browsers keep a cookie (RFC 6265bis)
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_LIKE = re.compile(r"([0-9]{1,18})(?:@([0-9]{4}-[0-9]{2}-[0-9]{2}))?")


def read_browser_likes(request: HttpRequest) -> dict[int, datetime | None]:
    """Return the likes that a browser sent, posted or in its cookie: articles' numbers, the newest first.

    With each the day since when, if the browser said so. What cannot be understood is left out.
    """
    posted = read_posted(request.POST.get("likes", "")) if request.method == "POST" else {}
    return posted | {number: None for number in read_cookie(request) if number not in posted}


def read_posted(text: str) -> dict[int, datetime | None]:
    """Return the likes of a posted field, "1.2@2026-11-20.3", in their order."""
    likes: dict[int, datetime | None] = {}
    for part in text[: MAX_LIKES * 32].split(".")[:MAX_LIKES]:
        if found := _LIKE.fullmatch(part):
            likes.setdefault(int(found[1]), _day(found[2] or ""))
    return likes


def read_cookie(request: HttpRequest) -> list[int]:
    """Return the numbers that the cookie holds, the newest first."""
    parts = request.COOKIES.get(COOKIE, "")[:MAX_COOKIE].split(".")
    numbers = [int(part, 36) for part in parts if re.fullmatch(r"[0-9a-z]{1,11}", part)]
    return list(dict.fromkeys(number for number in numbers if 0 < number < 1 << 62))


def write_cookie(response: HttpResponse, numbers: Collection[int]) -> bool:
    """Set the cookie to some numbers, the newest first, and return whether there was room; if not, it stays as it is.

    None at all removes it.
    """
    value = ".".join(map(_base36, numbers))
    if len(value) > MAX_COOKIE:
        return False
    for path in PATHS:
        morsel: Morsel[str] = Morsel()
        morsel.set(COOKIE, value, value)
        morsel["path"], morsel["samesite"] = path, "Lax"
        morsel["max-age"] = _AGE_S if numbers else 0
        if settings.SESSION_COOKIE_SECURE:
            morsel["secure"] = True
        response.cookies[f"{COOKIE} {path}"] = morsel
    return True


def write_numbers(numbers: Iterable[int]) -> str:
    """Return numbers as a form posts them."""
    return ".".join(map(str, numbers))


def since(likes: Mapping[int, datetime | None], now: datetime) -> dict[int, datetime]:
    """Return likes of which each has a time: now, where the browser knew none."""
    return {number: liked_at or now for number, liked_at in likes.items()}


def _base36(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = _DIGITS[digit] + digits
    return digits or "0"


def _day(text: str) -> datetime | None:
    try:
        day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        return None
    return day if day >= _FIRST_DAY else None
