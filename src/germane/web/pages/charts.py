"""Pictures as coordinates: attention over time, and a map of the nearest articles. Pure; templates draw them as SVG."""

from collections.abc import Sequence
from math import cos, pi, sin
from typing import NamedTuple

from germane.web.catalog.rows import Line, SimilarLine
from germane.web.pages.words import date_short, date_words

WIDTH, HEIGHT = 320, 96  # the timeline's plot, in the SVG's own units
_MAX_BARS = 48
MAP_WIDTH, MAP_HEIGHT = 320, 264
_MAP_SHOWN = 12


class Bar(NamedTuple):
    """A column of the timeline, and a row of its table."""

    x: float
    y: float
    width: float
    height: float
    label: str
    n: int


class Tick(NamedTuple):
    """A month or a year under the timeline."""

    x: float
    label: str
    is_end: bool = False  # the text ends here, instead of beginning


class Timeline(NamedTuple):
    """Items about an article over time."""

    bars: tuple[Bar, ...]  # those with items only
    ticks: tuple[Tick, ...]
    unit: str  # "month" or "year"
    n_total: int
    n_most: int
    published: str  # in words, "" when it lies outside


class Dot(NamedTuple):
    """A near article on the map."""

    x: float
    y: float
    number: int  # its place in the list of similar articles, from 1
    is_later: bool  # than the article in the middle
    line: Line
    similar: SimilarLine


class Map(NamedTuple):
    """The nearest articles around one: nearer the middle is more alike."""

    dots: tuple[Dot, ...]
    spokes: str  # a path from the middle to each


class Histogram(NamedTuple):
    """Articles per year."""

    bars: tuple[Bar, ...]
    first: str
    last: str
    n_most: int


def timeline(months: Sequence[tuple[str, int]], published_on: str) -> Timeline | None:
    """Return where the columns stand, or None when nothing has a date. Long stretches are drawn by year."""
    if not months:
        return None
    by_month = all(len(month) == 7 for month, _ in months) and len(published_on) >= 7
    places = [(_month(month), n) for month, n in months]
    begin = min([place for place, _ in places] + ([_month(published_on)] if published_on else []))
    end = max(place for place, _ in places)
    if not by_month or end - begin >= _MAX_BARS:
        return _by_year(months, published_on)
    start = published_on[:7] if published_on else ""
    n_places = max(end - begin + 1, 12)
    bars = _bars(
        [(p - begin, n, date_words(month)) for (p, n), (month, _) in zip(places, months, strict=True)], n_places
    )
    ticks = (Tick(0, _month_name(begin)), Tick(WIDTH, _month_name(begin + n_places - 1), is_end=True))
    n_all = [n for _, n in months]
    return Timeline(bars, ticks, "month", sum(n_all), max(n_all), date_words(start))


def histogram(years: Sequence[tuple[int, int]], height: int = 56) -> Histogram | None:
    """Return where the columns of articles per year stand; None for fewer than two years."""
    if len(years) < 2:
        return None
    first, last = years[0][0], years[-1][0]
    bars = _bars([(year - first, n, str(year)) for year, n in years], last - first + 1, height)
    return Histogram(bars, str(first), str(last), max(n for _, n in years))


def near_map(similar: Sequence[SimilarLine], published: int) -> Map | None:
    """Return where the nearest articles stand; those that share a phrase stand side by side. None for fewer than 3."""
    shown = list(enumerate(similar[:_MAP_SHOWN], 1))
    if len(shown) < 3:
        return None
    best = max(s.score for _, s in shown)
    worst = min(s.score for _, s in shown)
    # The scale starts a little above the best score: nothing but the article itself is in the middle.
    spread = (best - worst) or 1.0
    dots = []
    for place, (number, near) in enumerate(sorted(shown, key=lambda p: (_theme(p[1]), p[0]))):
        distance = 0.4 + 0.6 * ((best - near.score) / spread) if best > worst else 0.4 + 0.6 * (number - 1) / len(shown)
        angle = 2 * pi * place / len(shown) - pi / 2
        x = MAP_WIDTH / 2 + cos(angle) * distance * (MAP_WIDTH / 2 - 18)
        y = MAP_HEIGHT / 2 + sin(angle) * distance * (MAP_HEIGHT / 2 - 18)
        dots.append(Dot(round(x, 1), round(y, 1), number, near.line.sort_on > published, near.line, near))
    spokes = "".join(f"M{MAP_WIDTH / 2:g} {MAP_HEIGHT / 2:g}L{dot.x} {dot.y}" for dot in dots)
    return Map(tuple(sorted(dots, key=lambda dot: dot.number)), spokes)


def _by_year(months: Sequence[tuple[str, int]], published_on: str) -> Timeline:
    years: dict[int, int] = {}
    for month, n in months:
        years[int(month[:4])] = years.get(int(month[:4]), 0) + n
    published = int(published_on[:4]) if published_on[:4].isdigit() else min(years)
    begin, n_places = min(published, *years), max(max(years) - min(published, *years) + 1, 6)
    bars = _bars([(year - begin, n, str(year)) for year, n in years.items()], n_places)
    step = max(1, n_places // 5)
    ticks = tuple(
        Tick(round(place * WIDTH / n_places, 1), str(begin + place)) for place in range(0, n_places - step // 2, step)
    )
    return Timeline(bars, ticks, "year", sum(years.values()), max(years.values()), published_on[:4])


def _bars(places: Sequence[tuple[int, int, str]], n_places: int, height: int = HEIGHT) -> tuple[Bar, ...]:
    most = max(n for _, n, _ in places)
    step = WIDTH / n_places
    gap = min(2.0, step * 0.25)
    bars = []
    for place, n, label in places:
        tall = max(3.0, height * n / most)
        bars.append(
            Bar(round(place * step, 2), round(height - tall, 2), round(step - gap, 2), round(tall, 2), label, n)
        )
    return tuple(bars)


def _month(date: str) -> int:
    """Return a date's month as a number that counts on from year to year; a bare year is its January."""
    return int(date[:4]) * 12 + (int(date[5:7]) - 1 if len(date) >= 7 else 0)


def _month_name(month: int) -> str:
    return date_short(f"{month // 12:04}-{month % 12 + 1:02}")


def _theme(near: SimilarLine) -> str:
    return next((e.matched.partition(";")[0].strip().lower() for e in near.evidence if e.code == "phrases"), "~")
