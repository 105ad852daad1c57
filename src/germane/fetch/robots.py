"""What a site's robots.txt allows (RFC 9309). Pure."""

from functools import lru_cache

from protego import Protego

AGENT = "Germane"
MAX_BYTES = 512_000  # RFC 9309, 2.5: at least 500 KiB are read
KEPT_S = 86_400.0  # 2.4: for a day
_SLOWEST_S = 60.0


def may_read(robots: str, url: str) -> bool:
    """Tell whether a robots.txt ("" when there is none) allows us a page."""
    return bool(_parse(robots).can_fetch(url, AGENT))


def crawl_delay(robots: str) -> float:
    """Return how many seconds it wants between two requests, at most a minute; 0 when it says nothing."""
    delay = _parse(robots).crawl_delay(AGENT)
    return min(max(float(delay or 0), 0.0), _SLOWEST_S)


@lru_cache(maxsize=64)
def _parse(robots: str) -> Protego:
    return Protego.parse(robots)
