"""Videos that a press of a button may play in the page: only from hosts with a player that sets no cookie."""

from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

from germane.web.pages.addresses import host_of

_YOUTUBE_HOSTS = frozenset({"youtube.com", "m.youtube.com", "youtu.be", "youtube-nocookie.com"})
_VIMEO_HOSTS = frozenset({"vimeo.com", "player.vimeo.com"})
# The hosts that the pages' Content-Security-Policy lets a frame load from.
FRAME_SOURCES = ("https://www.youtube-nocookie.com", "https://player.vimeo.com")


class Player(NamedTuple):
    """A player's address, and the name of its host."""

    url: str
    host: str


def player_of(url: str) -> Player | None:
    """Return the player of a video's page; None when it is to be a plain link."""
    host = host_of(url)
    if host in _YOUTUBE_HOSTS:
        parts = urlsplit(url)
        key = parse_qs(parts.query).get("v", [""])[0] or _last(parts.path)
        is_key = len(key) == 11 and key.isascii() and key.replace("-", "").replace("_", "").isalnum()
        return Player(f"{FRAME_SOURCES[0]}/embed/{key}?rel=0", "YouTube") if is_key else None
    if host in _VIMEO_HOSTS:
        key = _last(urlsplit(url).path)
        is_key = key.isascii() and key.isdigit()
        return Player(f"{FRAME_SOURCES[1]}/video/{key}?dnt=1", "Vimeo") if is_key else None
    return None


def _last(path: str) -> str:
    return path.rstrip("/").rpartition("/")[2]
